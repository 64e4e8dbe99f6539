"""One execution, typed by its state: each class has only the verbs that are legal there.

An execution is a value. A verb uses it up and gives the next one; `dump`, and everything that is only asked,
may be called at any time. Used twice in one process, it refuses: `AlreadyUsed`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, final

from typing_extensions import TypeAliasType

from resaga.core import machine, plan
from resaga.core.block import Gate, M, Sync
from resaga.core.decision import COMPLETED, ROLLED_BACK, STUCK, Decision, Status
from resaga.core.errors import AlreadyUsed, NeedsAwait, NotAsked, TooLate
from resaga.core.failure import Failure, clipped
from resaga.core.outcome import Answer, Cancelled, MarkedDone, Retried, Skipped
from resaga.core.outcome import Outcome as Report
from resaga.core.plan import ByHand, Kept, RollbackPlan, SkippedStep
from resaga.core.question import Question
from resaga.core.replay import cut_off
from resaga.core.state import ExecutionState
from resaga.core.timing import StepTiming
from resaga.core.why import UndoFailed, WhyPaused, WhyStuck, why_paused, why_stuck
from resaga.core.word import has_no_result, reason_of, signature, signed
from resaga.drive.awaiting import drive_async
from resaga.drive.blocking import drive
from resaga.drive.call import lent
from resaga.drive.clock import SYSTEM, Clock

if TYPE_CHECKING:
    from resaga.codec import Codec

X = TypeVar("X")
B = TypeVar("B", covariant=True)
C = TypeVar("C")
R = TypeVar("R")


class Execution(Generic[X, B, M]):
    """What every execution has, whatever its state."""

    __slots__ = ("_after", "_clock", "_codec", "_next", "_running", "_state", "_unused")

    def __init__(self, codec: "Codec", state: ExecutionState, unused: list[None] | None) -> None:
        self._codec = codec
        self._state = state
        self._unused = unused  # popped by the one verb that may use it; None if it is only to look at

    @property
    def id(self) -> str:
        """The id by which stores and keys know it."""
        return self.state.execution_id

    @property
    def state(self) -> ExecutionState:
        """Where it stands, what it has done, how long everything took."""
        return self._state

    @property
    def status(self) -> Status:
        """How it stands, in one word."""
        return self.state.status

    @property
    def interrupted(self) -> "Interrupted[X, B, M]":
        """What can be resumed after an interrupt passed through a verb of this execution.

        A body that may have been running is in doubt. Either this or what the verb gave can be used, not
        both; if the verb did not even begin, this or the execution itself.
        """
        if hasattr(self, "_next"):  # what a verb gave, and may have been interrupted in a verb of its own
            return self._next.interrupted
        unused = self._unused or getattr(self, "_after", self._unused)
        running = getattr(self, "_running", None)
        if running is None:
            return Interrupted(self._codec, self.state.copy(), unused)
        now = getattr(self, "_clock", SYSTEM).wall()
        return Interrupted(self._codec, cut_off(self._codec.program, running, now), unused)

    def dump(self) -> bytes:
        """One JSON document: everything that another process needs to go on."""
        return self._codec.dump(self.state)

    def __repr__(self) -> str:
        at = f" at {self.state.path}" if self.state.path else ""
        return f"<{type(self).__name__} {self._codec.program.name} {self.id!r}{at}>"

    def _spend(self) -> None:
        if self._unused:
            self._after: list[None] = [None]  # first: what is cut off behind this line must be able to go on
            try:
                self._unused.pop()
            except IndexError:  # another thread was faster
                pass
            else:
                return
        said = "was used before: go on with what that gave, or load its newest document"
        if self._unused is None:
            said = "is a runtime's, and only to look at: say that to the runtime, with its id"
        raise AlreadyUsed(f"execution {self.id!r} {said}.", id=self.id)

    def _use(self) -> ExecutionState:
        """A state to go on with; the second time there is none."""
        self._spend()
        self._running = state = self.state.copy()
        return state

    def _said(self, outcome: Report, clock: Clock, kind: "type[Execution[Any, Any, Any]]") -> object:
        """What it is once somebody said something; refused, it leaves the execution unused."""
        state = self.state.copy()
        machine.advance(self._codec.program, state, outcome, clock.wall(), 0)
        self._spend()
        self._next = kind(self._codec, state, self._after)
        return self._next

    def _needs_await(self) -> NeedsAwait:
        name = self._codec.program.name
        return NeedsAwait(f"saga {name!r} has async bodies; await start_async(), resume_async() or retry_async().")

    def _go(self, clock: Clock) -> "Outcome[Any, Any, Any]":
        codec, self._clock = self._codec, clock
        if codec.program.awaits:
            raise self._needs_await()
        state = self._use()
        return came_to(codec, state, drive(state, clock, codec.copy), self._after)

    async def _go_async(self, clock: Clock) -> "Outcome[Any, Any, Any]":
        codec, self._clock = self._codec, clock
        state = self._use()
        return came_to(codec, state, await drive_async(state, clock, codec.copy), self._after)


class _Cancellable(Execution[X, B, M]):
    """One that somebody may want to be taken back."""

    __slots__ = ()

    def cancel(self, reason: str, /, *, by: str | None = None, clock: Clock = SYSTEM) -> "Interrupted[X, B, M]":
        """Ask for a rollback; refused once an irreversible step is done. Resume what this gives.

        What is stuck on its way waits for a settle or a person all the same, and then is rolled back, if it can be.
        """
        path = self.state.path or self._codec.program.name
        failure = Failure(path, "cancelled", reason_of("cancel", reason, by))
        return cast("Interrupted[X, B, M]", self._said(Cancelled(failure), clock, Interrupted))

    def rollback_plan(self) -> RollbackPlan:
        """What a rollback would do from here."""
        return plan.rollback_plan(self.state)


@final
class New(_Cancellable[X, B, M]):
    """Not begun yet."""

    __slots__ = ("_seed",)

    def __init__(self, codec: "Codec", seed: tuple[str, object, int], unused: list[None] | None) -> None:
        self._codec = codec
        self._seed = seed  # id, context, when it was made: a state is made of it when one is needed
        self._unused = unused

    @property
    def state(self) -> ExecutionState:
        """Where it stands, what it has done, how long everything took."""
        if not hasattr(self, "_state"):
            self._state = self._made()
        return self._state

    def _made(self) -> ExecutionState:
        execution_id, context, at = self._seed
        return machine.create(self._codec.program, execution_id, context, at)

    def _use(self) -> ExecutionState:
        self._spend()
        self._running = state = self._made()
        return state

    def start(self: "New[X, B, Sync]", *, clock: Clock = SYSTEM) -> "Outcome[X, B, Sync]":
        """Run until it completes, pauses, is rolled back or is stuck."""
        return self._go(clock)

    async def start_async(self, *, clock: Clock = SYSTEM) -> "Outcome[X, B, M]":
        """Run until it completes, pauses, is rolled back or is stuck."""
        return await self._go_async(clock)


class _Resumable(_Cancellable[X, B, M]):
    """One that can go on."""

    __slots__ = ()

    def resume(self: "_Resumable[X, B, Sync]", *, clock: Clock = SYSTEM) -> "Outcome[X, B, Sync]":
        """Go on; nothing above the place where it stands runs again."""
        return self._go(clock)

    async def resume_async(self, *, clock: Clock = SYSTEM) -> "Outcome[X, B, M]":
        """Go on; nothing above the place where it stands runs again."""
        return await self._go_async(clock)


@final
class Answered(_Resumable[X, B, M]):
    """Its question is answered; resume it."""

    __slots__ = ()


@final
class Interrupted(_Resumable[X, B, M]):
    """In the middle of it: cut off, or told by a person how to go on; resume it."""

    __slots__ = ()


@final
class Paused(_Resumable[X, B, M]):
    """At a gate, at a timer, or at a body that said not yet: `why` tells which."""

    __slots__ = ()

    @property
    def why(self) -> WhyPaused:
        """What it waits for."""
        return why_paused(self.state, machine.decide(self._codec.program, self.state))

    def asked(self, gate: Gate[C, Any, R, Any], /) -> Question[C, R] | None:
        """The question of this gate, if that is what it waits at."""
        state, here = self.state, self.state.here
        if not state.asked or here.node is not getattr(gate, "node", None):
            return None
        own = state.value if here.immutable else lent(here.takes, state.value, self._codec.copy)
        return Question(here.path, cast("C", own), getattr(self.why, "deadline", None))

    def answer(
        self, gate: Gate[Any, Any, R, Any], value: R, /, *, by: str | None = None, clock: Clock = SYSTEM
    ) -> Answered[X, B, M]:
        """Give the answer that the gate asks for; resume what this gives."""
        question, here = self.asked(gate), self.state.here
        if question is None or here.asks is None:
            what = repr(gate.node.body.name) if isinstance(gate, Gate) else f"a {type(gate).__name__}"
            raise NotAsked(
                f"execution {self.id!r} does not wait for an answer to {what}, but at {here.path!r}: {self.why!r};"
                " answer with the very gate that its saga is made of.",
                path=here.path,
            )
        if question.deadline is not None and self.state.expired(clock.wall()):
            raise TooLate(
                f"the question {here.path!r} could be answered until {question.deadline.isoformat()};"
                " resume, and the way that was declared for this is taken.",
                path=here.path,
                deadline=question.deadline,
            )
        own = self._codec.check_answer(here.asks, value, here.path)
        return cast("Answered[X, B, M]", self._said(Answer(own, signature("answer", by)), clock, Answered))


@final
class Completed(Execution[X, B, M]):
    """All of it is done."""

    __slots__ = ()
    __match_args__ = ("result",)

    @property
    def result(self) -> B:
        """What the last step gave."""
        return cast("B", self.state.value)

    @property
    def events(self) -> Sequence[object]:
        """What the bodies emitted, in order."""
        return self.state.events


@final
class RolledBack(Execution[X, B, M]):
    """Every undo is recorded as done; what a person skipped, and what is kept by design, is listed."""

    __slots__ = ()

    @property
    def failure(self) -> Failure:
        """Why it was rolled back."""
        return cast("Failure", self.state.failure)

    @property
    def context(self) -> X:
        """What it began with."""
        return cast("X", self.state.trail.values[0])

    @property
    def undone(self) -> Sequence[StepTiming]:
        """The undos that were done, in order, with their timings."""
        return tuple(one for one in self.state.step_timings if one.is_compensation and one.outcome == "undone")

    @property
    def undone_by_hand(self) -> Sequence[ByHand]:
        """What a person said is undone."""
        return plan.by_hand(self.state)

    @property
    def kept(self) -> Sequence[Kept]:
        """The steps whose effects stay, and why."""
        return plan.kept(self.state)

    @property
    def skipped(self) -> Sequence[SkippedStep]:
        """What a person said to leave."""
        return plan.skipped_steps(self.state)


@final
class Stuck(_Cancellable[X, B, M]):
    """Nothing safe is left to do: a person has to decide. `why` tells what."""

    __slots__ = ()

    @property
    def why(self) -> WhyStuck:
        """What has to be decided."""
        return why_stuck(self.state)

    @property
    def path(self) -> str:
        """The path of the step that it is about."""
        return self.why.path

    @property
    def given(self) -> Any:  # noqa: ANN401 - of whichever step
        """What the body that it is stuck in was given: by `mark_done`, say what the step made of that."""
        here = self.state.here
        return lent(here.gives if isinstance(self.why, UndoFailed) else here.takes, self.state.value, self._codec.copy)

    @property
    def failure(self) -> Failure:
        """The original failure."""
        return self.state.failure or self.why.failure

    @property
    def undo_failure(self) -> Failure | None:
        """The undo's failure, if that is what it is stuck in."""
        why = self.why
        return why.failure if isinstance(why, UndoFailed) else None

    @property
    def in_effect(self) -> Sequence[str]:
        """The paths of the steps that are done and not taken back, the last first, without one in doubt."""
        return tuple(self.state.program.instructions[index].path for index in plan.in_effect(self.state))

    @property
    def skipped(self) -> Sequence[SkippedStep]:
        """What a person said to leave."""
        return plan.skipped_steps(self.state)

    def retry(self: "Stuck[X, B, Sync]", *, by: str | None = None, clock: Clock = SYSTEM) -> "Outcome[X, B, Sync]":
        """Try again what it is stuck in, with a new budget of attempts."""
        if self._codec.program.awaits:
            raise self._needs_await()
        return self.retried(by=by, clock=clock).resume(clock=clock)

    async def retry_async(self, *, by: str | None = None, clock: Clock = SYSTEM) -> "Outcome[X, B, M]":
        """Try again what it is stuck in, with a new budget of attempts."""
        return await self.retried(by=by, clock=clock).resume_async(clock=clock)

    def retried(self, *, by: str | None = None, clock: Clock = SYSTEM) -> Interrupted[X, B, M]:
        """Say that it is to be tried again, with a new budget; `retry` says so and goes on at once."""
        return cast("Interrupted[X, B, M]", self._said(Retried(signature("retry", by)), clock, Interrupted))

    def skip(self, reason: str, by: str, *, clock: Clock = SYSTEM) -> Interrupted[X, B, M]:
        """Leave the undo undone, or take the step in doubt for not happened. Resume what this gives."""
        signed("skip", reason, by)
        return cast("Interrupted[X, B, M]", self._said(Skipped(clipped(reason), clipped(by)), clock, Interrupted))

    def mark_done(self, result: object = None, *, by: str, clock: Clock = SYSTEM) -> Interrupted[X, B, M]:
        """Say that the undo is done, or that the step happened, with its `result`; an undo has none. Resume this."""
        signed("mark_done", by)
        here = self.state.here
        if isinstance(self.why, UndoFailed):
            has_no_result(here.path, result)
        elif here.gives is not None:
            result = self._codec.check_answer(here.gives, result, here.path)
        return cast("Interrupted[X, B, M]", self._said(MarkedDone(result, clipped(by)), clock, Interrupted))


# Not a plain alias: with its last argument left out, CPython 3.13.0 cannot subscript one.
Outcome = TypeAliasType(
    "Outcome", Completed[X, B, M] | Paused[X, B, M] | RolledBack[X, B, M] | Stuck[X, B, M], type_params=(X, B, M)
)
"""How a run can end."""


def came_to(codec: "Codec", state: ExecutionState, last: Decision, unused: list[None] | None) -> Outcome[Any, Any, Any]:
    """The execution that a loop's last decision leaves."""
    if last is COMPLETED:
        return Completed(codec, state, unused)
    if last is ROLLED_BACK:
        return RolledBack(codec, state, unused)
    return (Stuck if last is STUCK else Paused)(codec, state, unused)
