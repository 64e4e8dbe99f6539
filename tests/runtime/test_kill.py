"""Processes that are killed or stopped for real, on stores on disk (T03, T07, T08)."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Barrier, Thread
from typing import Any, Final

import pytest

from resaga import Attempt, Completed, Paused, RolledBack, Saga, Stuck, gate, read, step
from resaga.core.errors import Conflict
from resaga.drive.clock import SYSTEM, Clock
from resaga.runtime import BlockingRuntime
from resaga.stores.files import FilesStore
from resaga.stores.sqlite import SqliteStore
from resaga.stores.store import Append
from tests.seeds import reseed, scaled, seeds
from tests.stores import children

KINDS: Final = {"sqlite": SqliteStore, "files": FilesStore}
PLACES: Final = ("none", "a", "b", "c", "undo", "before append", "after append")


class Later:
    """The clock of somebody who comes when the lease is over."""

    monotonic = staticmethod(time.perf_counter_ns)
    sleep = staticmethod(time.sleep)
    sleep_async = SYSTEM.sleep_async

    def wall(self) -> int:
        return time.time_ns() + 60_000_000_000


class Lined:
    """A store that gives what it has read only when all the others have read it, too."""

    def __init__(self, inner: Any) -> None:  # noqa: ANN401 - a Store
        self.inner = inner
        self.id = ""
        self.line = Barrier(1)

    def read(self, id: str, /) -> Any:  # noqa: A002, ANN401 - as the protocol says
        stored = self.inner.read(id)
        if id == self.id:
            self.id = ""
            self.line.wait()
        return stored

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self.inner, name)


class Worker:
    """A process: what it does to the world is in a ledger that outlives it."""

    def __init__(self, path: Path, kind: str, *, dies_at: str = "none", turn: int = 0) -> None:
        self.ledger = os.open(path / "ledger", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.store: Any = KINDS[kind](path / "kept")
        self.dies_at, self.turn = dies_at, turn
        self.saga: Saga[Any, Any, Any] = self.made()

    def made(self) -> Saga[Any, Any, Any]:
        """Three effects and a read; the last effect refuses what is odd."""

        def undo(number: int, attempt: Attempt) -> None:
            self.wrote("undo", attempt)

        @step
        def a(number: int, attempt: Attempt) -> int:
            return self.wrote("a", attempt) or number

        @step
        def b(number: int, attempt: Attempt) -> int:
            return self.wrote("b", attempt) or number

        @read
        def look(number: int) -> int:
            return number

        @step
        def c(number: int, attempt: Attempt) -> int:
            self.wrote("c", attempt)
            if number % 2:
                raise ValueError("it is odd")
            return number

        return Saga("kill", a.undone_by(undo) >> b.undone_by(undo) >> look >> c.undone_by(undo))

    def wrote(self, place: str, attempt: Attempt) -> int:
        """Do it, in the world; and die, before or after."""
        here = self.dies_at == place
        if here and self.turn == 0:
            self.die()
        os.write(self.ledger, f"{attempt.path} {attempt.key}\n".encode())
        os.fsync(self.ledger)
        if here:
            self.die()
        return 0

    def append(self, batch: Sequence[Append], /) -> Any:  # noqa: ANN401 - as the store says
        """The store's, killed in the one or the other."""
        mine = batch[0].status != "worker"
        self.turn -= mine
        if mine and self.turn < 0 and self.dies_at == "before append":
            self.die()
        applied = self.store.append(batch)
        if mine and self.turn < 0 and self.dies_at == "after append":
            self.die()
        return applied

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self.store, name)

    def die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def runtime(self, clock: Clock = SYSTEM) -> BlockingRuntime:
        return BlockingRuntime(self, [self.saga], clock=clock)


def killed(path: Path, kind: str, number: int, place: str, turn: int) -> None:
    """One process runs it and is killed there; another one finishes it, and the ledger is as the record says."""
    path.mkdir()

    def first() -> None:
        worker = Worker(path, kind, dies_at=place, turn=turn)
        worker.runtime().run(worker.saga, number, id="x")

    children.run(first)
    worker = Worker(path, kind)
    runtime = worker.runtime(Later())
    outcome: Any = runtime.load(worker.saga, "x") if worker.read("x") else runtime.run(worker.saga, number, id="x")
    while not isinstance(outcome, Completed | RolledBack):
        if isinstance(outcome, Stuck):  # it was killed in what then refuses: nobody can tell about the first call
            runtime.skip("x", "it refuses", by="ann")
        runtime.tick()
        outcome = runtime.load(worker.saga, "x")
    runtime.close()
    os.close(worker.ledger)
    lines = [line.split() for line in (path / "ledger").read_text().splitlines()]
    assert isinstance(outcome, RolledBack if number % 2 else Completed)
    keys: dict[str, set[str]] = {}
    for step_, key in lines:
        keys.setdefault(step_, set()).add(key)
    assert all(len(each) == (2 if number % 2 and step_ != "c" else 1) for step_, each in keys.items())
    calls = Counter(key for _, key in lines)
    assert max(calls.values()) <= 2, "one kill, and three calls"
    assert sum(calls.values()) - len(calls) <= 1, "one kill, and two calls more than without"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", PLACES)
