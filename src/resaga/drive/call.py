"""Calling a body once: what it is given, and what its return or its exception means as an outcome."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias, assert_never, cast, final

from resaga.core.attempt import Attempt
from resaga.core.body import Body
from resaga.core.decision import PLAIN, Choose, Perform, Plain, PlainAsync, Settle, Undo
from resaga.core.errors import IllegalTransition
from resaga.core.fact import BITS, COMPLETIONS, MASK, Mark
from resaga.core.failure import Failure, Kind, clipped
from resaga.core.instruction import Instruction, Op
from resaga.core.key import Work
from resaga.core.outcome import (
    Chose,
    Failed,
    Later,
    NothingHappened,
    Outcome,
    Refused,
    Returned,
    Unstorable,
)
from resaga.core.retry import MICROSECOND
from resaga.core.signals import DidNotHappen, NotYet, Rejected
from resaga.core.state import ExecutionState
from resaga.drive.loose import loosened

if TYPE_CHECKING:
    from resaga.core.shape import Shape

Copy: TypeAlias = Callable[["Shape", object], object]
"""Gives the value as it would be after a dump and a load; raises `NotStorable` if it cannot be dumped."""

Calling: TypeAlias = Plain | PlainAsync | Perform | Choose | Settle | Undo
"""The decisions that call something of the user's."""


GAVE_UP: Final = object()
"""What a call is taken to have returned that took longer than it may."""


@final
class Call:
    """One call to be made: the function, its arguments, and the attempt that it may know of.

    `body` is what the user wrote to do something; None for conditions and the like, which are done at once.
    """

    __slots__ = ("arguments", "attempt", "body", "decision", "function", "timeout")

    def __init__(  # noqa: PLR0913, PLR0917 - what a call consists of
        self,
        decision: Perform | Choose | Settle | Undo,
        function: Callable[..., Any],
        arguments: tuple[object, ...],
        body: Body | None = None,
        attempt: Attempt | None = None,
        timeout: int | None = None,
    ) -> None:
        self.decision = decision
        self.body = body
        self.function = function
        self.arguments = arguments
        self.attempt = attempt
        self.timeout = timeout


def prepare(decision: Calling, state: ExecutionState, copy: Copy) -> Call:
    """What is to be called, with what."""
    if isinstance(decision, PLAIN):
        decision = decision.full
    one = decision.instruction
    if isinstance(decision, Choose):
        return _choosing(decision, state, copy)
    if isinstance(decision, Perform) and one.op in (Op.ENTER, Op.LEAVE):
        return _beside(decision, state, copy)
    body, shape = _body(decision)
    context = state.value if one.immutable else lent(shape, state.value, copy)
    if isinstance(decision, Perform) and one.op is Op.ASK and state.answer is not None:
        answer = state.answer.value
        answer = answer if one.immutable else lent(one.asks, answer, copy)
        return Call(decision, body.function, (context, answer), body)
    timeout = one.timeout if isinstance(decision, Perform) else None
    if not body.wants_attempt:
        return Call(decision, body.function, (context,), body, None, timeout)
    attempt = Attempt(
        path=one.path,
        execution_id=state.execution_id,
        number=state.number + 1,
        saga=state.program.name,
        work=Work.UNDO if isinstance(decision, Undo) else Work.DO,
        declared=state.program.emits,
    )
    return Call(decision, body.function, (context, attempt), body, attempt, timeout)


def answered(call: Call) -> object:
    """What the call gives; its twin in `patience` awaits it."""
    return call.function(*call.arguments)


def concluded(call: Call, state: ExecutionState, value: object, copy: Copy) -> Outcome:
    """What it means that the call returned this."""
    decision, one = call.decision, call.decision.instruction
    if value is GAVE_UP:
        return _given_up(call, state)
    events = _emitted(call.attempt, state, copy) if call.attempt is not None else ()
    match decision:
        case Choose():
            return Chose(bool(value))
        case Undo():
            return _taken_back(one, value, events)
        case Settle() if value is DidNotHappen or isinstance(value, DidNotHappen):
            return NothingHappened()
        case Perform():
            return _taken(one, value, events, copy)
        case Settle():
            outcome = _taken(one, value, events, copy)
            if isinstance(outcome, Unstorable):  # that is no answer
                return Failed(outcome.failure.replaced(kind="unwritable"), worth_repeating=False)
            return outcome
        case _:
            assert_never(decision)


def taken_plainly(decision: Plain | PlainAsync, value: object, copy: Copy) -> Outcome:
    """What it means that the function of a `Plain` or a `PlainAsync` gave this."""
    if type(value) in decision.given:
        return Returned(value)
    one = decision.instruction
    return _taken_back(one, value) if decision.undoes else _taken(one, value, (), copy)


def _taken_back(one: Instruction, value: object, events: tuple[object, ...] = ()) -> Outcome:
    """What it means that an undo gave this: it is done, unless that would still have to be awaited."""
    if not hasattr(type(value), "__await__"):
        return Returned(None, events)
    if close := getattr(value, "close", None):
        close()
    said = f"it gave a {type(value).__name__}, which nobody awaits here; make it async def"
    return Failed(failure_of(one, TypeError(said)), worth_repeating=False)


