"""T03: processes are killed for real, one after the other, each of which goes on with what the one before left."""

import os
import random
import signal
import time
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any, Final, final

import pytest

from resaga import Completed, RolledBack
from resaga.core.fact import COMPLETIONS, Fact
from tests.faults.durable.ledger import Ledger
from tests.faults.durable.worker import PLACES, Doom, Worker, checksum
from tests.faults.lawful import in_order
from tests.seeds import reseed, seeds
from tests.stores import children

NAMED: Final = 0.8
"""So many die at a named place, the others at any moment."""

AWAITING: Final = 0.2
"""So many are awaiting runtimes."""

OFTEN: Final = {"statement": 40, "call": 40, "inside": 40, "append": 6, "find": 1, "delete": 1}
"""So often a worker gets to a place, or somewhat more often than to most."""

LONGEST_SECONDS: Final = 0.02
"""Until then one that dies at any moment is dead."""


@final
class Chain:
    """A store on disk, and processes that come one after the other."""

    def __init__(self, path: Path, kind: str, ledger: Ledger) -> None:
        self.path, self.kind, self.ledger = path, kind, ledger
        self.kills = 0
        self.told = Worker(path, kind, ledger)
        self.store = self.told.store.inner
        self.sagas = {f"{saga.name}/1": saga for saga in self.told.sagas}
        self.calls: Counter[tuple[str, str, str]] = Counter()
        self.keys: dict[tuple[str, str, str], str] = {}
        self.places: dict[str, set[tuple[str, str]]] = {}
        self.final: dict[tuple[str, str, str], int] = {}
        self.kept: dict[str, dict[int, str]] = {}

    # ---- the processes --------------------------------------------------------------------------

    def killed(self, chance: random.Random) -> None:
        """One comes, goes on, begins something, and is killed."""
        doom, awaits, moment = Doom(), chance.random() < AWAITING, 0.0
        if chance.random() < NAMED:
            place = chance.choice(PLACES[self.kind])
            when = "" if place == "inside" else chance.choice(("before ", "after "))
            doom = Doom(f"{when}{place}", chance.randrange(OFTEN.get(place, 3)))
        else:
            moment = chance.random() * LONGEST_SECONDS
        child = children.begin(lambda: self.work(doom, awaits=awaits, last=False))
        if not doom.place:
            time.sleep(moment)
            os.kill(child, signal.SIGKILL)
        assert children.end(child) == -signal.SIGKILL, f"{doom.place} is never reached"
        self.kills += 1
        self.look()

    def finished(self) -> None:
        """The last one comes and finishes all of it."""
        assert children.run(lambda: self.work(Doom(), awaits=False, last=True)) == 0
        self.look()
        assert sum(self.calls.values()) - len(self.calls) <= self.kills, "a call more than one for each kill"
        for id_, acknowledged in self.kept.items():
            self.look_at(id_, acknowledged)
            self.judge(id_)

    def work(self, doom: Doom, *, awaits: bool, last: bool) -> None:
        worker = Worker(self.path, self.kind, self.ledger, doom)
        if not last:
            doom.spread()
        runtime = worker.runtime(self.kills + 1, awaits=awaits)
        worker.goes_on(runtime)
        if last:
            runtime.close()
            return
        worker.begins(runtime, (f"x-{self.kills}-{number}" for number in count()))

    # ---- what they left -------------------------------------------------------------------------

    def look(self) -> None:
        """Nothing that was acknowledged is lost; what is recorded as done is not called any more."""
        touched: set[str] = set()
        for what, id_, *rest in self.ledger.news():
            touched.add(id_)
            if what == "kept":
                self.kept.setdefault(id_, {})[int(rest[0])] = rest[1]
            else:
                call = (id_, rest[0], rest[1])
                self.calls[call] += 1
                self.places.setdefault(id_, set()).add((rest[0], rest[1]))
                assert self.keys.setdefault(call, rest[2]) == rest[2], "another key"
                assert call not in self.final, f"{call} is recorded, and is called again"
        for id_ in touched:
            self.look_at(id_, self.kept.get(id_, {}))

    def look_at(self, id_: str, acknowledged: dict[int, str]) -> None:
        stored = self.store.read(id_)
        if stored is None:
            assert not acknowledged, f"all of {id_} is lost"
            return
        there = {revision: checksum(entry, None) for revision, entry in stored.entries}
        if stored.snapshot is not None:
            there[stored.snapshot_revision] = checksum(b"", stored.snapshot)
        for revision, sum_ in acknowledged.items():
            assert revision <= stored.revision, f"revision {revision} of {id_} is lost"
            assert revision < stored.snapshot_revision or there[revision] == sum_, f"{revision} of {id_} is altered"
        saga = self.sagas[stored.saga]
        state = saga.codec.restored(stored.snapshot, [raw for _, raw in stored.entries]).state
        rows = list(state.trail.rows())
        in_order(saga.program, rows)
        for fact, index, *_ in rows:
            work = "do" if fact in COMPLETIONS else "undo" if fact is Fact.UNDONE else ""
            call = (id_, saga.program.instructions[index].path, work)
            if work:
                self.final[call] = self.calls[call]

    def judge(self, id_: str) -> None:
        """It is over, and the world is as the record says."""
        stored: Any = self.store.read(id_)
        saga = self.sagas[stored.saga]
        assert stored.owner == ""
        outcome: Any = saga.opened(saga.codec.restored(stored.snapshot, [raw for _, raw in stored.entries]).state)
        assert isinstance(outcome, Completed | RolledBack)
        did = {path for path, work in self.places[id_] if work == "do"}
        undone = {path for path, work in self.places[id_] if work == "undo"}
        if isinstance(outcome, Completed):
            assert not undone, "completed, and something was undone"
            assert did == ({"a", "pay"} if saga.name == "deal" else {"a", "b", "c"})
        else:
            assert undone == did - {"c"}, "it refuses, or it was not called: so it is not taken back, and all else is"
        assert self.calls[id_, "pay", "do"] <= 1, "called again on a guess"


def chained(path: Path, kind: str, kills: int, chance: random.Random) -> None:
    """So many, and one that finishes."""
    path.mkdir()
    with Ledger(path) as ledger:
        chain = Chain(path, kind, ledger)
        for number in range(kills):
            try:
                chain.killed(chance)
            except BaseException as error:
                error.add_note(f"kill {number}")
                raise
        chain.finished()
        chain.store.close()


@pytest.mark.parametrize("kind", PLACES)
def test_a_few_kills(quick_path: Path, kind: str) -> None:
    """Nothing acknowledged is lost, nothing recorded is called again, all ends, and the world is as the record says."""
    with reseed(0) as chance:
        chained(quick_path / "0", kind, 15, chance)


@pytest.mark.proof
@pytest.mark.faults
@pytest.mark.parametrize(("kind", "figure"), [("sqlite", 10_000), ("files", 2_000)])
def test_many_kills(quick_path: Path, kind: str, figure: int) -> None:
    """The same, so often that every place is died in many times."""
    for seed in seeds(figure // 100, least=1):
        with reseed(seed) as chance:
            chained(quick_path / f"{seed}", kind, 100, chance)
