"""T12: what an interrupt anywhere leaves of the store in PostgreSQL: a turn for everybody, and nothing half done."""

import linecache
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from types import FrameType

import pytest

from resaga import stores
from resaga.stores.postgres import PostgresStore
from resaga.stores.postgres_database import CONNECTIONS
from tests.cutting import may_cut
from tests.seeds import reseed, seeds
from tests.stores.entries import step
from tests.stores.servers import Postgres

pytestmark = [  # a connection may be cut off before anybody holds it
    pytest.mark.servers,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:.* was deleted while still open:ResourceWarning"),
]

STORES = str(Path(stores.__file__).parent)
STATEMENT_SECONDS = 0.0002
AGAIN_SECONDS = 0.02


@pytest.fixture
def named_url(postgres: Postgres, postgres_url: str) -> Iterator[str]:
    """A schema in it that is empty; to which nobody is connected any more in the end."""
    name = postgres_url.rpartition("%3D")[2]
    yield f"{postgres_url}&application_name={name}"
    give_up = time.monotonic() + 10
    while (name,) in postgres.execute("SELECT application_name FROM pg_stat_activity"):
        assert time.monotonic() < give_up, "a connection was lost"
        time.sleep(0.01)


def story(store: PostgresStore) -> None:
    """What a worker does, on connections that are new and on those that are there."""
    for revision in (1, 2):
        store.append([step(revision=revision)])
        store.wait_for_due(0)


def locks(store: PostgresStore) -> list[threading.Lock]:
    """All that could be left locked."""
    database = store._database
    return [database._gate, database._listening, *(slot.turn for slot in database._slots)]


def sound(store: PostgresStore) -> None:
    """As many as ever can use it at once, each in a transaction of its own; and what was begun can be ended."""

    def use(more: int) -> None:
        if more:
            store._database.transact(lambda _: use(more - 1))

    use(CONNECTIONS)
    stored = store.read("A-1")
    revision = 1 if stored is None else stored.revision + 1
    assert store.append([step(revision=revision)]) == [True]
    assert store.delete("A-1", revision)
    store.wait_for_due(0)
    assert not store.wait_for_due(0)


class Cut:
    """Counts the lines of the store, and interrupts it at one of them."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.lines = 0
        self.where = ""

    def __call__(self, frame: FrameType, event: str, argument: object) -> "Cut | None":
        file = frame.f_code.co_filename
        if not file.startswith(STORES):
            return None
        # Only a tracer comes between a block and the release of its lock.
        if event == "line" and not linecache.getline(file, frame.f_lineno).lstrip().startswith("with "):
            self.lines += 1
            if self.lines == self.line:
                self.where = f"{file}:{frame.f_lineno}"
                raise KeyboardInterrupt
        return self


def cut_at(url: str, line: int) -> Cut:
    """Interrupt it at that line of the store."""
    cut = Cut(line)
    store = PostgresStore(url, patience_seconds=5)
    before = sys.gettrace()
    try:
        with suppress(KeyboardInterrupt):
            sys.settrace(cut)
            story(store)
    finally:
        sys.settrace(before)
    try:
        assert bool(cut.where) is (line > 0)
        assert not any(lock.locked() for lock in locks(store)), "nobody can use the store any more"
        sound(store)
    except BaseException as error:
        error.add_note(cut.where)
        raise
    finally:
        store.close()
    return cut


def test_an_interrupt_at_a_few_lines(named_url: str) -> None:
    """Enough to see that something is broken."""
    cut_at(named_url, 0)  # makes the tables
    lines = cut_at(named_url, 0).lines
    for line in range(1, lines + 1, 3):
        cut_at(named_url, line)


@pytest.mark.proof
@pytest.mark.faults
def test_an_interrupt_at_every_line(named_url: str) -> None:
    """Of the store."""
    cut_at(named_url, 0)  # makes the tables
    for line in range(1, cut_at(named_url, 0).lines + 1):
        cut_at(named_url, line)


def signalled(store: PostgresStore, chance: Random) -> None:
    """Interrupt a store that is used all the time by a real signal: nothing of it is left locked."""
    story(store)
    runs = True

    def cut(number: int, frame: FrameType | None) -> None:
        if runs and may_cut(frame):  # CPython 3.11 may hear of it some milliseconds late
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, cut)
    try:
        signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-6, STATEMENT_SECONDS), AGAIN_SECONDS)
        while True:
            store.read("A-1")
    except KeyboardInterrupt:
        runs = False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not any(lock.locked() for lock in locks(store)), "nobody can use the store any more"
    sound(store)


@pytest.mark.proof
@pytest.mark.faults
def test_a_signal_at_any_moment(named_url: str) -> None:
    """A real one comes where it comes."""
    with closing(PostgresStore(named_url, patience_seconds=5)) as store:
        for seed in seeds(2_000):
            with reseed(seed) as chance:
                signalled(store, chance)
