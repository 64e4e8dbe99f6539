"""PostgreSQL is in trouble at the n-th call: a typed error, nothing lost, and on when it is over (T05)."""

import os
import pwd
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, final

import pytest

from resaga import Completed, RolledBack
from resaga.core.errors import Conflict, StoreError, StoreFull, StoreReadOnly, StoreUnreachable
from tests.faults.servers.crew import AnySaga, Order, World, approval
from tests.faults.servers.ledger import Ledger, Noted, judge
from tests.runtime.runtimes import AnyRuntime, made
from tests.stores.servers import NOBODY, Postgres
from tests.stores.wires import Wire, wire

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.usefixtures("both_runtimes")]

MOST: Final = 60
"""So many calls, or questions on the wire, a story takes at most."""


def nothing() -> None:
    """Trouble that passes by itself."""


class Trouble(NamedTuple):
    """What goes wrong, how it is named, and what ends it."""

    kind: type[StoreError]
    begin: Callable[[], object]
    end: Callable[[], object] = nothing


@final
class Troubled:
    """A store with which something begins to be wrong at its n-th call."""

    def __init__(self, inner: Noted, at: int, begin: Callable[[], object]) -> None:
        self.inner = inner
        self.at, self.calls = at, 0
        self.begin = begin

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return partial(self._called, getattr(self.inner, name))

    def wall_ns(self) -> int:
        return int(self._called(self.inner.wall_ns))

    def close(self) -> None:
        self.inner.close()

    def _called(self, verb: Callable[..., object], *given: object, **options: object) -> Any:  # noqa: ANN401
        self.calls += 1
        if self.calls == self.at:
            self.begin()
        return verb(*given, **options)


