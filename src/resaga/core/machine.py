"""The machine: everything that moves the index, and every transition, is in this file and in no other.

Theory of operation
===================

An execution is a *trail*: rows of facts, each with its instruction, its time and perhaps a value. The
registers of an `ExecutionState` (phase, index, doubt …) only say where the last row has left us; `replay`
computes them anew from the rows, which is what loading a document and recovering from an interrupt do.

The world and the machine talk in turns. The machine answers with a `Decision`: what must happen next.
Whoever can do it does it, and reports an `Outcome`: what did happen. Nothing here calls a body, reads a
clock or draws a number; times and outcomes are arguments.

    advance = judge (which facts does this outcome make?) + write (each fact moves the registers) + decide
    start, returned, undone, straight = advance, where an outcome leaves nothing to judge

*Judging* is the only place where policy is asked: budgets, delays, the life of keys, deadlines. Its verdict
becomes the fact (`SETBACK`: it will be tried again; `FAILED`: it is rolled back). *Writing* asks no policy,
so an old trail means the same under a new retry policy.

The phases::

    NEW ──► FORWARD ──────────────────────────────► COMPLETED
              │  ▲ │
     in doubt │  │ │ failed, rejected, cancelled
              ▼  │ ▼
          SETTLING ─► UNDOING ────────────────────► ROLLED_BACK

and in FORWARD, SETTLING and UNDOING an execution may be *stuck*, until a person decides.

Invariants
----------

- A completion is a row of `COMPLETIONS`, written in FORWARD or SETTLING; it is never altered. SETTLED of what
  was given up, and MARKED_TO_UNDO, turn the run round by themselves.
- In UNDOING the cursor walks the trail backward over completions that have an undo. Each is undone, by
  its body or by hand, or skipped in one row before the cursor moves on; ROLLED_BACK is reached in no other way.
- Doubt is set by an attempt that may have happened, and is cleared only by a result, by a settle, or by a
  person. A rejection under doubt is no rejection.
- Once `past_return` is set, FAILED is never written: what fails then is STUCK.

Deliberately absent: a lock, a lease, a callback, a subclass per state.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from resaga.core.decision import COMPLETED, ROLLED_BACK, STUCK, WAITING, Decision, Plain, PlainAsync
from resaga.core.errors import IllegalTransition
from resaga.core.fact import BITS, Fact, Mark, Postponement, Setback, expected
from resaga.core.failure import UNCALLED, Failure
from resaga.core.instruction import Instruction, Op
from resaga.core.judge import BODIES, given_back, judge
from resaga.core.node import EFFECTS, Kind
from resaga.core.outcome import Answer, Outcome
from resaga.core.program import Program
from resaga.core.state import FORWARD, NEW, SETTLING, UNDOING, ExecutionState, Phase, Trail
from resaga.core.timing import later

CREATED: Final = int(Fact.CREATED)  # plain ints: an IntEnum is slow to calculate with
STARTED: Final = int(Fact.STARTED)


# ---- the doors --------------------------------------------------------------------------------------------


def create(program: Program, execution_id: str, context: object, at: int) -> ExecutionState:
    """An execution of which nothing has happened yet."""
    state = ExecutionState(program, execution_id, Trail([program.start << BITS | CREATED], [at], [0], [context]))
    state.value = context
    return state


def start(program: Program, state: ExecutionState, at: int) -> Decision:
    """`advance` for `Started`, without an object for the outcome."""
    if state.phase is not NEW:
        raise IllegalTransition(f"{state!r} was started before.")
    state.trail.add(program.start << BITS | STARTED, at, 0, None)
    state.phase = FORWARD
    return program.entry[program.start] or _arrive(state, at)


def advance(program: Program, state: ExecutionState, outcome: Outcome, at: int, took: int) -> Decision:
    """Take in what did happen, and say what must happen next.

    `at` is when it was over and `took` how long it lasted, in nanoseconds.
    """
    facts = judge(state, outcome, at, took)
    trail = state.trail
    if len(facts) > 1:
        trail.stands = len(trail.codes)
    for fact, value in facts:
        write(program, state, fact, at, 0 if fact is Fact.EMITTED else took, value)
        if fact is not Fact.EMITTED:
            took = 0
    trail.stands = None
    return decide(program, state)


def returned(plain: Plain | PlainAsync, state: ExecutionState, value: object, at: int, took: int) -> Decision:
    """`advance` for what a plain `Perform` returned, without an object for the outcome."""
    trail = state.trail
    trail.codes.append(plain.code)
    trail.at.append(at)
    trail.took.append(took)
    trail.values.append(value)
    state.value = value
    if state.strained:
        _calm(state)
    state.index = plain.after
    return plain.then or _arrive(state, at)


def undone(plain: Plain | PlainAsync, state: ExecutionState, at: int, took: int) -> Decision:
    """`advance` for a plain `Undo` that returned, without an object for the outcome."""
    trail = state.trail
    codes, values = trail.codes, trail.values
    codes.append(plain.code)
    trail.at.append(at)
    trail.took.append(took)
    values.append(None)
    if state.strained:
        _calm(state)
    cursor, then = state.cursor - 1, plain.then
    if then is None or codes[cursor] != plain.after:
        return _undo_next(state)
    state.cursor, state.value = cursor, values[cursor]
    return then


def straight(program: Program, execution_id: str, trail: Trail) -> ExecutionState:
    """The state after rows that only went on (`Program.straight`): as if each of them were written, but at once."""
    state, rows = ExecutionState(program, execution_id, trail), len(trail.codes)
    if rows:
        state.phase, state.value = FORWARD if rows > 1 else NEW, trail.values[0]
    if rows > 2:  # noqa: PLR2004 - it was created and started
        state.index, state.value = program.after[trail.codes[-1] >> BITS], trail.values[-1]
    return state


def decide(program: Program, state: ExecutionState) -> Decision:
    """Say what must happen next, as far as the state tells; nothing changes."""
    phase = state.phase
    if state.stuck is not None:
        return STUCK
    if phase is FORWARD:
        decision = program.asks[state.index] if state.asked else program.performs[state.index]
    elif phase is UNDOING:
        decision = program.undo_of.get(state.trail.codes[state.cursor])
    elif phase is SETTLING:
        decision = program.settles[state.index]
    elif phase is NEW:
        raise IllegalTransition("an execution that was not started has nothing to do yet.")
    else:
        return COMPLETED if phase is Phase.COMPLETED else ROLLED_BACK
    if state.wake_at is not None:
        return state.sleeping
    if decision is None:
        raise IllegalTransition(f"there is nothing to do at index {state.index} of {program!r}.")
    return decision


# ---- writing: what each fact does to the registers ---------------------------------------------------------


def write(program: Program, state: ExecutionState, fact: Fact, at: int, took: int, value: object) -> None:  # noqa: PLR0913, PLR0917 - a row
    """Add a row, and move the registers as it says; a row that cannot stand here is refused, and nothing changes."""
    possible, move = RULES[fact]
    if not possible(state):
        raise IllegalTransition(f"{fact.name} cannot stand in {state!r}.")
    state.trail.add(state.at_index << BITS | fact, at, took, value)
    move(state, value, at, took)


def _created(state: ExecutionState, value: object, at: int, took: int) -> None:
    state.value = value


def _started(state: ExecutionState, value: object, at: int, took: int) -> None:
    state.phase = FORWARD
    _arrive(state, at)


def _complete(state: ExecutionState, value: object, at: int, took: int) -> None:
    """The instruction has its result: go on behind it."""
    index = state.index
    kind = state.program.instructions[index].kind
    if kind is Kind.IRREVERSIBLE:
        state.past_return = index
    elif kind is Kind.GET:
        state.frames = (*state.frames, state.value)
    elif kind is Kind.PUT:
        state.frames = state.frames[:-1]
    state.value, state.phase = value, FORWARD
    _go(state, state.program.after[index], at)


def _chose_yes(state: ExecutionState, value: object, at: int, took: int) -> None:
    _go(state, state.program.after[state.index], at)


def _chose_no(state: ExecutionState, value: object, at: int, took: int) -> None:
    otherwise = state.here.otherwise
    _go(state, state.program.end if otherwise is None else otherwise, at)


def _woke(state: ExecutionState, value: object, at: int, took: int) -> None:
    state.wake_at = None
    if state.phase is FORWARD and state.here.op is Op.SLEEP:
        _go(state, state.program.after[state.index], at)


def _answered(state: ExecutionState, value: object, at: int, took: int) -> None:
    state.answer, state.deadline, state.strained = expected(Answer, value), None, True


def _set_back(state: ExecutionState, value: object, at: int, took: int) -> None:
    _attempted(state, at, took)
    state.spent += 1
    state.wake_at = expected(Setback, value).until
    state.doubt = state.doubt or state.phase is UNDOING


def _doubted(state: ExecutionState, value: object, at: int, took: int) -> None:
    _set_back(state, value, at, took)
    state.doubt = True


def _postponed(state: ExecutionState, value: object, at: int, took: int) -> None:
    _attempted(state, at, took)
    until = expected(Postponement, value).until
    state.wake_at = at // 1000 if until is None else until


def _interrupted(state: ExecutionState, value: object, at: int, took: int) -> None:
    _attempted(state, at, took)
    state.wake_at = 0  # at once, whatever the clock says then
    state.doubt = state.doubt or state.here.kind in EFFECTS


def _settling(state: ExecutionState, value: object, at: int, took: int) -> None:
    _calm(state)
    state.phase, state.failure = SETTLING, None if value is None else expected(Failure, value)
    state.doubt = state.strained = True


def _settled(state: ExecutionState, value: object, at: int, took: int) -> None:
    """It did happen. A step that was given up is then taken back; what cannot be taken back counts as done."""
    if state.failure is None or state.here.kind is Kind.IRREVERSIBLE:
        state.failure = None
        _complete(state, value, at, took)
    else:
        _failed(state, state.failure, at, took)


def _did_not_happen(state: ExecutionState, value: object, at: int, took: int) -> None:
    _calm(state)
    state.phase = FORWARD  # what it was given up with stays, for the row that says what follows


def _failed(state: ExecutionState, value: object, at: int, took: int) -> None:
    """Turn round: from the last row of the trail backward."""
    _calm(state)
    state.failure, state.stuck = expected(Failure, value), None
    state.phase, state.cursor = UNDOING, len(state.trail.codes)
    _undo_next(state)


def _got_stuck(state: ExecutionState, value: object, at: int, took: int) -> None:
    state.stuck, state.wake_at = expected(Failure, value), None
    if state.phase is FORWARD and state.failure is not None:
        state.failure = None  # it was found out that this did not happen
    elif state.stuck.kind not in UNCALLED:
        _attempted(state, at, took)
        if state.phase is FORWARD and (
            (state.here.kind is Kind.IRREVERSIBLE and state.stuck.kind != "rejected")
            or (state.here.kind in EFFECTS and state.stuck.kind == "unwritable")
        ):
            state.doubt = True


def _undone(state: ExecutionState, value: object, at: int, took: int) -> None:
    state.stuck = None
    _calm(state)
    _undo_next(state)


def _retried(state: ExecutionState, value: object, at: int, took: int) -> None:
    state.stuck, state.answer, state.began, state.spent = None, None, None, 0
    if state.phase is FORWARD:
        _begin_deadline(state, state.here, at)


def _skipped(state: ExecutionState, value: object, at: int, took: int) -> None:
    state.stuck = None
    move = _undone if state.phase is UNDOING else _did_not_happen  # a step in doubt is taken for not happened
    move(state, value, at, took)


def _marked(state: ExecutionState, value: object, at: int, took: int) -> None:
    state.stuck = state.failure = None
    _complete(state, expected(Mark, value).value, at, took)


def _marked_to_undo(state: ExecutionState, value: object, at: int, took: int) -> None:
    _failed(state, state.cancelled, at, took)


def _emitted(state: ExecutionState, value: object, at: int, took: int) -> None:
    """Nothing moves: the event only stands in the trail."""


Rule: TypeAlias = tuple[Callable[[ExecutionState], bool], Callable[[ExecutionState, object, int, int], None]]
"""Whether a fact can stand where the execution is, and what it moves."""

RULES: Final[Mapping[Fact, Rule]] = {
    Fact.CREATED: (lambda state: state.phase is NEW and not state.trail.codes, _created),
    Fact.STARTED: (lambda state: state.phase is NEW and len(state.trail.codes) == 1, _started),
    Fact.RETURNED: (lambda state: state.going and state.here.op in BODIES, _complete),
    Fact.CHOSE_YES: (lambda state: state.going and state.here.op is Op.CHOOSE, _chose_yes),
    Fact.CHOSE_NO: (lambda state: state.going and state.here.op is Op.CHOOSE, _chose_no),
    Fact.WOKE: (lambda state: state.free and state.wake_at is not None, _woke),
    Fact.ANSWERED: (lambda state: state.asked, _answered),
    Fact.SETBACK: (lambda state: state.busy, _set_back),
    Fact.DOUBTED: (lambda state: state.going and state.here.kind in EFFECTS, _doubted),
    Fact.POSTPONED: (lambda state: state.busy, _postponed),
    Fact.INTERRUPTED: (lambda state: state.busy, _interrupted),
    Fact.SETTLING: (lambda state: state.free and state.phase is not UNDOING and state.here.kind in EFFECTS, _settling),
    Fact.SETTLED: (lambda state: state.busy and state.phase is SETTLING, _settled),
    Fact.DID_NOT_HAPPEN: (lambda state: state.busy and state.phase is SETTLING, _did_not_happen),
    Fact.FAILED: (lambda state: state.free and state.phase is FORWARD and state.past_return is None, _failed),
    Fact.STUCK: (lambda state: state.free, _got_stuck),
    Fact.UNDONE: (lambda state: state.busy and state.phase is UNDOING, _undone),
    Fact.RETRIED: (lambda state: state.stuck is not None, _retried),
    Fact.SKIPPED: (lambda state: state.stuck_back or (state.stuck_ahead and state.past_return is None), _skipped),
    Fact.MARKED: (lambda state: state.stuck_ahead and state.here.op in BODIES and not given_back(state), _marked),
    Fact.MARKED_TO_UNDO: (given_back, _marked_to_undo),
    Fact.EMITTED: (lambda state: state.busy, _emitted),
    Fact.UNDONE_BY_HAND: (lambda state: state.stuck_back, _undone),
}
"""All transitions. A forged or damaged trail must not get anywhere that a run could not."""


# ---- what several transitions share ------------------------------------------------------------------------


def _arrive(state: ExecutionState, at: int) -> Decision:
    """The index has come to an instruction: start its timer or its deadline, or end."""
    program = state.program
    if state.index == program.end:
        state.phase = Phase.COMPLETED
        return COMPLETED
    instruction = program.instructions[state.index]
    if instruction.op is Op.SLEEP:
        state.wake_at, state.strained = later(at, instruction.duration), True
        return WAITING
    _begin_deadline(state, instruction, at)
    return decide(program, state)


def _begin_deadline(state: ExecutionState, instruction: Instruction, at: int) -> None:
    """A question is asked now."""
    if instruction.deadline is not None:
        state.deadline, state.strained = later(at, instruction.deadline), True


def _go(state: ExecutionState, index: int, at: int) -> None:
    """The index goes on."""
    _calm(state)
    state.index = index
    _arrive(state, at)


def _undo_next(state: ExecutionState) -> Decision:
    """Move the cursor back to the last completion that is still in effect and has an undo."""
    trail, undo_of, cursor = state.trail, state.program.undo_of, state.cursor
    codes = trail.codes
    while cursor:
        cursor -= 1
        undo = undo_of.get(codes[cursor])
        if undo is not None:
            value = trail.values[cursor]
            state.cursor, state.value = cursor, value.value if type(value) is Mark else value
            return undo
    state.cursor, state.phase, state.value = 0, Phase.ROLLED_BACK, state.trail.values[0]
    return ROLLED_BACK


def _calm(state: ExecutionState) -> None:
    """What is done next has made no attempt yet."""
    state.number = state.spent = 0
    state.began = state.wake_at = state.deadline = state.answer = None
    state.doubt = state.strained = False


def _attempted(state: ExecutionState, at: int, took: int) -> None:
    state.number += 1
    state.strained = True
    if state.began is None:
        state.began = (at - took) // 1000
