"""Collections, records, unions and hooks: what is written for each, and what is refused with its place."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from dataclasses import field as data_field
from enum import Enum
from types import MappingProxyType
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import pytest
from attrs import define, field, frozen, make_class

from resaga import Hook, Saga, read
from resaga.codec.coder import Coder
from resaga.errors import BlobMismatch, NotStorable
from tests.codec.documents import document, keeper, kept, read_back, refused, unstorable, written

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


@frozen
class Positive:
    value: int = field()

    @value.validator
    def _check(self, _: object, value: int) -> None:
        if value <= 0:
            raise ValueError(value)

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


# ---- collections ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "plain"),
    [
        (tuple[int, ...], (2, 1), [2, 1]),
        (list[int], [2, 1], [2, 1]),
        (Sequence[int], (2, 1), [2, 1]),
        (tuple[int, str], (2, "a"), [2, "a"]),
        (tuple[()], (), []),
        (frozenset[int], frozenset({3, 1, 2}), [1, 2, 3]),
        (set[str], {"b", "a", "aa"}, ["a", "aa", "b"]),
        (AbstractSet[int], frozenset({1}), [1]),
        (dict[str, int], {"b": 1, "a": 2}, {"b": 1, "a": 2}),
        (Mapping[int, str], {2: "b", 1: "a"}, [[2, "b"], [1, "a"]]),
        (dict[str, int], {"$": 1, "$$x": 2, "x$": 3}, {"$$": 1, "$$$x": 2, "x$": 3}),
    ],
    ids=repr,
)
def test_a_collection_is_written_in_the_form_of_the_format_page(kind: object, value: object, plain: object) -> None:
    """And it comes back with the class that it had."""
    assert written(kind, value) == plain
    again = kept(kind, value)
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (tuple[int, ...], [1]),
        (tuple[int, str], [1, "a"]),
        (tuple[int, str], (1,)),
        (list[int], (1,)),
        (Sequence[int], {1}),
        (Sequence[str], "abc"),
        (set[int], frozenset({1})),
        (frozenset[int], {1}),
        (dict[str, int], MappingProxyType({"a": 1})),
        (dict[int, int], MappingProxyType({1: 1})),
        (tuple[int, ...], Pair(1)),
    ],
    ids=repr,
)
def test_a_collection_of_another_class_is_refused_before_it_is_written(kind: object, value: object) -> None:
    """A list for a tuple, a NamedTuple for a tuple: what comes back would not be what was given."""
    assert unstorable(kind, value).startswith("$: ")


@pytest.mark.parametrize(
    ("kind", "plain", "place"),
    [
        (tuple[int, ...], "123", ""),
        (list[str], "abc", ""),
        (list[int], {"0": 1}, ""),
        (list[int], [1, "2"], "[1]"),
        (tuple[int, str], [1], ""),
        (tuple[int, str], [1, 2], "[1]"),
        (frozenset[int], [1, 2, 1], ""),
        (set[float], [1, 1.0], ""),
        (set[int], [1, "2"], "[1]"),
        (dict[str, int], [["a", 1]], ""),
        (dict[str, int], {"a": 1, "b": True}, "{1}"),
        (dict[str, int], {"$a": 1}, "{0}"),
        (dict[int, int], {"1": 1}, ""),
        (dict[int, int], [[1, 1], [1, 2]], ""),
        (dict[int, int], [[1, 1], [2]], "[1]"),
        (dict[int, int], [[1, 1], ["2", 2]], "[1][0]"),
        (dict[int, int], [[1, 1], [2, "2"]], "[1][1]"),
        (dict[int, int], [1], "[0]"),
        (dict[str, list[dict[str, int]]], {"a": [], "b": [{}, {"x": 1, "y": None}]}, "{1}[1]{1}"),
    ],
    ids=repr,
)
def test_a_collection_that_does_not_fit_names_the_place(kind: object, plain: object, place: str) -> None:
    """Text is no list of numbers, and a member is not there twice."""
    assert refused(kind, plain).startswith(f"$.values[0]{place}: ")


# ---- records ----------------------------------------------------------------------------------------------


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


def test_a_record_of_another_class_is_refused_before_it_is_written() -> None:
    """A subclass, or a class of the same fields, would come back as another."""

    class Longer(Line):
        """A subclass."""

    assert "$: " in unstorable(Line, Longer("a", 1))
    assert "$: " in unstorable(Circle, Square(1.0))
    assert "$: " in unstorable(Pair, (1, None))


def test_the_place_of_what_cannot_be_stored_is_named() -> None:
    """However deep it is; in a set it is any member."""
    line: Any = Line("a", "1")  # type: ignore[arg-type]  # what an untyped caller gets wrong
    assert unstorable(Order, Order((Line("a", 1), line), {}, {})).startswith("$.lines[1].cents: ")
    assert unstorable(Order, Order((), {"a": Line("a", 1), "b": line}, {})).startswith("$.by_sku{1}.cents: ")
    assert unstorable(Mapping[Coat, int], {Coat.RED: 1, 5: 1}).startswith("$[1][0]: ")
    assert unstorable(Mapping[Coat, int], {Coat.RED: "1"}).startswith("$[0][1]: ")
    assert unstorable(dict[str, int], {5: 1}).startswith("${0}: ")
    assert unstorable(Pair, Pair(1, line)).startswith("$.right.cents: ")
    assert unstorable(tuple[int, str], (1, 2)).startswith("$[1]: ")
    assert unstorable(set[int], {1, "2"}).startswith("$[*]: ")
    assert unstorable(Circle | Square | None, Circle("1")).startswith("$.radius: ")  # type: ignore[arg-type]  # as above
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


# ---- unions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "plain"),
    [
        (Circle | Square, Square(1.0), {"Square": {"radius": 1.0}}),
        (Circle | Square | None, None, None),
        (Circle | None, Circle(1.0), {"radius": 1.0}),
        (int | str, "a", {"str": "a"}),
        (float | str, 2, {"float": 2}),
        (float | int, 2, {"int": 2}),
        (int | str | None, 1, {"int": 1}),
        (Circle | (Square | None), Square(2.0), {"Square": {"radius": 2.0}}),
        (tuple[int | None, ...], (1, None), [1, None]),
        (Literal["a", None] | None, "a", {"str": "a"}),  # noqa: PYI061 - None among the literals is a shape of its own
    ],
    ids=repr,
)
def test_the_case_of_a_union_is_written_with_its_tag(kind: object, value: object, plain: object) -> None:
    """Unless None is the only other case, which tells itself apart."""
    assert written(kind, value) == plain
    assert kept(kind, value) == value


def test_cases_of_the_same_form_are_told_apart() -> None:
    """By the tag, not by what fits."""
    assert kept(Circle | Square, Square(1.0)) == Square(1.0)
    assert kept(Square | Circle, Circle(1.0)) == Circle(1.0)


@pytest.mark.parametrize(
    ("kind", "plain", "place"),
    [
        (Circle | Square, {"radius": 1.0}, ""),
        (Circle | Square, {"Triangle": {"radius": 1.0}}, ""),
        (Circle | Square, {"Circle": {"radius": 1.0}, "Square": {"radius": 1.0}}, ""),
        (Circle | Square, {}, ""),
        (Circle | Square, None, ""),
        (Circle | Square, {"Square": {"radius": "1"}}, ".Square.radius"),
        (Circle | Square, {"Square": None}, ".Square"),
        (int | str, 1, ""),
        (int | str, {"int": "1"}, ".int"),
        (Circle | None, {"radius": None}, ".radius"),
        (Circle | None, {"Circle": {"radius": 1.0}}, ""),
    ],
    ids=repr,
)
def test_a_case_that_does_not_fit_names_the_place(kind: object, plain: object, place: str) -> None:
    """And it is never taken for another one."""
    assert refused(kind, plain).startswith(f"$.values[0]{place}: ")


# ---- hooks ------------------------------------------------------------------------------------------------


class Weight:
    """A class of somebody else's."""

    def __init__(self, grams: int) -> None:
        self.grams = grams

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Weight) and other.grams == self.grams

    def __hash__(self) -> int:
        return hash(self.grams)


