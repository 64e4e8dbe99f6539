"""Types that a cattrs converter knows how to write."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import define
from cattrs import Converter

from resaga import Completed, Saga, read
from resaga.codec import by_cattrs
from resaga.core.errors import BlobError


class Money:
    """No attrs class."""

    def __init__(self, cents: int) -> None:
        self.cents = cents

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and self.cents == other.cents

    def __hash__(self) -> int:
        return hash(self.cents)


@define
class Purse:
    """One with a type that resaga refuses, but cattrs does not."""

    coins: dict[str, Any]


@read
def same(money: Money) -> Money:
    return money


@read
def kept(purse: Purse) -> Purse:
    return purse


def converter() -> Converter:
    own = Converter()
    own.register_unstructure_hook(Money, lambda money: money.cents)
    to_money: Callable[[Any, Any], Money] = lambda cents, _: Money(cents)  # noqa: E731 - typed here
    own.register_structure_hook(Money, to_money)
    return own


def test_a_converter_of_ones_own() -> None:
    """What it makes of a value is what is stored."""
    saga = Saga("money", same, hooks=(by_cattrs(Money, int, converter()),))
    done = saga.new(Money(5)).start()
    again = saga.load(done.dump())
    assert isinstance(again, Completed)
    assert again.result == Money(5)
    assert b'"values":[5,5]' in done.dump()


def test_a_plain_converter() -> None:
    """Without one, cattrs does as it always does."""
    saga = Saga("purse", kept, hooks=(by_cattrs(Purse, dict[str, dict[str, int]]),))
    again = saga.load(saga.new(Purse({"a": 1})).start().dump())
    assert isinstance(again, Completed)
    assert again.result == Purse({"a": 1})


def test_what_the_converter_refuses() -> None:
    """It is an error of the family of all others."""
    own = converter()

    def refuses(cents: Any, _: Any) -> Money:  # noqa: ANN401 - as cattrs calls it
        raise ValueError(cents)

    blob = Saga("money", same, hooks=(by_cattrs(Money, int, own),)).new(Money(5)).start().dump()
    own.register_structure_hook(Money, refuses)
    with pytest.raises(BlobError):
        Saga("money", same, hooks=(by_cattrs(Money, int, own),)).load(blob)
