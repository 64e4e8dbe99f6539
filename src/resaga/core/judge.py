"""Judging: which facts an outcome makes.

The only place where policy is asked: budgets, delays, the life of keys, deadlines, what may be skipped.
Nothing changes here; what is judged impossible is refused, and what is judged becomes rows of the trail.
"""

from typing import Final, TypeAlias, assert_never

from resaga.core import key
from resaga.core.errors import IllegalTransition, NotStuckThere, PastNoReturn
from resaga.core.fact import Fact, Mark, Postponement, Setback, Skip
from resaga.core.failure import Failure
from resaga.core.instruction import Instruction, Op
from resaga.core.node import EFFECTS, Default, Kind, Reject, Stay
from resaga.core.outcome import (
    Answer,
    Cancelled,
    Chose,
    Expired,
    Failed,
    Interrupted,
    Later,
    MarkedDone,
    NothingHappened,
    Outcome,
    Refused,
    Retried,
    Returned,
    Skipped,
    Started,
    Unstorable,
    Woke,
)
from resaga.core.state import LIVE, ExecutionState, Phase
from resaga.core.timing import later

Facts: TypeAlias = list[tuple[Fact, object]]

RAISED_NOTHING: Final = ("timed_out", "unwritable")
"""The kinds of failure that no body said: it may well have done what it should."""

BODIES: Final = (Op.PERFORM, Op.ASK, Op.ENTER, Op.LEAVE)


def judge(state: ExecutionState, outcome: Outcome, at: int, took: int) -> Facts:  # noqa: C901, PLR0912 - one line for each outcome
    """The facts that an outcome makes; raises if it cannot have happened here, and changes nothing."""
    match outcome:
        case Returned(value=value, events=events):
            return [(Fact.EMITTED, event) for event in events] + [(_completion(state), value)]
        case Chose(yes=yes):
            _must(state, Op.CHOOSE)
            return [(Fact.CHOSE_YES if yes else Fact.CHOSE_NO, None)]
        case Failed():
            return _failed(state, outcome, at, took)
        case Refused(failure=failure):
            _busy(state)
            if state.phase is not Phase.FORWARD:
                return [(Fact.STUCK, failure)]
            return _giving_up(state, failure) if state.doubt else _failing(state, failure)
        case Later(reason=reason, again=again):
            _busy(state)
            return [(Fact.POSTPONED, Postponement(reason, None if again is None else later(at, again)))]
        case Unstorable(value=value, failure=failure):
            _must(state, *BODIES)
            if state.here.kind is Kind.IRREVERSIBLE:
                return [(Fact.STUCK, failure)]
            if state.here.kind in EFFECTS:
                return [(Fact.SETTLING, failure), (Fact.SETTLED, value)]
            return _failing(state, failure)
        case Interrupted():
            return _interrupted(state, at)
        case NothingHappened():
            if state.phase is not Phase.SETTLING or state.stuck:
                raise _impossible(state, outcome)
            after = [] if state.failure is None else _failing(state, state.failure)
            return [(Fact.DID_NOT_HAPPEN, None), *after]
        case Woke():
            return _woke(state, at)
        case Answer() | Expired():
            return _answered(state, outcome, at)
        case Started():
            if state.phase is not Phase.NEW:
                raise _impossible(state, outcome)
            return [(Fact.STARTED, None)]
        case Cancelled(failure=failure):
            return _cancelled(state, failure)
        case Retried() | Skipped() | MarkedDone():
            return _decided(state, outcome)
        case _:
            assert_never(outcome)


