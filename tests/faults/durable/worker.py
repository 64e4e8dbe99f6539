"""A process that works on a store on disk, and that dies for real: what it does to the world is in a ledger."""

import asyncio
import os
import signal
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, final

from resaga import Attempt, Saga, read, step
from resaga.drive.clock import SYSTEM
from resaga.runtime import BlockingRuntime
from resaga.runtime.life import WORKER
from resaga.stores.files import FilesStore
from resaga.stores.sqlite import SqliteStore
from resaga.stores.store import Append
from tests.faults.durable.ledger import Ledger
from tests.runtime.behind_await import BehindAwait
from tests.runtime.runtimes import AnyRuntime

KINDS: Final[dict[str, Callable[[Path], Any]]] = {"sqlite": SqliteStore, "files": FilesStore}
BODIES: Final = ("a", "b", "look", "c", "pay", "undo")
VERBS: Final = ("append", "read", "find", "delete")
SYSTEM_CALLS: Final = ("open", "fsync", "link", "unlink", "mkdir")
PLACES: Final = {
    "sqlite": (*BODIES, *VERBS, "append", "statement", "statement", "inside"),
    "files": (*BODIES, *VERBS, "append", "call", "call", "call"),
}
"""Where a process may die: before each of these or after it; `inside` a statement of SQLite."""

MOST: Final = 4
"""So many executions, or so many times that many, a worker begins."""

TOGETHER: Final = 3
"""So many executions the awaiting worker drives at once."""


class Later:
    """The clock of somebody who comes when the leases of all who came before are over."""

    monotonic = staticmethod(time.perf_counter_ns)
    sleep = staticmethod(time.sleep)
    sleep_async = SYSTEM.sleep_async

    def __init__(self, number: int) -> None:
        self.ahead = number * 60_000_000_000

    def wall(self) -> int:
        return time.time_ns() + self.ahead


