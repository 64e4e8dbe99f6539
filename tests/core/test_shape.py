"""Shapes: which values an annotation stands for, whether they stay as they are, and when two are alike."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from types import ModuleType
from typing import Any, Literal, NamedTuple, Optional

import pytest
from attrs import define, field, frozen, make_class

from resaga.core.annotation import Annotations
from resaga.core.hook import Hook
from resaga.core.shape import Shape, digest, hashable, immutable, parts


@frozen
class Point:
    x: int
    y: int


@frozen
class Spot:
    x: int
    y: int


@frozen
class Spot3:
    x: int
    y: int
    z: int = 0


@define
class Pen:
    at: Point


@frozen
class Line:
    points: tuple[Point, ...]


@frozen
class Holder:
    pen: Pen


@frozen
class Tree:
    value: int
    left: Optional["Tree"] = None
    right: Optional["Tree"] = None


@frozen
class Bush:
    value: int
    left: "Bush | None" = None
    right: "Bush | None" = None


@frozen
class Link:
    value: int
    next: "Link | None"


@frozen
class Ring:
    value: int
    next: "Ring | None"


@frozen
class Tow:
    value: int
    next: Link | None


@frozen
class Basket:
    items: list[int]


@dataclass(frozen=True)
class Pair:
    a: int
    b: str


@dataclass
class Loose:
    a: int


class Row(NamedTuple):
    a: int
    b: str


class Colour(Enum):
    RED = "r"
    GREEN = "g"


class Money:
    """A type of the user's own."""


FIXED = Hook(Money, str, str, lambda _: Money(), immutable=True)
LOOSE = Hook(Money, list[int], lambda _: [], lambda _: Money())


def shape(annotation: object, *hooks: Hook) -> Shape:
    return Annotations(hooks).shape(annotation, path="step")


@pytest.mark.parametrize(
    "annotation",
    [
        int,
        str,
        None,
        datetime,
        Decimal,
        Colour,
        Literal["a", 1],
        tuple[int, ...],
        tuple[int, str],
        tuple[()],
        frozenset[int],
        Point,
        Pair,
        Row,
        Line,
        Tree,
        Point | None,
        Point | Spot | None,
    ],
    ids=str,
)
def test_what_nobody_can_change_is_immutable(annotation: object) -> None:
    """Such a value is handed on as it is."""
    assert immutable(shape(annotation))


@pytest.mark.parametrize(
    "annotation",
    [
        list[int],
        set[int],
        dict[str, int],
        Mapping[str, int],
        Sequence[int],
        Pen,
        Loose,
        Holder,
        Basket,
        tuple[list[int], ...],
        tuple[int, Pen],
        Point | Pen,
    ],
    ids=str,
)
def test_what_somebody_may_change_is_not(annotation: object) -> None:
    """One mutable part is enough, however deep; a `Sequence` may be a list."""
    assert not immutable(shape(annotation))


def test_a_hook_says_itself_whether_its_type_is_immutable() -> None:
    """How the value is stored plays no part in that."""
    assert immutable(shape(Money, FIXED))
    assert immutable(shape(tuple[Money, int], FIXED))
    assert not immutable(shape(Money, LOOSE))


@pytest.mark.parametrize("annotation", [int, Point, tuple[Point, ...], frozenset[int], Row, Point | None, Tree])
def test_what_can_be_hashed_may_be_a_member(annotation: object) -> None:
    """Sets and mappings hold such values."""
    assert hashable(shape(annotation))


@pytest.mark.parametrize("annotation", [list[int], set[int], dict[str, int], Pen, tuple[list[int]], Basket])
def test_what_cannot_be_hashed_may_not(annotation: object) -> None:
    """One part that cannot be hashed is enough."""
    assert not hashable(shape(annotation))


def test_a_hooked_value_is_hashed_as_what_it_is() -> None:
    """It is stored as a list, and is none."""
    assert hashable(shape(Money, LOOSE))


@pytest.mark.parametrize(
    ("annotation", "inside"),
    [
        (int, []),
        (Colour, []),
        (Literal[1], []),
        (tuple[int, ...], [int]),
        (tuple[int, str], [int, str]),
        (dict[str, int], [str, int]),
        (Pair, [int, str]),
        (int | str | None, [int, str]),
    ],
    ids=str,
)
def test_a_shape_knows_its_parts(annotation: object, inside: list[object]) -> None:
    """Whoever walks over a shape walks over its parts."""
    assert list(parts(shape(annotation))) == [shape(one) for one in inside]


def test_a_hooked_shape_has_what_it_is_stored_as_inside() -> None:
    """That is what a document has to be checked against."""
    assert parts(shape(Money, LOOSE)) == (shape(list[int]),)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Point, Spot),
        (Point, Spot3),
        (Tree, Bush),
        (Link, Ring),
        (Link, Tow),
        (int | str, str | int),
        (Optional[Point], Spot | None),  # noqa: UP045 - as it may be written
        (Literal["a", "b"], Literal["b", "a"]),
        (list[int], list[int]),
    ],
    ids=str,
)
def test_what_is_stored_alike_has_one_digest(one: object, other: object) -> None:
    """The name of a class that is not stored does not count, nor does a field with a default."""
    assert digest(shape(one)) == digest(shape(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (int, str),
        (list[int], tuple[int, ...]),
        (tuple[int, ...], tuple[int]),
        (dict[str, int], dict[str, str]),
        (Point, Line),
        (Point, Point | None),
        (Point | int, Spot | int),
        (Colour, Literal["RED", "GREEN"]),
        (Literal["a"], Literal["b"]),
        (Tree, Point),
        (Link, Tree),
    ],
    ids=str,
)
def test_what_is_stored_differently_has_another(one: object, other: object) -> None:
    """Cases of a union are stored under the names of their classes, so there the name counts."""
    assert digest(shape(one)) != digest(shape(other))


def test_classes_that_hold_each_other_are_read_once_a_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve of them, each with all of them in it: to follow every way through them would take years."""
    module: Any = ModuleType("crowd")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    names = [f"Kind{number}" for number in range(12)]
    text: Any = "{} | None"
    fields = {name.lower(): field(type=text.format(name)) for name in names}
    for name in names:
        kind = make_class(name, fields, frozen=True)
        kind.__module__ = module.__name__
        setattr(module, name, kind)
    assert digest(shape(module.Kind0)) == digest(shape(module.Kind1)) != digest(shape(Link))


def test_a_field_with_a_default_counts_if_one_asks() -> None:
    """A document without it can be read; whether it is there is another question."""
    assert digest(shape(Point), defaults=True) != digest(shape(Spot3), defaults=True)
    assert digest(shape(Point), defaults=True) == digest(shape(Spot), defaults=True)


def test_a_hook_counts_with_its_type_and_its_form() -> None:
    """Another form is another digest, and so is no hook."""
    assert len({digest(shape(Money, FIXED)), digest(shape(Money, LOOSE)), digest(shape(str))}) == 3
