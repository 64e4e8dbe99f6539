"""A store inside somebody else's transaction in SQLite."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from resaga.core.errors import InvalidArgument, NotInTransaction, StoreBusy, StoreClosed, StoreError, StoreUnreachable
from resaga.stores import sqlite_tables
from resaga.stores.sqlite import SqliteStore
from tests.stores.entries import step


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(path)
    yield store
    store.close()


@pytest.fixture(params=["legacy", "explicit"])
def shop(path: Path, request: pytest.FixtureRequest) -> Iterator[sqlite3.Connection]:
    """A connection of an application, as either kind of them is had."""
    connection = sqlite3.connect(path)
    if request.param == "explicit":
        connection.isolation_level = None
    connection.row_factory = lambda _, row: {"row": row}  # its own business
    connection.execute("CREATE TABLE orders (id TEXT)")
    yield connection
    connection.close()


def test_joined_it_is_kept_with_the_rest(shop: sqlite3.Connection, store: SqliteStore) -> None:
    """The order and its execution are there together, as soon as the application commits."""
    shop.execute("BEGIN")
    shop.execute("INSERT INTO orders VALUES ('A-1')")
    joined = SqliteStore.joined(shop)
    assert joined.append([step(), step()._replace(id="B", tags=("t",)), step(revision=3)]) == [True, True, False]
    assert joined.append([step(revision=2, snapshot=b"all")]) == [True]
    assert [head.id for head in joined.find(tag="t")] == ["B"]
    seen = joined.read("A-1")
    assert joined.delete("B", 1)
    assert shop.in_transaction
    joined.close()
    shop.execute("COMMIT")
    assert store.read("A-1") == seen
    assert store.read("B") is None


def test_joined_it_is_gone_with_the_rest(shop: sqlite3.Connection, store: SqliteStore) -> None:
    """If the application rolls back, nothing has happened, and no tables were made."""
    shop.execute("BEGIN")
    shop.execute("INSERT INTO orders VALUES ('A-1')")
    assert SqliteStore.joined(shop).append([step()]) == [True]
    shop.execute("ROLLBACK")
    assert shop.execute("SELECT * FROM orders").fetchall() == []
    assert store.read("A-1") is None
    assert store.append([step()]) == [True]


def test_without_a_transaction_there_is_nothing_to_join(shop: sqlite3.Connection) -> None:
    """Else it would be kept, or lost, whatever the application does next."""
    with pytest.raises(NotInTransaction, match="BEGIN IMMEDIATE"):
        SqliteStore.joined(shop).append([step()])
    assert not shop.in_transaction


def test_a_failure_leaves_the_rest_of_it_alone(shop: sqlite3.Connection, store: SqliteStore) -> None:
    """An append that fails has done nothing, and what the application did before is still to be committed."""
    shop.execute("BEGIN")
    shop.execute("INSERT INTO orders VALUES ('A-1')")
    joined = SqliteStore.joined(shop)
    with pytest.raises(sqlite3.Error):
        joined.append([step(), step(revision=2)._replace(entry=object())])  # type: ignore[arg-type]
    assert joined.read("A-1") is None
    shop.execute("COMMIT")
    assert shop.execute("SELECT count(*) FROM orders").fetchall() == [{"row": (1,)}]
    assert store.read("A-1") is None


def test_a_rollback_of_sqlite_itself_is_reported(shop: sqlite3.Connection) -> None:
    """If SQLite gave the whole transaction up, that is the error, and no other one on top of it."""
    shop.execute("BEGIN")
    joined = SqliteStore.joined(shop)
    joined.append([step()])
    shop.execute("CREATE TEMP TRIGGER burst BEFORE INSERT ON resaga_journal BEGIN SELECT raise(ROLLBACK, 'x'); END")
    with pytest.raises(StoreError) as caught:
        joined.append([step(revision=2)])
    assert caught.value.code.startswith("SQLITE_CONSTRAINT")
    assert not shop.in_transaction


def test_a_locked_database_is_busy_when_joined(shop: sqlite3.Connection, store: SqliteStore) -> None:
    """Waiting is up to who began the transaction."""
    store.append([step()])
    shop.execute("PRAGMA busy_timeout = 0")
    shop.execute("BEGIN")
    other = sqlite3.connect(store._database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy):
        SqliteStore.joined(shop).append([step("B")])
    other.execute("ROLLBACK")
    other.close()
    shop.execute("ROLLBACK")


def test_a_closed_one_joins_no_more(shop: sqlite3.Connection) -> None:
    """The connection stays open."""
    shop.execute("BEGIN")
    joined = SqliteStore.joined(shop)
    joined.close()
    with pytest.raises(StoreClosed):
        joined.append([step()])
    shop.execute("COMMIT")


def test_a_connection_that_cannot_be_asked(shop: sqlite3.Connection) -> None:
    """One that is closed, or of another thread, is no fault of the store's: who gave it is told."""
    shop.execute("BEGIN")
    joined = SqliteStore.joined(shop)
    with ThreadPoolExecutor(1) as thread, pytest.raises(InvalidArgument, match="in the thread"):
        thread.submit(joined.append, [step()]).result()
    shop.close()
    for verb in (lambda: joined.append([step()]), lambda: SqliteStore.joined(shop)):
        with pytest.raises(InvalidArgument, match="one that is open"):
            verb()


@pytest.mark.parametrize("texts", [bytes, bytearray, lambda raw: raw.decode() + "!"])
def test_a_connection_that_reads_texts_in_another_way(shop: sqlite3.Connection, texts: Any) -> None:  # noqa: ANN401
    """It goes on to do so, and what is kept is read as it was written."""
    shop.text_factory = texts
    shop.execute("BEGIN")
    joined = SqliteStore.joined(shop)
    assert joined.append([step()]) == [True]
    kept = joined.read("A-1")
    assert kept is not None
    assert (kept.id, kept.saga, kept.status) == (step().id, step().saga, step().status)
    assert shop.text_factory is texts


def test_no_memory_is_an_error_of_the_store(shop: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python says that by no error of its SQLite; the transaction goes on without what was begun."""

    def poor(*_: object) -> bool:
        raise MemoryError

    shop.execute("BEGIN")
    joined = SqliteStore.joined(shop)
    with monkeypatch.context() as patch:
        patch.setattr(sqlite_tables, "append", poor)
        with pytest.raises(StoreUnreachable) as caught:
            joined.append([step()])
    assert caught.value.code == "SQLITE_NOMEM"
    assert joined.append([step()]) == [True]
    shop.execute("COMMIT")
