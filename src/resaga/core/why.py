"""Why an execution is paused or stuck, as closed sets of values to match on."""

from datetime import datetime
from typing import TypeAlias, assert_never, final

from resaga.core.decision import Ask, Cause, Decision, Sleep
from resaga.core.errors import IllegalTransition
from resaga.core.fact import Postponement, Setback
from resaga.core.failure import Failure
from resaga.core.state import ExecutionState, Phase
from resaga.core.timing import moment
from resaga.core.value import Value


@final
class AtGate(Value):
    """It waits for an answer; `deadline` is when the gate's expiry takes its place."""

    path: str
    deadline: datetime | None

    def __str__(self) -> str:
        return f"{self.path} waits for an answer{_until(self.deadline)}"


@final
class AtTimer(Value):
    """It waits for a time."""

    path: str
    until: datetime

    def __str__(self) -> str:
        return f"{self.path} waits{_until(self.until)}"


@final
class Postponed(Value):
    """A body, an undo or a settle said not yet, and perhaps when to come back."""

    path: str
    reason: str
    until: datetime | None

    def __str__(self) -> str:
        return f"{self.path} said not yet{_until(self.until)}{self.reason and f': {self.reason}'}"


@final
class BackingOff(Value):
    """An attempt failed, and the next may not begin before that time."""

    path: str
    failure: Failure
    until: datetime

    def __str__(self) -> str:
        return f"{self.failure}; it is tried again{_until(self.until, 'at')}"


WhyPaused: TypeAlias = AtGate | AtTimer | Postponed | BackingOff


@final
class InDoubt(Value):
    """Nobody can tell whether the step has happened."""

    path: str
    failure: Failure

    def __str__(self) -> str:
        return f"{self.path} is in doubt, nobody can tell whether it has happened; {self.failure}"


@final
class UndoFailed(Value):
    """A step could not be taken back; `failure` is the undo's."""

    path: str
    failure: Failure

    def __str__(self) -> str:
        return f"{self.path} could not be taken back; {self.failure}"


@final
class NoWayBack(Value):
    """It failed after an irreversible step, so there is no way back, only on."""

    path: str
    failure: Failure

    def __str__(self) -> str:
        return f"{self.failure}, and what is done before it cannot be taken back"


WhyStuck: TypeAlias = InDoubt | UndoFailed | NoWayBack


def _until(time: datetime | None, word: str = "until") -> str:
    return "" if time is None else f" {word} {time.isoformat(sep=' ', timespec='seconds')}"


def why_paused(state: ExecutionState, decision: Decision) -> WhyPaused:
    """Why there is nothing to do now."""
    path = state.here.path
    if isinstance(decision, Ask):
        deadline = None if state.deadline is None else moment(state.deadline * 1000)
        return AtGate(path, deadline)
    if not isinstance(decision, Sleep) or state.wake_at is None:
        raise IllegalTransition(f"{state!r} is not paused.")
    until, value = moment(state.wake_at * 1000), state.trail.values[-1]
    match decision.cause:
        case Cause.WAIT:
            return AtTimer(path, until)
        case Cause.NOT_YET if isinstance(value, Postponement):
            return Postponed(path, value.reason, None if value.until is None else until)
        case Cause.RETRY if isinstance(value, Setback):
            return BackingOff(path, value.failure, until)
        case Cause.NOT_YET | Cause.RETRY | Cause.INTERRUPTION:
            raise IllegalTransition(f"{state!r} is not paused.")
        case _:
            assert_never(decision.cause)


def why_stuck(state: ExecutionState) -> WhyStuck:
    """What a person has to decide."""
    if state.stuck is None:
        raise IllegalTransition(f"{state!r} is not stuck.")
    path = state.here.path
    if state.phase is Phase.UNDOING:
        return UndoFailed(path, state.stuck)
    if state.doubt:
        return InDoubt(path, state.stuck)
    return NoWayBack(path, state.stuck)
