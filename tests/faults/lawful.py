"""What must hold of a run that was cut off once, judged by its trail and the world alone."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from resaga import Completed, RolledBack
from resaga.core.fact import COMPLETIONS, Fact, Row
from resaga.core.node import EFFECTS, Kind
from resaga.core.program import Program
from tests.worlds import Role, World

BY_HAND: Final = frozenset({Fact.SKIPPED, Fact.MARKED, Fact.UNDONE_BY_HAND})
"""What a person says with a verb that drives nothing."""


def prove(
    program: Program,
    world: World,
    outcome: Completed[Any, Any, Any] | RolledBack[Any, Any, Any],
    known: Mapping[int, int],
    *,
    cuts: int,
) -> None:
    """The record and the world tell one story, and it is a lawful one.

    `known` says how many calls there were when an instruction was first seen completed.
    """
    rows = list(outcome.state.trail.rows())
    called_no_more(program, world, known)
    called_within_bounds(program, world, rows, cuts)
    standing = in_order(program, rows)
    done = [index for fact, index, _, _, _ in rows if fact in COMPLETIONS]
    assert len(done) == len(set(done)), "something is completed twice"
    effects = {
        name
        for name in world.there
        if any(one.kind in EFFECTS for one in program.instructions if leaf(one.path) == name)
    }
    if isinstance(outcome, Completed):
        assert not [call for call in world.calls if call.role is Role.UNDO], "completed, and something was undone"
        assert effects == of_kinds(program, done, EFFECTS), "the world is not as the record says"
        return
    skipped = {leaf(one.path) for one in outcome.skipped}
    assert not standing, "rolled back, but not all of it"
    assert effects == of_kinds(program, done, {Kind.KEPT}) | (skipped & world.there), (
        "the world is not as the record says"
    )
    too_late = "its key is older" in outcome.failure.message  # S5: then it is not called again to find out
    assert outcome.failure.kind != "interrupted" or skipped or too_late, "rolled back because of the interrupt"


def called_no_more(program: Program, world: World, known: Mapping[int, int]) -> None:
    """A body whose result is recorded has no further calls."""
    for index, calls in known.items():
        name = leaf(program.instructions[index].path)
        later = [call for call in world.calls[calls:] if call.role is Role.DO and call.name == name]
        assert not later, f"{name} is recorded, and was called again"


def called_within_bounds(program: Program, world: World, rows: Iterable[Row], cuts: int) -> None:
    """S7, and for irreversible steps S6: never again on a guess."""
    facts = Counter((fact, index) for fact, index, _, _, _ in rows)
    for index, one in enumerate(program.instructions):
        budgets = 1 + facts[Fact.RETRIED, index] + facts[Fact.DID_NOT_HAPPEN, index]
        attempts = one.retry.attempts if one.retry else 1
        calls, not_yet = world.count(leaf(one.path)), facts[Fact.POSTPONED, index]
        assert calls <= attempts * budgets + not_yet + cuts, f"S7: {one.path} was called too often"
        if one.kind is Kind.IRREVERSIBLE and one.retry is None:
            assert calls <= budgets + not_yet, f"S6: {one.path} was repeated on a guess"


def in_order(program: Program, rows: Iterable[Row]) -> list[int]:
    """The completions that were not taken back; raises if one was without a reason, or out of turn."""
    standing: list[int] = []
    undoing, given_up = False, None
    for fact, index, _, _, value in rows:
        kind = program.instructions[index].kind if index < program.end else None
        given_up = value if fact is Fact.SETTLING else given_up
        if fact in COMPLETIONS and kind is Kind.UNDONE:
            standing.append(index)
        settled = fact is Fact.SETTLED and given_up is not None and kind is not Kind.IRREVERSIBLE
        undoing = undoing or settled or fact in (Fact.FAILED, Fact.MARKED_TO_UNDO)
        if fact in (Fact.UNDONE, Fact.UNDONE_BY_HAND) or (fact is Fact.SKIPPED and undoing):
            assert undoing, "something was undone without a reason"
            assert standing, "something was undone that was not done"
            assert standing.pop() == index, "undone out of turn"
    return standing


def of_kinds(program: Program, indexes: Iterable[int], kinds: Iterable[Kind]) -> set[str]:
    """The names of those of these kinds."""
    return {leaf(one.path) for one in (program.instructions[index] for index in indexes) if one.kind in kinds}


def leaf(path: str) -> str:
    """The name of a step, without those of the blocks around it."""
    return path.rpartition("/")[2]
