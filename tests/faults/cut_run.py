"""One run of a scenario, cut off once, among people who know how things stand in the world."""

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final, TypeAlias, final

from resaga import Answered, Completed, Gate, Interrupted, New, Paused, RolledBack, Saga, Stuck
from resaga.core.errors import NotStorable
from resaga.core.fact import COMPLETIONS, Fact
from resaga.core.node import EFFECTS
from resaga.core.state import ExecutionState
from resaga.core.why import AtGate, UndoFailed, WhyPaused
from tests.faults.lawful import BY_HAND, in_order, leaf, prove
from tests.faults.sabotage import Sabotage, Slow, Turning
from tests.faults.scenarios import Scenario
from tests.loops import AnyExecution, awaited
from tests.steps import AnyBlock, Happened, Steps
from tests.worlds import Call, Fate, World, words

MOST_VERBS: Final = 40

Verb: TypeAlias = Callable[[], AnyExecution]
"""Something that somebody does; what it gives may have to be awaited."""


@final
class CutRun:
    """Drives an execution to its end, and proves that it is lawful."""

    def __init__(self, scenario: Scenario, sabotage: Sabotage, *, awaits: bool) -> None:
        self.scenario = scenario
        self.sabotage = sabotage
        self.awaits = awaits
        self.calls: Counter[str] = Counter()
        self.world = World(self.fate)
        self.by_hand = False  # whether somebody says how things stand: cut off behind that, it is said
        self.left = 0  # tasks that were still there when a run was over
        self.known: dict[int, int] = {}  # how many calls there were when it was known that a step is done
        sabotage.count = lambda: len(self.world.calls)
        slow: Any = Slow(self.world)
        self.slow = slow
        block = scenario.build(Steps(slow, scenario.context, awaits=awaits, emits=scenario.emits))
        self.saga: Saga[Any, Any, Any] = Saga("cut", block, emits=(Happened,))

    def fate(self, call: Call) -> Fate:
        """What the scenario says of that call; from the last word on, always the same."""
        name = words(call.role, call.name)
        self.calls[name] += 1
        told = self.scenario.fates.get(name, (Fate.GIVES,))
        return told[min(self.calls[name], len(told)) - 1]

    def to_its_end(self) -> Completed[Any, Any, Any] | RolledBack[Any, Any, Any]:
        """Drive it, whoever has to come."""
        context = self.scenario.context.kind()
        execution: AnyExecution = self.saga.new(context, id="x", clock=self.world.clock)
        for _ in range(MOST_VERBS):
            if isinstance(execution, Completed | RolledBack):
                prove(self.saga.program, self.world, execution, self.known, cuts=int(self.sabotage.done))
                return execution
            execution = self.driven(execution)
            for fact, index, _, _, _ in execution.state.trail.rows():
                if fact in COMPLETIONS:
                    self.known.setdefault(index, len(self.world.calls))
        raise AssertionError(f"not over after {MOST_VERBS} verbs")

    # ---- being cut off --------------------------------------------------------------------------

    def driven(self, execution: AnyExecution) -> AnyExecution:
        """What comes of the next verb; after a cut, what is left."""
        verb, sabotage = self.next(execution), self.sabotage
        try:
            with sabotage:
                return awaited(self.alone(verb)) if self.awaits else verb()
        except (KeyboardInterrupt, asyncio.CancelledError) as error:
            again = error
        assert sabotage.done, "nobody cut it off"
        assert sabotage.interrupt is None or again is sabotage.interrupt, "it is not re-raised as it is"
        assert self.left == 0, "a task is left"
        rest = execution.interrupted
        assert len(self.world.calls) == sabotage.calls, "something was called because of it"
        self.sound(execution.state, rest)
        return self.gone_on_with(rest)

    async def alone(self, verb: Verb) -> AnyExecution:
        """Await what it gives; whatever happens, nothing must be left running."""
        task = asyncio.current_task()
        try:
            gives = verb()
            return await Turning(gives, self.sabotage.turned) if isinstance(gives, Awaitable) else gives
        finally:
            if task is not None:
                task.uncancel()
            sys.settrace(None)
            for _ in range(3):  # what was cancelled has its turn to end
                await asyncio.sleep(0)
            self.left += len(asyncio.all_tasks()) - 1

    def sound(self, before: ExecutionState, rest: AnyExecution) -> None:
        """What is left is what was written, and that it was cut off."""
        assert isinstance(rest, Interrupted)
        old, new = list(before.trail.rows()), list(rest.state.trail.rows())
        assert new[: len(old)] == old, "a row is lost"
        said = {fact for fact, _, _, _, _ in new[len(old) :]}
        assert self.by_hand or not said & BY_HAND, "nobody said that"
        in_order(self.saga.program, new)

    def gone_on_with(self, rest: AnyExecution) -> AnyExecution:
        """What another process finds; after some interrupts this one goes on."""
        try:
            blob = rest.dump()
        except NotStorable:  # a live value, to be undone
            assert self.scenario.context.junk is not None
            return rest
        loaded = self.saga.load(blob)
        assert loaded.dump() == blob
        return rest if isinstance(self.sabotage.interrupt, KeyboardInterrupt) else loaded

    # ---- the people -----------------------------------------------------------------------------

    def next(self, execution: AnyExecution) -> Verb:
        """What somebody does about it."""
        clock, awaits = self.slow, self.awaits
        self.by_hand = False
        match execution:
            case New():
                start = execution.start_async if awaits else execution.start
                return lambda: start(clock=clock)
            case Paused() if self.scenario.cancels:
                return lambda: execution.cancel("enough", by="ann", clock=clock)
            case Paused(why=AtGate()) if self.scenario.answers is not None:
                node: Any = execution.state.here.node
                gate: AnyBlock = Gate(node)
                return lambda: execution.answer(gate, self.scenario.answers, by="ann", clock=clock)
            case Paused() | Interrupted() | Answered():
                if isinstance(execution, Paused):
                    self.wait(execution.why)
                resume = execution.resume_async if awaits else execution.resume
                return lambda: resume(clock=clock)
            case Stuck():
                return self.help(execution)
            case _:
                raise AssertionError(execution)

    def wait(self, why: WhyPaused) -> None:
        """Let the time come that it waits for."""
        until = why.deadline if isinstance(why, AtGate) else why.until
        left = timedelta(0) if until is None else until - self.world.clock.now
        self.world.clock.advance(max(left, timedelta(0)))

    def help(self, stuck: AnyExecution) -> Verb:
        """Try once more, and if that does not help say how things stand."""
        clock, here, name = self.slow, stuck.state.here, leaf(stuck.path)
        undoing, there = isinstance(stuck.why, UndoFailed), name in self.world.there
        rows = stuck.state.trail.rows()
        retried = any(fact is Fact.RETRIED and index == here.index for fact, index, _, _, _ in rows)
        revoked = stuck.state.cancelled is not None and here.settling is None
        if not retried and not revoked and (undoing or not there):
            again = stuck.retry_async if self.awaits else stuck.retry
            return lambda: again(by="ann", clock=clock)
        self.by_hand = True
        if there if undoing else not there and stuck.rollback_plan().past_return is None:
            return lambda: stuck.skip("so be it", "ann", clock=clock)
        if not undoing and here.kind in EFFECTS:
            self.world.there.add(name)  # somebody has done it
        result = None if undoing else self.scenario.context.following(self.scenario.context.kind())
        return lambda: stuck.mark_done(result, by="ann", clock=clock)
