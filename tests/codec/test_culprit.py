"""The place of what cannot be stored: found quickly, in whatever is handed over, and told without a value."""

from collections.abc import Mapping
from time import process_time
from typing import Any

import pytest
from attrs import define, frozen

from resaga import Hook, Saga, read
from resaga.errors import NotStorable
from tests.codec.documents import keeper, unstorable, untyped


@frozen
class Line:
    sku: str
    cents: int


@frozen
class Node:
    value: int
    next: "Node | None" = None


@define(slots=False)
class Open:
    line: Line
    more: "dict[str, Open]"


def chain(length: int, end: object) -> Node:
    """Nodes one inside the other, the innermost with that value."""
    node = Node(untyped(end))
    for value in range(1, length):
        node = Node(value, node)
    return node


def test_the_innermost_part_is_named() -> None:
    """Through records, mappings, tuples and unions."""
    wrong = Open(Line("a", 1), {"x": Open(Line("b", 2), {}), "y": Open(Line("c", untyped("3")), {})})
    assert unstorable(Open, wrong).startswith("$.more{1}.line.cents: ")
    assert unstorable(Mapping[int, Open], {5: Open(Line("a", 1), {}), 6: wrong}).startswith(
        "$[1][1].more{1}.line.cents"
    )
    assert unstorable(tuple[int, Line | Node], (1, Node(1, Node(untyped("2"))))).startswith("$[1].next.value: ")


def test_a_field_that_is_not_there_is_named() -> None:
    """An object may be made without being initialised."""
    assert unstorable(Line, object.__new__(Line)).startswith("$.sku: ")


def test_what_is_nested_too_deep_is_told_at_once() -> None:
    """Not looked for level by level: that would take quadratic time."""
    saga = keeper(Node)
    for length in (150, 400, 20_000):
        began = process_time()
        with pytest.raises(NotStorable, match="deep") as caught:
            saga.codec.copy(saga.program.takes, chain(length, 0))
        assert process_time() - began < 1
        assert caught.value.path == "$"


def test_the_end_of_a_long_chain_is_found() -> None:
    """As far down as a document may go."""
    path = "$" + ".next" * 90 + ".value"
    assert unstorable(Node, chain(91, "x")).startswith(f"{path}: ")


def test_whatever_keys_and_values_do_nothing_else_is_raised() -> None:
    """They may raise when they are shown, compared or hashed again."""

    class Nasty:
        def __init__(self) -> None:
            self.asked = 0

        def __repr__(self) -> str:
            raise LookupError

        __str__ = __repr__

        def __hash__(self) -> int:
            return 1

        def __eq__(self, other: object) -> bool:
            raise LookupError

    assert unstorable(dict[str, int], {Nasty(): 1}).startswith("${0}: ")
    assert unstorable(Mapping[int, int], {Nasty(): 1}).startswith("$[0][0]: ")
    assert unstorable(frozenset[int], frozenset({Nasty()})).startswith("$[*]: ")
    assert unstorable(tuple[int, ...], (1, Nasty())).startswith("$[1]: ")


def test_a_hook_that_fails_only_now_and_then_still_gives_one_error() -> None:
    """The search may find nothing any more."""
    calls: list[int] = []

    def moody(value: complex) -> float:
        calls.append(1)
        if len(calls) == 1:
            raise OSError
        return value.real

    assert unstorable(complex, 1j, hooks=(Hook(complex, float, moody, complex),)).startswith("$: ")


def test_the_place_begins_with_the_step_that_gave_the_value() -> None:
    """In a document of a run it is a path of the saga's."""

    @read
    def look(line: Line) -> tuple[Line, ...]:
        wrong: Any = "5"
        return (line, Line(line.sku, wrong))

    saga = Saga("looking", look.named("shop"))
    with pytest.raises(NotStorable) as caught:
        saga.new(Line("a", 1)).start().dump()
    assert caught.value.path == "shop/look[1].cents"