def _failed(state: ExecutionState, outcome: Failed, at: int, took: int) -> Facts:
    _busy(state)
    instruction, failure, forward = state.here, outcome.failure, state.phase is Phase.FORWARD
    proves_nothing = (
        failure.kind in RAISED_NOTHING or instruction.settling is not None or instruction.kind is Kind.IRREVERSIBLE
    )
    leaves_doubt = forward and proves_nothing and instruction.kind in EFFECTS
    doubt = state.doubt or leaves_doubt or state.phase is Phase.UNDOING
    began = (at - took) // 1000 if state.began is None else state.began
    too_old = doubt and state.phase is not Phase.SETTLING and at // 1000 - began > instruction.key_life
    if outcome.worth_repeating and state.spent + 1 < state.budget.attempts and not too_old:
        return [(Fact.DOUBTED if leaves_doubt else Fact.SETBACK, _setback(state, failure, at))]
    if not forward:
        return [(Fact.STUCK, failure)]
    return _giving_up(state, failure) if doubt else _failing(state, failure)


def _interrupted(state: ExecutionState, at: int) -> Facts:
    if state.phase not in LIVE:
        raise _impossible(state, Interrupted())
    if not state.busy:
        return []
    instruction = state.here
    if (
        state.phase is not Phase.FORWARD
        or instruction.kind is not Kind.IRREVERSIBLE
        or _may_repeat(state, instruction, at)
    ):
        return [(Fact.INTERRUPTED, None)]
    if instruction.settling is not None:
        return [(Fact.INTERRUPTED, None), (Fact.SETTLING, None)]
    return [
        (Fact.INTERRUPTED, None),
        (Fact.STUCK, _lost(instruction, "it was cut off, and nobody can tell how it ended")),
    ]


def _woke(state: ExecutionState, at: int) -> Facts:
    if state.wake_at is None:
        raise _impossible(state, Woke())
    if at // 1000 < state.wake_at:
        return []
    instruction = state.here
    if state.doubt and state.phase is not Phase.SETTLING and not _alive(state, instruction, at):
        lost = _lost(instruction, "its key is older than the world may remember it")
        return [(Fact.STUCK, lost)] if state.phase is Phase.UNDOING else _giving_up(state, lost)
    return [(Fact.WOKE, None)]


def _answered(state: ExecutionState, outcome: Answer | Expired, at: int) -> Facts:
    if not state.asked:
        raise _impossible(state, outcome)
    if isinstance(outcome, Answer):
        return [(Fact.ANSWERED, outcome)]
    expiry = state.here.expiry if state.expired(at) else None
    match expiry:
        case Reject(message=message):
            return _failing(state, Failure(state.here.path, "expired", message))
        case Default(answer=answer):
            return [(Fact.ANSWERED, Answer(answer))]
        case Stay() | None:
            return []
        case _:
            assert_never(expiry)


def _cancelled(state: ExecutionState, failure: Failure) -> Facts:
    if state.past_return is not None or state.phase is Phase.COMPLETED:
        done = state.past_return
        path = state.program.instructions[done].path if done is not None else "the end"
        raise PastNoReturn(f"{path!r} is done and cannot be taken back, so nothing is cancelled.", path=path)
    if state.stuck is not None:
        over = state.stuck_back or state.cancelled is not None
        return [] if over else [(Fact.RETRIED, None), *_giving_up(state, failure)]
    match state.phase:
        case Phase.NEW:
            return [(Fact.STARTED, None), (Fact.FAILED, failure)]
        case Phase.FORWARD:
            return _giving_up(state, failure) if state.doubt else [(Fact.FAILED, failure)]
        case Phase.SETTLING:
            return [(Fact.SETTLING, failure)] if state.failure is None or state.failure.kind != "cancelled" else []
        case _:
            return []


