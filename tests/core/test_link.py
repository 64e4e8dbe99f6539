"""Linking: jumps are followed, programs are told apart, and the decisions that a program owns are made."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import frozen

from resaga import Attempt, DidNotHappen, branch, gate, read, step, wait, when, within
from resaga.core.block import node_of
from resaga.core.compile import compile_program
from resaga.core.decision import Ask, Choose, Perform, Plain, PlainAsync, Undo
from resaga.core.fact import COMPLETIONS, MASK, Fact
from resaga.core.program import Program

DAY = timedelta(days=1)


@frozen
class Order:
    id: str


@frozen
class Wider:
    id: str
    note: str = ""


def look(order: Order) -> Order:
    return order


async def look_async(order: Order) -> Order:
    return order


def look_known(order: Order, attempt: Attempt) -> Order:
    return order


def look_at_list(order: list[int]) -> list[int]:
    return order


def find(order: Order, attempt: Attempt) -> Order | DidNotHappen:
    return order


def put(order: Order, result: Order) -> Order:
    return result


def undo(order: Order) -> None: ...
async def undo_async(order: Order) -> None: ...
def undo_known(order: Order, attempt: Attempt) -> None: ...


async def find_async(order: Order, attempt: Attempt) -> Order | DidNotHappen:
    return order


def is_large(order: Order) -> bool:
    return False


@gate
def ask(order: Order, answer: bool) -> Order:  # noqa: FBT001 - the answer is a bool
    return order


def program(block: Any, name: str = "s", version: int = 1) -> Program:  # noqa: ANN401 - of any block
    return compile_program(name, version, node_of(block))


def test_every_instruction_has_its_decisions() -> None:
    """By index, and none for the end."""
    one = program(
        read(look)
        >> when(is_large, wait(DAY))
        >> ask
        >> gate(name="soon", deadline=DAY)(ask.node.body.function)
        >> step(name="act")(look).settled_by(find).undone_by(undo_known)
    )
    kinds = [type(decision) for decision in one.performs]
    assert kinds == [Plain, Choose, type(None), Perform, Perform, Plain]
    assert [type(decision) for decision in one.asks] == [type(None)] * 3 + [Ask, Ask] + [type(None)] * 2
    assert one.plain == (one.performs[0], None, None, None, None, one.performs[5])
    assert [decision is not None for decision in one.settles] == [False] * 5 + [True]


def test_the_entry_is_what_happens_when_the_index_comes_there() -> None:
    """At timers, at deadlines and at the end that takes a look at the state."""
    one = program(read(look) >> wait(DAY) >> ask >> gate(name="soon", deadline=DAY)(ask.node.body.function))
    assert one.entry == (one.performs[0], None, one.asks[2], None, None)
    assert (one.start, one.end, one.after) == (0, 4, (1, 2, 3, 4))
    assert repr(one) == f"<Program s v1 {one.fingerprint}: 4 instructions>"


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        (read(look), Plain),
        (read(look_async), PlainAsync),
        (read(look_known), Perform),
        (read(look_at_list), Perform),
        (read(timeout=DAY)(look_async), Perform),
        (step(look).kept("x"), Plain),
        (step(look).irreversible(), Perform),
        (gate(name="g")(ask.node.body.function), Perform),
    ],
)
def test_a_common_body_is_called_without_a_thought(block: Any, kind: type) -> None:  # noqa: ANN401 - of any block
    """One argument, immutable values, no time limit, no doubt."""
    (decision,) = program(block).performs
    assert type(decision) is kind


def test_a_plain_decision_knows_what_comes_behind_it() -> None:
    """So that nobody has to look, unless the state has to be looked at."""
    one = program(read(look) >> read(look).named("a") >> wait(DAY))
    first, second = one.plain[:2]
    assert first is not None
    assert second is not None
    assert (first.after, first.then, second.after, second.then) == (1, second, 2, None)


@pytest.mark.parametrize(("undoes", "kind"), [(undo, Plain), (undo_async, PlainAsync), (undo_known, Undo)])
def test_so_is_a_common_undo(undoes: Any, kind: type) -> None:  # noqa: ANN401 - of any undo
    """What takes back a completion is found by the code of its row."""
    one = program(step(look).undone_by(undoes))
    kinds = {Fact(code & MASK): type(decision) for code, decision in one.undo_of.items()}
    assert kinds == dict.fromkeys(map(Fact, COMPLETIONS), kind)


def test_what_takes_a_context_out_is_no_common_body() -> None:
    """The context that waits for it has to be kept."""
    one = program(within(read(look), look, put))
    assert [type(decision) for decision in one.performs] == [Perform, Plain, Perform]


@pytest.mark.parametrize(
    ("block", "awaits"),
    [
        (read(look), False),
        (read(look_async), True),
        (step(look).undone_by(undo_async), True),
        (step(look_async).settled_by(find_async).kept("x"), True),
        (step(look).undone_by(undo), False),
        (ask >> read(look_async).named("a"), True),
    ],
)
def test_a_program_awaits_if_any_of_its_bodies_does(block: Any, awaits: bool) -> None:  # noqa: ANN401, FBT001 - a table
    """An undo and a settle too."""
    assert program(block).awaits is awaits


def test_the_rows_are_the_listing_as_documents_carry_it() -> None:
    """Kind, path and a short digest of the shapes."""
    one = program(read(look) >> step(name="act")(look).kept("x") >> wait(DAY))
    same, other, none = (row.split() for row in one.rows)
    assert (same[:2], other[:2], none[:2]) == (["read", "look"], ["kept", "act"], ["wait", "wait-1d"])
    assert same[2] == other[2] != none[2]
    assert len(same[2]) == 8


def test_the_fingerprint_is_of_what_is_done_and_not_of_how() -> None:
    """Another body, retry or reason is the same program."""
    fingerprint = program(read(name="a")(look) >> step(name="b")(look).kept("x")).fingerprint
    assert fingerprint == program(read(name="a")(look_known) >> step(name="b")(look).kept("y")).fingerprint
    assert len(fingerprint) == 16


def test_another_program_has_another_fingerprint() -> None:
    """Another name, version, path, kind, shape, order or way."""
    base = read(name="a")(look) >> read(name="b")(look)
    wider = read(name="a", takes=Wider, gives=Wider)(untyped_look)
    others = [
        program(base),
        program(base, name="t"),
        program(base, version=2),
        program(read(name="a")(look) >> read(name="c")(look)),
        program(read(name="b")(look) >> read(name="a")(look)),
        program(read(name="a")(look) >> step(name="b")(look).kept("x")),
        program(read(name="a")(look) >> step(name="b")(look).irreversible()),
        program(read(name="a")(look) >> when(is_large, read(name="b")(look))),
        program(when(is_large, read(name="a")(look)) >> read(name="b")(look)),
        program(when(is_large, read(name="a")(look) >> read(name="b")(look))),
        program(branch(is_large, read(name="a")(look), read(name="b")(look))),
        program(wider >> read(name="b", takes=Wider, gives=Wider)(untyped_look)),
    ]
    assert len({one.fingerprint for one in others}) == len(others)


untyped_look: Any = look


def test_a_branch_at_the_start_may_begin_with_a_jump_away() -> None:
    """The start is where one really is."""
    one = program(when(is_large, read(look)))
    assert (one.start, one.instructions[0].after, one.instructions[0].otherwise) == (0, 1, 2)
