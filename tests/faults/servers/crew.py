"""A process of workers on PostgreSQL, of either kind of runtime: `python -m tests.faults.servers.crew '{"url": …}'`.

It ends by SIGTERM, or by the signal that whoever tests it chooses.
"""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, final

from attrs import frozen

from resaga import Attempt, Rejected, Saga, gate, step
from resaga.core.errors import StoreError
from resaga.drive.clock import SYSTEM
from resaga.runtime import BlockingRuntime, Runtime
from tests.faults.servers.ledger import CALLED, Ledger, Noted

ROOT: Final = Path(__file__).parents[3]
NAP_SECONDS: Final = 0.02
AnySaga = Saga[Any, Any, Any]


@frozen
class Order:
    id: str
    refused: bool = False
    note: str = ""


@gate
def approval(order: Order, ok: bool) -> Order:  # noqa: FBT001 - an answer
    return order


@frozen
class Wrong:
    """The clock of a process that is so many seconds wrong."""

    seconds: int

    monotonic = staticmethod(SYSTEM.monotonic)
    sleep = staticmethod(SYSTEM.sleep)
    sleep_async = SYSTEM.sleep_async

    def wall(self) -> int:
        return SYSTEM.wall() + self.seconds * 1_000_000_000


@final
class World:
    """The bodies of two sagas, plain ones and ones that await; what they do is in the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.plain: AnySaga = self._plain()
        self.awaits: AnySaga = self._awaits()
        self.slow: AnySaga = self._slow()

    def did(self, name: str, attempt: Attempt) -> None:
        self._ledger.write(CALLED, attempt.execution_id, f"{name}:{attempt.key}")

    def _plain(self) -> AnySaga:
        @step
        def reserve(order: Order, attempt: Attempt) -> Order:
            self.did("reserve", attempt)
            return order

        def release(order: Order, attempt: Attempt) -> None:
            self.did("release", attempt)

        @step
        def pack(order: Order, attempt: Attempt) -> Order:
            self.did("pack", attempt)
            return order

        def unpack(order: Order, attempt: Attempt) -> None:
            self.did("unpack", attempt)

        @step
        def charge(order: Order, attempt: Attempt) -> str:
            self.did("charge", attempt)
            if order.refused:
                raise Rejected("no money")
            return f"receipt {order.id}"

        steps = reserve.undone_by(release) >> pack.undone_by(unpack) >> approval >> charge.irreversible()
        return Saga("plain", steps)

    def _awaits(self) -> AnySaga:
        @step
        async def reserve(order: Order, attempt: Attempt) -> Order:
            self.did("reserve", attempt)
            await asyncio.sleep(0)
            return order

        async def release(order: Order, attempt: Attempt) -> None:
            self.did("release", attempt)

        @step
        async def pack(order: Order, attempt: Attempt) -> Order:
            await asyncio.sleep(0.001)
            self.did("pack", attempt)
            return order

        async def unpack(order: Order, attempt: Attempt) -> None:
            self.did("unpack", attempt)

        @step
        async def charge(order: Order, attempt: Attempt) -> str:
            self.did("charge", attempt)
            if order.refused:
                raise Rejected("no money")
            return f"receipt {order.id}"

        steps = reserve.undone_by(release) >> pack.undone_by(unpack) >> approval >> charge.irreversible()
        return Saga("awaits", steps)

    def _slow(self) -> AnySaga:
        @step
        def hold(order: Order, attempt: Attempt) -> Order:
            """It ends when there is a file of that name."""
            self.did("hold", attempt)
            while not Path(order.note).exists():
                time.sleep(NAP_SECONDS)
            return order

        return Saga("slow", hold.kept("it is a test"))


@contextmanager
def crew(**options: Any) -> Iterator[subprocess.Popen[bytes]]:  # noqa: ANN401 - see `main`
    """Such a process; killed by its id in the end, if it has not ended by then."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    command = [sys.executable, "-m", "tests.faults.servers.crew", json.dumps(options)]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def main(  # noqa: PLR0913, PLR0917 - what a process is told
    url: str, ledger: str, kind: str, workers: int = 1, every: float = 1.0, lease: float = 30.0, wrong: int = 0
) -> None:
    """Work until the process is told to end."""
    logging.getLogger("resaga").setLevel(logging.CRITICAL)
    written = Ledger(Path(ledger))
    world = World(written)
    stores = [Noted(url, written) for _ in range(workers)]
    options: dict[str, Any] = {"clock": Wrong(wrong), "lease": timedelta(seconds=lease)}
    if kind == "blocking":
        over = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: over.set())
        runtimes = [BlockingRuntime(store, [world.plain, world.slow], **options) for store in stores]
        threads = [threading.Thread(target=ticking, args=(runtime, over)) for runtime in runtimes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    else:
        asyncio.run(working(stores, [world.plain, world.awaits, world.slow], timedelta(seconds=every), options))


def ticking(runtime: BlockingRuntime, over: threading.Event) -> None:
    """A loop around `tick`, as a user would write it."""
    with runtime:
        while not over.wait(NAP_SECONDS):
            try:
                runtime.tick()
            except StoreError:
                continue


async def working(stores: list[Noted], sagas: list[AnySaga], every: timedelta, options: dict[str, Any]) -> None:
    """A worker for each store; told to end, all of them do."""
    runtimes = [Runtime(store, sagas, **options) for store in stores]
    tasks = [asyncio.create_task(runtime.work(every=every, at_once=10)) for runtime in runtimes]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for runtime in runtimes:
        await runtime.close()


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
