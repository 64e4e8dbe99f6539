"""Sketches: programs as data, so that they can be drawn and edited; `building` makes sagas of them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TypeAlias, final

from attrs import frozen

from resaga import Retry
from resaga.core.gate import STAY
from resaga.core.node import Expiry
from tests.properties.carts import Cart


@final
@frozen
class Leaf:
    """A step, a read or a gate."""

    uid: int
    kind: str
    name: str
    gives_voucher: bool = False
    takes_none: bool = False
    asks_number: bool = False
    settled: bool = False
    retry: Retry | None = None
    undo_name: str = "take_back"
    reason: str = "it harms nobody"
    deadline: timedelta | None = None
    expiry: Expiry = STAY


@final
@frozen
class Timer:
    """A wait."""

    uid: int
    hours: int
    name: str | None = None


@final
@frozen
class Either:
    """A `when`, or with two sides a `branch`; it `goes` to the yes side, or does not."""

    uid: int
    test: str
    goes: bool
    yes: "tuple[Item, ...]"
    no: "tuple[Item, ...]" = ()


@final
@frozen
class Inside:
    """A `within`."""

    uid: int
    items: "tuple[Item, ...]"


@final
@frozen
class Group:
    """A named block."""

    uid: int
    name: str
    items: "tuple[Item, ...]"


Item: TypeAlias = Leaf | Timer | Either | Inside | Group


@final
@frozen
class Sketch:
    """A whole program."""

    items: tuple[Item, ...]
    style: type = Cart
    version: int = 1


# ---- looking at it ------------------------------------------------------------------------------


def everything(items: tuple[Item, ...]) -> Iterator[Item]:
    """All items, in the order of the program."""
    for item in items:
        yield item
        for side in sides(item):
            yield from everything(side)


def sides(item: Item) -> tuple[tuple[Item, ...], ...]:
    """The lists of items that are directly inside."""
    match item:
        case Either(yes=yes, no=no):
            return (yes, no) if no else (yes,)
        case Inside(items=items) | Group(items=items):
            return (items,)
        case _:
            return ()


def sound(items: tuple[Item, ...]) -> bool:
    """Whether each list has a step: timers alone are no block."""
    return any(isinstance(one, Leaf) for one in everything(items)) and all(
        sound(side) for item in items for side in sides(item)
    )


def paths(items: tuple[Item, ...], prefix: str = "") -> Iterator[tuple[int, str]]:
    """The items that have instructions of their own, each with its path."""
    for item in items:
        match item:
            case Leaf(uid=uid, name=name):
                yield uid, prefix + name
            case Timer(uid=uid, hours=hours, name=name):
                yield uid, prefix + (name or f"wait-{hours}h")
            case Either(uid=uid, test=test, yes=yes, no=no):
                yield uid, prefix + test
                yield from paths(yes, prefix)
                if no:
                    yield uid, prefix + "otherwise"
                    yield from paths(no, prefix)
            case Inside(uid=uid, items=within_it):
                yield uid, prefix + "get"
                yield from paths(within_it, prefix)
                yield uid, prefix + "put"
            case Group(name=name, items=within_it):
                yield from paths(within_it, f"{prefix}{name}/")