def _decided(state: ExecutionState, outcome: Retried | Skipped | MarkedDone) -> Facts:
    if state.stuck is None:
        raise _impossible(state, outcome)
    instruction = state.here
    match outcome:
        case Retried(by=by):
            return [(Fact.RETRIED, by), *_again(state, instruction)]
        case Skipped(reason=reason, by=by):
            skip = (Fact.SKIPPED, Skip(reason, by))
            if state.phase is Phase.UNDOING:
                return [skip]
            if state.past_return is not None:
                raise PastNoReturn(
                    f"{instruction.path!r} cannot be skipped: what is done before it cannot be taken back;"
                    " retry it, or mark it done with its result.",
                    path=instruction.path,
                )
            return [skip, (Fact.FAILED, state.failure or state.stuck)]
        case MarkedDone(value=value, by=by):
            if state.phase is Phase.UNDOING:
                return [(Fact.UNDONE_BY_HAND, by)]
            if instruction.op is Op.CHOOSE:
                raise NotStuckThere(
                    f"{instruction.path!r} is a condition: it can be retried only.", path=instruction.path
                )
            return [(Fact.MARKED_TO_UNDO if given_back(state) else Fact.MARKED, Mark(value, by))]
        case _:
            assert_never(outcome)


def _again(state: ExecutionState, instruction: Instruction) -> Facts:
    """What else follows when somebody says that what it is stuck in is to be tried again."""
    forward = state.phase is Phase.FORWARD
    if forward and state.doubt and state.program.settles[state.index]:
        # Its program did not know then how to find out; the row says that this one does.
        return [(Fact.SETTLING, state.stuck)]
    if forward and state.cancelled is not None:
        raise NotStuckThere(
            f"{instruction.path!r} was cancelled, so it is not tried again:"
            " say mark_done(…) if it has happened, or skip(…) if it has not.",
            path=instruction.path,
        )
    return []


def given_back(state: ExecutionState) -> bool:
    """Whether what a person says has happened is to be taken back, as that was asked for before."""
    return state.cancelled is not None and state.past_return is None and state.here.kind is not Kind.IRREVERSIBLE


def _giving_up(state: ExecutionState, failure: Failure) -> Facts:
    """In doubt: find out, or leave it to a person."""
    return [(Fact.SETTLING if state.program.settles[state.index] is not None else Fact.STUCK, failure)]


def _failing(state: ExecutionState, failure: Failure) -> Facts:
    """Not in doubt: take back what was done, unless that cannot be."""
    return [(Fact.FAILED if state.past_return is None else Fact.STUCK, failure)]


def _completion(state: ExecutionState) -> Fact:
    _busy(state)
    match state.phase:
        case Phase.FORWARD:
            _must(state, *BODIES)
            return Fact.RETURNED
        case Phase.SETTLING:
            return Fact.SETTLED
        case _:
            return Fact.UNDONE


def _setback(state: ExecutionState, failure: Failure, at: int) -> Setback:
    instruction = state.here
    work = key.Work.UNDO if state.phase is Phase.UNDOING else key.Work.DO
    retry = state.budget
    luck = 0.0
    if retry.jitter:
        luck = key.chance(key.derive(state.program.name, state.execution_id, instruction.path, work), state.spent + 1)
    delay = retry.delay_after(state.spent + 1, luck)
    return Setback(failure, later(at, delay) if delay else None)


def _may_repeat(state: ExecutionState, instruction: Instruction, at: int) -> bool:
    """Whether an irreversible step in doubt may be repeated: only if that was said to be harmless."""
    return instruction.retry is not None and _alive(state, instruction, at)


def _alive(state: ExecutionState, instruction: Instruction, at: int) -> bool:
    return state.began is None or at // 1000 - state.began <= instruction.key_life


def _lost(instruction: Instruction, why: str) -> Failure:
    return Failure(instruction.path, "interrupted", why)


def _busy(state: ExecutionState) -> None:
    """Only what is being done can end."""
    if not state.busy:
        raise IllegalTransition(f"nothing was being done in {state!r}, so nothing can have ended.")


def _must(state: ExecutionState, *ops: Op) -> None:
    _busy(state)
    if state.phase is not Phase.FORWARD or state.program.instructions[state.index].op not in ops:
        raise IllegalTransition(f"that cannot have happened in {state!r}.")


def _impossible(state: ExecutionState, outcome: Outcome) -> IllegalTransition:
    return IllegalTransition(f"{type(outcome).__name__} cannot have happened in {state!r}.")
