"""Time one peer against bare commits on the same disk, in one process, and print what was seen as JSON.

A worker gives what runs ten steps once, each kept in SQLite before the next begins; and, where the peer has them,
a run whose eleventh step fails so that ten are undone, and a run that waits for an answer after its ten steps.
Every step and undo tells `done` or `undone` its number, and every run is checked: a step or an undo that was left
out would look quick.

Theory of measurement. A disk's speed changes from minute to minute, so each round times everything in turn and
ratios are made within a round; what is printed is the median over the rounds.

- raw: one row is changed, and that is committed, in WAL with synchronous=FULL; all files are used until their logs
  are as long as they get, since one that grows takes the disk twice as long to sync;
- a step: a whole run of ten, from asking for it to its result, divided by ten;
- an undo: a run whose eleventh step fails, less the run of ten of the same round, divided by ten;
- bytes: of all values in all tables, more for a second paused run than for the first. Indexes and what SQLite adds
  are not in it, nor what is kept once for all runs.
"""

import json
import platform
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, TypeAlias

STEPS = 10
FOLDER = Path(sys.argv[1])
ROUNDS = int(sys.argv[2])
DATABASE = FOLDER / "peer.db"
LOG_BYTES = 1_000 * 4_096
"""As long as SQLite's log gets, by default."""

WARM = 110
"""Runs of ten commits that are made at most until it is that long; who closes its connections never gets there."""

Run: TypeAlias = Callable[[], object]

done: list[int] = []
undone: list[int] = []


class Refused(Exception):
    """What the eleventh step raises."""


def report(distribution: str, *, ten: Run, failing: Run | None = None, paused: Run | None = None) -> None:
    """Measure, and print it as one line of JSON."""
    runs = {"raw": raw(), "ten": checked(ten)}
    if failing:
        runs["failing"] = checked(failing, fails=True)
    warm(FOLDER / "raw.db", runs["raw"])
    warm(DATABASE, runs["ten"])
    rounds = [{name: seconds(run) for name, run in runs.items()} for _ in range(ROUNDS)]
    with closing(sqlite3.connect(DATABASE)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    seen = {
        "version": version(distribution),
        "python": platform.python_version(),
        "commit_s": median(one["raw"] / STEPS for one in rounds),
        "step_s": median(one["ten"] / STEPS for one in rounds),
        "step_of_raw": median(one["raw"] / one["ten"] for one in rounds),
        "undo_s": None,
        "undo_of_raw": None,
        "paused_bytes": paused_bytes(checked(paused)) if paused else None,
    }
    if failing:
        seen["undo_s"] = median((one["failing"] - one["ten"]) / STEPS for one in rounds)
        seen["undo_of_raw"] = 1 / median((one["failing"] - one["ten"]) / one["raw"] for one in rounds)
    sys.stdout.write(json.dumps(seen) + "\n")


def warm(database: Path, run: Run) -> None:
    """Run it until the log of that database is as long as it gets."""
    log = database.with_name(f"{database.name}-wal")
    for _ in range(WARM):
        run()
        if log.exists() and log.stat().st_size >= LOG_BYTES:
            break


def full(connection: Any) -> None:  # noqa: ANN401 - of sqlite3, or of a driver that looks like it
    """Have every commit reach the disk before it returns, and read back that it does."""
    cursor = connection.cursor()
    for setting, wanted in (("journal_mode=WAL", "wal"), ("synchronous=FULL", 2)):
        cursor.execute(f"PRAGMA {setting}")
        cursor.execute(f"PRAGMA {setting.partition('=')[0]}")
        assert cursor.fetchone()[0] == wanted
    cursor.close()


def raw() -> Run:
    """As little as anything durable can do, as often as there are steps."""
    connection = sqlite3.connect(FOLDER / "raw.db", isolation_level=None)
    full(connection)
    connection.execute("CREATE TABLE raw (key INTEGER PRIMARY KEY, value INTEGER)")
    connection.execute("INSERT INTO raw VALUES (1, 0)")

    def commits() -> None:
        for _ in range(STEPS):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE raw SET value = value + 1 WHERE key = 1")
            connection.execute("COMMIT")

    return commits


def checked(run: Run, *, fails: bool = False) -> Run:
    """See that all steps ran once and in order, and that their undos did so backwards if it failed."""
    steps = list(range(STEPS + fails))
    undos = list(reversed(range(STEPS))) if fails else []

    def watched() -> None:
        done.clear()
        undone.clear()
        run()
        assert (done, undone) == (steps, undos), f"did {done}, undid {undone}"

    return watched


def seconds(run: Run) -> float:
    """Time it once."""
    begun = perf_counter()
    run()
    return perf_counter() - begun


def paused_bytes(paused: Run) -> int:
    """What the second of two paused runs adds."""
    paused()
    before = stored()
    paused()
    return stored() - before


def stored() -> int:
    """Bytes of all values in the database, each as text."""
    with closing(sqlite3.connect(DATABASE)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return sum(_bytes(connection, table) for table in tables)


def _bytes(connection: sqlite3.Connection, table: str) -> int:
    columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
    lengths = " + ".join(f'ifnull(length(CAST("{column}" AS BLOB)), 0)' for column in columns)
    return int(connection.execute(f'SELECT total({lengths}) FROM "{table}"').fetchone()[0])  # noqa: S608 - its own names
