"""Records: attrs classes, dataclasses, NamedTuples; what is written for each, and what is refused, and where."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as data_field
from enum import Enum
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import pytest
from attrs import define, field, frozen, make_class
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError

from resaga.errors import NotStorable
from tests.codec.documents import keeper, kept, read_back, refused, unstorable, untyped, written

T = TypeVar("T")


class Coat(Enum):
    RED = 1
    BLUE = 2


@frozen
class Line:
    sku: str
    cents: int
    note: str = "none"


@frozen
class Order:
    lines: tuple[Line, ...]
    by_sku: Mapping[str, Line]
    coats: Mapping[Coat, int]


@frozen
class Circle:
    radius: float


@frozen
class Square:
    radius: float


class Pair(NamedTuple):
    left: int
    right: Line | None = None


@dataclass(frozen=True)
class Note:
    text: str
    tags: tuple[str, ...] = data_field(default_factory=tuple)
    length: int = data_field(init=False, default=0, compare=False)


def _positive(_: object, __: object, value: int) -> None:
    if value <= 0:
        raise ValueError(value)


@frozen
class Positive:
    value: int = field(validator=_positive)
    note: str = ""


@frozen
class Node:
    value: int
    next: "Node | None" = None


ORDER: dict[str, Any] = {
    "lines": [{"sku": "a", "cents": 1, "note": "n"}, {"sku": "b", "cents": 2, "note": "n"}],
    "by_sku": {"a": {"sku": "a", "cents": 1, "note": "n"}},
    "coats": [["RED", 5]],
}


def test_a_record_is_an_object_of_its_fields() -> None:
    """All that are given to make one, defaults too, in their order."""
    line = Line("a", 1, "n")
    order = Order((line, Line("b", 2, "n")), {"a": line}, {Coat.RED: 5})
    assert written(Order, order) == ORDER
    assert kept(Order, order) == order
    assert list(written(Line, Line("a", 1))) == ["sku", "cents", "note"]
    assert written(Note, Note("a")) == {"text": "a", "tags": []}
    assert written(Pair, Pair(1)) == {"left": 1, "right": None}


@pytest.mark.parametrize(
    ("kind", "plain", "value"),
    [
        (Line, {"sku": "a", "cents": 1}, Line("a", 1)),
        (Note, {"text": "a"}, Note("a")),
        (Pair, {"left": 1}, Pair(1)),
    ],
)
def test_a_field_with_a_default_need_not_be_there(kind: object, plain: object, value: object) -> None:
    """So that one can be added while executions are under way."""
    assert read_back(kind, plain) == value


@pytest.mark.parametrize(
    ("kind", "plain", "why"),
    [
        (Line, {"sku": "a"}, ": this value does not fit, because it lacks 'cents'."),
        (
            Line,
            {"sku": "a", "cents": 1, "more": 2},
            ": this value does not fit, because it has a member that is not",
        ),
        (Line, {"sku": 5, "cents": 1}, ".sku: "),
        (Line, {"sku": "a", "cents": 1, "note": None}, ".note: "),
        (Line, ["a", 1], ": this value does not fit, because it is not an object."),
        (
            Note,
            {"text": "a", "length": 5},
            ": this value does not fit, because it has a member that is not known.",
        ),
        (Note, {}, ": this value does not fit, because it lacks 'text'."),
        (
            Pair,
            {"left": 1, "more": 2},
            ": this value does not fit, because it has a member that is not known.",
        ),
        (Pair, {"right": None}, ": this value does not fit, because it lacks 'left'."),
        (Pair, [1], ": "),
        (Pair, {"left": 1, "right": {"sku": "a", "cents": "1"}}, ".right.cents: "),
        (Positive, {"value": 0}, ": this value does not fit, because it is refused with ValueError."),
        (Order, {**ORDER, "lines": [ORDER["lines"][0], {"sku": "b"}]}, ".lines[1]: "),
        (Order, {**ORDER, "by_sku": {"a": {"sku": "a", "cents": 1.5}}}, ".by_sku{0}.cents: "),
        (Order, {**ORDER, "coats": [["RED", 5], ["GREEN", 1]]}, ".coats[1][0]: "),
        (Node, {"value": 1, "next": {"value": 2, "next": {"value": "3"}}}, ".next.next.value: "),
    ],
)
def test_a_record_that_does_not_fit_names_the_place(kind: object, plain: object, why: str) -> None:
    """Unknown members are refused, and so is whatever the class itself refuses."""
    assert refused(kind, plain).startswith(f"$.values[0]{why}")


@pytest.mark.parametrize(
    "error",
    [
        KeyError("a"),
        TypeError("a"),
        ValueError("a"),
        RecursionError("a"),
        StopIteration("a"),
        AssertionError("a"),
        AttributeError("a"),
        UnicodeDecodeError("utf-8", b"", 0, 1, "a"),
        ExceptionGroup("a", [ValueError("b")]),
        untyped(ClassValidationError)("a", [ValueError("b")], Line),
        ForbiddenExtraKeysError("a", Line, {"b"}),
        NotStorable("a", path="a"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_a_class_raises_it_is_one_family_of_errors(error: Exception) -> None:
    """While a value is read: its own errors, those of its libraries, those of ours."""

    def refuse(_: object, __: object, value: int) -> None:
        if value:
            raise error

    kind: Any = make_class("Picky", {"value": field(type=int, validator=refuse)}, frozen=True)
    assert read_back(kind, {"value": 0}) == kind(0)
    for shape, plain, place in (
        (kind, {"value": 1}, ""),
        (tuple[kind, ...], [{"value": 0}, {"value": 1}], "[1]"),
        (dict[str, kind], {"a": {"value": 1}}, "{0}"),
    ):
        assert refused(shape, plain).startswith(f"$.values[0]{place}: ")


def test_a_record_of_another_class_is_refused_before_it_is_written() -> None:
    """A subclass, or a class of the same fields, would come back as another."""

    class Longer(Line):
        """A subclass."""

    assert "$: " in unstorable(Line, Longer("a", 1))
    assert "$: " in unstorable(Circle, Square(1.0))
    assert "$: " in unstorable(Pair, (1, None))


def test_the_place_of_what_cannot_be_stored_is_named() -> None:
    """However deep it is; in a set it is any member."""
    line = Line("a", untyped("1"))
    assert unstorable(Order, Order((Line("a", 1), line), {}, {})).startswith("$.lines[1].cents: ")
    assert unstorable(Order, Order((), {"a": Line("a", 1), "b": line}, {})).startswith("$.by_sku{1}.cents: ")
    assert unstorable(Mapping[Coat, int], {Coat.RED: 1, 5: 1}).startswith("$[1][0]: ")
    assert unstorable(Mapping[Coat, int], {Coat.RED: "1"}).startswith("$[0][1]: ")
    assert unstorable(dict[str, int], {5: 1}).startswith("${0}: ")
    assert unstorable(Pair, Pair(1, line)).startswith("$.right.cents: ")
    assert unstorable(tuple[int, str], (1, 2)).startswith("$[1]: ")
    assert unstorable(set[int], {1, "2"}).startswith("$[*]: ")
    assert unstorable(Circle | Square | None, Circle(untyped("1"))).startswith("$.radius: ")
    assert unstorable(Circle | Square, Line("a", 1)).startswith("$: ")


def test_private_fields_and_aliases_are_written_by_the_name_of_the_field() -> None:
    """However the class is called with them."""

    @frozen
    class Known:
        _hidden: int
        other: str = field(alias="called")

    value = Known(hidden=1, called="a")  # pyright: ignore[reportCallIssue]  # pyright keeps the underscore
    assert written(Known, value) == {"_hidden": 1, "other": "a"}
    assert kept(Known, value) == value


@pytest.mark.parametrize(
    "name",
    ["cl", "converter", "o", "_", "res", "instance", "kwargs", "attrs", "typevar_map", "kind", "_x", "__x"],
)
def test_a_field_may_have_any_name(name: str) -> None:
    """Whatever names are used by what writes and reads it."""
    kind = make_class("Odd", {name: field(type=int, alias="given")}, frozen=True)
    value = kind(given=1)
    assert written(kind, value) == {name: 1}
    assert kept(kind, value) == value
    assert f".{name}: " in refused(kind, {name: "1"})
    assert "lacks" in refused(kind, {})
    assert "not known" in refused(kind, {name: 1, "given": 1})


def test_fields_that_are_given_by_name_may_stand_anywhere() -> None:
    """An attrs class lets them stand before those that are given by position."""

    @frozen
    class Mixed:
        first: int = field(kw_only=True)
        second: str
        third: float = field(kw_only=True, default=1.5)

    value = Mixed("b", first=1)
    assert written(Mixed, value) == {"first": 1, "second": "b", "third": 1.5}
    assert kept(Mixed, value) == value


def test_generic_records_know_their_arguments() -> None:
    """A Box[int] is no Box[str], and what derives from one knows too."""

    @frozen
    class Box(Generic[T]):
        content: T

    @frozen
    class Named(Box[int]):
        name: str

    odd = Box[Literal["a-b", "c"]]
    assert kept(Box[Box[int]], Box(Box(1))) == Box(Box(1))
    assert kept(odd, Box("a-b")) == Box("a-b")
    assert kept(Named, Named(1, "a")) == Named(1, "a")
    assert ".content: " in refused(Box[int], {"content": "1"})
    assert ".content.content: " in refused(Box[Box[int]], {"content": {"content": "1"}})
    assert ".content: " in refused(Named, {"content": "1", "name": "a"})


def test_a_mutable_record_comes_back_as_another_object() -> None:
    """So that nobody else holds what an execution holds."""

    @define
    class Open:
        numbers: list[int]

    value = Open([1])
    saga = keeper(Open)
    again: Any = saga.codec.copy(saga.program.takes, value)
    assert again == value
    assert again.numbers is not value.numbers
