"""T12: what is left in SQLite by an interrupt anywhere: no transaction, and a store that can be used at once."""

import asyncio
import signal
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from resaga import Attempt, Completed, Saga, read, step
from resaga.runtime import BlockingRuntime, Runtime
from resaga.stores.sqlite import SqliteStore
from tests.faults.durable.worker import Later
from tests.faults.sabotage import Sabotage
from tests.runtime.threadless import threadless
from tests.seeds import reseed, scaled, seeds

pytestmark = [  # a coroutine may be cut off before it is awaited, and a connection before anybody holds it
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

DONE: Final[list[str]] = []
"""What the bodies did."""


def did(what: str, attempt: Attempt) -> int:
    DONE.append(f"{what} {attempt.key}")
    return 0


@step
def a(number: int, attempt: Attempt) -> int:
    return did("a", attempt)


@read
def look(number: int) -> int:
    return number


@step
def b(number: int, attempt: Attempt) -> int:
    return did("b", attempt)


def undo(number: int, attempt: Attempt) -> None:
    did("undo", attempt)


@step(name="a")
async def a_async(number: int, attempt: Attempt) -> int:
    await asyncio.sleep(0)
    return did("a", attempt)


@step(name="b")
async def b_async(number: int, attempt: Attempt) -> int:
    await asyncio.sleep(0)
    return did("b", attempt)


SAGA: Final = Saga("cut", a.undone_by(undo) >> look >> b.undone_by(undo))
SAGA_ASYNC: Final = Saga("cut", a_async.undone_by(undo) >> look >> b_async.undone_by(undo))


def sound(path: Path, saga: Any) -> None:  # noqa: ANN401 - a Saga
    """Nothing holds the file, nothing was undone, and the next one finishes it; no more than one call is made again."""
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("ROLLBACK")
    connection.close()
    before = list(DONE)

    async def goes_on() -> Any:  # noqa: ANN401 - an outcome
        async with Runtime(SqliteStore(path), [saga], clock=Later(1)) as runtime:
            return await (await runtime.run(saga, 0, id="x")).outcome()

    outcome = asyncio.run(goes_on())
    assert isinstance(outcome, Completed)
    assert not [what for what in DONE if what.startswith("undo")]
    assert len(set(DONE)) == 2, "under another key"
    assert len(DONE) <= 3, "more than what was under way is done again"
    assert DONE[: len(before)] == before


# ---- the blocking one ------------------------------------------------------------------------------


def cut_at(path: Path, line: int) -> Sabotage:
    """Interrupt a run at that line of the runtime or the store."""
    DONE.clear()
    sabotage = Sabotage(KeyboardInterrupt if line else None, line=line)
    store = SqliteStore(path)
    runtime = BlockingRuntime(store, [SAGA])
    with suppress(KeyboardInterrupt), sabotage:
        runtime.run(SAGA, 0, id="x")
    assert sabotage.done is (line > 0)
    if store._database._turn.locked():  # only a tracer comes between a block and the release of its lock
        assert sabotage.where.startswith("/stores/sqlite_database.py")
        store._database._turn.release()
    left(path, store, runtime, f"line {line}, {sabotage.where}")
    return sabotage


def signalled_after(path: Path, seconds: float) -> None:
    """Interrupt a run after that time, by a real signal."""
    DONE.clear()
    store = SqliteStore(path)
    runtime = BlockingRuntime(store, [SAGA])
    runs = True

    def cut(number: int, frame: object) -> None:
        if runs:  # CPython 3.11 may hear of it some milliseconds late
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, cut)
    try:
        with suppress(KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, seconds)
            runtime.run(SAGA, 0, id="x")
            runs = False
        runs = False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not store._database._turn.locked(), "nobody can use the store any more"
    left(path, store, runtime, f"after {seconds} s")


def left(path: Path, store: SqliteStore, runtime: BlockingRuntime, where: str) -> None:
    """It can be used at once, here and elsewhere."""
    try:
        store.find()
        sound(path, SAGA)
    except BaseException as error:
        error.add_note(where)
        raise
    runtime._life._over.set()
    store.close()


def test_an_interrupt_at_a_few_lines(quick_path: Path) -> None:
    """Enough to see that something is broken."""
    lines = cut_at(quick_path / "0", 0).lines
    for line in range(1, lines + 1, lines // 40):
        cut_at(quick_path / f"{line}", line)


@pytest.mark.proof
@pytest.mark.faults
def test_an_interrupt_at_every_line(quick_path: Path) -> None:
    """Of the runtime and of the store."""
    lines = cut_at(quick_path / "0", 0).lines
    for line in Random(0).sample(range(1, lines + 1), scaled(lines)):  # noqa: S311 - the same each time
        cut_at(quick_path / f"{line}", line)


@pytest.mark.proof
@pytest.mark.faults
def test_a_signal_at_any_moment(quick_path: Path) -> None:
    """A real one comes where it comes: the lock of the store is never left."""
    for seed in seeds(2_000):
        with reseed(seed) as chance:
            signalled_after(quick_path / f"{seed}", chance.uniform(0.0001, 0.01))


# ---- the awaiting one ------------------------------------------------------------------------------


def turned_at(
    path: Path, turn: int, interrupt: Callable[["asyncio.Task[Any]"], object], patch: pytest.MonkeyPatch
) -> bool:
    """Interrupt it at that turn of the loop; whether it was still under way."""
    DONE.clear()

    async def story() -> None:
        async with Runtime(SqliteStore(path), [SAGA_ASYNC]) as runtime:
            threadless(runtime, patch)
            main = asyncio.current_task()
            assert main is not None

            async def cut() -> None:
                for _ in range(turn):
                    await asyncio.sleep(0)
                interrupt(main)

            cutting = asyncio.create_task(cut())
            try:
                await (await runtime.run(SAGA_ASYNC, 0, id="x")).outcome()
            finally:
                cutting.cancel()

    try:
        asyncio.run(story())
    except (KeyboardInterrupt, asyncio.CancelledError):
        try:
            sound(path, SAGA_ASYNC)
        except BaseException as error:
            error.add_note(f"turn {turn}")
            raise
        return True
    return False


@pytest.mark.faults
@pytest.mark.parametrize(
    "interrupt", [lambda main: main.cancel(), lambda main: signal.raise_signal(signal.SIGINT)], ids=["cancel", "sigint"]
)
def test_an_interrupt_at_every_turn(
    quick_path: Path, interrupt: Callable[["asyncio.Task[Any]"], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the loop, by a cancellation and by a real signal."""
    turn = 0
    while turned_at(quick_path / f"{turn}", turn, interrupt, monkeypatch):
        turn += 1
    assert turn > 10
