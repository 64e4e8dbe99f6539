"""Cut off, at any turn of the loop: what is under way is let go of, and nothing is undone."""

import asyncio
import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any, final

import pytest

from resaga import Completed, Retry, RolledBack, Saga, Stuck, step
from resaga.core import errors
from resaga.stores.memory import MemoryStore
from resaga.testing import FakeClock
from tests.runtime.shop import CALLS, A, Order
from tests.runtime.shop_async import QUICK, SHOP, approval, awaited, charge, runtime
from tests.runtime.threadless import threadless


def test_closed_in_a_thread() -> None:
    """A plain body is waited for; what it gave is recorded, and others go on behind it at once."""

    async def story() -> None:
        store, began, may_end = MemoryStore(), asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        @step
        def slow(order: Order) -> Order:
            CALLS.append("slow")
            loop.call_soon_threadsafe(began.set)
            may_end.wait(30)
            return order

        saga: Any = Saga("slow", slow.kept("it is a test") >> charge.irreversible())
        one = runtime(store, saga)
        await one.run(saga, Order(A), id=A)
        await began.wait()
        closing = asyncio.create_task(one.close())
        await asyncio.sleep(0)
        assert not closing.done()
        may_end.set()
        await closing
        kept = store.read(A)
        assert kept is not None
        assert kept.owner == ""
        async with runtime(store, saga) as other:
            assert await other.tick() == 1
            assert isinstance(await other.load(saga, A), Completed)

    awaited(story())
    assert CALLS == ["slow", "charge"]


def cut_at(saga: Any, count: int, monkeypatch: pytest.MonkeyPatch) -> tuple[bool, MemoryStore]:  # noqa: ANN401
    """Cancel everything at that turn of the loop; whether it was still under way."""
    store = MemoryStore()

    async def story() -> bool:
        ours = asyncio.all_tasks()
        one = threadless(runtime(store, saga), monkeypatch)
        running = asyncio.create_task(one.run(saga, Order(A), id=A))
        waiting: asyncio.Task[Any] | None = None
        for _ in range(count):
            await asyncio.sleep(0)
            if running.done() and waiting is None:
                waiting = asyncio.create_task(running.result().outcome())
        under_way = waiting is None or not waiting.done()
        running.cancel()
        await one.close()
        for task in (running, waiting):
            if task is not None:
                with suppress(asyncio.CancelledError, errors.StoreClosed):
                    await task
        assert asyncio.all_tasks() == ours, "a task was left behind"
        return under_way

    return awaited(story()), store


@pytest.mark.parametrize("saga", [SHOP, QUICK], ids=["shop", "quick"])
def test_cut_off_at_every_turn_of_the_loop(saga: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401
    """Nothing is undone, nobody owns it any more, another runtime goes on, and what was recorded is not done again."""
    for count in range(1, 500):
        under_way, store = cut_at(saga, count, monkeypatch)
        assert "release" not in CALLS
        before = list(CALLS)

        async def go_on(store: MemoryStore = store, saga: Any = saga) -> Any:  # noqa: ANN401 - an Outcome
            async with runtime(store) as other:
                await (await other.run(saga, Order(A), id=A)).outcome()
                with suppress(errors.Conflict, errors.NotAsked):
                    await other.answer(A, approval, True)
                return await other.resume(saga, A)

        outcome = awaited(go_on())
        again = [name for name in CALLS if name in before]
        if isinstance(outcome, Stuck):  # it was cut off in the irreversible step
            assert before[-1] == "charge"
        else:
            assert isinstance(outcome, Completed)
            assert len(again) <= 1 + ("look" in again), "more than what was under way is done again"
        if not under_way:
            return
    raise AssertionError("it does not end")


def test_cut_off_while_it_sleeps() -> None:
    """Nothing is in doubt then: it is let go of, with the time when it is due."""

    async def story() -> None:
        asleep = asyncio.Event()

        @final
        class Slow:
            def __init__(self) -> None:
                self.inner = FakeClock()

            async def sleep_async(self, seconds: float, /) -> None:
                asleep.set()
                await asyncio.Event().wait()

            def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the clock has it
                return getattr(self.inner, name)

        @step(retry=Retry(2, delay=timedelta(seconds=1)))
        async def fails(order: Order) -> Order:
            raise ValueError("no")

        store, saga, clock = MemoryStore(), Saga("fails", fails.kept("it is a test")), Slow()
        one = runtime(store, saga, clock=clock)
        await one.run(saga, Order(A), id=A)
        await asleep.wait()
        await one.close()
        kept = store.read(A)
        assert kept is not None
        assert (kept.owner, kept.wake_at is None) == ("", False)
        clock.inner.advance(timedelta(seconds=2))
        async with runtime(store, saga, clock=clock.inner) as other:
            assert await other.tick() == 1
            assert isinstance(await other.load(saga, A), RolledBack)

    awaited(story())
