"""What a durable step costs, beside a bare commit on the same disk in the same run.

    python -m benchmarks.durable [--strict] [--dir DIR] [--postgres URL] [--sync-ms MS]

`raw` is a one-row UPDATE and its commit (`benchmarks.raw`), which is as little as anything durable can do. Figures
marked "of raw" are steps a second by such commits a second: ten steps take eleven commits, so one execution after
another cannot pass 10/11, and many at once can. Whatever is divided by raw commits is measured next to some, round by
round: on a machine that does other things as well both are slow in the same moments; the crowds on SQLite are divided
by the median of those. A commit to a new SQLite file takes twice as long as to one whose log has once been as long as
it gets, since a file that grows takes the disk longer to sync. So all are brought there first.
Without `--postgres` a server is started for the run, if one can be had here.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks import cycle, raw, work
from benchmarks.clock import Figure, line, shown
from benchmarks.crowd import Crowd, alone, crowd
from benchmarks.slow_disk import on_slow_disk
from resaga import Completed, Paused, RolledBack, Saga
from resaga.runtime import BlockingRuntime
from resaga.stores.files import FilesStore
from resaga.stores.memory import MemoryStore
from resaga.stores.postgres import PostgresStore
from resaga.stores.sqlite import SqliteStore
from resaga.stores.store import Store
from tests.stores.servers import Missing, postgres

STEPS: Final = 10
ROUNDS: Final = 31
CROWDS: Final = 5
COMMITS: Final = 11
"""What ten steps cost: one append for each, and one for the end."""

WARM: Final = 1_100
"""Commits after which SQLite's log is used anew from its beginning; it is 1,000 pages long."""

FAST: Final = 4_000
SLOW: Final = 1_000
"""Commits a second: what the must of a fast and of a slow disk are for."""