@final
class Person:
    """Somebody who says everything until it was heard, and looks after the server in between."""

    def __init__(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self.errors = 0

    def insists(self, verb: Callable[[], Any]) -> Any:  # noqa: ANN401 - as the verb gives
        for _ in range(3):
            try:
                return verb()
            except self._trouble.kind:
                self.errors += 1
                self._trouble.end()
            except Conflict:  # it was heard the first time
                return None
        raise AssertionError("it does not go on")


@pytest.fixture
def saga(ledger: Ledger) -> AnySaga:
    """Whose bodies write there."""
    return World(ledger).plain


Tell = Callable[..., tuple[int, int]]


@pytest.fixture
def told(ledger: Ledger, saga: AnySaga) -> Tell:
    """What tells one story of that saga."""
    return partial(tell, ledger, saga)


def tell(  # noqa: PLR0913, PLR0917 - a story has all of these
    ledger: Ledger, saga: AnySaga, url: str, id_: str, at: int, trouble: Trouble, *, refused: bool
) -> tuple[int, int]:
    """Let one execution run to its end, whatever happens; how many calls it took, and how many errors were seen."""
    person = Person(trouble)
    store = Troubled(Noted(url, ledger), at, trouble.begin)
    runtime: AnyRuntime = made(store, [saga])
    order = Order(id_, refused=refused, note=os.urandom(30_000).hex())
    person.insists(lambda: runtime.run(saga, order, id=id_))
    person.insists(lambda: runtime.answer(id_, approval, True))
    outcome = person.insists(lambda: runtime.resume(saga, id_))
    try:
        runtime.close()
    except trouble.kind:
        person.errors += 1
    trouble.end()
    assert isinstance(outcome, RolledBack if refused else Completed)
    last = Noted(url, ledger)
    stored = person.insists(lambda: last.read(id_))
    last.close()
    state = saga.codec.restored(stored.snapshot, [raw for _, raw in stored.entries]).state
    assert (stored.status, stored.owner) == (outcome.status.value, "")
    lines = [line for line in ledger.lines() if line.id == id_]
    judge(saga.program, lines, list(state.trail.codes), stored.revision)
    return store.calls, person.errors


def every(told: Tell, url: str, trouble: Trouble) -> int:
    """Trouble at the first call, at the second, and so on, until there are no more; how many errors were seen."""
    seen = 0
    for refused in (False, True):
        for at in range(1, MOST):
            calls, errors = told(url, f"{refused}-{at}", at, trouble, refused=refused)
            seen += errors
            if calls < at:
                break
        else:
            raise AssertionError("it never comes to an end")
    return seen


@pytest.fixture
def line(postgres: Postgres, postgres_url: str) -> Iterator[tuple[Wire, str]]:
    """A wire to the server, and the way to it by that."""
    with wire(postgres.port) as one:
        yield one, postgres_url.replace(f":{postgres.port}/", f":{one.port}/")


@pytest.mark.parametrize("answered", [False, True], ids=["unheard", "unanswered"])
def test_cut_at_every_question(told: Tell, line: tuple[Wire, str], answered: bool) -> None:  # noqa: FBT001
    """The connection is lost before the server hears it, or when it has done it."""
    one, url = line
    for refused in (False, True):
        for at in range(1, 4 * MOST):
            one.cut_in(at, answered=answered)
            told(url, f"{refused}-{at}", 0, Trouble(StoreUnreachable, nothing), refused=refused)
            if one.questions_left > 0:
                break
        else:
            raise AssertionError("it never comes to an end")


def test_away_for_a_while(told: Tell, line: tuple[Wire, str]) -> None:
    """Nobody can be reached for longer than anybody tries."""
    one, url = line
    assert every(told, url, Trouble(StoreUnreachable, one.hang_up, one.answer_again)), "nobody noticed"


def test_hung_up(told: Tell, postgres: Postgres, postgres_url: str) -> None:
    """The server ends all connections at once, and takes new ones."""
    name = postgres_url.rpartition("%3D")[2]
    end = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = '{name}'"  # noqa: S608 - a name of ours
    trouble = Trouble(StoreUnreachable, lambda: postgres.execute(end))
    every(told, f"{postgres_url}&application_name={name}", trouble)


def test_read_only(told: Tell, postgres: Postgres, postgres_url: str) -> None:
    """As a server is that another one took over from."""
    user = f"shop_{postgres_url.rpartition('%3D')[2]}"
    postgres.execute(f"CREATE USER {user} SUPERUSER")
    end = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{user}'"  # noqa: S608 - a name of ours
    trouble = Trouble(
        StoreReadOnly,
        lambda: postgres.execute(f"ALTER USER {user} SET default_transaction_read_only = on", end),
        lambda: postgres.execute(f"ALTER USER {user} RESET default_transaction_read_only", end),
    )
    assert every(told, postgres_url.replace("postgres@", f"{user}@"), trouble), "nobody noticed"


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """A file system of a few megabytes there, where one may make any."""
    place.mkdir()
    command = ["/bin/mount", "-t", "tmpfs", "-o", "size=24m", "resaga", str(place)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.SubprocessError) as why:
        pytest.skip(f"no small disk can be had here: {why}")
    try:
        yield
    finally:
        subprocess.run(["/bin/umount", "-l", place], check=True)


def test_a_full_disk(told: Tell, postgres: Postgres, postgres_url: str) -> None:
    """It goes on as soon as there is room again."""
    name = postgres_url.rpartition("%3D")[2]
    disk = postgres.data / name
    filler = disk / "filler"

    def fill() -> None:
        with suppress(OSError), filler.open("ab", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)

    with small_disk(disk):
        (disk / "tables").mkdir()
        if os.geteuid() == 0:
            os.chown(disk / "tables", pwd.getpwnam(NOBODY).pw_uid, -1)
        postgres.execute(f"CREATE TABLESPACE {name} LOCATION '{disk / 'tables'}'")
        try:
            url = f"{postgres_url}%20-cdefault_tablespace%3D{name}"
            full = Trouble(StoreFull, fill, lambda: filler.unlink(missing_ok=True))
            assert every(told, url, full), "nobody noticed"
        finally:
            filler.unlink(missing_ok=True)
            postgres.execute(f"DROP SCHEMA {name} CASCADE", f"DROP TABLESPACE {name}")
