"""The store in SQLite, apart from what every store does."""

import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from resaga.core.errors import (
    StoreBroken,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
)
from resaga.stores import sqlite_database, sqlite_tables
from resaga.stores.sqlite import SqliteStore
from tests.stores.children import begin, end, run
from tests.stores.entries import picture, powerless, step

FORKS = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(path, patience_seconds=0.05)
    yield store
    store.close()


def cursor(store: SqliteStore) -> sqlite3.Cursor:
    """What the store works with."""
    found = store._database._cursor
    assert found is not None
    return found


def pragma(store: SqliteStore, name: str) -> object:
    return cursor(store).execute(f"PRAGMA {name}").fetchone()[0]


# ---- how it is set up -------------------------------------------------------------------------------------


def test_a_commit_is_on_the_disk(store: SqliteStore) -> None:
    """Read back from SQLite: writing ahead, each commit synced, large pages, no waiting of its own."""
    store.append([step()])
    names = ("journal_mode", "synchronous", "page_size", "busy_timeout")
    assert [pragma(store, name) for name in names] == ["wal", 2, 8192, 0]


def test_without_writing_ahead_it_does_not_start(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that cannot be had durable is refused."""
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda _, **options: connect(":memory:", **options))
    with pytest.raises(StoreBroken, match="mode='memory'"):
        SqliteStore(path).append([step()])


def test_nothing_is_opened_before_it_is_used(store: SqliteStore, path: Path) -> None:
    """Making a store touches no file."""
    assert not path.exists()
    store.find()
    assert path.exists()


def test_it_lives_beside_other_tables(store: SqliteStore, path: Path) -> None:
    """In the database of an application, which keeps its own page size and version."""
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA page_size = 4096")
        other.execute("PRAGMA user_version = 42")
        other.execute("CREATE TABLE heads (x)")
    other.close()
    assert store.append([step()]) == [True]
    assert (pragma(store, "user_version"), pragma(store, "page_size")) == (42, 4096)
    names = cursor(store).execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert {name for (name,) in names if not name.startswith("resaga_")} == {"heads"}


def test_what_sleeps_is_found_by_its_index(store: SqliteStore) -> None:
    """Neither an id nor a time is looked for in all heads."""
    store.append([step()])
    asked = {"status": None, "saga": None, "owner": None, "tag": None, "due": 5, "after": "", "limit": 9}
    plans = {
        name: str(cursor(store).execute(f"EXPLAIN QUERY PLAN {statement}", asked).fetchall())
        for name, statement in (("id", sqlite_tables.BY_ID), ("due", sqlite_tables.BY_DUE))
    }
    assert "SCAN resaga_heads" not in plans["id"]
    assert "resaga_due (wake_at<?)" in plans["due"]


# ---- what the world does to it ----------------------------------------------------------------------------


def test_a_newer_schema_is_refused(store: SqliteStore, path: Path) -> None:
    """An older resaga leaves alone what a newer one has made, and goes on if it is put back."""
    store.append([step()])
    set_version(path, sqlite_tables.VERSION + 1)
    newer = SqliteStore(path)
    with pytest.raises(StoreBroken, match="upgrade resaga"):
        newer.read("A-1")
    set_version(path, sqlite_tables.VERSION)
    assert newer.read("A-1") == store.read("A-1")
    newer.close()


def set_version(path: Path, version: int) -> None:
    other = sqlite3.connect(path)
    other.execute("UPDATE resaga_schema SET version = ?", (version,))
    other.commit()
    other.close()


def test_an_older_schema_is_brought_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each migration that is missing runs once, whoever comes first, and what was kept stays."""
    first = SqliteStore(path)
    first.append([step()])
    monkeypatch.setattr(sqlite_tables, "MIGRATIONS", (*sqlite_tables.MIGRATIONS, ("CREATE TABLE resaga_more (x)",)))
    monkeypatch.setattr(sqlite_tables, "VERSION", 2)
    for _ in range(2):
        later = SqliteStore(path)
        assert later.read("A-1") == first.read("A-1")
        assert cursor(later).execute("SELECT version FROM resaga_schema").fetchone() == (2,)
        later.close()
    first.close()


def test_another_file_is_refused(store: SqliteStore, path: Path) -> None:
    """What is no database stays as it is; when it is out of the way, the store goes on."""
    path.write_bytes(b"dear diary" * 1000)
    with pytest.raises(StoreBroken) as caught:
        store.append([step()])
    assert (caught.value.code, caught.value.where) == ("SQLITE_NOTADB", f"sqlite:///{path}")
    assert path.read_bytes() == b"dear diary" * 1000
    path.unlink()
    assert store.append([step()]) == [True]


def test_other_tables_of_our_names_are_refused(store: SqliteStore) -> None:
    """A table that was edited is no reason for anything but an error of ours."""
    store.append([step()])
    cursor(store).execute("ALTER TABLE resaga_journal RENAME TO gone")
    with pytest.raises(StoreBroken) as caught:
        store.append([step(revision=2)])
    assert caught.value.code == "SQLITE_ERROR"
    other = sqlite3.connect(store._database.path)
    other.execute("ALTER TABLE gone RENAME TO resaga_journal")
    other.close()
    assert store.append([step(revision=2)]) == [True]


def test_a_missing_directory_is_unreachable(tmp_path: Path) -> None:
    """It is not made for you; once it is there, the store goes on."""
    store = SqliteStore(tmp_path / "nowhere" / "shop.db")
    with pytest.raises(StoreUnreachable) as caught:
        store.append([step()])
    assert caught.value.code.startswith("SQLITE_CANTOPEN")
    (tmp_path / "nowhere").mkdir()
    assert store.append([step()]) == [True]
    store.close()


def test_a_full_disk_loses_nothing(store: SqliteStore) -> None:
    """Nothing of the append is kept, all before it is; with room again, the same append is applied."""
    store.append([step()])
    before = picture(store)
    large = step(revision=2)._replace(entry=bytes(1 << 20))
    pages = pragma(store, "page_count")
    cursor(store).execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFull) as caught:
        store.append([large])
    assert caught.value.code == "SQLITE_FULL"
    assert picture(store) == before
    assert store.append([large]) == [True]


