"""A body out of which a cancellation comes that nobody asked for: it is no word to end, and ends like a crash loop."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

import pytest

from resaga import Attempt, Completed, Saga, Stuck, read, step, wait
from resaga.core import errors
from resaga.runtime import BlockingRuntime
from resaga.runtime.asking import ask
from resaga.runtime.held import Held
from resaga.stores.memory import MemoryStore
from resaga.stores.store import Stored
from tests.runtime.shop import A, Order, approval
from tests.runtime.shop_async import Slow, awaited, runtime


async def leak() -> None:
    """Wait for something of one's own that was cancelled."""
    inner = asyncio.ensure_future(asyncio.Event().wait())
    inner.cancel()
    await inner


class Leaky:
    """A saga of two steps, in which that happens so often."""

    def __init__(self, times: int, *, first: int = 0, irreversible: bool = False) -> None:
        self.left = {"first": first, "second": times}
        self.calls: list[str] = []
        self.keys: set[str] = set()

        @step
        async def one(order: str) -> str:
            await self.called("first")
            return order

        @step
        async def two(order: str, attempt: Attempt) -> str:
            self.keys.add(attempt.key)
            await self.called("second")
            return order

        last = two.irreversible() if irreversible else two.kept("it is a test")
        self.saga: Any = Saga("leaky", one.kept("it is a test") >> last)

    async def called(self, name: str) -> None:
        self.calls.append(name)
        self.left[name] -= 1
        if self.left[name] >= 0:
            await leak()


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.name == "resaga.runtime"]


def test_it_is_put_aside(caplog: pytest.LogCaptureFixture) -> None:
    """By whatever worker: after five times in a row nobody calls it any more; that it leaks is said, once."""

    async def story() -> None:
        store, leaky = MemoryStore(), Leaky(1_000)
        async with runtime(store, leaky.saga) as one, runtime(store, leaky.saga) as other:
            await one.submit(leaky.saga, "x", id=A)
            for _ in range(5):
                assert await one.tick() == 0
                assert await other.tick() == 0
            assert leaky.calls == ["first"] + ["second"] * 5
            assert len(leaky.keys) == 1
            assert [event.what for event in await one.events(A)].count("interrupted") == 5
            assert (await one.get(A)).status == "quarantined"
            before = store.read(A)
            with pytest.raises(errors.Quarantined, match=r"call retry\('A-1'\)"):
                await one.resume(leaky.saga, A)
            assert store.read(A) == before
            leaky.left["second"] = 0
            await one.retry(A)
            assert await one.tick() == 1
            assert isinstance(await one.load(leaky.saga, A), Completed)

    awaited(story())
    cut = "execution 'A-1' was cut off by its own 'two': a CancelledError came out of it, and nobody had cancelled it; "
    leaks = [one for one in said(caplog) if "CancelledError" in one]
    assert leaks == [cut + "after 5 in a row it is quarantined"] * 2, "once by each runtime"
    assert caplog.records[0].levelno == logging.ERROR
    assert caplog.records[0].exc_info


def test_a_worker(caplog: pytest.LogCaptureFixture) -> None:
    """It does not call it for ever."""

    async def story() -> None:
        leaky = Leaky(1_000)
        async with runtime(MemoryStore(), leaky.saga) as one:
            await one.submit(leaky.saga, "x", id=A)
            working = asyncio.create_task(one.work(every=timedelta(milliseconds=1)))
            while (await one.get(A)).status != "quarantined":  # noqa: ASYNC110 - only a look at the store shows it
                await asyncio.sleep(0.001)
            working.cancel()
            with pytest.raises(asyncio.CancelledError):
                await working
        assert leaky.calls.count("second") == 5

    awaited(story())
    assert len(said(caplog)) == 2, "that it leaks, and that it is put aside"


