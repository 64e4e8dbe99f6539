"""What a body gave, as every other process will see it, and taking it in."""

from typing import cast

from resaga.core.decision import PLAIN, Decision
from resaga.core.instruction import Instruction
from resaga.core.machine import advance, returned, undone
from resaga.core.node import EFFECTS
from resaga.core.outcome import Failed, Outcome, Returned, Unstorable
from resaga.core.state import UNDOING, ExecutionState
from resaga.drive.call import Calling, Copy, failure_of
from resaga.drive.loose import loosened


def writable(one: Instruction, state: ExecutionState, outcome: Outcome, copy: Copy) -> Outcome:
    """The outcome, with values as they will be read.

    What gave a value that cannot be written is in doubt: no other process could take back what only this one can
    see. So it is settled, or a person decides.
    """
    if type(outcome) is Returned:
        own, events, shape = outcome.value, outcome.events, state.program.events
        try:
            if events and shape is not None:
                events = cast("tuple[object, ...]", copy(shape, events))
            if one.gives is not None and state.phase is not UNDOING:
                own = copy(one.gives, own)
            outcome = Returned(own, events)
        except Exception as error:  # noqa: BLE001 - a class of the user's may refuse to be made again
            outcome = Unstorable(own, failure_of(one, loosened(error), "unstorable"))
    if type(outcome) is Unstorable and one.kind in EFFECTS:
        return Failed(outcome.failure.replaced(kind="unwritable"), worth_repeating=False)
    return outcome


def taken_in(decision: Calling, state: ExecutionState, outcome: Outcome, at: int, took: int) -> Decision:
    """What must happen next; by the short way where a `Plain` or a `PlainAsync` gave nothing but a value."""
    if isinstance(decision, PLAIN) and type(outcome) is Returned and not outcome.events:
        if decision.undoes:
            return undone(decision, state, at, took)
        return returned(decision, state, outcome.value, at, took)
    return advance(state.program, state, outcome, at, took)
