"""What a durable step costs, beside a bare commit of the same file in the same run.

    python -m benchmarks.durable [--strict] [--dir DIR]

`raw` is a one-row UPDATE and its commit, on the same disk, in WAL with synchronous=FULL, which is as little as
anything durable can do. Figures marked "of raw" are speeds: 1.0 would be as fast as that commit.
"""

import argparse
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks import work
from benchmarks.clock import Figure, line, shown
from resaga import Completed, Paused
from resaga.runtime import BlockingRuntime
from resaga.stores.files import FilesStore
from resaga.stores.memory import MemoryStore
from resaga.stores.sqlite import SqliteStore
from resaga.stores.store import Store

STEPS: Final = 10
ROUNDS: Final = 31
COMMITS: Final = 11
"""What ten steps cost: one append for each, and one for the end."""

FAST: Final = 4_000
SLOW: Final = 1_000
"""Commits a second: what the must of a fast and of a slow disk are for."""


def main() -> int:
    """Measure everything, print a table, and say whether it holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a figure does not hold")
    parser.add_argument("--dir", type=Path, help="where to put the files; the disk is what is measured")
    told = parser.parse_args()
    missed: list[str] = []
    with tempfile.TemporaryDirectory(dir=told.dir) as folder:
        print(line("", "seen", "must", "aim", "beside"))
        for figure in figures(Path(folder)):
            print(shown(figure), flush=True)
            missed += [] if figure.holds else [figure.name]
    print(f"missed: {', '.join(missed)}" if missed else "all hold")
    return 1 if told.strict and missed else 0


def figures(folder: Path) -> Iterator[Figure]:
    """A run of ten steps on each store, by step."""
    memory, sqlite, files = MemoryStore(), SqliteStore(folder / "bench.db"), FilesStore(folder / "files")
    raw = committing(folder / "raw.db")
    cpu = _cpu(running(memory))
    yield Figure("engine and codec, CPU microseconds a step", cpu * 1e6, 60, 30, "on the memory store")
    seconds = {name: list[float]() for name in ("raw", "sqlite", "files")}
    works = {"raw": lambda: [raw() for _ in range(COMMITS)], "sqlite": running(sqlite), "files": running(files)}
    for _ in range(ROUNDS):
        for name, run in works.items():
            seconds[name].append(_seconds(run))
    a_second = COMMITS / median(seconds["raw"])
    must, aim = (0.42, 0.55) if a_second > FAST else (0.70, 0.80) if a_second < SLOW else (None, None)
    yield Figure("raw commits a second", a_second, None, None, "")
    for name, least, wish in (("sqlite", must, aim), ("files", None, None)):
        speed = median(bare / ours for bare, ours in zip(seconds["raw"], seconds[name], strict=True))
        yield Speed(f"{name}, sequential, of raw", speed, least, wish, f"{STEPS / median(seconds[name]):,.0f} steps/s")
    yield Figure("paused run of ten, bytes stored", _stored(MemoryStore()), 1_300, 1_100, "document and head")
    sqlite.close()


class Speed(Figure):
    """A figure of which more is better."""

    @property
    def holds(self) -> bool:
        """Whether it is as it must be."""
        return self.must is None or self.seen >= self.must


def running(store: Store) -> Callable[[], object]:
    """A run of ten steps with effects, from its beginning to its end."""
    saga, numbers = work.saga(STEPS), count()
    runtime = BlockingRuntime(store, [saga])

    def run() -> None:
        assert isinstance(runtime.run(saga, work.ZERO, id=f"run-{next(numbers)}"), Completed)

    run()
    return run


def committing(path: Path) -> Callable[[], object]:
    """As little as anything durable can do."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE raw (key INTEGER PRIMARY KEY, value INTEGER)")
    connection.execute("INSERT INTO raw VALUES (1, 0)")

    def commit() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE raw SET value = value + 1 WHERE key = 1")
        connection.execute("COMMIT")

    return commit


def _stored(store: MemoryStore) -> int:
    saga = work.paused_saga(STEPS)
    runtime = BlockingRuntime(store, [saga])
    assert isinstance(runtime.run(saga, work.ZERO, id="paused"), Paused)
    kept = store.read("paused")
    assert kept is not None
    texts = sum(len(str(part)) for part in kept[:8])
    return texts + len(kept.snapshot or b"") + sum(len(entry) for _, entry in kept.entries)


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _cpu(run: Callable[[], object]) -> float:
    """Seconds of CPU that a step takes, at best."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(20):
            run()
        best = min(best, (time.process_time() - start) / 20 / STEPS)
    return best


if __name__ == "__main__":
    sys.exit(main())
