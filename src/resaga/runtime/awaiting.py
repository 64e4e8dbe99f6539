"""The durable runtime for asyncio: many executions at once, whose records go to the store together."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from types import TracebackType
from typing import Any, Final, NamedTuple, Self, TypeVar, cast, final

from resaga.core.block import Gate, M
from resaga.core.errors import AlreadyExists, Conflict, ResagaError, StoreError
from resaga.drive.clock import SYSTEM, Clock
from resaga.execution import Outcome, settled
from resaga.runtime.asking import Asking, ask, joined
from resaga.runtime.desk import Desk
from resaga.runtime.driving import PAGE, Driving
from resaga.runtime.event import Event
from resaga.runtime.handle import Handle
from resaga.runtime.hands_async import HandsAsync
from resaga.runtime.held import Held
from resaga.runtime.life import LEASE, Life
from resaga.runtime.loop_async import run_async
from resaga.runtime.sigterm import on_sigterm
from resaga.runtime.standing import OVER, RUNNING, STUCK
from resaga.runtime.summary import Summary
from resaga.runtime.writer import Writer
from resaga.saga import Loaded, Saga
from resaga.stores.opening import open_store
from resaga.stores.store import Head, Store, Waking

T = TypeVar("T")
X = TypeVar("X")
B = TypeVar("B")
R = TypeVar("R")

LOG: Final = logging.getLogger("resaga.runtime")
THREADS: Final = 32
"""So many plain bodies are called at once."""

AT_ONCE: Final = 100
"""So many executions are driven at once by `tick` and `work`."""

SECOND: Final = timedelta(seconds=1)
POLL_SECONDS: Final = 0.1
"""How often it is asked whether another process is done with an execution."""


class _Drive(NamedTuple):
    """One that is being driven, and whether it is known to the store."""

    task: "asyncio.Task[Any]"
    recorded: "asyncio.Future[None]"


@final
class Runtime:
    """Runs sagas on a store, as `BlockingRuntime` does, for asyncio; both may share a store.

    It drives executions in tasks of its own, which end when it is closed: whoever waits for one of them and is
    cancelled only stops waiting. Plain bodies are called in threads.
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
        self._store = store
        self._clock = clock
        self._life = Life(store, clock, lease)
        self._desk = Desk(sagas, clock, self._life)
        self._driving = Driving(self._life, clock)
        self._writer = Writer(store)
        self._threads = ThreadPoolExecutor(threads, "resaga body")
        self._drives: dict[str, _Drive] = {}
        self._nudged = asyncio.Event()
        self._ear: asyncio.Future[bool] | None = None
        self._said_before: set[str] = set()

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

        Nothing is undone. Plain bodies are waited for, since no thread can be stopped; what they gave is recorded.
        """
        await _interrupted(drive.task for drive in self._drives.values())
        try:
            await self._writer.look(lambda _: self._life.end(leaves=self._driving.leaves))
        finally:
            await self._writer.look(lambda store: store.close())
            self._writer.close()
            self._threads.shutdown()

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
        id: str | None = None,  # noqa: A002 - it is called that everywhere else
        tags: tuple[str, ...] = (),
    ) -> Handle[X, B, M]:
        """Begin an execution, which is driven here from now on; it is kept when this returns.

        With the id of one that began with the same, it is that one; with anything else, `AlreadyExists`.
        """
        state = self._desk.begun(saga, context, id)
        id_, hands = state.execution_id, self._hands()
        held = await hands.ask(self._desk.create(saga, state, tags))
        drive = self._drives.get(id_)
        ours = drive is None
        if drive is None:
            drive = self._started(id_, self._driven(saga, held, hands), hands)
        await asyncio.wait([drive.task, drive.recorded], return_when=asyncio.FIRST_COMPLETED)
        try:
            if not drive.recorded.done():
                await drive.task  # raises: nothing was kept
        except AlreadyExists:
            ours = False
        if not ours:
            await self._ask(self._desk.same(saga, state))
        return self.handle(saga, id_)

    async def submit(
        self,
        saga: Saga[X, Any, Any],
        context: X,
        /,
        *,
        id: str | None = None,  # noqa: A002 - as above
        tags: tuple[str, ...] = (),
        connection: object = None,
    ) -> str:
        """See `BlockingRuntime.submit`. With a `connection` of yours it is written where this is called."""
        submitting = self._desk.submit(saga, context, id, tags)
        if connection is None:
            return await self._said(submitting)
        return ask(joined(self._store, connection), submitting)

    # ---- going on --------------------------------------------------------------------------------

    def handle(self, saga: Saga[X, B, M], id: str, /) -> Handle[X, B, M]:  # noqa: A002 - as above
        """To wait for one that is kept already, or will be."""
        return Handle(id, lambda: self._awaited(saga, id))

    async def resume(self, saga: Saga[X, B, M], id: str, /) -> Outcome[X, B, M]:  # noqa: A002 - as above
        """Go on with one here, as far as it goes; one that waits is given as it is."""
        drive = self._drives.get(id) or self._resumed(saga, id)
        outcome: Outcome[X, B, M] = await asyncio.shield(drive.task)
        return outcome

    async def tick(self, *, at_once: int = AT_ONCE) -> int:
        """Drive here what is due, and what was being driven by processes that died; gives how many went on."""
        started: list[asyncio.Task[Any]] = []
        try:
            await self._patrol(asyncio.Semaphore(at_once), started.append)
        finally:
            if started:
                await asyncio.wait(started)
        errors = [task.exception() for task in started if not task.cancelled()]
        for error in errors:
            if error is not None and (isinstance(error, StoreError) or not isinstance(error, ResagaError)):
                raise error
        return errors.count(None)

    async def work(self, *, at_once: int = AT_ONCE, every: timedelta = SECOND) -> None:
        """Drive what is due, so many at once, until this is cancelled, or the process is told to end by SIGTERM.

        It looks at the store so often, and at once when something is said to this runtime. Then what it drives is
        interrupted, as by `close`: nothing is undone, and others go on with it.
        """
        started: set[asyncio.Task[Any]] = set()
        slots = asyncio.Semaphore(at_once)

        def watch(task: asyncio.Task[Any]) -> None:
            started.add(task)
            task.add_done_callback(started.discard)
            task.add_done_callback(self._told)

        patrolling = asyncio.create_task(self._patrols(slots, watch, every.total_seconds()))
        loop = asyncio.get_running_loop()
        with on_sigterm(lambda: loop.call_soon_threadsafe(patrolling.cancel)):
            try:
                await asyncio.wait([patrolling])
            finally:
                await _interrupted([patrolling, *started])
        if not patrolling.cancelled():
            patrolling.result()  # raises

    async def answer(self, id: str, gate: Gate[Any, Any, R, Any], value: R, /, *, by: str | None = None) -> None:  # noqa: A002 - as above
        """See `BlockingRuntime.answer`."""
        await self._said(self._desk.answer(id, gate, value, by))

    async def cancel(self, id: str, reason: str, /, *, by: str | None = None) -> None:  # noqa: A002 - as above
        """See `BlockingRuntime.cancel`."""
        await self._said(self._desk.cancel(id, reason, by))

    async def skip(self, id: str, reason: str, /, *, by: str) -> None:  # noqa: A002 - as above
        """See `Stuck.skip`."""
        await self._said(self._desk.decide(id, lambda stuck: stuck.skip(reason, by, clock=self._clock)))

    async def mark_done(self, id: str, result: object = None, /, *, by: str) -> None:  # noqa: A002 - as above
        """See `Stuck.mark_done`."""
        await self._said(self._desk.decide(id, lambda stuck: stuck.mark_done(result, by=by, clock=self._clock)))

    async def retry(self, id: str, /, *, by: str | None = None) -> None:  # noqa: A002 - as above
        """See `BlockingRuntime.retry`."""
        await self._said(self._desk.retry(id, by))

    async def delete(self, id: str, /) -> None:  # noqa: A002 - as above
        """Forget an execution, wherever it stands. Nothing is undone."""
        await self._ask(self._desk.forget(id))

    # ---- looking ---------------------------------------------------------------------------------

    async def load(self, saga: Saga[X, B, M], id: str, /) -> Loaded[X, B, M]:  # noqa: A002 - as above
        """An execution as it stands, to look at."""
        return saga.opened(await self._ask(self._desk.state(saga, id)), used=True)

    async def get(self, id: str, /) -> Summary:  # noqa: A002 - as above
        """How an execution stands; its saga is not needed."""
        return await self._ask(self._desk.summary(id))

    async def find(
        self, *, status: str | None = None, saga: str | None = None, tag: str | None = None
    ) -> AsyncIterator[Head]:
        """See `BlockingRuntime.find`."""
        after: str | None = ""
        while after is not None:
            heads, after = await self._ask(self._desk.page(after, status=status, saga=saga, tag=tag))
            for head in heads:
                yield head

    def running(self) -> AsyncIterator[Head]:
        """Those that are not over, and wait for nobody."""
        return self._found(RUNNING)

    def paused(self) -> AsyncIterator[Head]:
        """Those that wait for an answer or a time."""
        return self.find(status="paused")

    def stuck(self) -> AsyncIterator[Head]:
        """Those that a person has to decide about."""
        return self._found(STUCK)

    def history(self) -> AsyncIterator[Head]:
        """Those that are over."""
        return self._found(OVER)

    async def events(self, id: str, /) -> tuple[Event, ...]:  # noqa: A002 - as above
        """What happened to an execution, in its order; its saga is not needed."""
        return await self._ask(self._desk.events(id))

    # ---- inside ----------------------------------------------------------------------------------

    def _hands(self) -> HandsAsync:
        return HandsAsync(self._writer, self._threads)

    async def _awaited(self, saga: Saga[X, B, M], id_: str) -> Outcome[X, B, M]:
        """How it stands when nobody can go on with it, whoever did."""
        while True:
            try:
                return await self.resume(saga, id_)
            except Conflict:
                if not await self._ask(self._desk.is_driven(id_)):
                    raise
            await self._clock.sleep_async(POLL_SECONDS)

    async def _ask(self, asking: Asking[T]) -> T:
        return await self._hands().ask(asking)

    async def _said(self, asking: Asking[T]) -> T:
        """Somebody says something, so there may be something to do."""
        result = await self._ask(asking)
        self._nudged.set()
        return result

    async def _found(self, statuses: tuple[str, ...]) -> AsyncIterator[Head]:
        for status in statuses:
            async for head in self.find(status=status):
                yield head

    def _started(self, id_: str, driving: Coroutine[Any, Any, Any], hands: HandsAsync) -> _Drive:
        task = asyncio.create_task(driving, name=f"resaga {id_}")
        self._drives[id_] = drive = _Drive(task, hands.recorded)
        task.add_done_callback(lambda _: self._drives.pop(id_))
        task.add_done_callback(_heard)
        return drive

    def _resumed(self, saga: Saga[Any, Any, Any], id_: str) -> _Drive:
        hands = self._hands()
        return self._started(id_, self._resuming(saga, id_, hands), hands)

    async def _resuming(self, saga: Saga[X, B, M], id_: str, hands: HandsAsync) -> Outcome[X, B, M]:
        held = self._driving.unwritten(id_)
        if held is None:
            held = await hands.ask(self._desk.take(saga, id_))
        return await self._driven(saga, held, hands)

    async def _driven(self, saga: Saga[X, B, M], held: Held, hands: HandsAsync) -> Outcome[X, B, M]:
        with self._driving.of(held):
            try:
                decision = await run_async(held, self._clock, saga.codec.copy, hands)
            except asyncio.CancelledError:
                if not held.calling:  # nothing is in doubt
                    with suppress(StoreError, Conflict):
                        await hands.leave(held.leave())
                raise
        return settled(saga.codec, held.state, decision, [])

    def _told(self, task: "asyncio.Task[Any]") -> None:
        """Say once what cannot be gone on with, unless it is only somebody else's by now."""
        error = None if task.cancelled() else task.exception()
        said = f"{task.get_name()} cannot be gone on with: {error}"
        if error is None or isinstance(error, StoreError | Conflict) or said in self._said_before:
            return
        self._said_before.add(said)
        LOG.error(said, exc_info=error)

    async def _patrols(
        self, slots: asyncio.Semaphore, began: Callable[["asyncio.Task[Any]"], None], seconds: float
    ) -> None:
        """Again and again."""
        while True:
            self._nudged.clear()
            try:
                await self._patrol(slots, began)
            except StoreError as error:
                LOG.warning("the store failed, it is tried again: %s", error)
            await self._something(seconds)

    async def _something(self, seconds: float) -> None:
        """Wait until there may be something to do, or that long."""
        if isinstance(self._store, Waking) and self._ear is None:  # one thread, however often it is nudged meanwhile
            self._ear = self._writer.look(lambda _: self._listen(seconds))
            self._ear.add_done_callback(self._heard)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._nudged.wait(), seconds)

    def _listen(self, seconds: float) -> bool:
        try:
            return cast("Waking", self._store).wait_for_due(seconds)
        except StoreError:  # who asks it next will say so
            return False

    def _heard(self, ear: "asyncio.Future[bool]") -> None:
        self._ear = None
        if ear.result():
            self._nudged.set()

    async def _patrol(self, slots: asyncio.Semaphore, began: Callable[["asyncio.Task[Any]"], None]) -> None:
        """Begin to drive all that is due, as soon as there is a slot for each."""
        found = self._driving.found(self._store, self._desk.sagas)
        while page := await self._writer.look(lambda _: list(islice(found, PAGE))):
            for id_, saga in page:
                await slots.acquire()
                if id_ in self._drives:
                    slots.release()
                    continue
                task = self._resumed(saga, id_).task
                task.add_done_callback(lambda _: slots.release())
                began(task)


async def _interrupted(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    left = [task for task in tasks if not task.done()]
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left)


def _heard(task: "asyncio.Task[Any]") -> None:
    """Say that the store failed: nobody may be waiting for this one."""
    error = None if task.cancelled() else task.exception()
    if isinstance(error, StoreError):
        LOG.warning("%s: the store failed, it is tried again: %s", task.get_name(), error)
