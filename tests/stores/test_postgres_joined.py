"""A store inside somebody else's transaction in PostgreSQL."""

import asyncio
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from resaga import Saga, read
from resaga.core.errors import InvalidArgument, NotInTransaction, StoreBroken, StoreBusy, StoreClosed, StoreUnreachable
from resaga.runtime import Runtime
from resaga.stores.postgres import PostgresStore
from tests.stores.entries import step

pytestmark = pytest.mark.servers


@pytest.fixture
def store(postgres_url: str) -> Iterator[PostgresStore]:
    store = PostgresStore(postgres_url)
    yield store
    store.close()


@pytest.fixture
def shop(postgres_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of an application, with rows as it likes them."""
    with psycopg.connect(postgres_url, row_factory=dict_row, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute("CREATE TABLE orders (id TEXT)")
        connection.commit()
        yield connection


@pytest.mark.parametrize("begun", [False, True])
def test_joined_it_is_kept_with_the_rest(shop: psycopg.Connection[Any], store: PostgresStore, begun: bool) -> None:  # noqa: FBT001
    """The order and its execution are there together, as soon as the application commits; whichever came first."""
    if begun:
        shop.execute("INSERT INTO orders VALUES ('A-1')")
    joined = PostgresStore.joined(shop)
    assert joined.append([step(), step()._replace(id="B", tags=("t",)), step(revision=3)]) == [True, True, False]
    assert joined.append([step(revision=2, snapshot=b"all"), step(revision=3)]) == [True, True]
    assert [head.id for head in joined.find(tag="t")] == ["B"]
    seen = joined.read("A-1")
    assert joined.delete("B", 1)
    assert shop.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
    joined.close()
    shop.commit()
    assert store.read("A-1") == seen
    assert store.read("B") is None


@pytest.mark.parametrize("used", [False, True])
def test_joined_it_is_gone_with_the_rest(shop: psycopg.Connection[Any], store: PostgresStore, used: bool) -> None:  # noqa: FBT001
    """If the application rolls back, nothing has happened, and no tables were made."""
    if used:
        store.find()
    assert PostgresStore.joined(shop).append([step()]) == [True]
    shop.rollback()
    assert store.read("A-1") is None
    assert store.append([step()]) == [True]


def test_within_a_block_it_is_part_of_it(shop: psycopg.Connection[Any], store: PostgresStore) -> None:
    """On a connection that commits by itself, a block is the transaction."""
    shop.autocommit = True
    with shop.transaction():
        assert PostgresStore.joined(shop).append([step()]) == [True]
        with shop.transaction(force_rollback=True):
            assert PostgresStore.joined(shop).append([step(revision=2)]) == [True]
    stored = store.read("A-1")
    assert stored is not None
    assert stored.revision == 1


def test_outside_of_a_transaction_it_is_refused(shop: psycopg.Connection[Any]) -> None:
    """It would be kept alone; and what has failed is to be rolled back first."""
    shop.autocommit = True
    with pytest.raises(NotInTransaction, match="no transaction"):
        PostgresStore.joined(shop).append([step()])
    shop.autocommit = False
    with pytest.raises(psycopg.Error):
        shop.execute("SELECT nothing")
    with pytest.raises(NotInTransaction, match="roll it back"):
        PostgresStore.joined(shop).append([step()])


def test_what_fails_leaves_the_transaction_open(shop: psycopg.Connection[Any], store: PostgresStore) -> None:
    """Only what the store did is taken back."""
    store.append([step()])
    shop.execute("INSERT INTO orders VALUES ('A-1')")
    shop.execute("ALTER TABLE resaga_journal ADD CONSTRAINT odd CHECK (revision <> 3)")
    joined = PostgresStore.joined(shop)
    with pytest.raises(StoreBroken) as caught:
        joined.append([step(revision=2), step(revision=3)])
    assert caught.value.code == "23514"
    assert joined.append([step(revision=2)]) == [True]
    shop.commit()
    assert shop.execute("SELECT id FROM orders").fetchall() == [{"id": "A-1"}]
    stored = store.read("A-1")
    assert stored is not None
    assert stored.revision == 2


def test_a_lock_is_waited_for_as_the_application_says(shop: psycopg.Connection[Any], store: PostgresStore) -> None:
    """Waiting is up to who began the transaction."""
    store.append([step()])
    shop.execute("SET lock_timeout = '20ms'")
    with psycopg.connect(store._database._conninfo) as other:
        other.execute("SELECT FROM resaga_heads FOR UPDATE")
        with pytest.raises(StoreBusy):
            PostgresStore.joined(shop).append([step(revision=2)])
    assert PostgresStore.joined(shop).append([step(revision=2)]) == [True]


def test_a_connection_that_was_lost_is_unreachable(shop: psycopg.Connection[Any]) -> None:
    """It is not made anew: the rest of the transaction is lost with it."""
    joined = PostgresStore.joined(shop)
    shop.close()
    with pytest.raises(StoreUnreachable):
        joined.append([step()])


def test_a_closed_one_joins_no_more(shop: psycopg.Connection[Any]) -> None:
    """The connection stays open."""
    joined = PostgresStore.joined(shop)
    joined.close()
    with pytest.raises(StoreClosed):
        joined.append([step()])
    assert not shop.closed


def test_in_a_pipeline_it_says_the_same(shop: psycopg.Connection[Any], store: PostgresStore) -> None:
    """What was applied and what was not, though results are not waited for by themselves."""
    joined = PostgresStore.joined(shop)
    with shop.pipeline(), shop.transaction():
        assert joined.append([step()]) == [True]
        assert joined.append([step()]) == [False]
        assert joined.append([step(revision=2)]) == [True]
        assert joined.append([step(revision=2)]) == [False]
        assert joined.append([step(revision=3), step("B")]) == [True, True]
        assert [joined.delete("A-1", 2), joined.delete("B", 1)] == [False, True]
        seen = joined.read("A-1")
    assert store.read("A-1") == seen
    assert [head.revision for head in store.find()] == [3]


@pytest.mark.parametrize("level", [psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE])
def test_what_changed_since_the_transaction_began_is_said_so(
    shop: psycopg.Connection[Any], store: PostgresStore, level: psycopg.IsolationLevel
) -> None:
    """Nobody waited for a lock; it is to be repeated, and then sees what the other one has done."""
    store.find()
    shop.isolation_level = level
    joined = PostgresStore.joined(shop)
    assert joined.find() == []
    store.append([step()])
    with pytest.raises(StoreBusy, match=r"serialization failure\); repeat the transaction") as caught:
        joined.append([step()])
    assert caught.value.code == "40001"
    shop.rollback()
    assert joined.append([step()]) == [False]
    assert joined.append([step(revision=2)]) == [True]


@pytest.mark.usefixtures("shop")
def test_a_connection_that_has_to_be_awaited_is_refused(postgres_url: str, store: PostgresStore) -> None:
    """The sentence says what to give instead, to who submits from a coroutine too; nothing is kept."""

    @read
    def echo(text: str) -> str:
        return text

    saga: Saga[str, str, Any] = Saga("echo", echo)

    async def story() -> None:
        async with (
            await psycopg.AsyncConnection.connect(postgres_url) as connection,
            Runtime(PostgresStore(postgres_url), [saga]) as runtime,
        ):
            with pytest.raises(InvalidArgument, match=r"AsyncConnection .* give the blocking psycopg\.Connection"):
                await runtime.submit(saga, "A", id="A", connection=connection)

    asyncio.run(story())
    assert store.read("A") is None
