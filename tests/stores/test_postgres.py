"""The store in PostgreSQL, apart from what every store does."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from resaga.core.errors import (
    InvalidArgument,
    StoreBroken,
    StoreClosed,
    StoreUnreachable,
    UnknownStore,
)
from resaga.stores import open_store, postgres_database, postgres_tables
from resaga.stores.options import LONGEST_PATIENCE
from resaga.stores.postgres import PostgresStore
from resaga.stores.postgres_database import Cursor
from tests.stores.children import begin, end, run
from tests.stores.entries import picture, step
from tests.stores.servers import free_port

pytestmark = pytest.mark.servers

FORKS = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@pytest.fixture
def store(postgres_url: str) -> Iterator[PostgresStore]:
    store = PostgresStore(postgres_url, patience_seconds=0.2)
    yield store
    store.close()


@pytest.fixture
def other(postgres_url: str) -> Iterator[psycopg.Connection]:
    """A connection of somebody else, to the same schema."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


def using(store: PostgresStore) -> Cursor:
    """What the store works with."""
    (db,) = [slot.made for slot in store._database._slots if slot.made is not None]
    return db


# ---- how it is set up -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "kept"), [("off", "on"), ("on", "on"), ("remote_apply", "remote_apply")])
def test_a_commit_is_on_the_disk(postgres_url: str, asked: str, kept: str) -> None:
    """Whatever the server is told for others: each commit is synced, at least, and sees what was committed before."""
    options = quote(f" -csynchronous_commit={asked} -cdefault_transaction_isolation=serializable")
    store = PostgresStore(postgres_url + options)
    store.append([step()])
    names = ("synchronous_commit", "default_transaction_isolation", "lock_timeout")
    found = [using(store).execute("SELECT current_setting(%s)", (name,)).fetchall() for name in names]
    assert found == [[(kept,)], [("read committed",)], [("10s",)]]
    store.close()


def test_nothing_is_opened_before_it_is_used(store: PostgresStore, other: psycopg.Connection) -> None:
    """Making a store asks no server; using it makes three tables and a version, all of a name of ours."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema ORDER BY 1"
    assert other.execute(tables).fetchall() == []
    other.execute("CREATE TABLE orders (id text)")
    store.find()
    names = [name for (name,) in other.execute(tables).fetchall()]
    assert names == ["orders", "resaga_heads", "resaga_journal", "resaga_schema", "resaga_tags"]


def test_a_url_opens_it(postgres_url: str) -> None:
    """In any form that libpq takes."""
    store = open_store(postgres_url)
    assert type(store) is PostgresStore
    assert list(store.append([step()])) == [True]
    store.close()


@pytest.mark.parametrize("url", ["postgresql://ann:secret@[host/shop", "postgresql://host/shop?secret=1"])
def test_a_wrong_url_is_refused(url: str) -> None:
    """At once, with nothing of it in the sentence."""
    with pytest.raises(UnknownStore) as caught:
        open_store(url)
    assert caught.value.scheme == "postgresql"
    assert "secret" not in str(caught.value)


def test_what_it_is_told_is_looked_at_first(postgres_url: str) -> None:
    """A URL that is none, and a patience that the server could not have."""
    with pytest.raises(InvalidArgument, match="is no URL"):
        PostgresStore(None)  # type: ignore[arg-type]  # as untyped callers have it
    with pytest.raises(InvalidArgument, match="patience_seconds="):
        PostgresStore(postgres_url, patience_seconds=float("inf"))
    store = PostgresStore(postgres_url, patience_seconds=LONGEST_PATIENCE)
    assert store.find() == []
    store.close()


def test_a_password_is_not_shown() -> None:
    """The place is the host, the port and the database."""
    port = free_port()
    store = PostgresStore(f"postgresql://bob:secret@127.0.0.1:{port}/shop")
    with pytest.raises(StoreUnreachable) as caught:
        store.find()
    assert (caught.value.where, caught.value.code) == (f"postgresql://127.0.0.1:{port}/shop", "")
    assert "secret" not in str(caught.value)
    assert "bob" not in str(caught.value)


def test_what_is_asked_for_is_found_by_an_index(store: PostgresStore) -> None:
    """Neither an id nor a time is looked for in all heads."""
    store.append([step()])
    asked = {"status": None, "saga": None, "owner": None, "tag": None, "due": 5, "after": "", "limit": 9}
    db = using(store)
    db.execute("SET enable_seqscan = off")  # as there is but one
    for statement, index in ((postgres_tables.BY_ID, "resaga_heads_id_key"), (postgres_tables.BY_DUE, "resaga_due")):
        db.execute(b"EXPLAIN " + statement.encode(), asked)
        assert index in str(db.fetchall())


def test_what_was_folded_or_deleted_is_gone(store: PostgresStore) -> None:
    """It takes no room any more."""
    store.append([step(), step("B")._replace(tags=("t",))])
    store.append([step(revision=2), step("B", 2)])
    store.append([step(revision=3, snapshot=b"all")])
    count = "SELECT (SELECT count(*) FROM resaga_journal), (SELECT count(*) FROM resaga_tags)"
    assert using(store).execute(count).fetchall() == [(3, 1)]
    assert store.delete("A-1", 3)
    assert store.delete("B", 2)
    assert using(store).execute(count).fetchall() == [(0, 0)]


def test_who_listens_is_told(store: PostgresStore, other: psycopg.Connection) -> None:
    """Of what anybody may go on with, once for each batch; not of what is driven, asleep for ever, or a conflict."""
    other.execute("LISTEN resaga")
    store.append([step()._replace(owner="me", wake_at=5), step("B")])
    store.append([step()._replace(wake_at=5)])
    store.append([step("C")._replace(wake_at=5), step("D")._replace(wake_at=5), step("E")])
    assert [told.channel for told in other.notifies(timeout=5, stop_after=1)] == [postgres_tables.CHANNEL]
    assert list(other.notifies(timeout=0.1)) == []


def test_it_wakes_who_waits(store: PostgresStore, postgres_url: str) -> None:
    """Also of what was left between two calls; once, and not for ever."""
    other = PostgresStore(postgres_url)
    assert other.wait_for_due(30), "what was left before it listened was not heard"
    assert not other.wait_for_due(0.01)
    store.append([step()._replace(wake_at=5), step("B")._replace(wake_at=5)])
    assert other.wait_for_due(30)
    assert not other.wait_for_due(0.01)
    other.close()
    with pytest.raises(StoreClosed):
        other.wait_for_due(0.01)


def test_who_waits_is_let_go_of(store: PostgresStore) -> None:
    """Closing does not take as long as somebody else waits."""
    with ThreadPoolExecutor(1) as thread:
        assert store.wait_for_due(30)
        waiting = thread.submit(store.wait_for_due, 600)
        while not store._database._listening.locked():
            time.sleep(0.01)
        store.close()
        assert waiting.result(30) is False


def test_who_waits_hears_that_the_server_hung_up(store: PostgresStore, other: psycopg.Connection) -> None:
    """And can wait again."""
    store.wait_for_due(0.01)
    other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    with pytest.raises(StoreUnreachable):
        store.wait_for_due(30)
    store.append([step()._replace(wake_at=5)])
    assert store.wait_for_due(30), "what was left meanwhile was not heard"
    assert not store.wait_for_due(0.01)
    store.append([step("B")._replace(wake_at=5)])
    assert store.wait_for_due(30)


def test_it_has_a_clock(store: PostgresStore, other: psycopg.Connection) -> None:
    """The server's own, which never stands still."""
    first = store.wall_ns()
    ((seconds,),) = other.execute("SELECT extract(epoch FROM clock_timestamp())").fetchall()
    assert first <= round(seconds * 1_000_000) * 1_000 < store.wall_ns()


