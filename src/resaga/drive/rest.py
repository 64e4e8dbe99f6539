"""When a loop goes on although nothing is to be called: it has come due, or is worth sleeping for."""

from typing import Final

from resaga.core import machine
from resaga.core.decision import Ask, Cause, Decision, Sleep
from resaga.core.outcome import Expired, Woke
from resaga.core.state import NEW, UNDOING, ExecutionState

RESTING: Final = (Ask, Sleep)
"""The decisions at which nothing is called."""

SLEPT_HERE_US: Final = 1_000_000
"""The longest wait for a retry that the process sleeps through; a longer one pauses the execution."""


def enter(state: ExecutionState, now: int) -> Decision:
    """What is to be done when a loop begins: what has come due meanwhile is reported first."""
    program = state.program
    if state.phase is NEW:
        return machine.start(program, state, now)
    decision = machine.decide(program, state)
    if isinstance(decision, Sleep):
        return machine.advance(program, state, Woke(), now, 0)
    if isinstance(decision, Ask):
        return machine.advance(program, state, Expired(), now, 0)
    return decision


def nap(decision: Ask | Sleep, state: ExecutionState, now: int) -> float | None:
    """Seconds to sleep before going on; None where the loop ends and somebody else has to come back."""
    if not isinstance(decision, Sleep) or state.wake_at is None or decision.cause is Cause.NOT_YET:
        return None
    left = state.wake_at - now // 1000
    short = decision.cause is Cause.RETRY and state.phase is not UNDOING and left <= SLEPT_HERE_US
    return max(0, left) / 1_000_000 if left <= 0 or short else None