@pytest.mark.parametrize("batch", [1, 3])
def test_what_may_not_be_written_can_be_read(batch: int) -> None:
    """And is written as soon as it may be."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        path = directory / "shop.db"
        maker = SqliteStore(path)
        maker.append([step()])
        reader = sqlite3.connect(path)  # keeps the log there: who may not write could not make it
        reader.execute("SELECT * FROM resaga_heads").fetchall()
        directory.chmod(0o555)
        for each in directory.iterdir():
            each.chmod(0o444)
        store = SqliteStore(path)
        with powerless():
            assert store.read("A-1") == maker.read("A-1")
            with pytest.raises(StoreReadOnly):
                store.append([step("B", each) for each in range(1, batch + 1)])
        directory.chmod(0o755)
        for each in directory.iterdir():
            each.chmod(0o644)
        assert store.append([step("B", each) for each in range(1, batch + 1)]) == [True] * batch
        for each_store in (maker, store, reader):
            each_store.close()


def test_locked_for_too_long_is_busy(store: SqliteStore, path: Path) -> None:
    """It waits, then says so; it reads meanwhile, and writes when the lock is gone."""
    store.append([step()])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    with pytest.raises(StoreBusy) as caught:
        store.append([step(revision=2)])
    assert time.monotonic() - begun >= 0.05
    assert caught.value.code.startswith("SQLITE_BUSY")
    assert store.read("A-1") is not None
    other.execute("COMMIT")
    other.close()
    assert store.append([step(revision=2)]) == [True]


def test_locked_for_a_while_is_waited_for(path: Path) -> None:
    """Somebody else's transaction is no error."""
    store = SqliteStore(path)
    store.append([step()])
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.05, lambda: other.execute("COMMIT")).start()
    assert store.append([step(revision=2)]) == [True]
    other.close()
    store.close()


