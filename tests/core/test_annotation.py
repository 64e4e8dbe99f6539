"""Annotations: what each means for storage, or why it means nothing.

All annotations of this file are text, as `from __future__ import annotations` has it.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import InitVar, dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    TypeVar,
    Union,
)
from uuid import UUID

import attrs
import pytest
from attrs import define, frozen
from typing_extensions import TypeAliasType

from resaga.core import limits
from resaga.core.annotation import Annotations, kinds, tag
from resaga.core.errors import UnresolvedAnnotation, UnsupportedType
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

if TYPE_CHECKING:
    from somewhere import Elsewhere  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]  # it is nowhere at run time

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

INT = Scalar(Basic.INT, int)
STR = Scalar(Basic.STR, str)
NONE = Scalar(Basic.NONE, type(None))


class Colour(Enum):
    RED = "r"
    GREEN = "g"


class Level(IntEnum):
    LOW = 1


@frozen
class Point:
    x: int
    y: int = 0


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
class Box(Generic[T]):
    inside: T


@frozen
class Named(Box[V], Generic[K, V]):
    name: K
    more: dict[str, Box[V]]


@frozen
class Letters(Named[Literal["a"], str]):
    last: int


@dataclass
class Crate(Generic[T]):
    items: list[T]


@define
class Computed:
    a: int
    b: int = attrs.field(init=False)


@frozen
class Lost:
    where: Elsewhere


@frozen
class Deep:
    order: list[Annotated[Lost, "said"]]


Untyped: object = attrs.make_class("Untyped", ["a"])
Loose: object = namedtuple("Loose", "a b")  # noqa: PYI024  # pyright: ignore[reportUntypedNamedTuple]  # it is meant


class Plain: ...


class Money:
    """A type of the user's own."""


OrderId = NewType("OrderId", str)
Alias = TypeAliasType("Alias", dict[str, int])
MONEY = Hook(Money, int, lambda _: 0, lambda _: Money())


def shape(annotation: object, *hooks: Hook) -> Shape:
    return Annotations(hooks).shape(annotation, path="step")


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
    ("annotation", "why"),
    [
        (object, "does not say which values there are"),
        (Any, "does not say which values there are"),
        (T, "does not say which values there are"),
        (Callable, "no attrs class, dataclass, NamedTuple, Enum or basic type"),
        (Callable[[int], int], "no attrs class"),
        (type[int], "no attrs class"),
        (Plain, "no attrs class, dataclass, NamedTuple, Enum or basic type"),
        (Money, "no attrs class"),
        (complex, "no attrs class"),
        (list, r"does not say what it contains; write list\[…\]"),
        (tuple, r"write tuple\[…\]"),
        (dict, r"write dict\[…\]"),
        (Mapping, r"write Mapping\[…\]"),
        (list[int, str], "no attrs class"),  # type: ignore[misc]  # pyright: ignore[reportInvalidTypeArguments]  # as untyped callers may
        (dict[str], "no attrs class"),  # type: ignore[misc]  # pyright: ignore[reportInvalidTypeArguments]  # as untyped callers may
        (set[list[int]], "its members cannot be hashed"),
        (frozenset[dict[str, int]], "its members cannot be hashed"),
        (AbstractSet[set[int]], "its members cannot be hashed"),
        (dict[list[int], int], "its keys cannot be hashed"),
        (Mapping[Computed, int], "its keys cannot be hashed"),
        (Literal[b"a"], "a Literal may hold str, int, bool and None"),
        (Literal[Colour.RED], "a Literal may hold"),
        (Box[int] | Box[str], "two cases of the union could not be told apart"),
        (list[int] | Sequence[str], "two cases of the union could not be told apart"),
        (OrderId | str, "two cases of the union could not be told apart"),
        (Literal["a", "b"] | str, "could not be told apart"),  # noqa: PYI051 - both are stored as str
        ({}, "is not a type"),
        ("int", "does not say which values there are"),
    ],
    ids=str,
)
def test_what_cannot_be_stored_is_refused(annotation: object, why: str) -> None:
    """The message says where, what, why, and what to do."""
    with pytest.raises(UnsupportedType, match=why) as caught:
        shape(annotation)
    assert caught.value.path == "step"
    assert str(caught.value).startswith("step: a value of type ")
    assert str(caught.value).endswith("use a supported type, or give Saga(…, hooks=(Hook(…),)).")


@pytest.mark.parametrize(
    ("annotation", "path"),
    [
        (Box[object], "step.inside"),
        (Box, "step.inside"),
        (Box[Box[Plain]], "step.inside.inside"),
        (Untyped, "step.a"),
        (Loose, "step.a"),
        (list[Crate[Plain]], "step.items"),
    ],
    ids=str,
)
def test_a_field_is_named_by_its_path(annotation: object, path: str) -> None:
    """Where a record has a field that cannot be stored, the path leads to it."""
    with pytest.raises(UnsupportedType) as caught:
        shape(annotation)
    assert caught.value.path == path


def test_unions_of_classes_with_one_name_cannot_be_told_apart() -> None:
    """A case is stored under the name of its class."""

    def other() -> type:
        @frozen
        class Point:
            z: int

        return Point

    with pytest.raises(UnsupportedType, match="could not be told apart"):
        shape(Point | other())


@pytest.mark.parametrize("annotation", [Lost, Deep], ids=str)
def test_a_field_whose_annotation_is_not_there_says_what_to_do(annotation: object) -> None:
    """A name that is imported for type checkers only cannot be found at run time."""
    said = "annotation of Lost cannot be resolved.*'Elsewhere'.*out of `if TYPE_CHECKING`"
    with pytest.raises(UnresolvedAnnotation, match=said) as caught:
        shape(annotation)
    assert caught.value.annotation == "Elsewhere"


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


def test_nesting_has_a_limit() -> None:
    """One beyond it is refused, one less is not."""
    annotation: object = int
    for _ in range(limits.SHAPE_DEPTH):
        annotation = list[annotation]  # type: ignore[valid-type]  # made at run time
    shape(annotation)
    with pytest.raises(UnsupportedType, match="nested too deep"):
        shape(list[annotation])  # type: ignore[valid-type]  # made at run time


def test_names_for_names_have_a_limit_too() -> None:
    """Nobody has so many by accident."""
    untyped: Any = NewType
    annotation: object = int
    for _ in range(limits.SHAPE_DEPTH + 1):
        annotation = untyped("Again", annotation)
    with pytest.raises(UnsupportedType, match="does not say which values there are"):
        shape(annotation)
