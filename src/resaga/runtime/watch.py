"""Looking out for what is due, once or for ever, and having it driven, a bounded number at once."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any, Final, TypeAlias, cast, final

from resaga.core.errors import StoreClosed, StoreError
from resaga.drive.clock import Clock
from resaga.runtime.desk import Desk
from resaga.runtime.drives import Drive, Drives, ended, interrupted
from resaga.runtime.driving import PAGE, Driving, Found
from resaga.runtime.sigterm import on_sigterm
from resaga.runtime.told import is_about_one
from resaga.runtime.waits import Waits, waiting
from resaga.runtime.writer import Writer
from resaga.stores.store import Store, Waking

LOG: Final = logging.getLogger("resaga.runtime")

Began: TypeAlias = Callable[[Drive], object]


@final
class Watch:
    """What `tick`, `recover` and `work` have in common."""

    def __init__(self, store: Store, desk: Desk, driving: Driving, writer: Writer, drives: Drives) -> None:
        self._store = store
        self._desk = desk
        self._driving = driving
        self._writer = writer
        self._drives = drives
        self._nudged = asyncio.Event()
        self._ear: asyncio.Future[bool] | None = None

    def nudge(self) -> None:
        """There may be something to do."""
        self._nudged.set()

    async def tick(self, clock: Clock, at_once: int) -> int:
        """See `Runtime.tick`."""
        return await self._once(self._driving.found(self._store, self._desk.sagas, clock), clock, at_once)

    async def recover(self, clock: Clock, at_once: int) -> int:
        """See `Runtime.recover`."""
        return await self._once(self._driving.left(self._store, self._desk.sagas), clock, at_once)

    async def _once(self, found: Found, clock: Clock, at_once: int) -> int:
        """Have all of these driven to where they rest; who is cancelled here only stops waiting."""
        started, waits = list[asyncio.Task[Any]](), list[Waits]()

        def began(drive: Drive) -> None:
            started.append(drive.task)
            waits.append(drive.waits)

        with waiting(waits):
            try:
                await self._patrol(found, clock, asyncio.Semaphore(at_once), began)
            except Exception:
                await ended(started)
                raise
            await ended(started)
        errors = [task.exception() for task in started if not task.cancelled()]
        for error in errors:
            if error is not None and not is_about_one(error):
                raise error
        return errors.count(None)

    async def always(self, clock: Clock, at_once: int, seconds: float) -> None:
        """See `Runtime.work`."""
        started: set[asyncio.Task[Any]] = set()

        def began(drive: Drive) -> None:
            started.add(drive.task)
            drive.task.add_done_callback(started.discard)

        patrolling = asyncio.create_task(self._patrols(clock, asyncio.Semaphore(at_once), began, seconds))
        loop = asyncio.get_running_loop()
        with on_sigterm(lambda: loop.call_soon_threadsafe(patrolling.cancel)):
            try:
                await asyncio.wait([patrolling])
            finally:
                await interrupted([patrolling, *started])
        if not patrolling.cancelled():
            patrolling.result()  # raises

    async def _patrols(self, clock: Clock, slots: asyncio.Semaphore, began: Began, seconds: float) -> None:
        while True:
            self._nudged.clear()
            try:
                found = self._driving.found(self._store, self._desk.sagas, clock)
                await self._patrol(found, clock, slots, began)
            except StoreClosed:  # it does not come back
                raise
            except StoreError as error:
                LOG.warning("the store failed, it is tried again: %s", error)
            await self._something(seconds)

    async def _patrol(self, found: Found, clock: Clock, slots: asyncio.Semaphore, began: Began) -> None:
        """Have all of these driven, as soon as there is a slot for each."""
        while page := await self._writer.look(lambda _: list(islice(found, PAGE))):
            for id_, saga in page:
                await slots.acquire()
                if self._drives.get(id_):
                    slots.release()
                    continue
                drive = self._drives.resumed(saga, id_, clock)
                drive.task.add_done_callback(lambda _: slots.release())
                drive.task.add_done_callback(partial(self._tell, id_))
                began(drive)

    async def _something(self, seconds: float) -> None:
        """Wait until there may be something to do, or that long."""
        if isinstance(self._store, Waking) and self._ear is None:  # one thread, however often it is nudged meanwhile
            with suppress(StoreError):  # who asks it next will say so
                self._ear = self._writer.look(lambda _: self._listen(seconds))
                self._ear.add_done_callback(self._heard)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # in Python 3.11 `wait_for` may lose a cancellation
                await self._nudged.wait()

    def _listen(self, seconds: float) -> bool:
        try:
            return cast("Waking", self._store).wait_for_due(seconds)
        except StoreError:  # who asks it next will say so
            return False

    def _heard(self, ear: "asyncio.Future[bool]") -> None:
        self._ear = None
        if ear.result():
            self._nudged.set()

    def _tell(self, id_: str, task: "asyncio.Task[Any]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and is_about_one(error):
            self._driving.told.tell(id_, error)
