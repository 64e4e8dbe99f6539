"""T08: a process is stopped past its lease, another one goes on, and then it goes on itself: it has lost."""

import os
import signal
from pathlib import Path
from random import Random
from typing import Final, final

import pytest

from resaga.core.errors import Conflict
from resaga.stores.store import Store
from tests.faults.durable.ledger import Ledger
from tests.faults.durable.worker import Doom, Worker
from tests.seeds import reseed, seeds
from tests.stores import children

AWAITING: Final = 0.2
LOST: Final = 7
PLACES: Final = ("before a", "after a", "after b", "after look", "before c", "after c", "before append", "before undo")
"""Where there is something to be recorded after it. What is recorded before a body is known to be begun."""


@final
class Stop(Doom):
    """There it is stopped, not killed."""

    signal = signal.SIGSTOP


def stopped(path: Path, kind: str, stops: int, chance: Random) -> None:
    """So many, one after the other."""
    path.mkdir()
    with Ledger(path) as ledger:
        store = Worker(path, kind, ledger).store.inner
        for number in range(stops):
            stop(path, kind, ledger, number, store, chance)
        store.close()


def stop(path: Path, kind: str, ledger: Ledger, number: int, store: Store, chance: Random) -> None:  # noqa: PLR0913, PLR0917
    """Nothing that it records is taken, and it calls nothing but what it had begun."""
    odd, awaits, id_ = chance.randrange(2), chance.random() < AWAITING, f"x-{number}"
    place = chance.choice(PLACES if odd else PLACES[:-1])
    doom = Stop(place, chance.randrange(4) if place == "before append" else 0)

    def first() -> None:
        worker = Worker(path, kind, ledger, doom)
        try:
            worker.runtime(2 * number, awaits=awaits).run(worker.sagas[0], odd, id=id_)
        except Conflict:
            os._exit(LOST)

    def second() -> None:
        worker = Worker(path, kind, ledger)
        runtime = worker.runtime(2 * number + 1)
        if worker.store.inner.read(id_) is None:
            runtime.run(worker.sagas[0], odd, id=id_)
        worker.goes_on(runtime)
        runtime.close()

    child = children.begin(first)
    _, status = os.waitpid(child, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    told = 0 if store.read(id_) is None or awaits else LOST  # who has not begun has lost nothing; a handle waits on
    called = ledger.news()
    assert children.run(second) == 0
    before, called = store.read(id_), called + ledger.news()
    os.kill(child, signal.SIGCONT)
    code = children.end(child)
    assert code == told, f"it was not told how things stand: {code}, {place}, {awaits=}, {odd=}"
    assert store.read(id_) == before, f"something stale is recorded, {place}"
    more = [line for line in ledger.news() if line[0] == "did"]
    assert all(line in called for line in more), "under another key"
    assert len(more) <= place.startswith("before"), f"{place}: {more}"
    assert not more or place != "before append", f"{place}, {doom.nth}, {awaits=}: {called} {more}"


@pytest.mark.parametrize("kind", ["sqlite", "files"])
def test_a_stop(quick_path: Path, kind: str) -> None:
    """It is told so, nothing of it is recorded, and it calls nothing more."""
    with reseed(0) as chance:
        stopped(quick_path / "0", kind, 3, chance)


@pytest.mark.proof
@pytest.mark.faults
@pytest.mark.parametrize(("kind", "figure"), [("sqlite", 1_000), ("files", 500)])
def test_many_stops(quick_path: Path, kind: str, figure: int) -> None:
    """The same at all places, in both runtimes."""
    for seed in seeds(figure // 50, least=1):
        with reseed(seed) as chance:
            stopped(quick_path / f"{seed}", kind, 50, chance)