def _weight(grams: int) -> Weight:
    if grams < 0:
        raise ValueError(grams)
    return Weight(grams)


WEIGHT = Hook(Weight, int, lambda weight: weight.grams, _weight)
HOOKS = (WEIGHT,)


@pytest.mark.parametrize(
    ("kind", "value", "plain"),
    [
        (Weight, Weight(5), 5),
        (Weight | None, None, None),
        (Weight | int, Weight(5), {"Weight": 5}),
        (Mapping[Weight, str], {Weight(1): "a"}, [[1, "a"]]),
        (tuple[Weight, ...], (Weight(2**70),), [{"$int": str(2**70)}]),
    ],
    ids=["alone", "none", "union", "key", "inside"],
)
def test_a_hook_stores_a_class_as_a_value_of_another(kind: object, value: object, plain: object) -> None:
    """Wherever it stands."""
    assert written(kind, value, hooks=HOOKS) == plain
    assert kept(kind, value, hooks=HOOKS) == value


@pytest.mark.parametrize(
    ("kind", "plain", "place"),
    [
        (Weight, "5", ""),
        (Weight, -1, ""),
        (tuple[Weight, ...], [1, -1], "[1]"),
        (Mapping[Weight, str], [[1, "a"], [-1, "b"]], "[1][0]"),
    ],
    ids=repr,
)
def test_what_a_hook_refuses_does_not_fit(kind: object, plain: object, place: str) -> None:
    """It is one error as all others, at its place."""
    assert refused(kind, plain, hooks=HOOKS).startswith(f"$.values[0]{place}: ")