def test_what_goes_on_in_between() -> None:
    """Only five in a row count, with nothing new recorded."""

    async def story() -> None:
        leaky = Leaky(4, first=4)
        async with runtime(MemoryStore(), leaky.saga) as one:
            await one.submit(leaky.saga, "x", id=A)
            assert [await one.tick() for _ in range(9)] == [0] * 8 + [1]
            assert isinstance(await one.load(leaky.saga, A), Completed)

    awaited(story())


def test_what_has_come_to_a_rest_in_between() -> None:
    """Who lets go of it where nothing can be done has not died of it, nor have those before him."""
    saga: Any = Saga("late", wait(timedelta(hours=1)) >> approval)
    store, order = MemoryStore(), Order(A)

    def kept() -> Stored:
        stored = store.read(A)
        assert stored is not None
        return stored

    ask(store, Held.created(saga.codec, saga.new(order, id=A).state, "worker.dead", ()).before_sleep())
    BlockingRuntime(store.twin(), [saga]).answer(A, approval, True)
    held = Held.seen(saga.codec, kept(), "worker.other", 0)
    assert held.requests
    assert ask(store, held.rest())
    stored = kept()
    assert saga.codec.restored(stored.snapshot, (raw for _, raw in stored.entries)).takeovers == 0


def test_an_interrupt_in_between() -> None:
    """It is none of them: whoever drives it was told to end."""

    async def story() -> None:
        store, slow = MemoryStore(), Slow()
        await runtime(store, slow.saga).submit(slow.saga, "x", id=A)
        for _ in range(7):
            slow.began.clear()
            async with runtime(store, slow.saga) as one:
                working = asyncio.create_task(one.work())
                await slow.began.wait()
                working.cancel()
                await asyncio.wait([working])
        slow.may_end.set()
        async with runtime(store, slow.saga) as one:
            assert await one.tick() == 1
        assert slow.calls == [("first", number) for number in range(1, 9)] + [("second", 1)]

    awaited(story())


def test_an_irreversible_step() -> None:
    """It is in doubt, and is left to a person."""

    async def story() -> None:
        leaky = Leaky(1, irreversible=True)
        async with runtime(MemoryStore(), leaky.saga) as one:
            await one.submit(leaky.saga, "x", id=A)
            assert [await one.tick(), await one.tick()] == [0, 0]
            assert isinstance(await one.load(leaky.saga, A), Stuck)
        assert leaky.calls == ["first", "second"]

    awaited(story())


def in_a_thread(order: str) -> str:
    raise asyncio.CancelledError


async def that_may_take_so_long(order: str) -> str:
    await leak()
    return order


async def without_effects(order: str) -> str:
    await leak()
    return order


@pytest.mark.parametrize(
    "body", [read(in_a_thread), read(timeout=timedelta(minutes=1))(that_may_take_so_long), read(without_effects)]
)
def test_wherever_it_is_called(body: Any) -> None:  # noqa: ANN401 - an Action
    """It is the same for all bodies."""

    async def story() -> None:
        saga: Any = Saga("leaky", body)
        async with runtime(MemoryStore(), saga) as one:
            await one.submit(saga, "x", id=A)
            assert sum([await one.tick() for _ in range(7)]) == 0
            assert (await one.get(A)).status == "quarantined"

    awaited(story())


def test_an_undo() -> None:
    """It is called again, and not for ever."""
    calls = list[str]()

    @step
    async def does(order: str) -> str:
        return order

    async def undoes(_: str) -> None:
        calls.append("undoes")
        await leak()

    @step
    async def fails(order: str) -> str:
        raise ValueError(order)

    async def story() -> None:
        saga: Any = Saga("leaky", does.undone_by(undoes) >> fails.kept("it is a test"))
        async with runtime(MemoryStore(), saga) as one:
            await one.submit(saga, "x", id=A)
            assert sum([await one.tick() for _ in range(7)]) == 0
            assert (await one.get(A)).status == "quarantined"
        assert calls == ["undoes"] * 5

    awaited(story())
