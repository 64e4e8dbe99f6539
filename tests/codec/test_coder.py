"""Collections, unions and hooks: what is written for each, and what is refused with its place."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeVar

import pytest
from attrs import field, frozen, make_class

from resaga import Hook, Saga, read
from resaga.codec.coder import Coder
from resaga.errors import BlobMismatch, NotStorable, UnsupportedType
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
class Circle:
    radius: float


@frozen
class Square:
    radius: float


class Pair(NamedTuple):
    left: int
    right: Line | None = None


@frozen
class Node:
    value: int
    next: "Node | None" = None


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
    ids=lambda one: repr(sorted(one) if isinstance(one, set) else one),
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


def test_keys_that_json_would_write_alike_are_kept_apart() -> None:
    """One, its text, and a float that equals it or nearly so: only text is a key of an object."""
    value: Mapping[int | str | bool | None, int] = {1: 1, "1": 2, None: 3, "null": 4}
    assert kept(Mapping[int | str | None, int], value) == value
    assert written(Mapping[int, int], {1: 1}) == [[1, 1]]
    assert written(Mapping[bool, int], {True: 1}) == [[True, 1]]
    assert list(kept(Mapping[float, int], {1.0: 1, 0.1: 2})) == [1.0, 0.1]


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


def test_cases_that_could_not_be_told_apart_are_refused_at_definition() -> None:
    """Two of one class, or of one name."""
    other = make_class("Circle", {"radius": field(type=float)}, frozen=True)
    for kind in (
        list[int] | Sequence[int],
        tuple[int, ...] | tuple[str, ...],
        Circle | other,
        dict[str, int] | dict[int, int],
    ):
        with pytest.raises(UnsupportedType, match="could not be told apart"):
            keeper(kind)


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

    @read(takes=int, gives=Line)
    def first(value: Any) -> Any:  # noqa: ANN401 - as said above
        return value

    saga = Saga("made", first)
    made = len(saga.codec._coders._made)
    with pytest.raises(BlobMismatch):
        saga.load(document(saga, ["a"]))
    with pytest.raises(NotStorable):
        saga.codec.copy(saga.program.takes, "a")
    assert len(saga.codec._coders._made) == made
