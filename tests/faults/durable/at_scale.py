"""What is very long, or very many at once, in a process of its own; started by `test_scale.py` and `test_soak.py`.

    python -m tests.faults.durable.at_scale {long,many,soak} DIRECTORY COUNT [blocking|awaiting]

Says what it saw as JSON.
"""

import asyncio
import gc
import json
import sqlite3
import sys
import time
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, Final

from resaga import Completed, Saga, step
from resaga.runtime import BlockingRuntime, Runtime
from resaga.stores.sqlite import SqliteStore

WINDOW: Final = 500
"""So many steps are measured together, and beside them so many raw appends."""

TURN_SECONDS: Final = 0.005
WARM: Final = 2_000


def memory(which: str) -> float:
    """Megabytes of this process: `VmHWM` at most so far, `VmRSS` now."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(which))
    return int(line.split()[1]) / 1024


def probe(path: Path) -> Callable[[], None]:
    """As little as an append can be: one row, and its commit."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE raw (key INTEGER PRIMARY KEY, entry BLOB)")

    def append() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO raw (entry) VALUES (?)", (bytes(100),))
        connection.execute("COMMIT")

    return append


def long(directory: Path, steps: int) -> dict[str, float]:
    """One run of so many steps; microseconds for one at its beginning, at its end, and for a raw append beside both."""
    times: list[int] = []
    raw: dict[int, float] = {}
    append = probe(directory / "raw.db")
    measured = {1_000, steps}

    def act(number: int) -> int:
        if len(times) in measured:
            marks = [time.perf_counter_ns()]
            for _ in range(WINDOW):
                append()
                marks.append(time.perf_counter_ns())
            raw[len(times)] = median(after - before for before, after in pairwise(marks))
        times.append(time.perf_counter_ns())
        return number

    one: Any = step(act).kept("it is a test")
    block: Any = one.named("s0")
    for number in range(1, steps + 1):
        block = block >> one.named(f"s{number}")
    saga: Saga[Any, Any, Any] = Saga("long", block)
    del block
    gc.collect()
    defined = memory("VmHWM")
    with BlockingRuntime(SqliteStore(directory / "long.db"), [saga]) as runtime:
        assert isinstance(runtime.run(saga, 0, id="x"), Completed)

    def cost(until: int) -> float:
        return median(after - before for before, after in pairwise(times[until - WINDOW : until]))

    return {
        "early": cost(1_000) / 1000,
        "late": cost(steps) / 1000,
        "raw": median(raw.values()) / 1000,
        "megabytes": memory("VmHWM"),
        "megabytes defined": defined,
    }


def five() -> Saga[Any, Any, Any]:
    """Five steps that let others work."""

    async def act(number: int) -> int:
        await asyncio.sleep(0)
        return number

    block: Any = step(name="s0")(act).kept("it is a test")
    for number in range(1, 5):
        block = block >> step(name=f"s{number}")(act).kept("it is a test")
    return Saga("five", block)


def two() -> Saga[Any, Any, Any]:
    """Two plain steps."""

    def act(number: int) -> int:
        return number

    return Saga("two", step(name="a")(act).kept("it is a test") >> step(name="b")(act).kept("it is a test"))


async def many(directory: Path, executions: int) -> dict[str, float]:
    """So many executions of five steps at once; how long all took, and how late the loop was meanwhile."""
    saga, late = five(), list[float]()
    gc.set_threshold(20_000, 50, 100)  # as docs/worker.md says for so many

    async def watch() -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(TURN_SECONDS)
            late.append(time.perf_counter() - begun - TURN_SECONDS)

    async with Runtime(SqliteStore(directory / "many.db"), [saga]) as runtime:
        watching = asyncio.create_task(watch())
        begun = time.perf_counter()
        handles = await asyncio.gather(*(runtime.run(saga, number) for number in range(executions)))
        outcomes = await asyncio.gather(*(handle.outcome() for handle in handles))
        seconds = time.perf_counter() - begun
        watching.cancel()
        assert all(isinstance(outcome, Completed) for outcome in outcomes)
    late.sort()
    return {"seconds": seconds, "late": late[len(late) * 99 // 100], "megabytes": memory("VmHWM")}


async def soak(directory: Path, executions: int, *, awaits: bool) -> dict[str, float]:
    """So many, a hundred at a time; bytes that each leaves behind in this process once it is warm."""
    saga = five() if awaits else two()
    store = SqliteStore(directory / "soak.db")
    runtime: Any = (Runtime if awaits else BlockingRuntime)(store, [saga])

    async def some(first: int, last: int) -> None:
        for begin in range(first, last, 100):
            if awaits:
                handles = await asyncio.gather(*(runtime.run(saga, n, id=f"x-{n}") for n in range(begin, begin + 100)))
                await asyncio.gather(*(handle.outcome() for handle in handles))
            else:
                for number in range(begin, begin + 100):
                    runtime.run(saga, number, id=f"x-{number}")

    await some(0, WARM)
    gc.collect()
    tracemalloc.start()
    await some(WARM, WARM + 100)
    gc.collect()
    before, resident = tracemalloc.get_traced_memory()[0], memory("VmRSS")
    await some(WARM + 100, executions)
    gc.collect()
    count = executions - WARM - 100
    traced = (tracemalloc.get_traced_memory()[0] - before) / count
    grown = (memory("VmRSS") - resident) * 1024 * 1024 / count
    tracemalloc.stop()
    if awaits:
        await runtime.close()
    else:
        runtime.close()
    return {"traced": traced, "resident": grown}


def main(what: str, directory: str, number: str, *kind: str) -> None:
    """Do one of these."""
    path, count = Path(directory), int(number)
    if what == "long":
        seen = long(path, count)
    elif what == "many":
        seen = asyncio.run(many(path, count))
    else:
        seen = asyncio.run(soak(path, count, awaits=kind == ("awaiting",)), debug=False)  # which -X dev would turn on
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main(*sys.argv[1:])