def _taken(one: Instruction, value: object, events: tuple[object, ...], copy: Copy) -> Outcome:
    """What it means that a body gave this: nobody else holds what goes on, and it can be stored.

    Of what cannot be changed the class is enough.
    """
    if one.gives is None or (one.immutable and type(value) in one.given):
        return Returned(value, events)
    try:
        own = copy(one.gives, value)
    except Exception as error:  # noqa: BLE001 - a class of the user's may refuse to be made again
        return Unstorable(value, failure_of(one, loosened(error), "unstorable"))
    return Returned(own, events)


def raised(state: ExecutionState, error: Exception) -> Outcome:
    """What it means that the call raised this, as far as it can be read: it is told by its class alone."""
    one, kind = state.here, type(error)
    error = loosened(error)
    if one.op in (Op.CHOOSE, Op.ENTER, Op.LEAVE):
        return Refused(failure_of(one, error))
    if issubclass(kind, NotYet) and (later := _later(error)) is not None:
        return later
    if issubclass(kind, Rejected):
        return Refused(_rejection(one, error))
    return Failed(failure_of(one, error), worth_repeating=issubclass(kind, state.budget.on))


def _later(error: Any) -> Later | None:  # noqa: ANN401 - a NotYet, or a class of the user's that became none
    """When to come back; None if it does not say so, as one that never called its parent's `__init__`."""
    try:
        said = NotYet(error.reason, again=error.again)
        return Later(_text(said.reason), None if said.again is None else said.again // MICROSECOND)
    except Exception:  # noqa: BLE001 - then it has failed, like any other exception
        return None


def _given_up(call: Call, state: ExecutionState) -> Outcome:
    span = timedelta(microseconds=call.timeout or 0)
    return Failed(
        Failure(state.here.path, "timed_out", f"no result within {span}", "TimeoutError"),
        worth_repeating=any(issubclass(TimeoutError, kind) for kind in state.budget.on),
    )


def failure_of(one: Instruction, error: Exception, kind: Kind = "failed") -> Failure:
    """An exception as a value."""
    return Failure(one.path, kind, _text(error), _text(_told(type(error), "__name__", "Exception")), error)


def _rejection(one: Instruction, no: Exception) -> Failure:
    code = _told(no, "code", None)
    return Failure(one.path, "rejected", _text(_told(no, "message", no)), None if code is None else _text(code), no)


def _told(error: object, name: str, otherwise: object) -> object:
    """What it says; a class of the user's may have forgotten to call its parent's `__init__`."""
    try:
        return getattr(error, name)
    except Exception:  # noqa: BLE001 - nor may it be read
        return otherwise


def _text(said: object) -> str:
    try:
        return clipped(str(said))
    except Exception:  # noqa: BLE001 - a broken __str__ of somebody's must not hide that something failed
        return "its message cannot be shown"


def _body(decision: Perform | Settle | Undo) -> "tuple[Body, Shape | None]":
    """The body that is called, and the shape of what it is given."""
    one = decision.instruction
    match decision:
        case Settle() if one.settling is not None:
            return one.settling.body, one.takes
        case Undo() if one.undoing is not None:
            return one.undoing.body, one.gives
        case _ if one.body is not None:
            return one.body, one.takes
        case _:
            raise IllegalTransition(f"{one.path!r} has no body.")


def _choosing(decision: Choose, state: ExecutionState, copy: Copy) -> Call:
    case = decision.instruction.case
    if case is not None:
        return Call(decision, isinstance, (state.value, case))
    return _beside(decision, state, copy)


def _beside(decision: Perform | Choose, state: ExecutionState, copy: Copy) -> Call:
    """A condition, or a function that takes a context out of another, or puts it back."""
    one = decision.instruction
    if one.body is None:
        raise IllegalTransition(f"{one.path!r} has no body.")
    contexts = (state.frames[-1], state.value) if one.op is Op.LEAVE else (state.value,)
    return Call(decision, one.body.function, tuple(_given(state, value, copy) for value in contexts))


def _given(state: ExecutionState, context: object, copy: Copy) -> object:
    """A context of the trail to hand on, where nothing but the row that gave it tells its shape."""
    program, trail = state.program, state.trail
    rows = zip(reversed(trail.codes), reversed(trail.values), strict=True)
    gave = (
        program.instructions[code >> BITS]
        for code, value in rows
        if code & MASK in COMPLETIONS and (value.value if type(value) is Mark else value) is context
    )
    one = next(gave, None)
    if one is not None:
        return context if one.immutable else lent(one.gives, context, copy)
    return _still(program.takes, context, copy)


def _emitted(attempt: Attempt, state: ExecutionState, copy: Copy) -> tuple[object, ...]:
    return cast("tuple[object, ...]", _still(state.program.events, tuple(attempt.emitted), copy))


def _still(shape: "Shape | None", value: object, copy: Copy) -> object:
    """The value, if nobody can change it, or else a copy."""
    from resaga.core.shape import immutable  # noqa: PLC0415 - as there is a program, it is loaded

    return value if shape is None or immutable(shape) else lent(shape, value, copy)


def lent(shape: "Shape | None", value: object, copy: Copy) -> object:
    """A value that nobody else holds; what cannot be stored is handed on as it is."""
    try:
        return value if shape is None else copy(shape, value)
    except Exception:  # noqa: BLE001 - a class of the user's may refuse to be made again
        return value
