"""T07: many go on from one paused execution, in threads and in processes; one of them wins."""

import mmap
from collections.abc import Iterator
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any, Final, final

import pytest

from resaga import Paused, Saga, gate, step
from resaga.core.errors import Conflict
from resaga.runtime import BlockingRuntime
from tests.faults.durable.worker import KINDS
from tests.runtime.behind_await import BehindAwait
from tests.seeds import reseed, seeds
from tests.stores import children

RACERS: Final = 8
PROCESSES: Final = 4
BATCH: Final = 500
"""So many races are prepared at a time."""

PATIENCE_SECONDS: Final = 60
WON: Final = 1
LOST: Final = 2
CALLED: Final = 4
"""What a racer notes of a race: how it went, and this once more for each body that it called."""


@final
class Lined:
    """A store that gives what it has read only when all the others have read it, too."""

    def __init__(self, inner: Any) -> None:  # noqa: ANN401 - a Store
        self.inner = inner
        self.id = ""
        self.line: Any = None

    def read(self, id: str, /) -> Any:  # noqa: ANN401 - as the protocol says
        stored = self.inner.read(id)
        if id == self.id:
            self.id = ""
            self.line.wait(PATIENCE_SECONDS)
        return stored

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self.inner, name)


@gate
def ask(number: int, yes: bool) -> int:  # noqa: FBT001 - an answer
    return number


class Racer:
    """One who goes on with whatever it is shown, and notes how that went."""

    def __init__(self, number: int, store: Any, notes: mmap.mmap) -> None:  # noqa: ANN401 - a Store
        self.number = number
        self.notes = notes
        self.store = Lined(store)
        self.saga = self.made()
        kind = BehindAwait if number % 3 == 1 else BlockingRuntime
        self.runtime: Any = kind(self.store, [self.saga])

    def made(self) -> Saga[Any, Any, Any]:
        """One gate, and one step."""

        @step
        def act(number: int) -> int:
            self.note(number, CALLED)
            return number

        return Saga("race", ask >> act.kept("it harms nobody"))

    def note(self, race: int, what: int) -> None:
        self.notes[race % BATCH * RACERS + self.number] += what

    def run(self, race: int, line: Any) -> None:  # noqa: ANN401 - a Barrier of processes
        """Go on with it at the same moment as all who stand in line."""
        self.store.id, self.store.line = f"r-{race}", line
        try:
            self.runtime.resume(self.saga, f"r-{race}")
        except Conflict:
            self.note(race, LOST)
        else:
            self.note(race, WON)


def raced(path: Path, kind: str, sizes: list[int]) -> None:
    """So many race at each, in processes of two threads; each has a store and a runtime of its own."""
    notes, context = mmap.mmap(-1, BATCH * RACERS), get_context("fork")
    lines = [context.Barrier(size) for size in range(1, RACERS + 1)]
    ready = context.Barrier(RACERS + 1)

    def racing(number: int, failed: list[int]) -> None:
        failed.append(number)
        racer = Racer(number, KINDS[kind](path), notes)
        for batch in batches(sizes):
            ready.wait(PATIENCE_SECONDS)
            for race in batch:
                if number < sizes[race]:
                    racer.run(race, lines[sizes[race] - 1])
            ready.wait(PATIENCE_SECONDS)
        racer.runtime.close()
        failed.remove(number)

    def process(number: int) -> None:
        failed: list[int] = []
        threads = [Thread(target=racing, args=(racer, failed)) for racer in range(number, RACERS, PROCESSES)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed

    store: Any = KINDS[kind](path)
    store.find()  # it is made before anybody comes
    store.close()
    processes = [children.begin(partial(process, number)) for number in range(PROCESSES)]
    try:
        prepared(path, kind, sizes, ready, notes)
    except BaseException:
        ready.abort()
        raise
    finally:
        ended = [children.end(one) for one in processes]
    assert ended == [0] * PROCESSES


def prepared(path: Path, kind: str, sizes: list[int], ready: Any, notes: mmap.mmap) -> None:  # noqa: ANN401 - a Barrier
    """Have executions that were paused and answered, let them race, and see what they noted."""
    judge = Racer(0, KINDS[kind](path), notes)
    with judge.runtime:
        judged(judge, sizes, ready, notes)


def judged(judge: "Racer", sizes: list[int], ready: Any, notes: mmap.mmap) -> None:  # noqa: ANN401 - a Barrier
    for batch in batches(sizes):
        notes[:] = bytes(len(notes))
        for race in batch:
            assert isinstance(judge.runtime.run(judge.saga, race, id=f"r-{race}"), Paused)
            judge.runtime.answer(f"r-{race}", ask, True)
        ready.wait(PATIENCE_SECONDS)
        ready.wait(PATIENCE_SECONDS)
        for race in batch:
            at = race % BATCH * RACERS
            seen = sorted(notes[at : at + sizes[race]])
            assert seen == [LOST] * (sizes[race] - 1) + [WON + CALLED], f"race {race}: {seen}"
            assert judge.runtime.get(f"r-{race}").status == "completed"


def batches(sizes: list[int]) -> Iterator[range]:
    for first in range(0, len(sizes), BATCH):
        yield range(first, min(first + BATCH, len(sizes)))


def chosen(chance: Random, races: int) -> list[int]:
    return [chance.randint(2, RACERS) for _ in range(races)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_few_races(quick_path: Path, kind: str) -> None:
    """All have seen it paused; one goes on with it, the others get `Conflict` and call nothing."""
    raced(quick_path / "kept", kind, list(range(2, RACERS + 1)))


@pytest.mark.proof
@pytest.mark.races
@pytest.mark.parametrize(("kind", "figure"), [("sqlite", 100_000), ("files", 20_000)])
def test_many_races(quick_path: Path, kind: str, figure: int) -> None:
    """The same, so often that whoever could come between has come between."""
    for seed in seeds(figure // 1_000, least=1):
        with reseed(seed) as chance:
            raced(quick_path / f"{seed}", kind, chosen(chance, 1_000))