# ---- other versions ---------------------------------------------------------------------------------------


def test_a_newer_schema_is_refused(store: PostgresStore, postgres_url: str, other: psycopg.Connection) -> None:
    """An older resaga leaves alone what a newer one has made, and goes on if it is put back."""
    store.append([step()])
    other.execute("UPDATE resaga_schema SET version = version + 1")
    newer = PostgresStore(postgres_url)
    with pytest.raises(StoreBroken, match="upgrade resaga"):
        newer.read("A-1")
    other.execute("UPDATE resaga_schema SET version = version - 1")
    assert newer.read("A-1") == store.read("A-1")
    newer.close()


def test_an_older_schema_is_brought_up(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each migration that is missing runs once, whoever comes first, and what was kept stays."""
    first = PostgresStore(postgres_url)
    first.append([step()])
    monkeypatch.setattr(
        postgres_tables, "MIGRATIONS", (*postgres_tables.MIGRATIONS, ("CREATE TABLE resaga_more (x int)",))
    )
    monkeypatch.setattr(postgres_tables, "VERSION", 2)
    stores = [PostgresStore(postgres_url) for _ in range(4)]
    threads = [threading.Thread(target=store.find) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        assert store.read("A-1") == first.read("A-1")
        assert using(store).execute("SELECT version FROM resaga_schema").fetchall() == [(2,)]
        store.close()
    first.close()


# ---- other processes --------------------------------------------------------------------------------------


@FORKS
def test_parent_and_child_both_go_on(postgres_url: str) -> None:
    """A store that was used may be used on both sides of a fork, and closed on one of them: neither hears the other."""
    store = PostgresStore(postgres_url)
    store.append([step()])
    db = using(store)
    go, gone = os.pipe()

    def work() -> None:
        store.append([step("child")])
        assert os.path.samestat(os.fstat(db.connection.pgconn.socket), Path(os.devnull).stat())
        os.read(go, 1)  # until the parent has closed
        for revision in range(2, 10):
            assert store.append([step("child", revision)]) == [True]
        store.close()

    child = begin(work)
    assert store.append([step(revision=2)]) == [True]
    assert using(store) is db
    store.close()
    os.write(gone, b".")
    assert end(child) == 0
    after = PostgresStore(postgres_url)
    assert {id_: stored.revision for id_, stored in picture(after).items()} == {"A-1": 2, "child": 9}
    after.close()


@FORKS
def test_a_fork_in_the_middle_of_an_append(postgres_url: str) -> None:
    """Whatever other threads do with the store in that moment, the child can use it."""
    store = PostgresStore(postgres_url)
    store.find()
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


def test_a_connection_that_is_closed_is_forgotten_too(store: PostgresStore) -> None:
    """In a child there may be one that the parent was just closing; the child does not look at it."""
    store.append([step()])
    db = using(store)
    db.connection.close()
    postgres_database._after_fork()
    assert store.append([step(revision=2)]) == [True]
    assert using(store) is not db
