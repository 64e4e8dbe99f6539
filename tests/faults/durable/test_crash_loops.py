"""T31: one that kills whoever drives it is put aside, and takes no neighbour down."""

import os
import signal
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from resaga import Attempt, Saga, step
from resaga.runtime import BlockingRuntime
from tests.faults.durable.ledger import Ledger
from tests.faults.durable.worker import KINDS, Later
from tests.runtime.behind_await import BehindAwait
from tests.stores import children

NEIGHBOURS: Final = 100
DEADLY: Final = -1
MOST_DEATHS: Final = 5


def made(ledger: Ledger) -> Saga[Any, Any, Any]:
    """Two steps, the second of which kills its process if that is asked for."""

    def undo(number: int) -> None:
        ledger.tell("undone", number)

    @step
    def first(number: int, attempt: Attempt) -> int:
        ledger.tell("first", attempt.execution_id)
        return number

    @step
    def second(number: int, attempt: Attempt) -> int:
        ledger.tell("second", attempt.execution_id)
        if number == DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    return Saga("deadly", first.undone_by(undo) >> second.undone_by(undo))


def looped(path: Path, kind: str, runtime: Any, ledger: Ledger, deadly: int) -> None:  # noqa: ANN401 - a class of them
    """Start a worker again whenever it dies, until one has nothing left to do."""
    saga, store = made(ledger), KINDS[kind](path / "kept")

    def work(number: int) -> None:
        while runtime(store, [saga], clock=Later(number)).tick():
            pass

    before = BlockingRuntime(store, [saga])
    names = {f"bad-{number}": DEADLY for number in range(deadly)} | {f"x-{n}": n for n in range(NEIGHBOURS)}
    for id_, context in names.items():
        before.submit(saga, context, id=id_)
    deaths = 0
    while (code := children.run(partial(work, deaths + 1))) != 0:
        assert code == -signal.SIGKILL
        deaths += 1
        assert deaths <= MOST_DEATHS * deadly, "it is never put aside"
    status = Counter(head.status for head in store.find(limit=1_000) if head.status != "worker")
    assert status == {"completed": NEIGHBOURS, "quarantined": deadly}
    called = Counter((what, id_) for what, id_ in ledger.lines())
    assert {called["second", f"bad-{number}"] for number in range(deadly)} <= set(range(1, MOST_DEATHS + 1))
    assert sum(called["second", f"bad-{number}"] for number in range(deadly)) == deaths
    assert not [id_ for what, id_ in called if what == "undone"], "taken back because of deaths"
    store.close()


@pytest.mark.faults
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("files", marks=pytest.mark.proof)])
@pytest.mark.parametrize("runtime", [BlockingRuntime, BehindAwait])
def test_a_crash_loop(quick_path: Path, kind: str, runtime: Any) -> None:  # noqa: ANN401 - a class of them
    """It is quarantined after five deaths, and its 100 neighbours finish."""
    with Ledger(quick_path) as ledger:
        looped(quick_path, kind, runtime, ledger, 1)


@pytest.mark.proof
@pytest.mark.faults
@pytest.mark.parametrize("runtime", [BlockingRuntime, BehindAwait])
def test_several_crash_loops(quick_path: Path, runtime: Any) -> None:  # noqa: ANN401 - a class of them
    """The same where several of them are at work; where many were driven at once, these are driven apart then."""
    with Ledger(quick_path) as ledger:
        looped(quick_path, "sqlite", runtime, ledger, 3)
