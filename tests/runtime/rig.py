"""A run on a store that fails, or in processes that die, among people who know how things stand in the world.

Whoever has to come comes: another process when one died, a person who answers, the time that is waited for. After
every append, what is in the store is compared with what was there before.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from enum import Enum
from functools import partial
from typing import Any, Final, TypeAlias, final

from resaga import Completed, Gate, Interrupted, New, Paused, RolledBack, Saga, Stuck
from resaga.core.errors import Conflict, NotStuckThere, PastNoReturn, StoreError, StoreUnreachable
from resaga.core.fact import COMPLETIONS, Fact, Row
from resaga.core.node import EFFECTS
from resaga.core.why import AtGate, UndoFailed
from resaga.runtime.life import WORKER
from resaga.stores.memory import MemoryStore
from resaga.stores.store import Append, Head, Stored
from tests.faults.lawful import in_order, leaf, prove
from tests.faults.scenarios import Scenario
from tests.loops import AnyExecution
from tests.runtime.behind_await import BehindAwait
from tests.runtime.runtimes import AnyRuntime, made
from tests.steps import AnyBlock, Happened, Steps
from tests.worlds import Call, Death, Fate, World, words

ID: Final = "x"
MOST_VISITS: Final = 50
PAST_LEASE: Final = timedelta(seconds=31)

DEEDS: Final = COMPLETIONS | {Fact.UNDONE, Fact.FAILED, Fact.STUCK, Fact.EMITTED}

Meanwhile: TypeAlias = Callable[[], object]


@final
class Fault(Enum):
    """What becomes of one append."""

    REFUSED = "an error, and it was not applied"
    DOWN = "errors for longer than anybody tries"
    UNSURE = "an error, but it was applied"
    UNSURE_DOWN = "it was applied, and then there are errors for longer than anybody tries"
    DIES = "the process dies before it"
    DIES_AFTER = "the process dies after it"
    CANCEL = "somebody cancels just before it"
    CANCEL_AFTER = "somebody cancels just after it"
    CANCEL_UNSURE = "it was applied, somebody cancels, and then there is an error"
    TAKEN = "somebody took it over just before it"
    TAKEN_UNSURE = "it was applied, somebody takes over, and then there is an error"


@final
class Shaky:
    """A store of which one append, of those that are not signs of life, meets a fault."""

    def __init__(self, inner: MemoryStore, watch: Callable[[], None]) -> None:
        self.inner = inner
        self.watch = watch
        self.appends = 0
        self.fault: Fault | None = None
        self.at = 0
        self.meanwhile: Meanwhile = lambda: None
        self.met = False
        self.taken_over = False

    def append(self, batch: Sequence[Append], /) -> list[bool]:
        if batch[0].status == WORKER:
            return self.inner.append(batch)
        self.appends += 1
        fault = self.fault if self.appends >= self.at and not self.met else None
        lasts = fault in (Fault.DOWN, Fault.UNSURE_DOWN) and self.appends < self.at + 4
        self.met = self.met or (fault is not None and not lasts)
        unreachable = StoreUnreachable("It is away.", where="here", code="")
        if fault is Fault.DIES:
            raise Death
        if fault in (Fault.REFUSED, Fault.DOWN) or (fault is Fault.UNSURE_DOWN and self.appends > self.at):
            raise unreachable
        if fault in (Fault.CANCEL, Fault.TAKEN):
            self.meanwhile()
        applied = self.inner.append(batch)
        self.watch()
        if fault in (Fault.CANCEL_AFTER, Fault.CANCEL_UNSURE, Fault.TAKEN_UNSURE):
            self.meanwhile()
        if fault is Fault.DIES_AFTER:
            raise Death
        if fault in (Fault.UNSURE, Fault.UNSURE_DOWN, Fault.CANCEL_UNSURE, Fault.TAKEN_UNSURE):
            raise unreachable
        return applied

    def read(self, id: str, /) -> Stored | None:
        return self.inner.read(id)

    def find(self, **asked: Any) -> list[Head]:  # noqa: ANN401 - as the protocol says
        return self.inner.find(**asked)

    def delete(self, id: str, revision: int, write_id: bytes | None = None, /) -> bool:
        return self.inner.delete(id, revision, write_id)

    def close(self) -> None:
        self.inner.close()


@final
class Rig:
    """One scenario, run to its end by whoever has to come."""

    def __init__(
        self, scenario: Scenario, fault: Fault | None = None, at: int = 0, *, dies_in: Fate = Fate.DIES
    ) -> None:
        """The fault comes at that append; without one, the process dies in that call of a body."""
        self.scenario = scenario
        self.counts: Counter[str] = Counter()
        self.world = World(self.fate)
        block = scenario.build(Steps(self.world, scenario.context, emits=scenario.emits))
        self.saga: Saga[Any, Any, Any] = Saga("shaky", block, emits=(Happened,))
        self.known: dict[int, int] = {}
        self.rows: list[Row] = []
        self.deaths = 0
        self.cancelled = scenario.cancels
        self.kept = MemoryStore()
        self.shaky = Shaky(self.kept, self.watch)
        self.shaky.fault, self.shaky.at = fault, at
        self.dies_at = at if fault is None else 0
        self.dies_in = dies_in
        self.wrong: list[str] = []
        taken = fault in (Fault.TAKEN, Fault.TAKEN_UNSURE)
        self.shaky.meanwhile = self.taken if taken else self.cancel
        self.runtime = self.process(self.shaky)

    def process(self, store: Any) -> AnyRuntime:  # noqa: ANN401 - a Store
        """Another process."""
        return made(store, [self.saga], clock=self.world.clock)

    # ---- what is watched ------------------------------------------------------------------------

    def fate(self, call: Call) -> Fate:
        """What the scenario says of that call; whether it may be made at all is seen here."""
        name = words(call.role, call.name)
        self.counts[name] += 1
        self.wrong += self.unlawful(call)
        if self.dies_at and len(self.world.calls) + 1 == self.dies_at:
            return self.dies_in
        told = self.scenario.fates.get(name, (Fate.GIVES,))
        return told[min(self.counts[name], len(told)) - 1]

    def unlawful(self, call: Call) -> Iterator[str]:
        """Why this body may not be called now: raised there, it would only be what became of the call."""
        stored = self.kept.read(ID)
        if self.shaky.taken_over:
            yield f"who lost it calls {call.name}"
        if stored is None or not stored.owner:
            yield f"nobody is known to call {call.name}"
        elif call.name in {leaf(one.path) for one in self.saga.program.instructions if one.kind in EFFECTS}:
            restored = self.saga.codec.restored(stored.snapshot, [raw for _, raw in stored.entries])
            if not restored.intent or leaf(str(restored.state.path)) != call.name:
                yield f"{call.name} is called without an intent"

    def watch(self) -> None:
        """Nothing that was recorded is lost or altered."""
        stored = self.kept.read(ID)
        assert stored is not None
        state = self.saga.codec.restored(stored.snapshot, [raw for _, raw in stored.entries]).state
        rows = list(state.trail.rows())
        assert rows[: len(self.rows)] == self.rows, "what was recorded is lost or altered"
        self.rows = rows
        for fact, index, _, _, _ in rows:
            if fact in COMPLETIONS:
                self.known.setdefault(index, len(self.world.calls))
        in_order(self.saga.program, rows)

    # ---- what happens meanwhile -----------------------------------------------------------------

    def cancel(self) -> None:
        """Somebody cancels it, in another process."""
        if self.kept.read(ID) is None:
            return
        other = self.process(self.kept)
        with suppress(PastNoReturn):
            other.cancel(ID, "enough", by="ann")
        self.watch()

    def taken(self) -> None:
        """The lease runs out, and another process goes on with it as far as it goes."""
        if self.kept.read(ID) is None:
            return
        self.deaths += 1
        self.world.clock.advance(PAST_LEASE)
        other = self.process(Shaky(self.kept, self.watch))
        self.shaky.taken_over = False
        other.tick()
        self.shaky.taken_over = True
        end(other)

    # ---- running it -----------------------------------------------------------------------------

    def to_its_end(self) -> Completed[Any, Any, Any] | RolledBack[Any, Any, Any]:
        """Drive it, whoever has to come."""
        saga = self.saga
        context = self.scenario.context.kind()
        self.visit(lambda: self.runtime.run(saga, context, id=ID))
        for _ in range(MOST_VISITS):
            if self.kept.read(ID) is None:
                self.visit(lambda: self.runtime.run(saga, context, id=ID))
                continue
            outcome: AnyExecution = self.runtime.load(saga, ID)
            if isinstance(outcome, Completed | RolledBack):
                end(self.runtime)
                self.judge(outcome)
                return outcome
            self.visit(partial(self.help, outcome))
            self.visit(self.runtime.tick)
        raise AssertionError(f"not over after {MOST_VISITS} visits")

    def judge(self, outcome: AnyExecution) -> None:
        """It is over, nobody drives it, and all of it is lawful."""
        assert not self.wrong
        stored = self.kept.read(ID)
        assert stored is not None
        assert (stored.status, stored.owner, stored.wake_at) == (outcome.status.value, "", None)
        assert self.saga.load(stored.snapshot or b"").dump() == stored.snapshot
        prove(self.saga.program, self.world, outcome, self.known, cuts=self.deaths)

    def visit(self, verb: Callable[[], object]) -> None:
        """Somebody does that; if the process dies of it, there is another one, after a while."""
        try:
            verb()
        except Death:
            self.deaths += 1
            end(self.runtime)
            self.runtime = self.process(self.shaky)
            self.world.clock.advance(PAST_LEASE)
        except StoreError:
            assert self.shaky.fault in (Fault.DOWN, Fault.UNSURE_DOWN) or self.shaky.met
        except (Conflict, NotStuckThere):
            assert self.shaky.met
        finally:
            self.shaky.taken_over = False

    def help(self, one: AnyExecution) -> None:
        """What somebody does about one that does not go on by itself."""
        scenario, runtime, clock = self.scenario, self.runtime, self.world.clock
        match one:
            case Paused() if self.cancelled:
                runtime.cancel(ID, "enough", by="ann")
                self.cancelled = False
            case Paused(why=AtGate(deadline=deadline)):
                if scenario.answers is not None:
                    node: Any = one.state.here.node
                    gate: AnyBlock = Gate(node)
                    runtime.answer(ID, gate, scenario.answers, by="ann")
                elif deadline is not None:
                    clock.advance(max(deadline - clock.now, timedelta(0)))
            case Paused():
                until = getattr(one.why, "until", None)
                if until is not None:
                    clock.advance(max(until - clock.now, timedelta(0)))
            case Stuck():
                self.decide(one)
            case _:
                assert isinstance(one, New | Interrupted) or one.status.value == "running"

    def decide(self, stuck: AnyExecution) -> None:
        """Try once more, and if that does not help say how things stand."""
        here, name, runtime = stuck.state.here, leaf(stuck.path), self.runtime
        undoing, there = isinstance(stuck.why, UndoFailed), name in self.world.there
        retried = any(fact is Fact.RETRIED and index == here.index for fact, index, _, _, _ in stuck.state.trail.rows())
        revoked = stuck.state.cancelled is not None and here.settling is None
        if not retried and not revoked and (undoing or not there):
            runtime.retry(ID, by="ann")
        elif there if undoing else not there and stuck.rollback_plan().past_return is None:
            runtime.skip(ID, "so be it", by="ann")
        else:
            if not undoing and here.kind in EFFECTS:
                self.world.there.add(name)  # somebody has done it
            result = None if undoing else self.scenario.context.following(self.scenario.context.kind())
            runtime.mark_done(ID, result, by="ann")


def end(runtime: AnyRuntime) -> None:
    """Its process is gone, and so are the thread that says that it lives, and the loop that it had."""
    runtime._life._over.set()
    if isinstance(runtime, BehindAwait):
        runtime.die()


def told(outcome: AnyExecution) -> list[tuple[Fact, int, object]]:
    """What its trail says, but for the times."""
    rows = outcome.state.trail.rows()
    return [(fact, index, value if fact in COMPLETIONS else None) for fact, index, _, _, value in rows]


def deeds(outcome: AnyExecution) -> list[tuple[Fact, int, object]]:
    """What was done and undone."""
    return [row for row in told(outcome) if row[0] in DEEDS]
