"""SQLite, when a process is interrupted in the moment of a fork, or is not given the memory that it needs."""

import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from types import FrameType

import pytest

from resaga.core.errors import StoreBusy, StoreUnreachable
from resaga.stores import sqlite_database
from resaga.stores.sqlite import SqliteStore
from resaga.stores.sqlite_database import WRITE
from tests.cutting import may_cut
from tests.stores.children import begin, end
from tests.stores.entries import step

FORKS = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

A_FORK_SECONDS = 0.002


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def swallowed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """What Python ignored, as it does in a hook of a fork."""
    ignored: list[object] = []
    with monkeypatch.context() as patch:
        patch.setattr(sys, "unraisablehook", lambda said: ignored.append(said.object))
        yield ignored


# ---- a fork -----------------------------------------------------------------------------------------------


def forked(stores: list[SqliteStore], seconds: float, revision: int) -> None:
    """Interrupt a fork after that time, by a real signal: the child has nothing open and can use all of them."""
    runs = True

    def cut(number: int, frame: FrameType | None) -> None:
        if runs and may_cut(frame):
            raise KeyboardInterrupt

    def child() -> None:
        assert not any(store._database._cursor for store in stores)
        for store in stores:
            assert store.append([step(revision=revision)]) == [True]

    before = signal.signal(signal.SIGALRM, cut)
    process = 0
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        process = begin(child)
        runs = False
    except KeyboardInterrupt:  # before it, or behind it
        runs = False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    if process:
        assert end(process) == 0
    assert not sqlite_database._forking.locked(), "nobody can use any store any more"
    assert not any(store._database._turn.locked() for store in stores), "nobody can use it any more"


@FORKS
def test_an_interrupt_in_the_moment_of_a_fork(quick_path: Path, swallowed: list[object]) -> None:
    """Python swallows it in there; all goes on on both sides, and the child inherits nothing that is open."""
    stores = [SqliteStore(quick_path / f"{number}.db") for number in range(3)]
    chance = Random(0)  # noqa: S311 - the same each time
    for revision in range(1, 101):
        for store in stores:
            store.find()
        forked(stores, chance.uniform(1e-6, A_FORK_SECONDS), revision)
        for store in stores:
            store.append([step(revision=revision)])
    assert swallowed, "none came in the moment of a fork"
    for store in stores:
        store.close()


class Fork:
    """One that is under way until somebody waits for it."""

    forks = True

    def locked(self) -> bool:
        return self.forks

    def __enter__(self) -> None:
        self.forks = False

    def __exit__(self, *_: object) -> None:
        pass


def test_what_comes_while_the_process_forks_waits(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is opened meanwhile; who cannot wait is told so."""
    store = SqliteStore(path)
    fork = Fork()
    with monkeypatch.context() as patch:
        patch.setattr(sqlite_database, "_forking", fork)
        with pytest.raises(StoreBusy):
            store.append_promptly([step()])
        assert store._database._cursor is None
        assert fork.forks
        assert store.append([step()]) == [True]
    assert not fork.forks
    store.close()


def test_a_turn_of_another_thread_is_none_in_a_child(path: Path) -> None:
    """It looks whether the process forks, in that moment; in the child it is not there any more."""
    store = SqliteStore(path)
    with store._database._turn:
        sqlite_database._after_fork_in_child()
        assert store.append([step()]) == [True]
    store.close()


# ---- no memory --------------------------------------------------------------------------------------------


class Poor(sqlite3.Connection):
    """There is no memory to roll back either."""

    def rollback(self) -> None:
        raise MemoryError


def test_no_memory_leaves_no_lock(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python says that by no error of its SQLite; it is typed, and the file is free while somebody still has it."""
    connect = sqlite3.connect
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", lambda path, **options: connect(path, factory=Poor, **options))
        store = SqliteStore(path)
        store.append([step()])

        def work(db: sqlite3.Cursor) -> None:
            db.execute("DELETE FROM resaga_heads")
            raise MemoryError

        with pytest.raises(StoreUnreachable) as caught:
            store._database.transact(WRITE, work)
    assert caught.value.code == "SQLITE_NOMEM"
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    assert store.append([step(revision=2)]) == [True]
    store.close()
