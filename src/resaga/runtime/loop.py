"""The durable loop: the driver's, with a record before each call, and an ear for what others ask for."""

from resaga.core.decision import Decision, Halt
from resaga.core.instruction import Instruction
from resaga.core.machine import advance
from resaga.core.node import EFFECTS
from resaga.core.outcome import Failed, Outcome, Returned, Unstorable, Woke
from resaga.core.state import UNDOING, ExecutionState
from resaga.drive.blocking import perform
from resaga.drive.call import Copy, failure_of
from resaga.drive.clock import Clock
from resaga.drive.loose import loosened
from resaga.drive.rest import RESTING, enter, nap
from resaga.runtime.held import Held


def run(held: Held, clock: Clock, copy: Copy) -> Decision:
    """Do what the machine decides until somebody else has to come back; gives the last decision.

    An interrupt passes through: nothing is recorded then, as nothing would be if the process were killed.
    """
    state, monotonic = held.state, clock.monotonic
    program = state.program
    before = monotonic()
    shift = clock.wall() - before
    decision = enter(state, before + shift)
    while True:
        decision = held.heard(decision, before + shift)
        if isinstance(decision, Halt):
            if held.rest():
                return decision
            continue
        if isinstance(decision, RESTING):
            seconds = nap(decision, state, before + shift)
            if seconds is None:
                if held.rest():
                    return decision
                continue
            if seconds > 0:
                held.before_sleep()
                clock.sleep(seconds)
            before = monotonic()
            decision = advance(program, state, Woke(), before + shift, 0)
            continue
        held.before(decision)
        before = monotonic()
        if held.requests and (heard := held.heard(decision, before + shift)) is not decision:
            decision = heard
            continue
        outcome = perform(decision, state, copy)
        now = monotonic()
        outcome = _writable(decision.instruction, state, outcome, copy)
        decision = advance(program, state, outcome, now + shift, now - before)
        before = now


def _writable(one: Instruction, state: ExecutionState, outcome: Outcome, copy: Copy) -> Outcome:
    """The outcome, with values as they will be read.

    What gave a value that cannot be written is in doubt: no other process could take back what only this one can
    see. So it is settled, or a person decides.
    """
    if type(outcome) is Returned:
        own, events, shape = outcome.value, outcome.events, state.program.events
        try:
            if shape is not None:
                events = tuple(copy(shape, event) for event in events)
            if one.gives is not None and state.phase is not UNDOING:
                own = copy(one.gives, own)
            outcome = Returned(own, events)
        except Exception as error:  # noqa: BLE001 - a class of the user's may refuse to be made again
            outcome = Unstorable(own, failure_of(one, loosened(error), "unstorable"))
    if type(outcome) is Unstorable and one.kind in EFFECTS:
        return Failed(outcome.failure.replaced(kind="unwritable"), worth_repeating=False)
    return outcome