def test_a_locked_file_is_waited_for_when_opened(path: Path, store: SqliteStore) -> None:
    """A database that somebody holds for himself cannot even be opened; that is busy too."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    other.execute("CREATE TABLE t (x)")
    with pytest.raises(StoreBusy):
        store.find()
    other.execute("COMMIT")
    other.close()
    assert store.append([step()]) == [True]


def test_what_python_refuses_stays_what_it_is(store: SqliteStore) -> None:
    """A value of a wrong type is a fault of ours, and no trouble of the store; which goes on."""
    store.append([step()])
    with pytest.raises(sqlite3.Error) as caught:
        store.append([step(revision=2)._replace(entry=object())])  # type: ignore[arg-type]
    assert not isinstance(caught.value, StoreError)
    assert store.append([step(revision=2)]) == [True]


def test_an_unknown_fault_is_a_store_error(store: SqliteStore) -> None:
    """Whatever SQLite says, it comes in our words, with its own as `code`."""
    store.append([step()])
    cursor(store).connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1000)
    with pytest.raises(StoreError) as caught:
        store.append([step(revision=2)._replace(entry=bytes(5000))])
    assert (type(caught.value), caught.value.code) == (StoreError, "SQLITE_TOOBIG")


def test_an_interrupt_leaves_no_transaction(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle is re-raised; nothing is half done, and nobody else is kept waiting."""

    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    store.append([step()])
    before = picture(store)
    with monkeypatch.context() as patch:
        patch.setattr(sqlite_tables, "_apply", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.append([step(revision=2)])
    assert picture(store) == before
    assert store.append([step(revision=2)]) == [True]


def test_a_prompt_append_waits_for_nobody(store: SqliteStore, path: Path) -> None:
    """Not for another process, and not for another thread: an event loop would stand still."""
    store.read("A-1")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy):
        store.append_promptly([step()])
    other.execute("ROLLBACK")
    other.close()
    for lock in (store._database._turn, sqlite_database._forking):
        with lock, pytest.raises(StoreBusy):
            store.append_promptly([step()])
    assert store.append_promptly([step()]) == [True]


# ---- other processes --------------------------------------------------------------------------------------


@FORKS
def test_parent_and_child_both_go_on(store: SqliteStore, path: Path) -> None:
    """A store that was used may be used on both sides of a fork, and closed on one of them, with nothing lost."""
    store.append([step()])
    go, gone = os.pipe()

    def work() -> None:
        store.append([step("child")])
        os.read(go, 1)  # until the parent has closed: it must not take the log away from us
        for revision in range(2, 30):
            assert store.append([step("child", revision)]) == [True]

    child = begin(work)
    assert store.append([step(revision=2)]) == [True]
    store.close()
    os.write(gone, b".")
    assert end(child) == 0
    after = SqliteStore(path)
    assert {id_: stored.revision for id_, stored in picture(after).items()} == {"A-1": 2, "child": 29}
    assert pragma(after, "integrity_check") == "ok"
    after.close()


@FORKS
def test_a_fork_in_the_middle_of_an_append(path: Path) -> None:
    """Whatever other threads do with the store in that moment, the child can use it."""
    store = SqliteStore(path)
    stop = threading.Event()
    made: list[int] = []

    def write() -> None:
        revision = 0
        while not stop.is_set():
            revision += 1
            assert store.append([step("thread", revision)]) == [True]
        made.append(revision)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        codes = [run(lambda each=each: store.append([step(f"child-{each}")])) for each in range(10)]  # type: ignore[misc]
    finally:
        stop.set()
        thread.join()
    assert codes == [0] * 10
    kept = {id_: stored.revision for id_, stored in picture(store).items()}
    assert kept == {f"child-{each}": 1 for each in range(10)} | {"thread": made[0]}
    store.close()


@FORKS
def test_two_processes_write_by_turns(path: Path) -> None:
    """Neither starves: until both have written twenty times, none has written a hundred times more than the other."""
    first = SqliteStore(path)
    first.append([step("a"), step("b")])
    first.close()
    most = 100 * 20

    def write(own: str, other: str) -> None:
        store = SqliteStore(path)

        def there() -> int:
            stored = store.read(other)
            return 0 if stored is None else stored.revision

        revision = 2
        assert store.append([step(own, revision)]) == [True]
        while there() < 2:  # it has begun
            os.sched_yield()
        while revision < 20 or there() < 20:
            assert revision < most
            for _ in range(20):
                revision += 1
                assert store.append([step(own, revision)]) == [True]
        store.close()

    children = [begin(lambda own=own, other=other: write(own, other)) for own, other in ("ab", "ba")]  # type: ignore[misc]
    assert [end(child) for child in children] == [0, 0]


def test_a_head_without_its_entries_is_about_one_execution(path: Path) -> None:
    """Whoever asks for it finds out that nothing is there; all others can be read."""
    store = SqliteStore(path)
    store.append([step("a", snapshot=b"all"), step("b")])
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM resaga_journal")
    for id_ in ("a", "b"):
        stored = store.read(id_)
        assert stored is not None
        assert (stored.snapshot, stored.entries) == (None, [])
    store.close()