def _raise(value: object) -> Any:  # noqa: ANN401 - never gives
    raise LookupError(value)


@pytest.mark.parametrize(
    ("hook", "why"),
    [
        (Hook(Weight, int, _raise, Weight), "it is refused with LookupError"),
        (Hook(Weight, int, str, Weight), "it is not int"),
        (Hook(Weight, int, lambda _: 5, lambda _: 5), "be read again, because its hook gave no Weight"),
        (Hook(Weight, int, lambda _: 5, _raise), "be read again, because it is refused with LookupError"),
        (Hook(Weight, str, lambda _: "\ud800", Weight), "lone surrogate"),
    ],
)
def test_a_hook_that_does_not_work_makes_its_values_unstorable(hook: Hook, why: str) -> None:
    """It is found out before anything is written."""
    assert why in unstorable(tuple[Weight, ...], (Weight(1),), hooks=(hook,))


def test_a_hook_that_stores_none_is_told_apart_from_none() -> None:
    """With a tag, for null is one of its values."""
    hook = Hook(Weight, int | None, lambda weight: weight.grams or None, lambda grams: Weight(grams or 0))
    for value, plain in ((None, None), (Weight(0), {"Weight": None}), (Weight(5), {"Weight": 5})):
        assert written(Weight | None, value, hooks=(hook,)) == plain
        assert kept(Weight | None, value, hooks=(hook,)) == value


def test_another_class_than_the_hooks_is_refused() -> None:
    """A subclass would come back as its parent."""

    class Heavy(Weight):
        """A subclass."""

    assert "it is not Weight" in unstorable(Weight, Heavy(1), hooks=HOOKS)


# ---- what is made when ------------------------------------------------------------------------------------


def test_a_shape_that_contains_itself_is_made_once() -> None:
    """A tree, through a union, a mapping and a tuple."""

    @frozen
    class Tree:
        children: "tuple[Tree, ...]" = ()
        named: "Mapping[str, Tree | int]" = field(factory=dict)

    value = Tree((Tree(), Tree(named={"a": Tree(), "b": 1})))
    assert kept(Tree, value) == value
    assert ".children[1].named{1}.int: " in refused(
        Tree, {"children": [{}, {"named": {"a": {"int": 1}, "b": {"int": None}}}]}
    )


class Twin:
    """A value that equals no other, and hashes as all others."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Twin) and other.number == self.number

    def __hash__(self) -> int:
        return 1


@pytest.mark.parametrize("kind", [frozenset[Twin], Mapping[Twin, None]], ids=["set", "mapping"])
def test_a_crowd_of_equal_hashes_is_refused_both_ways(kind: object) -> None:
    """A set or a mapping of them would be made in quadratic time."""
    hook = Hook(Twin, int, lambda twin: twin.number, Twin, immutable=True)
    few, many = (
        [Twin(number) for number in range(count)] if kind == frozenset[Twin] else range(count) for count in (100, 101)
    )
    del few, many
    made = frozenset if kind == frozenset[Twin] else dict.fromkeys
    plains = {
        count: list(range(count)) if kind == frozenset[Twin] else [[number, None] for number in range(count)]
        for count in (100, 101)
    }
    assert len(read_back(kind, plains[100], hooks=(hook,))) == 100
    assert "the same hash" in refused(kind, plains[101], hooks=(hook,))
    assert "the same hash" in unstorable(kind, made(map(Twin, range(101))), hooks=(hook,))


def test_a_coder_that_is_not_made_yet_is_never_used() -> None:
    """It would be a bug of ours."""
    with pytest.raises(AssertionError):
        Coder().encode(5)


def test_everything_is_made_when_a_saga_is_defined() -> None:
    """Loading compiles nothing: the coders of all types that can come are there."""

    @read(takes=int, gives=Order)
    def first(value: Any) -> Any:  # noqa: ANN401 - as said above
        return value

    saga = Saga("made", first)
    made = len(saga.codec._coders._made)
    with pytest.raises(BlobMismatch):
        saga.load(document(saga, ["a"]))
    with pytest.raises(NotStorable):
        saga.codec.copy(saga.program.takes, "a")
    assert len(saga.codec._coders._made) == made
