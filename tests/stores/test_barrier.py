"""The barrier: in whatever order a call, its undo and a late call arrive, what was taken back is not there (T11)."""

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier as Line
from threading import Thread
from typing import Any

import pytest

from resaga import Attempt, RolledBack, Saga, step
from resaga.core.errors import InvalidArgument
from resaga.stores import barrier
from tests.seeds import reseed, scaled


class Stock:
    """A table with one effect for each key, behind a barrier."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        barrier.make(connection)
        connection.execute("CREATE TABLE IF NOT EXISTS stock (key TEXT, held INTEGER)")

    def do(self, key: str) -> None:
        with self.connection as db:
            if barrier.may_do(db, key):
                db.execute("INSERT INTO stock VALUES (?, 1)", (key,))

    def undo(self, key: str) -> None:
        with self.connection as db:
            if barrier.may_undo(db, key):
                db.execute("INSERT INTO stock VALUES (?, -1)", (key,))

    def rows(self, key: str) -> list[int]:
        return [held for (held,) in self.connection.execute("SELECT held FROM stock WHERE key = ?", (key,))]


@pytest.fixture
def stock() -> Iterator[Stock]:
    connection = sqlite3.connect(":memory:")
    yield Stock(connection)
    connection.close()


def shuffled(stock: Stock, runs: int) -> None:
    with reseed(0) as chance:
        for run in range(runs):
            calls = ["do"] * chance.randint(0, 3) + ["undo"] * chance.randint(0, 3)
            chance.shuffle(calls)
            for call in calls:
                getattr(stock, call)(str(run))
            done = calls.index("do") if "do" in calls else len(calls)
            undone = calls.index("undo") if "undo" in calls else len(calls)
            expected = [] if done >= undone else [1] if undone == len(calls) else [1, -1]
            assert stock.rows(str(run)) == expected, calls


def test_what_comes_late_does_nothing(stock: Stock) -> None:
    """A few orders of calls and undos: done once at most, taken back once at most, and never done again."""
    shuffled(stock, 200)


@pytest.mark.proof
def test_what_comes_late_does_nothing_in_any_order(stock: Stock) -> None:
    """T11, at its figure."""
    shuffled(stock, scaled(10_000))


def test_without_the_effect_the_barrier_is_not_passed(stock: Stock) -> None:
    """They are of one transaction."""

    def fails() -> None:
        with stock.connection as db:
            assert barrier.may_do(db, "a")
            db.execute("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(sqlite3.OperationalError):
        fails()
    stock.do("a")
    assert stock.rows("a") == [1]


def test_two_who_come_at_once_are_one_after_the_other(tmp_path: Path) -> None:
    """The database sees to it: the effect nets to zero once it was taken back."""
    keys = [str(number) for number in range(40)]
    Stock(sqlite3.connect(tmp_path / "stock.db")).connection.close()
    line = Line(2)

    def all_of(call: str) -> None:
        connection = sqlite3.connect(tmp_path / "stock.db", timeout=30)
        stock = Stock(connection)
        for key in keys:
            line.wait()
            getattr(stock, call)(key)
        connection.close()

    threads = [Thread(target=all_of, args=(call,)) for call in ("do", "undo")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connection = sqlite3.connect(tmp_path / "stock.db")
    assert all(sum(Stock(connection).rows(key)) == 0 for key in keys)
    connection.close()


def test_a_step_whose_effect_is_late_is_taken_back_for_good(stock: Stock) -> None:
    """With the keys that an attempt gives: the undo asks by the key that the step was done under."""
    late: list[str] = []

    @step
    def reserve(number: int, attempt: Attempt) -> int:
        late.append(attempt.key)  # it is still on its way
        return number

    def release(_: int, attempt: Attempt) -> None:
        stock.undo(attempt.key_of_doing)

    @step
    def fail(number: int) -> int:
        raise ValueError(number)

    saga: Saga[int, int, Any] = Saga("late", reserve.undone_by(release) >> fail.kept("nothing happens"))
    assert isinstance(saga.new(1).start(), RolledBack)
    stock.do(late[0])
    assert stock.rows(late[0]) == []


class Wrapped:
    """What a framework may have around a connection."""

    def execute(self, statement: str, values: object = ()) -> object:
        raise AssertionError(statement, values)


@pytest.mark.parametrize("connection", [None, "shop.db", Wrapped()])
def test_what_is_no_connection_is_refused(connection: Any) -> None:  # noqa: ANN401 - as untyped callers have it
    """Before anything is asked of it."""
    for verb in (barrier.make, lambda db: barrier.may_do(db, "a"), lambda db: barrier.may_undo(db, "a")):
        with pytest.raises(InvalidArgument, match=r"give the sqlite3\.Connection"):
            verb(connection)


def test_without_psycopg_what_is_no_connection_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its package need not be there."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InvalidArgument):
        barrier.may_do(Wrapped(), "a")  # type: ignore[arg-type]  # as untyped callers have it