def test_a_kill(tmp_path: Path, kind: str, place: str) -> None:
    """Killed at a named place, it is finished by another process: every effect under one key."""
    for number in (0, 1):
        killed(tmp_path / f"{number}", kind, number, place, number)


@pytest.mark.proof
@pytest.mark.parametrize(("kind", "figure"), [("sqlite", 10_000), ("files", 1_000)])
def test_many_kills(quick_path: Path, kind: str, figure: int) -> None:
    """T03: the same at places by chance."""
    for seed in seeds(figure):
        with reseed(seed) as chance:
            place, turn = chance.choice(PLACES[1:]), chance.randrange(6)
            killed(quick_path / f"{seed}", kind, chance.randrange(2), place, turn)


def racing(path: Path, kind: Callable[[Path], Any], races: int, sizes: Callable[[], int]) -> None:
    """Resume one paused execution from many threads, each with a store of its own, again and again."""
    ran: list[int] = []

    @gate
    def ask(number: int, yes: bool) -> int:  # noqa: FBT001 - an answer
        ran.append(number)
        return number

    @step
    def act(number: int) -> int:
        ran.append(number)
        return number

    saga: Any = Saga("race", ask >> act.kept("it harms nobody"))
    stores = [Lined(kind(path / "kept")) for _ in range(8)]
    runtimes = [BlockingRuntime(store, [saga]) for store in stores]
    for race in range(races):
        id_, size, ran[:] = f"r-{race}", sizes(), []
        assert isinstance(runtimes[0].run(saga, race, id=id_), Paused)
        runtimes[0].answer(id_, ask, True)
        line, won = Barrier(size), list[int]()
        for store in stores[:size]:
            store.id, store.line = id_, line

        def resume(racer: int, won: list[int] = won, id_: str = id_) -> None:
            try:
                runtimes[racer].resume(saga, id_)
            except Conflict:
                return
            won.append(racer)

        threads = [Thread(target=resume, args=(racer,)) for racer in range(size)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(won), ran) == (1, [race, race]), f"race {race}"
    for runtime in runtimes:
        runtime.close()


@pytest.mark.parametrize("kind", KINDS.values())
def test_a_race(tmp_path: Path, kind: Callable[[Path], Any]) -> None:
    """All have seen it paused; one goes on with it, and the others call nothing."""
    racing(tmp_path, kind, 5, lambda: 4)


@pytest.mark.proof
@pytest.mark.parametrize(("kind", "figure"), [(SqliteStore, 100_000), (FilesStore, 20_000)])
def test_many_races(quick_path: Path, kind: Callable[[Path], Any], figure: int) -> None:
    """T07, with the whole runtime: 2 to 8 at once."""
    with reseed(0) as chance:
        racing(quick_path, kind, scaled(figure), lambda: chance.randint(2, 8))


def stopped(path: Path) -> None:
    """A process is stopped inside a body, another one finishes, and then it goes on: it can record nothing."""
    path.mkdir()

    def first() -> None:
        worker = Worker(path, "sqlite")
        write = worker.wrote

        def stops(place: str, attempt: Attempt) -> int:
            write(place, attempt)
            if place == "b":
                os.kill(os.getpid(), signal.SIGSTOP)
            return 0

        worker.wrote = stops  # type: ignore[method-assign]
        try:
            worker.runtime().run(worker.saga, 0, id="x")
        except Conflict:
            os._exit(7)

    child = children.begin(first)
    os.waitpid(child, os.WUNTRACED)
    worker = Worker(path, "sqlite")
    runtime = worker.runtime(Later())
    while worker.store.read("x").status != "completed":
        runtime.tick()
    before = worker.store.read("x")
    ledger = (path / "ledger").read_text()
    os.kill(child, signal.SIGCONT)
    assert children.end(child) == 7
    assert worker.store.read("x") == before
    assert (path / "ledger").read_text() == ledger
    runtime.close()
    os.close(worker.ledger)


def test_a_stop(tmp_path: Path) -> None:
    """Stopped past its lease, it has lost, and calls nothing more."""
    stopped(tmp_path / "x")


@pytest.mark.proof
def test_many_stops(quick_path: Path) -> None:
    """T08."""
    for seed in range(scaled(1_000)):
        stopped(quick_path / f"{seed}")