def main() -> int:
    """Measure everything, print a table, and say whether it holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a figure does not hold")
    parser.add_argument("--dir", type=Path, help="where to put the files; the disk is what is measured")
    parser.add_argument("--postgres", help="the URL of a server, instead of one of our own")
    parser.add_argument("--sync-ms", type=float, help="let each sync take so much longer, as on a slow disk")
    told = parser.parse_args()
    if told.sync_ms:
        return on_slow_disk(told.sync_ms, "benchmarks.durable", [*sys.argv[1:], "--sync-ms", "0"])
    missed: list[str] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=told.dir)))
        url = told.postgres
        if url is None:
            try:
                url = stack.enter_context(postgres(durable=True)).url
            except Missing as error:
                print(f"PostgreSQL is left out: {error}")
        print(line("", "seen", "must", "aim", "beside"))
        for figure in figures(folder, url):
            print(shown(figure), flush=True)
            missed += [] if figure.holds else [figure.name]
    print(f"missed: {', '.join(missed)}" if missed else "all hold")
    return 1 if told.strict and missed else 0


class Speed(Figure):
    """A figure of which more is better."""

    @property
    def holds(self) -> bool:
        """Whether it is as it must be."""
        return self.must is None or self.seen >= self.must


def figures(folder: Path, url: str | None) -> Iterator[Figure]:
    """All of them."""
    yield Figure("engine and codec, CPU us a step", _cpu(running(MemoryStore())) * 1e6, 60, 30, "on the memory store")
    yield from on_sqlite(folder)
    if url is not None:
        yield from on_postgres(url)
    small, large = _stored(work.paused_saga(STEPS), work.ZERO), _stored(work.paused_flat_saga(STEPS), work.FLAT)
    yield Figure("paused run of ten, bytes stored", small, 1_300, 1_100, "document and head")
    yield Figure("the same with 1 KB carried along", large, 3_000, 2_500, "")


# ---- SQLite and files ---------------------------------------------------------------------------------


def on_sqlite(folder: Path) -> Iterator[Figure]:
    """One after another, many at once, and paused in between."""
    bare = raw.on_sqlite(folder / "raw.db")
    sqlite, files, memory = SqliteStore(folder / "bench.db"), FilesStore(folder / "files"), MemoryStore()
    works = {
        "raw": lambda: [bare() for _ in range(COMMITS)],
        "sqlite": running(sqlite),
        "files": running(files),
        "memory": running(memory),
        "rolled": rolling(SqliteStore(folder / "rolled.db")),
        "awaiting": alone(SqliteStore(folder / "lonely.db"), STEPS),
    }
    for name in ("raw", "sqlite", "rolled", "awaiting"):
        for _ in range(WARM // COMMITS):
            works[name]()
    seconds = interleaved(**works)
    single = COMMITS / median(seconds["raw"])
    yield Figure("raw SQLite commits a second", single, None, None, "")
    must, aim = (0.42, 0.55) if single > FAST else (0.70, 0.80) if single < SLOW else (None, None)
    yield _speed("SQLite, one after another, of raw", seconds, "sqlite", "raw", must, aim)
    yield _speed("files, the same", seconds, "files", "raw", None, None)
    yield _speed("memory, the same", seconds, "memory", "raw", None, None)
    undo = median((rolled - ours) / ours for rolled, ours in zip(seconds["rolled"], seconds["sqlite"], strict=True))
    yield Figure("an undo by a step, SQLite", undo, 1.0, None, "ten undos and a failing step by ten steps")
    yield _speed("awaiting, one after another, of raw", seconds, "awaiting", "raw", None, None)
    seen = list[Crowd]()
    for people, least, wish in ((32, 1.1, 2.0), (1_000, *_crowded(single))):
        store = SqliteStore(folder / f"{people}.db")
        seen = [crowd(store, people, STEPS) for _ in range(2 * CROWDS)][CROWDS:]
        speed = median(people * STEPS / one.seconds for one in seen)
        yield Speed(f"SQLite, {people:,} at once, of raw", speed / single, least, wish, f"{speed:,.0f} steps/s")
    yield from _crowd_figures(seen)
    yield _cycles(folder, bare)


def _crowded(single: float) -> tuple[float | None, float | None]:
    """What a thousand at once must reach, by how quick the disk is."""
    if single < 800:  # noqa: PLR2004 - the measure says so
        return 10, 15
    return (1.3, 2.5) if single > FAST else (None, None)


def _crowd_figures(seen: list[Crowd]) -> Iterator[Figure]:
    memory = [crowd(MemoryStore(), 1_000, STEPS) for _ in range(CROWDS)]
    of_memory = median(one.seconds for one in memory) / median(one.seconds for one in seen)
    yield Speed("the same, of the memory store", of_memory, 0.5, None, "")
    apiece = median(one.transactions / one.appends for one in seen)
    yield Figure("the same, transactions an append", apiece, 1 / 64, None, f"1 / {1 / apiece:.0f}")
    lag = median(one.lag_p99 for one in seen)
    yield Figure("the same, the loop is late by, p99 ms", lag * 1e3, 100, 35, "")


def _cycles(folder: Path, bare: Callable[[], object]) -> Figure:
    ours, theirs = f"sqlite:///{folder / 'cycle.db'}", str(folder / "bare.db")
    cycle.both(ours, "first")  # makes the tables
    cycle.both_bare(theirs)
    seen = [
        (_seconds(bare, COMMITS), cycle.both(ours, f"c{number}"), cycle.both_bare(theirs)) for number in range(ROUNDS)
    ]
    commit, cycles, bare_cycle = (median(column) for column in zip(*seen, strict=True))
    least, wish = 0.004 + 10 * commit, 0.003 + 8 * commit
    beside = f"two processes, imports apart; SQLite alone with ten commits: {bare_cycle * 1e3:.1f}"
    return Figure("pause and finish, ms", cycles * 1e3, least * 1e3, wish * 1e3, beside)


# ---- PostgreSQL ---------------------------------------------------------------------------------------


def on_postgres(url: str) -> Iterator[Figure]:
    """The same there, as far as it is asked for."""
    bare = raw.on_postgres(url)
    seconds = interleaved(
        raw=lambda: [bare() for _ in range(COMMITS)],
        postgres=running(PostgresStore(url)),
        awaiting=alone(PostgresStore(url), STEPS),
    )
    yield Figure("raw PostgreSQL commits a second", COMMITS / median(seconds["raw"]), None, None, "")
    yield _speed("PostgreSQL, blocking, of raw", seconds, "postgres", "raw", 0.55, 0.65)
    yield _speed("PostgreSQL, awaiting, of raw", seconds, "awaiting", "raw", 0.40, 0.52)

    def together() -> float:
        return raw.at_once_on_postgres(url, 50) / 50 / raw.AT_ONCE

    def apart() -> float:
        return _seconds(bare, 200)

    for people, commit, least, wish in ((32, together, 0.75, 1.2), (1_000, apart, 3, 5)):
        seen = [(commit(), people * STEPS / crowd(PostgresStore(url), people, STEPS).seconds) for _ in range(CROWDS)]
        name = "raw-32" if people == raw.AT_ONCE else "raw"
        speed = median(one for _, one in seen)
        of_raw = median(raw_commit * one for raw_commit, one in seen)
        yield Speed(f"PostgreSQL, {people:,} at once, of {name}", of_raw, least, wish, f"{speed:,.0f} steps/s")


# ---- what is run --------------------------------------------------------------------------------------


def running(store: Store) -> Callable[[], object]:
    """A run of ten steps with effects, from its beginning to its end."""
    return _runs(store, work.saga(STEPS), Completed)


def rolling(store: Store) -> Callable[[], object]:
    """The same, with a step more that fails, so that all of it is undone."""
    return _runs(store, work.failing(STEPS), RolledBack)


def _runs(store: Store, saga: Saga[work.Count, work.Count, Any], ends: type) -> Callable[[], object]:
    runtime = BlockingRuntime(store, [saga])

    def run() -> None:
        assert isinstance(runtime.run(saga, work.ZERO), ends)

    run()
    return run


def interleaved(**works: Callable[[], object]) -> dict[str, list[float]]:
    """Seconds of each, in turn."""
    seconds = {name: list[float]() for name in works}
    for _ in range(ROUNDS):
        for name, run in works.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def _seconds(run: Callable[[], object], times: int) -> float:
    """How long it takes, the mean of so many."""
    start = time.perf_counter()
    for _ in range(times):
        run()
    return (time.perf_counter() - start) / times


def _speed(  # noqa: PLR0913, PLR0917 - a line of the table
    name: str, seconds: dict[str, list[float]], ours: str, bare: str, must: float | None, aim: float | None
) -> Speed:
    speed = median(one / COMMITS * STEPS / other for one, other in zip(seconds[bare], seconds[ours], strict=True))
    return Speed(name, speed, must, aim, f"{STEPS / median(seconds[ours]):,.0f} steps/s")


def _stored(saga: Saga[Any, Any, Any], context: object) -> int:
    store = MemoryStore()
    assert isinstance(BlockingRuntime(store, [saga]).run(saga, context, id="paused"), Paused)
    kept = store.read("paused")
    assert kept is not None
    texts = sum(len(str(part)) for part in kept[:8])
    return texts + len(kept.snapshot or b"") + sum(len(entry) for _, entry in kept.entries)


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
