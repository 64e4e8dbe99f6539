"""Annotations: what each means for storage.

All annotations of this file are text, as `from __future__ import annotations` has it.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import InitVar, dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import Annotated, ClassVar, Generic, Literal, NamedTuple, TypeVar, Union
from uuid import UUID

import pytest
from attrs import frozen
from typing_extensions import TypeAliasType

from resaga.core.annotation import Annotations, kinds, tag
from resaga.core.hook import Hook
from resaga.core.names import names_seen_from
from resaga.core.shape import (
    Basic,
    Choice,
    Constants,
    Container,
    Hooked,
    Items,
    Mapped,
    Members,
    Record,
    Row,
    Scalar,
    Shape,
    Slot,
)
from resaga.core.value import Value
from tests.core.annotated import Box, Colour, Computed, Crate, Money, OrderId, Point, shape

K = TypeVar("K")
V = TypeVar("V")

INT = Scalar(Basic.INT, int)
STR = Scalar(Basic.STR, str)


class Level(IntEnum):
    LOW = 1


@dataclass(frozen=True)
class Pair:
    a: int
    seed: InitVar[int]
    b: str = ""
    c: tuple[int, ...] = field(default_factory=tuple)
    d: int = field(default=0, init=False)
    count: ClassVar[int] = 0


class Entry(NamedTuple):
    key: str
    value: int = 0


@frozen
class Tree:
    value: int
    children: tuple[Tree, ...] = ()


@frozen
class Ping:
    pong: Pong | None


@frozen
class Pong:
    ping: Ping | None


@frozen
class Named(Box[V], Generic[K, V]):
    name: K
    more: dict[str, Box[V]]


@frozen
class Letters(Named[Literal["a"], str]):
    last: int


Alias = TypeAliasType("Alias", dict[str, int])
MONEY = Hook(Money, int, lambda _: 0, lambda _: Money())


def fields(annotation: object) -> dict[str, Shape]:
    record = shape(annotation)
    assert isinstance(record, Record)
    return {slot.name: slot.shape for slot in record.slots}


@pytest.mark.parametrize(
    ("annotation", "basic"),
    [
        (None, Basic.NONE),
        (type(None), Basic.NONE),
        (bool, Basic.BOOL),
        (int, Basic.INT),
        (float, Basic.FLOAT),
        (str, Basic.STR),
        (bytes, Basic.BYTES),
        (datetime, Basic.DATETIME),
        (date, Basic.DATE),
        (timedelta, Basic.TIMEDELTA),
        (UUID, Basic.UUID),
        (Decimal, Basic.DECIMAL),
    ],
)
def test_a_basic_type_is_a_scalar(annotation: type | None, basic: Basic) -> None:
    """It needs no description of its own."""
    assert shape(annotation) == Scalar(basic, annotation or type(None))


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (list[int], Items(Container.LIST, INT, (list,))),
        (MutableSequence[int], Items(Container.LIST, INT, (list,))),
        (Sequence[int], Items(Container.TUPLE, INT, (tuple, list))),
        (tuple[int, ...], Items(Container.TUPLE, INT, (tuple,))),
        (set[int], Items(Container.SET, INT, (set,))),
        (frozenset[int], Items(Container.FROZENSET, INT, (frozenset,))),
        (AbstractSet[int], Items(Container.FROZENSET, INT, (frozenset, set))),
        (tuple[int, str], Row((INT, STR))),
        (tuple[()], Row(())),
        (dict[str, int], Mapped(STR, INT)),
        (Mapping[str, int], Mapped(STR, INT)),
        (MutableMapping[str, int], Mapped(STR, INT)),
        (dict[Point, list[int]], Mapped(shape(Point), Items(Container.LIST, INT, (list,)))),
        (Colour, Members(Colour)),
        (Level, Members(Level)),
        (Literal["a", 1, None], Constants(("a", 1, None))),  # noqa: PYI061 - as it may be written
        (OrderId, STR),
        (Annotated[int, "cents"], INT),
        (Alias, Mapped(STR, INT)),
        (int | None, Choice(optional=True, members=(("int", INT),))),
        (Union[int, str], Choice(optional=False, members=(("int", INT), ("str", STR)))),  # noqa: UP007 - as it may be written
        (int | Annotated[str | None, ""], Choice(optional=True, members=(("int", INT), ("str", STR)))),
        (Money, Hooked(MONEY, INT)),
        (list[Money], Items(Container.LIST, Hooked(MONEY, INT), (list,))),
    ],
    ids=lambda one: None if isinstance(one, Value | Record) else str(one),  # the text of a hook is never the same
)
def test_what_an_annotation_means(annotation: object, expected: Shape) -> None:
    """Collections, enumerations, literals, unions, hooks; what says nothing about storage is passed over."""
    actual = Annotations((MONEY,)).shape(annotation, path="step")
    if isinstance(expected, Mapped) and isinstance(expected.key, Record):
        assert isinstance(actual, Mapped)
        assert isinstance(actual.key, Record)
        assert actual.value == expected.value
    else:
        assert actual == expected


def test_records_are_stored_field_by_field() -> None:
    """Attrs classes, dataclasses and named tuples; what has a default need not be in a document."""
    for annotation, slots in [
        (Point, (Slot("x", INT, required=True), Slot("y", INT, required=False))),
        (Entry, (Slot("key", STR, required=True), Slot("value", INT, required=False))),
    ]:
        record = shape(annotation)
        assert isinstance(record, Record)
        assert (record.kind, record.slots, record.immutable_itself) == (annotation, slots, True)


def test_only_what_init_takes_is_a_field() -> None:
    """Computed fields and class variables are no part of a document."""
    assert list(fields(Pair)) == ["a", "b", "c"]
    assert list(fields(Computed)) == ["a"]


def test_a_record_may_contain_itself() -> None:
    """Directly, and by way of another."""
    tree = shape(Tree)
    assert fields(Tree)["value"] == INT
    assert isinstance(tree, Record)
    assert tree.slots[1].shape == Items(Container.TUPLE, tree, (tuple,))
    ping = shape(Ping)
    assert isinstance(ping, Record)
    pong = ping.slots[0].shape
    assert isinstance(pong, Choice)
    assert isinstance(pong.members[0][1], Record)
    assert pong.members[0][1].slots[0].shape == Choice(optional=True, members=(("Ping", ping),))


def test_a_generic_record_is_read_with_its_arguments() -> None:
    """In the class, in the classes that it inherits from, and in what its fields contain."""
    assert fields(Box[int]) == {"inside": INT}
    assert fields(Crate[str]) == {"items": Items(Container.LIST, STR, (list,))}
    named = fields(Named[str, int])
    assert (named["inside"], named["name"]) == (INT, STR)
    more = named["more"]
    assert isinstance(more, Mapped)
    assert isinstance(more.value, Record)
    assert more.value.slots == (Slot("inside", INT, required=True),)
    letters = fields(Letters)
    assert (letters["inside"], letters["name"], letters["last"]) == (STR, Constants(("a",)), INT)


def test_one_annotation_is_one_shape() -> None:
    """However often it is met."""
    reader = Annotations()
    assert reader.shape(list[Point], path="a") is reader.shape(list[Point], path="b")


def test_local_classes_are_found_by_the_names_that_are_seen() -> None:
    """Where a step is defined, or where the saga is made."""

    @frozen
    class Inner:
        value: int

    @frozen
    class Outer:
        inner: Inner
        next: Outer | None

    seen = names_seen_from(0)
    for reader, names in [(Annotations((), seen), {}), (Annotations(), seen)]:
        record = reader.shape(Outer, path="step", names=names)
        assert isinstance(record, Record)
        assert [slot.name for slot in record.slots] == ["inner", "next"]


@pytest.mark.parametrize(
    ("annotation", "classes"),
    [
        (int, (int,)),
        (Point, (Point,)),
        (Colour, (Colour,)),
        (Literal["a", "b", 1], (str, int)),
        (Sequence[int], (tuple, list)),
        (tuple[int, str], (tuple,)),
        (Mapping[str, int], (dict,)),
        (Money, (Money,)),
        (int | str | None, (int, str)),
    ],
    ids=str,
)
def test_a_shape_knows_the_classes_of_its_values(annotation: object, classes: tuple[type, ...]) -> None:
    """The cases of a union are told apart by them, and stored under the name of the first."""
    assert kinds(shape(annotation, MONEY)) == classes
    assert tag(shape(annotation, MONEY)) == classes[0].__name__
