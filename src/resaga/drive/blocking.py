"""The blocking loop. Its twin is `awaiting`: change both, a test compares them."""

from resaga.core.decision import Decision, Halt, Plain
from resaga.core.machine import advance, returned, undone
from resaga.core.outcome import Outcome, Woke
from resaga.core.state import ExecutionState
from resaga.drive.call import Calling, Copy, answered, concluded, prepare, raised, taken_plainly
from resaga.drive.clock import Clock
from resaga.drive.rest import RESTING, enter, nap


def drive(state: ExecutionState, clock: Clock, copy: Copy) -> Decision:
    """Do what the machine decides until somebody else has to come back; gives the last decision.

    An interrupt passes through and leaves the state's trail as far as it was written.
    """
    program, monotonic = state.program, clock.monotonic
    before = monotonic()
    shift = clock.wall() - before
    decision = enter(state, before + shift)
    while True:
        if type(decision) is Plain:
            function = decision.function
            try:
                value = function(state.value)
            except Exception as error:  # noqa: BLE001 - whatever a body raises is an outcome
                now = monotonic()
                decision = advance(program, state, raised(state, error), now + shift, now - before)
            else:
                now = monotonic()
                if decision.undoes and value is None:
                    decision = undone(decision, state, now + shift, now - before)
                elif type(value) in decision.given:
                    decision = returned(decision, state, value, now + shift, now - before)
                else:
                    outcome = taken_plainly(decision, value, copy)
                    decision = advance(program, state, outcome, now + shift, now - before)
        elif isinstance(decision, Halt):
            return decision
        elif isinstance(decision, RESTING):
            seconds = nap(decision, state, before + shift)
            if seconds is None:
                return decision
            clock.sleep(seconds)
            now = monotonic()
            decision = advance(program, state, Woke(), now + shift, 0)
        else:
            outcome = perform(decision, state, copy)
            now = monotonic()
            decision = advance(program, state, outcome, now + shift, now - before)
        before = now


def perform(decision: Calling, state: ExecutionState, copy: Copy) -> Outcome:
    """Call what is to be called, once."""
    try:
        call = prepare(decision, state, copy)
        value = answered(call)
        outcome = concluded(call, state, value, copy)
    except Exception as error:  # noqa: BLE001 - whatever a body raises is an outcome
        outcome = raised(state, error)
    return outcome
