"""The durable loop: the driver's, with a record before each call, and an ear for what others ask for.

Its twin is `loop_async`: change both, a test compares them.
"""

from resaga.core.decision import Decision, Halt
from resaga.core.machine import advance
from resaga.core.outcome import Woke
from resaga.drive.call import Copy
from resaga.drive.clock import Clock
from resaga.drive.rest import RESTING, enter, nap
from resaga.runtime.hands import Hands
from resaga.runtime.held import Held
from resaga.runtime.result import taken_in, writable


def run(held: Held, clock: Clock, copy: Copy, hands: Hands) -> Decision:
    """Do what the machine decides until somebody else has to come back; gives the last decision.

    An interrupt of a body passes through, and the loop records nothing of it: this process may be being killed. Whoever
    drives may say more, by `Held.cut_off`.
    """
    state, monotonic = held.state, clock.monotonic
    program = state.program
    before = monotonic()
    shift = clock.wall() - before
    decision = enter(state, before + shift)
    while True:
        decision = held.heard(decision, before + shift) if held.requests else decision
        state = held.state
        if isinstance(decision, Halt):
            if hands.ask(held.rest()):
                return decision
            continue
        if isinstance(decision, RESTING):
            seconds = nap(decision, state, before + shift)
            if seconds is None:
                if hands.ask(held.rest()):
                    return decision
                continue
            if seconds > 0:
                hands.ask(held.before_sleep())
                clock.sleep(seconds)
            before = monotonic()
            decision = advance(program, state, Woke(), before + shift, 0)
            continue
        if (roomy := held.roomy(decision, before + shift)) is not decision:
            decision = roomy
            continue
        hands.ask(held.before(decision))
        before = monotonic()
        if held.requests and (heard := held.heard(decision, before + shift)) is not decision:
            decision = heard
            continue
        held.calling = True
        outcome = hands.perform(decision, state, copy)
        held.calling = False
        now = monotonic()
        outcome = writable(decision.instruction, state, outcome, copy)
        decision = taken_in(decision, state, outcome, now + shift, now - before)
        before = now
