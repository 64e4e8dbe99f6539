"""What a child holds that was forked from a process that drives: nothing of its parent's."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from resaga import Completed, Saga, step
from resaga.core import errors
from resaga.runtime import BlockingRuntime, driving
from resaga.stores.memory import MemoryStore
from resaga.stores.sqlite import SqliteStore
from tests.runtime.shop import A, Order, approval, price
from tests.stores import children

LOST = 3


def test_what_a_thread_of_the_parent_drives(tmp_path: Path) -> None:
    """When that rests, a child may go on with it like anybody else."""
    began, may_end = threading.Event(), threading.Event()

    @step
    def slow(order: Order) -> Order:
        began.set()
        assert may_end.wait(60)
        return order

    saga: Any = Saga("slow", slow.kept("it is a test") >> approval >> price)
    hears, says = os.pipe()
    with BlockingRuntime(SqliteStore(tmp_path / "shop.db"), [saga]) as runtime:

        def child() -> None:
            os.read(hears, 1)
            assert isinstance(runtime.resume(saga, A), Completed)

        thread = threading.Thread(target=runtime.run, args=(saga, Order(A)), kwargs={"id": A})
        thread.start()
        assert began.wait(60)
        begun = children.begin(child)
        may_end.set()
        thread.join()
        runtime.answer(A, approval, True)
        os.write(says, b"!")
        assert children.end(begun) == 0


def test_what_could_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parent writes it when the store is back; a child knows nothing of it, and the parent lives."""

    def away(*_: object) -> None:
        raise errors.StoreUnreachable("It is away.", where="here", code="")

    @step
    def leaves(order: Order) -> Order:
        patched.setattr(SqliteStore, "append", away)
        return order

    @step
    def charge(order: Order) -> Order:
        with (tmp_path / "ledger").open("a") as ledger:
            ledger.write("charged\n")
        return order

    saga: Any = Saga("away", leaves.kept("it is a test") >> charge.irreversible())
    with BlockingRuntime(SqliteStore(tmp_path / "shop.db"), [saga]) as runtime:
        with monkeypatch.context() as patched, pytest.raises(errors.StoreUnreachable):
            runtime.run(saga, Order(A), id=A)

        def child() -> None:
            assert runtime.tick() == 0

        assert children.run(child) == 0
        assert runtime.tick() == 1
        assert [event.what for event in runtime.events(A)].count("returned") == 2
    assert (tmp_path / "ledger").read_text() == "charged\n"


def test_a_body_that_forks(tmp_path: Path) -> None:
    """It was called once and returns twice: one of both goes on, and the other one hears that."""
    parent, begun, came = os.getpid(), list[int](), children.FAILED

    @step
    def forks(order: Order) -> Order:
        begun.append(os.fork())
        return order

    saga: Any = Saga("forks", forks.kept("it is a test") >> price)
    runtime = BlockingRuntime(SqliteStore(tmp_path / "shop.db"), [saga])
    try:
        runtime.run(saga, Order(A), id=A)
        came = 0
    except errors.Conflict:
        came = LOST
    finally:
        if os.getpid() != parent:
            os._exit(came)
    assert sorted([came, children.end(begun[0])]) == [0, LOST]
    assert [event.what for event in runtime.events(A)].count("returned") == 2
    runtime.close()


def test_as_a_child_sees_it() -> None:
    """It goes on with what its own thread was driving as another holder, and knows of nothing else."""
    owned = list[object]()

    @step
    def forks(order: Order) -> Order:
        driving._after_fork()
        owned.append(runtime._driving.leaves)
        return order

    saga: Any = Saga("forks", forks.kept("it is a test") >> price)
    runtime = BlockingRuntime(MemoryStore(), [saga])
    assert isinstance(runtime.run(saga, Order(A), id=A), Completed)
    assert owned == [False]
