"""The durable runtime for asyncio: many executions at once, whose records go to the store together."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, final

from resaga.core.block import Gate, M
from resaga.core.decision import Status
from resaga.core.errors import AlreadyExists, Conflict, InvalidArgument, NoSuchExecution
from resaga.core.execution_id import is_id
from resaga.core.step import span
from resaga.drive.clock import SYSTEM, Clock
from resaga.execution import Outcome
from resaga.runtime.asking import Asking, ask, joined, no_such
from resaga.runtime.desk import Desk
from resaga.runtime.drives import Drive, Drives
from resaga.runtime.driving import EVERY, Driving
from resaga.runtime.event import Event
from resaga.runtime.handle import Handle
from resaga.runtime.life import LEASE, Life
from resaga.runtime.options import clock_at, count, store_of
from resaga.runtime.standing import OVER, PAUSED, RUNNING, STUCK, AnyStatus, Standing
from resaga.runtime.summary import Summary
from resaga.runtime.threads import Threads
from resaga.runtime.turnstile import Turnstile
from resaga.runtime.watch import Watch
from resaga.runtime.writer import Writer
from resaga.saga import Loaded, Saga
from resaga.stores.opening import open_store
from resaga.stores.store import Store

if TYPE_CHECKING:
    from resaga.codec.migration import Migration

T = TypeVar("T")
X = TypeVar("X")
B = TypeVar("B")
R = TypeVar("R")
L = TypeVar("L")

THREADS: Final = 32
"""How many plain bodies are called at once."""

AT_ONCE: Final = 100
"""How many executions `tick`, `recover` and `work` drive at once."""

POLL_SECONDS: Final = 0.1
"""The time between two looks at whether another process is done with an execution."""


@final
class Runtime:
    """Runs sagas on a store, as `BlockingRuntime` does, for asyncio; both may share a store.

    It drives executions in tasks of its own, which end when it is closed: whoever waits for one of them and is
    cancelled only stops waiting. Plain bodies are called in threads. It belongs to the loop that first uses it.
    """

    def __init__(
        self,
        store: Store,
        sagas: Iterable[Saga[Any, Any, Any]],
        *,
        clock: Clock = SYSTEM,
        lease: timedelta = LEASE,
        threads: int = THREADS,
    ) -> None:
        self._store = store_of(store)
        self._clock = clock
        self._life = Life(store, clock, lease)
        self._desk = Desk(sagas, clock, self._life)
        self._driving = Driving(self._life, clock)
        self._writer = Writer(store)
        self._threads = Threads(count("threads", threads), "resaga body")
        self._drives = Drives(self._desk, self._driving, self._writer, self._threads, clock)
        self._begins = Turnstile()
        self._watch = Watch(store, self._desk, self._driving, self._writer, self._drives)

    @classmethod
    def open(
        cls,
        url: str,
        sagas: Iterable[Saga[Any, Any, Any]],
        *,
        clock: Clock = SYSTEM,
        lease: timedelta = LEASE,
        threads: int = THREADS,
    ) -> Self:
        """A runtime on the store that a URL names: `sqlite:///shop.db`, `postgresql://…`, `memory://`."""
        return cls(open_store(url), sagas, clock=clock, lease=lease, threads=threads)

    async def close(self) -> None:
        """Interrupt what is being driven, and let go of the store; others can go on with it at once.

        Nothing is undone. Plain bodies are waited for, since no thread can be stopped; what they gave is recorded. Who
        is cut off here calls it again, and waits for the rest.
        """
        if self._writer.closed:
            return
        await self._drives.end()
        letting_go = self._writer.look(self._let_go)
        await asyncio.wait([letting_go])
        self._writer.close()
        self._threads.shutdown()
        letting_go.result()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    # ---- beginning -------------------------------------------------------------------------------

    async def run(
        self,
        saga: Saga[X, B, M],
        context: X,
        /,
        *,
        id: str | None = None,
        tags: tuple[str, ...] = (),
    ) -> Handle[X, B, M]:
        """Begin an execution, which is driven here from now on; it is kept when this returns.

        With the id of one that began with the same, it is that one; with anything else, `AlreadyExists`.
        """
        self._drives.check()
        await self._begins.through()
        state = self._desk.begun(saga, context, id)
        id_ = state.execution_id
        hands = self._drives.hands()
        held = await hands.ask(self._desk.create(saga, state, tags))
        while (other := self._drives.get(id_)) is not None:
            await asyncio.wait([other.task, other.recorded], return_when=asyncio.FIRST_COMPLETED)
            with suppress(NoSuchExecution):
                await self._ask(self._desk.same(saga, state, tags))
                return self.handle(saga, id_)
            await other.over(id_)  # somebody only looked for one that was not there
        drive = self._drives.begun(saga, held, hands)
        await asyncio.wait([drive.task, drive.recorded], return_when=asyncio.FIRST_COMPLETED)
        try:
            if not drive.recorded.done():
                self._given(drive, id_)  # raises: nothing was kept
        except AlreadyExists:
            await self._ask(self._desk.same(saga, state, tags))
        return self.handle(saga, id_)

    async def submit(
        self,
        saga: Saga[X, Any, Any],
        context: X,
        /,
        *,
        id: str | None = None,
        tags: tuple[str, ...] = (),
        connection: object = None,
    ) -> str:
        """See `BlockingRuntime.submit`. With a `connection` of yours it is written where this is called."""
        self._drives.check()
        submitting = self._desk.submit(saga, context, id, tags)
        if connection is None:
            return await self._said(submitting)
        return ask(joined(self._store, connection), submitting)

    # ---- going on --------------------------------------------------------------------------------

    def handle(self, saga: Saga[X, B, M], id: str, /) -> Handle[X, B, M]:
        """To wait for one that is kept already, or will be."""
        return Handle(id, lambda: self._awaited(saga, id))

    async def resume(self, saga: Saga[X, B, M], id: str, /) -> Outcome[X, B, M]:
        """Go on with one here, as far as it goes; one that waits is given as it is.

        A body cannot wait for its own execution, nor for one that waits for that: `Conflict`.
        """
        self._drives.check()
        self._desk.check(saga)
        if not is_id(id):
            raise no_such(id)
        while True:
            others = self._drives.get(id)
            drive = others or self._drives.resumed(saga, id)
            if drive.saga is not saga:
                await self._ask(self._desk.state(saga, id))  # raises, unless it is the other saga that is wrong
            await drive.over(id)
            if drive.saga is saga and not (others and others.in_vain):
                outcome: Outcome[X, B, M] = self._given(drive, id)
                return outcome

    async def tick(self, now: datetime | None = None, *, at_once: int = AT_ONCE) -> int:
        """See `BlockingRuntime.tick`; drives up to `at_once` of them at once.

        Who is cancelled here only stops waiting: no more are begun, and those that were are driven on.
        """
        self._drives.check()
        return await self._watch.tick(clock_at(now, self._clock), count("at_once", at_once))

    async def recover(self, *, at_once: int = AT_ONCE) -> int:
        """See `BlockingRuntime.recover`; drives up to `at_once` of them at once. Who is cancelled here: see `tick`."""
        self._drives.check()
        return await self._watch.recover(self._clock, count("at_once", at_once))

    async def work(self, *, at_once: int = AT_ONCE, every: timedelta = EVERY) -> None:
        """Drive what is due, up to `at_once` at once, until this is cancelled or the process is told to end by SIGTERM.

        `every` is the time between two looks at the store; when something is said to this runtime it looks at once. At
        SIGTERM or cancellation, what it drives is interrupted, as by `close`: nothing is undone, and others go on
        with it. Errors are treated as by `BlockingRuntime.work`.
        """
        self._drives.check()
        await self._watch.always(
            self._clock, count("at_once", at_once), span("every", every, InvalidArgument).total_seconds()
        )

    async def answer(
        self, id: str, gate: Gate[Any, Any, R, Any], value: R, /, *, by: str | None = None, path: str | None = None
    ) -> None:
        """See `BlockingRuntime.answer`."""
        await self._said(self._desk.answer(id, gate, value, by=by, path=path))

    async def cancel(self, id: str, reason: str, /, *, by: str | None = None) -> None:
        """See `BlockingRuntime.cancel`."""
        await self._said(self._desk.cancel(id, reason, by))

    async def skip(self, id: str, reason: str, /, *, by: str) -> None:
        """See `Stuck.skip`."""
        await self._said(self._desk.decide(id, lambda stuck: stuck.skip(reason, by, clock=self._clock)))

    async def mark_done(self, id: str, result: object = None, /, *, by: str) -> None:
        """See `Stuck.mark_done`."""
        await self._said(self._desk.decide(id, lambda stuck: stuck.mark_done(result, by=by, clock=self._clock)))

    async def retry(self, id: str, /, *, by: str | None = None) -> None:
        """See `BlockingRuntime.retry`."""
        await self._said(self._desk.retry(id, by))

    async def migrate(self, migration: "Migration[Any, Any, L]", id: str, /) -> L:
        """See `BlockingRuntime.migrate`."""
        return await self._said(self._desk.migrate(migration, id))

    async def delete(self, id: str, /) -> None:
        """Forget an execution, wherever it stands. Nothing is undone."""
        await self._ask(self._desk.forget(id))

    # ---- looking ---------------------------------------------------------------------------------

    async def load(self, saga: Saga[X, B, M], id: str, /) -> Loaded[X, B, M]:
        """An execution as it stands, to look at."""
        state = await self._ask(self._desk.state(saga, id))
        return saga.opened(state, looked_at=True)

    async def get(self, id: str, /) -> Summary:
        """How an execution stands; its saga is not needed."""
        return await self._ask(self._desk.summary(id))

    async def find(
        self, *, status: AnyStatus | Status | None = None, saga: str | None = None, tag: str | None = None
    ) -> AsyncIterator[Standing]:
        """See `BlockingRuntime.find`."""
        after: str | None = ""
        while after is not None:
            found, after = await self._ask(self._desk.page(after, status=status, saga=saga, tag=tag))
            for one in found:
                yield one

    def running(self) -> AsyncIterator[Standing]:
        """Those that are not over, and wait for nobody."""
        return self._found(RUNNING)

    def paused(self) -> AsyncIterator[Standing]:
        """Those that wait for an answer or a time."""
        return self._found(PAUSED)

    def stuck(self) -> AsyncIterator[Standing]:
        """Those that a person has to decide about."""
        return self._found(STUCK)

    def history(self) -> AsyncIterator[Standing]:
        """Those that are over."""
        return self._found(OVER)

    async def events(self, id: str, /) -> tuple[Event, ...]:
        """What happened to an execution, in its order; its saga is not needed."""
        return await self._ask(self._desk.events(id))

    # ---- inside ----------------------------------------------------------------------------------

    def _let_go(self, store: Store) -> None:
        try:
            self._life.end(leaves=self._driving.leaves)
        finally:
            store.close()

    def _given(self, drive: Drive, id_: str) -> Any:  # noqa: ANN401 - of any saga
        """What came of driving it; who only waited for that was not cancelled with it."""
        if drive.task.cancelled():
            self._drives.check()
            said = f"execution {id_!r} was interrupted here; resume it, or leave it to a worker."
            raise Conflict(said, id=id_)
        return drive.task.result()

    async def _awaited(self, saga: Saga[X, B, M], id_: str) -> Outcome[X, B, M]:
        """How it stands when nobody can go on with it, whoever did."""
        while True:
            try:
                return await self.resume(saga, id_)
            except Conflict:
                if (drive := self._drives.get(id_)) is not None:
                    drive.waits.check(id_)
                if not await self._ask(self._desk.is_driven(id_)):  # not any more, or that was not why
                    with suppress(NoSuchExecution):
                        return await self.resume(saga, id_)
                    raise
            await self._clock.sleep_async(POLL_SECONDS)

    async def _ask(self, asking: Asking[T]) -> T:
        self._drives.check()
        return await self._drives.hands().ask(asking)

    async def _said(self, asking: Asking[T]) -> T:
        """Somebody says something, so there may be something to do."""
        result = await self._ask(asking)
        self._watch.nudge()
        return result

    async def _found(self, statuses: tuple[AnyStatus, ...]) -> AsyncIterator[Standing]:
        for status in statuses:
            async for one in self.find(status=status):
                yield one
