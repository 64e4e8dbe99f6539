"""What the world does to the store in PostgreSQL, and how each of it is named."""

import os
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from resaga.core.errors import (
    StoreBroken,
    StoreBusy,
    StoreClosed,
    StoreError,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
)
from resaga.stores import postgres_tables
from resaga.stores.postgres import PostgresStore
from resaga.stores.postgres_database import CONNECTIONS, Cursor
from resaga.stores.store import Append
from tests.stores.entries import picture, step
from tests.stores.servers import Postgres

pytestmark = pytest.mark.servers


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


CODES = {
    "53100": StoreFull,
    "53200": StoreUnreachable,
    "53300": StoreUnreachable,
    "25006": StoreReadOnly,
    "42501": StoreReadOnly,
    "55P03": StoreBusy,
    "57014": StoreBusy,
    "57P01": StoreUnreachable,
    "57P03": StoreUnreachable,
    "08006": StoreUnreachable,
    "28P01": StoreUnreachable,
    "3D000": StoreUnreachable,
    "58030": StoreUnreachable,
    "XX001": StoreBroken,
    "XX002": StoreBroken,
    "23505": StoreBroken,
    "3F000": StoreBroken,
    "42P01": StoreBroken,
    "40003": StoreBusy,
    "XX000": StoreError,
    "22P05": ValueError,
    "54000": StoreError,
}


def fail(other: psycopg.Connection, code: str, times: int) -> None:
    """Let writing to the journal fail so many times."""
    other.execute("CREATE SEQUENCE failed")
    other.execute(
        f"""CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('failed') <= {times} THEN RAISE EXCEPTION 'not looked at' USING ERRCODE = '{code}'; END IF;
            RETURN NULL; END $$""".encode()
    )
    other.execute("CREATE TRIGGER fail AFTER INSERT ON resaga_journal FOR EACH STATEMENT EXECUTE FUNCTION fail()")


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("code", CODES)
def test_each_fault_has_its_error(store: PostgresStore, other: psycopg.Connection, code: str, batch: int) -> None:
    """By its SQLSTATE; nothing was applied, and the same append is when the cause is gone."""
    store.append([step()])
    fail(other, code, 1)
    before = picture(store)
    appends = [step(revision=2), step(revision=3)][:batch]
    with pytest.raises((StoreError, ValueError)) as caught:
        store.append(appends)
    assert type(caught.value) is CODES[code]
    assert code in str(caught.value)
    assert getattr(caught.value, "code", code) == code
    assert picture(store) == before
    assert store.append(appends) == [True] * batch


@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_who_lost_tries_again(store: PostgresStore, other: psycopg.Connection, code: str) -> None:
    """Another transaction that was in the way is no error, unless one is for too long."""
    store.append([step()])
    fail(other, code, 2)
    assert store.append([step(revision=2)]) == [True]
    other.execute("ALTER SEQUENCE failed RESTART MINVALUE -1000000 START -1000000")
    other.execute("SELECT setval('failed', -1000000)")
    with pytest.raises(StoreBusy) as caught:
        store.append([step(revision=3)])
    assert caught.value.code == code
    other.execute("SELECT setval('failed', 10)")
    assert store.append([step(revision=3)]) == [True]


