"""Whether what one step gives is what the next one takes: only what is certainly wrong is refused."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, NewType, Protocol, TypeVar, Union

import pytest
from attrs import frozen

from resaga.core.body import UNSAID
from resaga.core.meet import cases, fits, meets, union


class Base: ...


class Derived(Base): ...


class Other: ...


class Held(Protocol):
    hold: str


@frozen
class HasHold:
    hold: str


T = TypeVar("T")
OrderId = NewType("OrderId", str)
UserId = NewType("UserId", str)


@pytest.mark.parametrize(
    ("gives", "takes"),
    [
        (Base, Base),
        (Derived, Base),
        (Base, object),
        (Base, Any),
        (Any, Base),
        (Base, UNSAID),
        (UNSAID, Base),
        (Base, T),
        (T, Base),
        (Derived, Base | Other),
        (Derived | Other, Other | Base),
        (Derived, Union[Base, None]),  # noqa: UP007 - as it may be written
        (None, None),
        (None, type(None)),
        (None, Base | None),
        (int, float),
        (bool, float),
        (bool, int),
        (list[int], list[int]),
        (list[int], list[Any]),
        (list, list[int]),
        (list[Derived], Sequence[Base]),
        (tuple[int, ...], tuple[int, ...]),
        (tuple[int, str], tuple[int, ...]),
        (dict[str, Derived], Mapping[str, Base]),
        (Annotated[Base, "said"], Base),
        (Base, Annotated[Base, "said"]),
        (OrderId, OrderId),
        (OrderId, str),
        (Literal["a"], Literal["a", "b"]),
        (Literal["a"], str),
        (Literal["a", 1], str | int),
        (HasHold, Held),
        (Callable[[int], str], Callable[[int], str]),
    ],
    ids=str,
)
def test_what_fits_or_may_fit_passes(gives: object, takes: object) -> None:
    """A subclass, a case of a union, a wider type, and what cannot be judged at run time."""
    assert meets(gives, takes)


@pytest.mark.parametrize(
    ("gives", "takes"),
    [
        (Base, Derived),
        (Base, Other),
        (Base | Other, Base),
        (Base | None, Base),
        (None, Base),
        (Base, None),
        (float, int),
        (str, int),
        (list[int], list[str]),
        (list[int], tuple[int, ...]),
        (dict[str, int], dict[str, str]),
        (str, OrderId),
        (OrderId, UserId),
        (OrderId, int),
        (Literal["a", "b"], Literal["a"]),
        (Literal["a"], int),
        (str, Literal["a"]),
    ],
    ids=str,
)
def test_what_certainly_does_not_fit_is_refused(gives: object, takes: object) -> None:
    """Some value of the one is no value of the other."""
    assert not meets(gives, takes)


@pytest.mark.parametrize(
    ("value", "takes"),
    [
        (Derived(), Base),
        (None, Base | None),
        ("a", Literal["a", "b"]),
        ("A-1", OrderId),
        ((1, 2), tuple[int, ...]),
        (3, float),
    ],
)
def test_a_value_may_be_one_of_an_annotation(value: object, takes: object) -> None:
    """Seen from outside: what is in a container is not looked at."""
    assert fits(value, takes)


@pytest.mark.parametrize(
    ("value", "takes"),
    [(Base(), Derived), (None, Base), ("c", Literal["a", "b"]), (3, OrderId), ([], tuple[int, ...])],
)
def test_a_value_of_another_type_may_not(value: object, takes: object) -> None:
    """It is seen before anything runs."""
    assert not fits(value, takes)


def test_a_union_is_its_cases() -> None:
    """However it is nested and written; no case is there twice."""
    assert cases(int | Annotated[str | None, "said"]) == (int, str, type(None))
    assert cases(int) == (int,)
    assert union((int, str | int)) == int | str
    assert union((int, int)) is int