class Doom:
    """Where this process dies: at that place, when it gets there for that time."""

    signal = signal.SIGKILL

    def __init__(self, place: str = "", nth: int = 0) -> None:
        self.place = place
        self.left = self.nth = nth

    def reached(self, place: str) -> None:
        if place == self.place:
            self.left -= 1
            if self.left == -1:
                signal.pthread_kill(threading.get_ident(), self.signal)  # so that this thread does not go on meanwhile

    def around(self, place: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """The same, with this end of the world before it and behind it."""

        def call(*given: Any, **options: Any) -> Any:  # noqa: ANN401 - as the real one's
            self.reached(f"before {place}")
            result = real(*given, **options)
            self.reached(f"after {place}")
            return result

        return call

    def spread(self) -> None:
        """Lay it under what the stores are made of; for good, so only in a process that is going to die."""
        doom, connect = self, sqlite3.connect
        for name in SYSTEM_CALLS:
            setattr(os, name, self.around("call", getattr(os, name)))

        class Cursor(sqlite3.Cursor):
            def execute(self, sql: str, values: Any = (), /) -> Any:  # noqa: ANN401 - as the real one's
                return doom.around("statement", super().execute)(sql, values)

            def executemany(self, sql: str, values: Iterable[Any], /) -> Any:  # noqa: ANN401 - the same
                return doom.around("statement", super().executemany)(sql, values)

        class Connection(sqlite3.Connection):
            def cursor(self, factory: object = None) -> Cursor:  # type: ignore[override]  # it is always this one
                self.set_progress_handler(partial(doom.reached, "inside"), 20)
                return super().cursor(Cursor)

        sqlite3.connect = lambda path, **options: connect(path, factory=Connection, **options)  # type: ignore[assignment]


@final
class Watched:
    """A store whose calls can be the last ones, and that tells the ledger what it has acknowledged."""

    def __init__(self, inner: Any, ledger: Ledger, doom: Doom) -> None:  # noqa: ANN401 - a Store
        self.inner = inner
        self.ledger = ledger
        self.read, self.find = doom.around("read", inner.read), doom.around("find", inner.find)
        self.delete, self.close = doom.around("delete", inner.delete), inner.close
        self._append = doom.around("append", inner.append)

    def append(self, batch: Sequence[Append], /) -> Sequence[bool]:
        applied: Sequence[bool] = self._append(batch)
        for item, done in zip(batch, applied, strict=True):
            if done and item.status != WORKER:
                self.ledger.tell("kept", item.id, item.revision, checksum(item.entry, item.snapshot))
        return applied


def checksum(entry: bytes, snapshot: bytes | None) -> str:
    """What is kept of a revision, in short."""
    return str(zlib.crc32(entry if snapshot is None else snapshot))


@final
class Worker:
    """What such a process is made of."""

    def __init__(self, path: Path, kind: str, ledger: Ledger, doom: Doom | None = None) -> None:
        self.ledger = ledger
        self.doom = doom or Doom()
        self.store: Any = Watched(KINDS[kind](path / "kept"), ledger, self.doom)
        self.sagas = self.both()

    def both(self) -> list[Saga[Any, Any, Any]]:
        """Three effects and a read, of which the last effect refuses what is odd; and one that is irreversible."""
        did, reached = self.did, self.doom.reached

        def undo(number: int, attempt: Attempt) -> None:
            did("undo", attempt)

        @step
        def a(number: int, attempt: Attempt) -> int:
            return did("a", attempt) or number

        @step
        def b(number: int, attempt: Attempt) -> int:
            return did("b", attempt) or number

        @read
        def look(number: int) -> int:
            reached("before look")
            reached("after look")
            return number

        @step
        def c(number: int, attempt: Attempt) -> int:
            did("c", attempt)
            if number % 2:
                raise ValueError("it is odd")
            return number

        @step
        def pay(number: int, attempt: Attempt) -> int:
            return did("pay", attempt) or number

        taken_back = a.undone_by(undo) >> b.undone_by(undo) >> look >> c.undone_by(undo)
        return [Saga("trip", taken_back), Saga("deal", a.undone_by(undo) >> look >> pay.irreversible())]

    def did(self, body: str, attempt: Attempt) -> int:
        """Do it, in the world."""
        self.doom.reached(f"before {body}")
        self.ledger.tell("did", attempt.execution_id, attempt.path, attempt.work.value, attempt.key)
        self.doom.reached(f"after {body}")
        return 0

    def runtime(self, number: int, *, awaits: bool = False) -> AnyRuntime:
        """One in a process that comes after so many others."""
        return (BehindAwait if awaits else BlockingRuntime)(self.store, self.sagas, clock=Later(number))

    def goes_on(self, runtime: AnyRuntime) -> None:
        """Finish what others left, with the help of people where it needs them."""
        left = True
        while left:
            left = runtime.tick() > 0
            for head in runtime.find(status="quarantined"):
                runtime.retry(head.id)
                left = True
            for head in runtime.find(status="stuck"):
                left = True
                path = runtime.get(head.id).path
                if path == "pay" and any(line[:3] == ["did", head.id, "pay"] for line in self.ledger.lines()):
                    runtime.mark_done(head.id, 0, by="ann")
                else:
                    runtime.skip(head.id, "it did not happen", by="ann")

    def begins(self, runtime: AnyRuntime, ids: Iterator[str]) -> None:
        """Run new ones, until the end; which comes after some of them wherever it was to come."""
        for turn, id_ in enumerate(islice(ids, MOST)):
            saga = self.sagas[turn % 3 == 0]
            if isinstance(runtime, BehindAwait):
                runtime._awaited(self.together(runtime, saga, turn, [f"{id_}-{n}" for n in range(TOGETHER)]))
            else:
                runtime.run(saga, turn, id=id_)
        os.kill(os.getpid(), signal.SIGKILL)

    async def together(self, runtime: BehindAwait, saga: Any, turn: int, ids: list[str]) -> None:  # noqa: ANN401
        """Some at once, whose records go to the store together."""
        handles = await asyncio.gather(*(runtime.inner.run(saga, turn + n, id=id_) for n, id_ in enumerate(ids)))
        await asyncio.gather(*(handle.outcome() for handle in handles))