def test_other_tables_of_our_names_are_refused(store: PostgresStore, other: psycopg.Connection) -> None:
    """A table that was edited is no reason for anything but an error of ours."""
    store.append([step()])
    other.execute("ALTER TABLE resaga_journal RENAME TO gone")
    with pytest.raises(StoreBroken) as caught:
        store.append([step(revision=2)])
    assert caught.value.code == "42P01"
    other.execute("ALTER TABLE gone RENAME TO resaga_journal")
    assert store.append([step(revision=2)]) == [True]


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_keep_each_text_is_refused(postgres: Postgres, encoding: str) -> None:
    """Before anything is kept that another text would not fit beside; also in somebody else's transaction."""
    postgres.execute(f"CREATE DATABASE old ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    url = postgres.url.removesuffix("/postgres") + "/old"
    old = PostgresStore(url)
    with psycopg.connect(url) as connection:
        for store in (old, PostgresStore.joined(connection)):
            with pytest.raises(StoreBroken, match=rf"{encoding}; .* ENCODING 'UTF8'"):
                store.find()
    old.close()
    postgres.execute("DROP DATABASE old")


@pytest.mark.parametrize("forbid", ["privileges", "transactions"])
def test_what_may_not_be_written_can_be_read(
    postgres: Postgres, store: PostgresStore, postgres_url: str, other: psycopg.Connection, forbid: str
) -> None:
    """By a user without the right to, or where all transactions are read-only; it is written as soon as it may be."""
    store.append([step()])
    schema = postgres_url.rpartition("%3D")[2]
    user = f"reader_{schema}"
    grant = "SELECT" if forbid == "privileges" else "ALL"
    allow = f"GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {user}"
    postgres.execute(f"CREATE USER {user}", f"GRANT USAGE ON SCHEMA {schema} TO {user}", allow.replace("ALL", grant, 1))
    if forbid == "transactions":
        allow = f"ALTER USER {user} RESET default_transaction_read_only"
        postgres.execute(f"ALTER USER {user} SET default_transaction_read_only = on")
    reader = PostgresStore(postgres_url.replace("postgres@", f"{user}@"))
    assert reader.read("A-1") == store.read("A-1")
    with pytest.raises(StoreReadOnly) as caught:
        reader.append([step(revision=2)])
    assert caught.value.code == ("42501" if forbid == "privileges" else "25006")
    postgres.execute(allow)
    assert reader.append([step(revision=2)]) == [True]
    reader.close()


def test_locked_for_too_long_is_busy(store: PostgresStore, other: psycopg.Connection) -> None:
    """It waits, then says so; it reads meanwhile, and writes when the lock is gone."""
    store.append([step()])
    with other.transaction():
        other.execute("SELECT FROM resaga_heads FOR UPDATE")
        begun = time.monotonic()
        with pytest.raises(StoreBusy) as caught:
            store.append([step(revision=2)])
        assert time.monotonic() - begun >= 0.2
        assert caught.value.code == "55P03"
        assert store.read("A-1") is not None
    assert store.append([step(revision=2)]) == [True]


def test_used_by_too_many_threads_is_busy(store: PostgresStore) -> None:
    """Who waits for a connection for too long is told; with one free again it goes on."""

    def use(more: int) -> None:
        if more:
            store._database.transact(lambda _: use(more - 1))
        else:
            with pytest.raises(StoreBusy):
                store.find()

    use(CONNECTIONS)
    assert store.append([step()]) == [True]


def test_closed_while_in_use(store: PostgresStore) -> None:
    """What is being done is done to its end; then there is nothing left open."""

    def use(db: Cursor) -> Cursor:
        store.close()
        assert db.execute("SELECT 1").fetchall() == [(1,)]
        return db

    assert store._database.transact(use).connection.closed
    with pytest.raises(StoreClosed):
        store.find()


@pytest.mark.parametrize(
    "refused",
    [
        lambda store: store.append([step("a\0b")]),
        lambda store: store.append([step(), step("a\ud800")]),
        lambda store: store.read("a\0b"),
        lambda store: store.find(tag="\0"),
        lambda store: store.delete("\0", 1),
    ],
)
def test_what_no_text_can_be_is_a_value_error(store: PostgresStore, refused: Callable[[PostgresStore], object]) -> None:
    """PostgreSQL keeps neither NUL nor half of a character; nothing is written then."""
    with pytest.raises(ValueError, match=r"."):
        refused(store)
    assert picture(store) == {}
    assert store.append([step()]) == [True]


@pytest.mark.parametrize("large", [step(os.urandom(5000).hex()), step()._replace(tags=("a", os.urandom(5000).hex()))])
def test_what_no_index_can_hold_is_an_error_of_the_store(store: PostgresStore, large: Append) -> None:
    """A runtime gives nothing so large; nothing is written then."""
    with pytest.raises(StoreError, match="so large") as caught:
        store.append([large])
    assert caught.value.code == "54000"
    assert picture(store) == {}
    assert store.append([step()]) == [True]


def test_what_psycopg_refuses_stays_what_it_is(store: PostgresStore) -> None:
    """A value of a wrong type is a fault of ours, and no trouble of the store; which goes on."""
    store.append([step()])
    with pytest.raises(psycopg.Error) as caught:
        store.append([step(revision=2)._replace(entry=object())])  # type: ignore[arg-type]
    assert not isinstance(caught.value, StoreError)
    assert store.append([step(revision=2)]) == [True]


@pytest.mark.parametrize(
    ("left", "appends"), [(1, [step(revision=2), step("B")]), (2, [step(revision=2), step(revision=3)])]
)
def test_an_interrupt_leaves_no_transaction(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch, left: int, appends: list[Append]
) -> None:
    """Ctrl-C in the middle is re-raised; nothing is half done, and nobody else is kept waiting."""
    apply = postgres_tables._apply

    def interrupted(*given: object) -> set[str]:
        nonlocal left
        left -= 1
        if not left:
            raise KeyboardInterrupt
        return apply(*given)  # type: ignore[arg-type]  # as it was given

    store.append([step()])
    before = picture(store)
    with monkeypatch.context() as patch:
        patch.setattr(postgres_tables, "_apply", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.append(appends)
    assert picture(store) == before
    assert store.append(appends) == [True, True]
