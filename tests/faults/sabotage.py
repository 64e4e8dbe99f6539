"""Cutting a run off at a given line of the engine, or at a given await, and seeing how it goes on."""

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any, Final, TypeAlias, final

import resaga
from resaga import Answered, Completed, Interrupted, New, Paused, RolledBack, Saga, Stuck
from resaga.core.errors import NotStorable
from resaga.core.fact import COMPLETIONS, Fact
from resaga.core.node import EFFECTS, Kind
from resaga.core.state import ExecutionState
from resaga.core.why import AtGate, UndoFailed, WhyPaused
from tests.faults.scenarios import Scenario
from tests.loops import Hasty
from tests.steps import Happened, Steps
from tests.worlds import Call, Fate, Role, World, words

PACKAGE: Final = str(Path(resaga.__file__).parent)
NO_ENGINE: Final = tuple(f"{PACKAGE}/{room}" for room in ("cli", "testing", "saga.py"))
MOST_VERBS: Final = 40

Tracer: TypeAlias = Callable[[FrameType, str, Any], Any]


def is_engine(filename: str) -> bool:
    """Whether that file drives executions."""
    return filename.startswith(PACKAGE) and not filename.startswith(NO_ENGINE)


@final
class Sabotage:
    """Counts the lines of the engine, or the awaits of a run, and cuts it off at one of them."""

    def __init__(self, interrupt: type[BaseException] | None = None, *, line: int = 0, turn: int = 0) -> None:
        self.interrupt = interrupt() if interrupt is not None and line else None
        self.line = line
        self.turn = turn
        self.lines = 0
        self.turns = 0
        self.where = ""
        self.done = False
        self.calls = 0  # how many there were when it was cut off
        self.count: Callable[[], int] = lambda: 0

    # ---- lines ----------------------------------------------------------------------------------

    def __enter__(self) -> "Sabotage":
        self._before = sys.gettrace()
        if not self.done:
            sys.settrace(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _called(self, frame: FrameType, event: str, argument: object) -> Tracer | None:
        return self._line if is_engine(frame.f_code.co_filename) else None

    def _line(self, frame: FrameType, event: str, argument: object) -> Tracer:
        if event == "line":
            self.lines += 1
            if self.lines == self.line and self.interrupt is not None:
                self.where = f"{frame.f_code.co_filename.removeprefix(PACKAGE)}:{frame.f_lineno}"
                self.done, self.calls = True, self.count()
                raise self.interrupt
        return self._line

    # ---- awaits ---------------------------------------------------------------------------------

    def awaited(self, run: Awaitable[Any]) -> "Turning":
        """The same run, cancelled where it awaits for the given time."""
        return Turning(run, self)

    def turned(self) -> None:
        """The run lets others work."""
        self.turns += 1
        task = asyncio.current_task()
        if self.turns == self.turn and task is not None:
            self.where, self.done, self.calls = f"await {self.turn}", True, self.count()
            task.cancel()


@final
class Turning:
    """Awaits another, and tells of each turn that this takes."""

    def __init__(self, run: Awaitable[Any], sabotage: Sabotage) -> None:
        self.run = run
        self.sabotage = sabotage

    def __await__(self) -> Generator[Any, Any, Any]:
        inner: Any = self.run.__await__()
        send: Callable[[], Any] = lambda: inner.send(None)  # noqa: E731 - the next thing to do
        while True:
            try:
                turn = send()
            except StopIteration as end:
                return end.value
            self.sabotage.turned()
            try:
                yield turn
            except BaseException as error:  # noqa: BLE001 - handed on
                send = lambda error=error: inner.throw(error)  # noqa: E731
            else:
                send = lambda: inner.send(None)  # noqa: E731


@final
class Slow:
    """A world, and a clock, that let others work before and after each call."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the world has
        return getattr(self.world, name)

    async def called_async(self, *call: Any) -> Fate:  # noqa: ANN401 - as the world's
        await asyncio.sleep(0)
        fate = await self.world.called_async(*call)
        await asyncio.sleep(0)
        return fate

    async def sleep_async(self, seconds: float, /) -> None:
        await asyncio.sleep(0)
        self.world.clock.sleep(seconds)
        await asyncio.sleep(0)

    def wall(self) -> int:
        return self.world.clock.wall()

    def monotonic(self) -> int:
        return self.world.clock.monotonic()

    def sleep(self, seconds: float, /) -> None:
        self.world.clock.sleep(seconds)


# ---- a run -------------------------------------------------------------------------------------------------


@final
class Run:
    """One run of a scenario, cut off once, with people who know how things stand in the world."""

    def __init__(self, scenario: Scenario, sabotage: Sabotage, *, awaits: bool) -> None:
        self.scenario = scenario
        self.sabotage = sabotage
        self.awaits = awaits
        self.calls: Counter[str] = Counter()
        self.world = World(self.fate)
        self.left = 0  # tasks that were still there when a run was over
        sabotage.count = lambda: len(self.world.calls)
        self.slow: Any = Slow(self.world)
        steps = Steps(self.slow, scenario.context, awaits=awaits, emits=scenario.emits)
        self.gates: dict[str, Any] = {}
        make = steps.gate

        def gate(name: str, **said: Any) -> Any:  # noqa: ANN401
            self.gates[name] = make(name, **said)
            return self.gates[name]

        steps.gate = gate  # type: ignore[method-assign]  # to know which gates there are
        self.saga: Any = Saga("cut", scenario.build(steps), emits=(Happened,))
        self.cut: ExecutionState | None = None
        self.done: dict[int, int] = {}  # how many calls there were when it was known that a step is done

    def fate(self, call: Call) -> Fate:
        """What the scenario says of that call; from the last word on, always the same."""
        name = words(call.role, call.name)
        self.calls[name] += 1
        told = self.scenario.fates.get(name, (Fate.GIVES,))
        return told[min(self.calls[name], len(told)) - 1]

    def to_its_end(self) -> Completed[Any, Any, Any] | RolledBack[Any, Any, Any]:
        """Drive it, whoever has to come."""
        execution: Any = self.saga.new(self.scenario.context.kind(), id="x", clock=self.world.clock)
        for _ in range(MOST_VERBS):
            if isinstance(execution, Completed | RolledBack):
                return execution
            execution = self.verb(execution)
            self.noted(execution.state)
        raise AssertionError(f"not over after {MOST_VERBS} verbs")

    def verb(self, execution: Any) -> Any:  # noqa: ANN401
        """The next thing that somebody does; after a cut, what another process would find."""
        verb = self.next(execution)
        try:
            with self.sabotage:
                return self.begun(verb)
        except (KeyboardInterrupt, asyncio.CancelledError) as error:
            assert self.sabotage.done, "nobody cut it off"
            assert self.left == 0, "a task is left"
            assert error is self.sabotage.interrupt or self.sabotage.interrupt is None, "it is not re-raised as it is"
            rest = execution.interrupted
            assert len(self.world.calls) == self.sabotage.calls, "something was called because of it"
            self.sound(execution.state, rest)
            self.cut = rest.state
            return self.gone_on_with(rest)

    def gone_on_with(self, rest: Any) -> Any:  # noqa: ANN401
        """What another process finds; after some interrupts this one goes on."""
        try:
            blob = rest.dump()
        except NotStorable:  # a live value, to be undone
            assert self.scenario.context.junk is not None
            return rest
        loaded = self.saga.load(blob)
        assert loaded.dump() == blob
        return rest if isinstance(self.sabotage.interrupt, KeyboardInterrupt) else loaded

    def begun(self, verb: Callable[[], Any]) -> Any:  # noqa: ANN401
        return asyncio_run(self.alone(verb)) if self.awaits else verb()

    async def alone(self, verb: Callable[[], Any]) -> Any:  # noqa: ANN401
        """Await what it gives; whatever happens, nothing is left running."""
        try:
            gives = verb()
            return await self.sabotage.awaited(gives) if isinstance(gives, Awaitable) else gives
        finally:
            task = asyncio.current_task()
            assert task is not None
            task.uncancel()
            sys.settrace(None)
            for _ in range(3):
                await asyncio.sleep(0)
            self.left += len(asyncio.all_tasks() - {task})

    def sound(self, before: ExecutionState, rest: Any) -> None:  # noqa: ANN401
        """What is left of a run that was cut off is what was written, and that it was cut off."""
        assert isinstance(rest, Interrupted)
        old, new = list(before.trail.rows()), list(rest.state.trail.rows())
        assert new[: len(old)] == old, "a row is lost"
        said = {fact for fact, _, _, _, _ in new[len(old) :]}
        assert not said & {Fact.SKIPPED, Fact.MARKED, Fact.UNDONE_BY_HAND}, "nobody said that"
        in_order(self.saga.program, new)

    def noted(self, state: ExecutionState) -> None:
        """From now on the body of what is done is not called again."""
        for fact, index, _, _, _ in state.trail.rows():
            if fact in COMPLETIONS:
                self.done.setdefault(index, len(self.world.calls))

    # ---- the people -----------------------------------------------------------------------------

    def next(self, execution: Any) -> Callable[[], Any]:  # noqa: ANN401, PLR0911
        clock = self.slow
        match execution:
            case New():
                return lambda: execution.start_async(clock=clock) if self.awaits else execution.start(clock=clock)
            case Paused() if self.scenario.cancels:
                return lambda: execution.cancel("enough", by="ann", clock=clock)
            case Paused(why=AtGate(path=path)) if self.scenario.answers is not None:
                gate = self.gates[path.rpartition("/")[2]]
                return lambda: execution.answer(gate, self.scenario.answers, by="ann", clock=clock)
            case Paused() | Interrupted() | Answered():
                if isinstance(execution, Paused):
                    self.wait(execution.why)
                return lambda: execution.resume_async(clock=clock) if self.awaits else execution.resume(clock=clock)
            case Stuck():
                return self.help(execution)
            case _:
                raise AssertionError(execution)

    def wait(self, why: WhyPaused) -> None:
        """Let the time come that it waits for."""
        until = why.deadline if isinstance(why, AtGate) else why.until
        left = timedelta(0) if until is None else until - self.world.clock.now
        self.world.clock.advance(max(left, timedelta(0)))

    def help(self, stuck: Any) -> Callable[[], Any]:  # noqa: ANN401
        """Try once more, and if that does not help say how things stand."""
        clock, name, here = self.slow, stuck.path.rpartition("/")[2], stuck.state.here
        undoing = isinstance(stuck.why, UndoFailed)
        there = name in self.world.there
        retried = sum(1 for fact, index, _, _, _ in stuck.state.trail.rows() if fact is Fact.RETRIED and index == here.index)
        if (undoing or not there) and not retried:
            again = stuck.retry_async if self.awaits else stuck.retry
            return lambda: again(by="ann", clock=clock)
        if undoing:
            skip = there
        else:
            past_return = stuck.rollback_plan().past_return is not None
            skip = not there and not past_return
            if not skip and here.kind in EFFECTS:
                self.world.there.add(name)  # somebody has done it
        if skip:
            return lambda: stuck.skip("so be it", "ann", clock=clock)
        result = self.scenario.context.following(self.scenario.context.kind())
        return lambda: stuck.mark_done(result, by="ann", clock=clock)


def asyncio_run(main: Any) -> Any:  # noqa: ANN401
    with asyncio.Runner(loop_factory=Hasty) as runner:
        return runner.run(main)


# ---- what must hold ----------------------------------------------------------------------------------------


def judge(run: Run, outcome: Completed[Any, Any, Any] | RolledBack[Any, Any, Any]) -> None:
    """The record and the world tell one story, and it is a lawful one."""
    state, world, program = outcome.state, run.world, run.saga.program
    rows = list(state.trail.rows())
    leaf = [one.path.rpartition("/")[2] for one in program.instructions]
    cuts = 1 if run.cut is not None else 0
    completed = [index for fact, index, _, _, _ in rows if fact in COMPLETIONS]
    assert len(completed) == len(set(completed)), "something is completed twice"
    for index, known in run.done.items():
        later = [call for call in world.calls[known:] if call.role is Role.DO and call.name == leaf[index]]
        assert not later, f"{leaf[index]} is recorded, and was called again"
    facts = Counter((fact, leaf[index]) for fact, index, _, _, _ in rows if index < len(leaf))
    for one in program.instructions:
        name = leaf[one.index]
        free = facts[Fact.POSTPONED, name] + cuts
        budgets = 1 + facts[Fact.RETRIED, name] + facts[Fact.DID_NOT_HAPPEN, name]
        allowed = one.retry.attempts if one.retry else 1
        assert world.count(name) <= allowed * budgets + free, f"S7: {name} was called too often"
        if one.kind is Kind.IRREVERSIBLE and one.retry is None:
            assert world.count(name) <= budgets + facts[Fact.POSTPONED, name], f"{name} was repeated on a guess"
    standing = in_order(program, rows)
    kinds = {leaf[one.index]: one.kind for one in program.instructions}
    effects = {name for name in world.there if kinds[name] in EFFECTS}
    skipped = {one.path.rpartition("/")[2] for one in getattr(outcome, "skipped", ())}
    if isinstance(outcome, Completed):
        assert not [call for call in world.calls if call.role is Role.UNDO], "completed, and something was undone"
        assert effects == {leaf[index] for index in completed if program.instructions[index].kind in EFFECTS}
    else:
        assert not standing, "rolled back, but not all of it"
        kept = {leaf[index] for index in completed if program.instructions[index].kind is Kind.KEPT}
        assert effects == kept | (skipped & set(world.there)), "the world is not as the record says"
        assert outcome.failure.kind != "interrupted" or skipped, "rolled back because of the interrupt"


def in_order(program: Any, rows: Any) -> list[int]:  # noqa: ANN401 - a program, and rows of its trail
    """The completions that were not taken back; raises if one was taken back out of turn."""
    standing: list[int] = []
    undoing, given_up = False, None
    for fact, index, _, _, value in rows:
        kind = program.instructions[index].kind if index < program.end else None
        if fact is Fact.SETTLING:
            given_up = value
        if fact in COMPLETIONS and kind is Kind.UNDONE:
            standing.append(index)
        if fact is Fact.FAILED or (fact is Fact.SETTLED and given_up is not None and kind is not Kind.IRREVERSIBLE):
            undoing = True
        if fact in (Fact.UNDONE, Fact.UNDONE_BY_HAND) or (fact is Fact.SKIPPED and undoing):
            assert undoing, "something was undone without a reason"
            assert standing, "something was undone that was not done"
            assert standing[-1] == index, "undone out of turn"
            standing.pop()
    return standing
