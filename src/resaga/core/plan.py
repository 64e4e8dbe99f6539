"""What a rollback would do, or has done: a view of the trail."""

from typing import final

from resaga.core.fact import COMPLETIONS, Fact, Skip
from resaga.core.node import EFFECTS, Kind
from resaga.core.state import ExecutionState, Phase
from resaga.core.value import Value


@final
class Kept(Value):
    """A step whose effect stays, and why."""

    path: str
    why: str


@final
class SkippedStep(Value):
    """What a person said to leave: an undo that was not done, or a step taken for not happened."""

    path: str
    reason: str
    by: str


@final
class ByHand(Value):
    """What a person said is undone."""

    path: str
    by: str


@final
class RollbackPlan(Value):
    """What a rollback would do now: the undos in their order, what stays and why.

    `past_return` is the irreversible step that is done; with one there is no rollback at all.
    `in_doubt` is the step that would have to be settled first.
    """

    undos: tuple[str, ...]
    kept: tuple[Kept, ...]
    past_return: str | None
    in_doubt: str | None

    def __str__(self) -> str:
        if self.past_return is not None:
            return f"no rollback: {self.past_return} is done and cannot be taken back"
        lines = [f"settle {self.in_doubt}"] if self.in_doubt else []
        lines += [f"undo {path}" for path in self.undos]
        lines += [f"keep {kept.path}: {kept.why}" for kept in self.kept]
        return "\n".join(lines) or "nothing to undo"


def in_effect(state: ExecutionState) -> tuple[int, ...]:
    """The indexes of the steps that are done and not taken back, the last first."""
    standing: dict[int, None] = {}
    for fact, index, _, _, _ in state.trail.rows():
        if fact in (Fact.UNDONE, Fact.UNDONE_BY_HAND):
            del standing[index]
        elif fact in COMPLETIONS and state.program.instructions[index].kind in EFFECTS:
            standing[index] = None
    return tuple(reversed(standing))


def rollback_plan(state: ExecutionState) -> RollbackPlan:
    """What a rollback would do from here."""
    instructions = state.program.instructions
    standing = [instructions[index] for index in in_effect(state)]
    passed = {one.path for one in skipped_steps(state)}
    doubtful = state.doubt and state.phase is not Phase.UNDOING
    return RollbackPlan(
        undos=tuple(one.path for one in standing if one.kind is Kind.UNDONE and one.path not in passed),
        kept=kept(state),
        past_return=None if state.past_return is None else instructions[state.past_return].path,
        in_doubt=instructions[state.index].path if doubtful else None,
    )


def kept(state: ExecutionState) -> tuple[Kept, ...]:
    """The steps whose effects stay because their author said so, the last first."""
    standing = [state.program.instructions[index] for index in in_effect(state)]
    return tuple(Kept(one.path, one.reason or "") for one in standing if one.kind is Kind.KEPT)


def by_hand(state: ExecutionState) -> tuple[ByHand, ...]:
    """What a person said is undone, in order."""
    return tuple(
        ByHand(state.program.instructions[index].path, str(value))
        for fact, index, _, _, value in state.trail.rows()
        if fact is Fact.UNDONE_BY_HAND
    )


def skipped_steps(state: ExecutionState) -> tuple[SkippedStep, ...]:
    """What a person said to leave, in order."""
    return tuple(
        SkippedStep(state.program.instructions[index].path, value.reason, value.by)
        for _, index, _, _, value in state.trail.rows()
        if isinstance(value, Skip)
    )
