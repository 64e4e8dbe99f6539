"""SIGTERM, as a worker hears it."""

import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from resaga import Completed, Saga, step
from resaga.runtime import BlockingRuntime, sigterm
from resaga.runtime.sigterm import on_sigterm
from resaga.stores.memory import MemoryStore
from tests.runtime.ending import told_to_end
from tests.runtime.shop import CALLS, Order, charge

A: Any = "A-1"


@pytest.fixture
def listener() -> Iterator[list[str]]:
    """Somebody who listens already."""
    heard: list[str] = []
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append("they"))
    yield heard
    signal.signal(signal.SIGTERM, before)


def test_who_listened_before_is_told_too(listener: list[str]) -> None:
    """And listens alone again when the worker has ended."""
    with on_sigterm(lambda: listener.append("we")):
        told_to_end()
    told_to_end()
    assert listener == ["we", "they", "they"]


def test_two_workers_share_a_signal() -> None:
    """Each is told as long as it listens, in whatever order they end."""
    heard: list[str] = []
    first, second = on_sigterm(lambda: heard.append("first")), on_sigterm(lambda: heard.append("second"))
    with first:
        second.__enter__()
        told_to_end()
    told_to_end()
    second.__exit__(None, None, None)
    assert heard == ["first", "second", "second"]


def test_an_interrupt_as_it_begins_to_listen(listener: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it does not listen, and whoever did before hears all."""

    class Cut(list[Callable[[], object]]):
        def append(self, stop: Callable[[], object]) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr(sigterm, "_stops", Cut())
    with pytest.raises(KeyboardInterrupt), on_sigterm(lambda: listener.append("we")):
        raise AssertionError("it listens")
    told_to_end()
    assert listener == ["they"]
    assert signal.getsignal(signal.SIGTERM) is not sigterm._heard


def test_in_another_thread(listener: list[str]) -> None:
    """Nothing can be heard there, and nothing is broken."""

    def listens() -> None:
        with on_sigterm(lambda: listener.append("we")):
            pass

    thread = threading.Thread(target=listens)
    thread.start()
    thread.join()
    told_to_end()
    assert listener == ["they"]


@step
def ends(order: Order) -> Order:
    CALLS.append("ends")
    told_to_end()
    return order


@step
def quiet(order: Order) -> Order:
    return order


def put_back(order: Order) -> None:
    CALLS.append("put back")


def test_a_blocking_worker_is_told_to_end() -> None:
    """The body is called to its end, what it gave is recorded, and it is let go of; nothing is undone."""
    CALLS.clear()
    store = MemoryStore()
    saga = Saga("ends", ends.undone_by(put_back) >> charge.irreversible())
    runtime = BlockingRuntime(store, [saga])
    runtime.submit(saga, Order("other"), id="other")
    runtime.submit(saga, Order(A), id=A)
    runtime.work()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert CALLS == ["ends"], "the other one was not begun"
    left = next(head for head in store.find() if head.id in (A, "other") and head.status == "running")
    assert (left.owner, left.wake_at is None) == ("", False)
    outcome = BlockingRuntime(store.twin(), [saga]).resume(saga, left.id)
    assert isinstance(outcome, Completed)
    assert CALLS == ["ends", "charge"]


def test_a_blocking_worker_goes_on_until_then() -> None:
    """It looks again and again; and when it has ended, the runtime can still be used."""
    CALLS.clear()
    store = MemoryStore()
    saga = Saga("ends", ends.undone_by(put_back))
    still = Saga("quiet", quiet.undone_by(put_back))
    runtime = BlockingRuntime(store, [saga, still])
    other = BlockingRuntime(store.twin(), [saga, still])
    threading.Timer(0.05, lambda: other.submit(saga, Order(A), id=A)).start()
    runtime.work(every=timedelta(milliseconds=20))
    assert isinstance(runtime.resume(saga, A), Completed)
    assert isinstance(runtime.run(still, Order("B"), id="B"), Completed)
    assert CALLS == ["ends"]


@pytest.mark.parametrize("verb", ["run", "tick", "work"])
def test_a_body_runs_another_one_when_the_worker_is_told_to_end(verb: str) -> None:
    """It is called to its end, the other one with it: it is not begun again by the next worker."""
    CALLS.clear()
    store = MemoryStore()

    @step
    def charges(order: Order) -> Order:
        CALLS.append("charges")
        if verb == "run":
            runtime.run(inner, order, id="inner")
        else:
            runtime.submit(inner, order, id="inner")
            getattr(runtime, verb)()
        return order

    inner = Saga("inner", ends.undone_by(put_back) >> quiet.kept("it is a test"))
    outer = Saga("outer", charges.irreversible())
    runtime = BlockingRuntime(store.twin(), [outer, inner])
    runtime.submit(outer, Order(A), id=A)
    runtime.work()
    runtime.close()
    left = BlockingRuntime(store.twin(), [outer, inner])
    assert left.tick() == (verb == "work"), "only a worker leaves what it drove"
    assert {left.get(one).status for one in (A, "inner")} == {"completed"}
    assert CALLS == ["charges", "ends"]


def test_other_threads_go_on_when_the_worker_is_told_to_end() -> None:
    """They share its runtime, and were not told: what they drive, and begin then, they drive to its end."""
    CALLS.clear()
    began, may_end = threading.Event(), threading.Event()

    @step
    def waits(order: Order) -> Order:
        began.set()
        assert may_end.wait(60)
        return order

    @step
    def last(order: Order) -> Order:
        told_to_end()
        may_end.set()
        web.join()
        return order

    slow = Saga("slow", waits.undone_by(put_back) >> quiet.undone_by(put_back))
    saga = Saga("last", last.undone_by(put_back) >> quiet.undone_by(put_back))
    runtime = BlockingRuntime(MemoryStore(), [slow, saga])
    outcomes: list[object] = []

    def serve() -> None:
        outcomes.append(runtime.run(slow, Order(A), id=A))
        outcomes.append(runtime.run(slow, Order("B"), id="B"))

    web = threading.Thread(target=serve)
    web.start()
    assert began.wait(60)
    runtime.submit(saga, Order("C"), id="C")
    runtime.work()
    assert [type(outcome) for outcome in outcomes] == [Completed, Completed]
    assert runtime.get("C").status == "running"
