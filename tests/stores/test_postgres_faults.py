"""PostgreSQL, when the server or the wire to it goes away at the worst moment (T05, T06)."""

import signal
import threading
from collections.abc import Iterator

import psycopg
import pytest

from resaga.core.errors import StoreError, StoreUnreachable
from resaga.stores import Store
from resaga.stores.postgres import PostgresStore
from tests.seeds import scaled
from tests.stores.entries import insist, picture, step
from tests.stores.servers import Postgres
from tests.stores.story import tell
from tests.stores.wires import Wire, wire

pytestmark = pytest.mark.servers

WORKERS = 20


@pytest.fixture
def line(postgres: Postgres) -> Iterator[Wire]:
    """A wire to the server that can be cut."""
    with wire(postgres.port) as made:
        yield made


@pytest.fixture
def url(postgres: Postgres, postgres_url: str, line: Wire) -> str:
    """The server, over that wire."""
    return postgres_url.replace(f":{postgres.port}/", f":{line.port}/")


@pytest.fixture
def store(url: str) -> Iterator[PostgresStore]:
    store = PostgresStore(url)
    yield store
    store.close()


# ---- the wire ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("answered", [False, True], ids=["unasked", "unanswered"])
def test_an_ambiguous_commit_can_be_told(store: PostgresStore, line: Wire, answered: bool, size: int) -> None:  # noqa: FBT001
    """The same error whether it was applied or not; the write id says which, and the same append is made once."""
    store.append([step()])
    store.append([step(revision=2)])
    store.append([step(), step("B", 2)])  # by now it knows the statements
    batch = [step(revision=3), step("B"), step("C")][:size]
    line.cut_in(1, answered=answered)
    with pytest.raises(StoreUnreachable) as caught:
        store.append(batch)
    assert caught.value.code == ""
    stored = store.read("A-1")
    assert stored is not None
    assert stored.revision == (3 if answered else 2)
    assert (stored.write_id == batch[0].write_id) is answered
    for item in batch:
        insist(store, item)
    assert (
        {id_: each.revision for id_, each in picture(store).items()} == {"A-1": 3, "B": 1, "C": 1}
        if size == 3
        else {"A-1": 3}
    )


@pytest.mark.parametrize("answered", [False, True], ids=["unasked", "unanswered"])
def test_the_nth_question_fails(postgres: Postgres, url: str, line: Wire, answered: bool) -> None:  # noqa: FBT001
    """T05: whichever it is, the error is typed, a batch was applied whole or not at all, and the same store goes on."""
    schema = url.rpartition("%3D")[2]
    plain = PostgresStore(url)
    wanted = tell(plain, StoreUnreachable)[1]
    plain.close()
    nth, failed = 1, True
    while failed:
        postgres.execute(f"CREATE SCHEMA {schema}_{nth}_{answered:d}")
        store = PostgresStore(f"{url}_{nth}_{answered:d}")
        line.cut_in(nth, answered=answered)
        failed, found = tell(store, StoreUnreachable)
        assert found == wanted
        store.close()
        nth += 3
    assert nth > 50


def test_a_wire_that_was_cut_meanwhile_is_no_matter(store: PostgresStore, line: Wire) -> None:
    """A connection that was lost while nobody used it is made anew."""
    store.append([step()])
    line.cut()
    assert store.append([step(revision=2)]) == [True]


# ---- the server -------------------------------------------------------------------------------------------


def waiting(postgres: Postgres) -> list[int]:
    """The server processes of those who wait for a lock; as soon as there is one."""
    while True:
        rows = postgres.execute("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        if rows:
            return [int(str(pid)) for (pid,) in rows]


def failing(store: Store, batch: int) -> tuple[threading.Thread, list[StoreError]]:
    """Somebody who appends, and fails."""
    errors: list[StoreError] = []

    def work() -> None:
        with pytest.raises(StoreError) as caught:
            store.append([step(revision=2), step(revision=3), step("B")][:batch])
        errors.append(caught.value)

    thread = threading.Thread(target=work)
    thread.start()
    return thread, errors


@pytest.mark.parametrize("batch", [1, 3])
def test_a_server_that_is_killed(postgres: Postgres, postgres_url: str, batch: int) -> None:
    """In the middle of an append it is unreachable; so it is until it is there again; then the store goes on."""
    store = PostgresStore(postgres_url)
    store.append([step()])
    before = picture(store)
    with psycopg.connect(postgres_url) as other:
        other.execute("SELECT FROM resaga_heads FOR UPDATE")
        thread, errors = failing(store, batch)
        waiting(postgres)
        postgres.stop(signal.SIGKILL)
        thread.join()
        assert [(type(error), error.code) for error in errors] == [(StoreUnreachable, "")]
        with pytest.raises(StoreUnreachable):
            store.read("A-1")
        postgres.start()
        other.close()
    assert picture(store) == before
    for item in [step(revision=2), step(revision=3), step("B")][:batch]:
        insist(store, item)
        insist(store, item)
    store.close()


def test_a_session_that_is_ended(postgres: Postgres, postgres_url: str) -> None:
    """By whom it may be: in the middle of an append that is an error with its SQLSTATE."""
    store = PostgresStore(postgres_url)
    store.append([step()])
    with psycopg.connect(postgres_url) as other:
        other.execute("SELECT FROM resaga_heads FOR UPDATE")
        thread, errors = failing(store, 1)
        for each in waiting(postgres):
            postgres.execute(f"SELECT pg_terminate_backend({each})")
        thread.join()
    assert [(type(error), error.code) for error in errors] == [(StoreUnreachable, "57P01")]
    assert store.append([step(revision=2)]) == [True]
    store.close()


def test_a_server_that_was_restarted_is_no_matter(postgres: Postgres, postgres_url: str) -> None:
    """Between two appends nobody sees it."""
    store = PostgresStore(postgres_url)
    store.append([step()])
    postgres.stop(signal.SIGINT)
    postgres.start()
    assert store.append([step(revision=2)]) == [True]
    store.close()


@pytest.mark.proof
@pytest.mark.faults
def test_stopped_hard_under_twenty_workers(postgres: Postgres, postgres_url: str) -> None:
    """T06: whenever it is killed, no append is lost that was acknowledged, and none is there twice."""
    store = PostgresStore(postgres_url)
    store.find()
    stop = threading.Event()
    made = [0] * WORKERS

    def work(worker: int) -> None:
        while not stop.is_set():
            item = step(f"{worker:02}", made[worker] + 1)._replace(owner="me")
            while True:
                try:
                    insist(store, item)
                    break
                except StoreError as error:
                    assert isinstance(error, StoreUnreachable)  # noqa: PT017 - only some of them are
                    stop.wait(0.01)
            made[worker] += 1

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(WORKERS)]
    for thread in threads:
        thread.start()
    for _ in range(scaled(200, least=3)):
        enough = sum(made) + 200
        while sum(made) < enough:
            stop.wait(0.01)
        postgres.stop(signal.SIGKILL)
        postgres.start()
    stop.set()
    for thread in threads:
        thread.join()
    kept = picture(store)
    for worker, revision in enumerate(made):
        entries = list(kept[f"{worker:02}"].entries)
        assert entries == [(each, b"entry %d" % each) for each in range(1, revision + 1)]
    store.close()
