"""Group commit: what many executions append at the same time is written in one transaction.

One batch is under way at a time. Who comes meanwhile waits, and goes with the next one: the slower the disk, the larger
the batches. Where commits are quick, and wait for nobody, they are made on the loop, as a thread would cost more than
the commit; where they are not, in a thread. A batch is bounded, and so is the number of those who wake up at once, so
that the loop keeps turning. A batch that fails is written again one by one: nobody suffers from what another one asked
for.

Deliberately absent: a delay. Nobody waits for company.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, cast, final

from resaga.core.errors import NoThread, StoreBusy, StoreClosed, StoreUnreachable
from resaga.runtime.asking import closed
from resaga.runtime.threads import Threads
from resaga.stores.store import Append, Prompt, Store

MOST: Final = 128
"""How many entries one batch holds at most, and how many executions wake up at once."""

LARGE_BYTES: Final = 128 * 1024
"""For each of these an entry counts as one more: a batch of large documents would be more than a store can take."""

QUICK_SECONDS: Final = 0.0008
"""A commit that takes less is made on the loop."""

LOOKS: Final = 4
"""How many threads look at the store."""

COMMON: Final = (StoreUnreachable, StoreBusy, StoreClosed)
"""What is wrong with the store, whatever it is asked for: nothing is gained by asking again one by one."""


@final
class Pending:
    """Entries on their way, and who waits for them."""

    __slots__ = ("applied", "future", "items", "size")

    def __init__(self, items: Sequence[Append]) -> None:
        self.items = items
        self.size = len(items) + sum(len(item.entry) + len(item.snapshot or b"") for item in items) // LARGE_BYTES
        self.applied: list[bool] | BaseException | None = None
        self.future: asyncio.Future[list[bool]] = asyncio.get_running_loop().create_future()

    def again(self) -> "asyncio.Future[list[bool]]":
        """Wait for the same once more, for whoever was cut off while waiting."""
        if self.future.cancelled():
            self.future = asyncio.get_running_loop().create_future()
            if self.applied is not None:
                self.tell(self.applied)
        return self.future

    def tell(self, applied: list[bool] | BaseException) -> None:
        """Tell who waits what became of them."""
        self.applied = applied
        if self.future.done():  # cut off: they ask again, or they abandoned it
            return
        if isinstance(applied, BaseException):
            self.future.set_exception(applied)
        else:
            self.future.set_result(applied)


@final
class Writer:
    """What this runtime appends to executions goes through it, but for what joins a transaction of somebody's.

    A sign of life is no execution of anybody's: `Life` writes it in a thread of its own.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._threads = Threads(1 + LOOKS, "resaga store")
        self._waiting: deque[Pending] = deque()
        self._busy = False
        self._quick = False
        self.closed = False

    def append(self, items: Sequence[Append]) -> Pending:
        """Write these in the next batch."""
        if self.closed:
            raise closed()
        pending = Pending(items)
        self._waiting.append(pending)
        if not self._busy:
            self._busy = True
            asyncio.get_running_loop().call_soon(self._turn)  # behind all who are ready to go with it
        return pending

    def look(self, asked: Callable[[Store], Any]) -> "asyncio.Future[Any]":
        """Ask the store for something else, in a thread."""
        if self.closed:
            raise closed()
        try:
            return self._threads.call(partial(asked, self._store))
        except NoThread as error:
            raise _unreachable(error) from error

    def close(self) -> None:
        """Wait until nothing is under way any more."""
        self.closed = True
        while self._waiting:
            self._waiting.popleft().tell(closed())
        self._threads.shutdown()

    def _turn(self) -> None:
        batch, size = list[Pending](), 0
        while self._waiting and (not batch or size + self._waiting[0].size <= MOST):
            batch.append(self._waiting.popleft())
            size += batch[-1].size
        if not batch:
            self._busy = False
        elif not (self._quick and self._written_here(batch)):
            try:
                self._threads.begin(partial(self._write, batch, asyncio.get_running_loop()))
            except NoThread as error:
                self._tell(batch, [_unreachable(error)] * len(batch), QUICK_SECONDS)

    def _written_here(self, batch: list[Pending]) -> bool:
        """Whether it could be written without waiting for anybody: the loop must not wait for a lock."""
        begun = time.perf_counter()
        if not hasattr(type(self._store), "append_promptly"):
            return False  # it has none of its own: one that hands all on may do more in `append`
        try:
            applied = cast("Prompt", self._store).append_promptly([item for one in batch for item in one.items])
        except Exception:  # noqa: BLE001 - a thread tries once more, and tells who waits whatever it is
            return False
        self._tell(batch, _shares(batch, applied), time.perf_counter() - begun)
        return True

    def _tell(self, batch: list[Pending], outcomes: list[list[bool] | BaseException], seconds: float) -> None:
        for pending, applied in zip(batch, outcomes, strict=True):
            pending.tell(applied)
        self._quick = seconds < QUICK_SECONDS
        if not self._quick and len(self._waiting) >= MOST:
            self._turn()  # it is written while those who just woke up go on
        else:
            asyncio.get_running_loop().call_soon(self._turn)  # behind them, to take along what they append

    def _write(self, batch: list[Pending], loop: asyncio.AbstractEventLoop) -> None:
        """Write the batch in this thread, and tell the loop, which may be closed by then."""
        begun = time.perf_counter()
        outcomes = self._written(batch)
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(self._tell, batch, outcomes, time.perf_counter() - begun)

    def _written(self, batch: list[Pending]) -> list[list[bool] | BaseException]:
        """What became of each."""
        try:
            applied = list(self._store.append([item for one in batch for item in one.items]))
        except COMMON as error:
            return [error] * len(batch)
        except BaseException as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever
            if len(batch) == 1 or not isinstance(error, Exception):
                return [error] * len(batch)
            return [outcome for one in batch for outcome in self._written([one])]
        return _shares(batch, applied)


def _unreachable(error: NoThread) -> StoreUnreachable:
    """What is said of a store that cannot be asked."""
    return StoreUnreachable(str(error), where="", code="")


def _shares(batch: list[Pending], applied: Sequence[bool]) -> list[list[bool] | BaseException]:
    """What became of each one's own."""
    shares, at = list[list[bool] | BaseException](), 0
    for one in batch:
        shares.append(list(applied[at : at + len(one.items)]))
        at += len(one.items)
    return shares
