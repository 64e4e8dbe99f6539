"""A worker of the awaiting runtime: it drives what is due, is woken, and is told to end."""

import asyncio
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, final

import pytest

from resaga import Saga, step
from resaga.core import errors
from resaga.runtime import driving, watch
from resaga.stores.memory import MemoryStore
from tests.runtime.ending import told_to_end
from tests.runtime.shop import CALLS, A, Order
from tests.runtime.shop_async import QUICK, Slow, approval, awaited, release, reserve, runtime


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - only a look at the store shows what others did
        await asyncio.sleep(0.001)


def test_a_worker() -> None:
    """It drives what is submitted and answered, here and elsewhere, so many at once."""
    most, now = 0, 0

    @step
    async def counted(order: Order) -> Order:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return order

    async def story() -> None:
        store = MemoryStore()
        saga = Saga("counted", counted.kept("it is a test") >> approval)
        async with runtime(store, saga) as one, runtime(store, saga) as other:
            working = asyncio.create_task(one.work(at_once=3, every=timedelta(milliseconds=5)))
            ids = [await one.submit(saga, Order(str(number))) for number in range(150)]
            await until(lambda: len(store.find(status="paused", limit=1_000)) == len(ids))
            for id_ in ids:
                await other.answer(id_, approval, True)
            await until(lambda: len(store.find(status="completed", limit=1_000)) == len(ids))
            working.cancel()
            with pytest.raises(asyncio.CancelledError):
                await working

    awaited(story())
    assert 1 < most <= 3


def test_a_worker_that_is_cut_off_as_it_is_woken() -> None:
    """It ends, though something was said in that very moment."""

    async def story() -> None:
        async with runtime(MemoryStore(), QUICK) as one:
            working = asyncio.create_task(one.work())
            for number in range(5):
                await one.submit(QUICK, Order(str(number)))
            await until(lambda: CALLS.count("charge") == 5)
            await until(lambda: bool(one._watch._nudged._waiters))  # it waits
            await one.submit(QUICK, Order("A-1"))
            working.cancel()
            assert await asyncio.wait([working], timeout=30) == ({working}, set())

    awaited(story())


def test_a_worker_is_told_to_end() -> None:
    """SIGTERM is an interrupt: what is being driven is let go of, nothing is undone, and the process goes on."""

    async def story() -> None:
        store, began = MemoryStore(), asyncio.Event()

        @step
        async def waits(order: Order) -> Order:
            CALLS.append("waits")
            began.set()
            await asyncio.Event().wait()
            return order

        saga = Saga("waits", waits.undone_by(release))
        async with runtime(store, saga) as one:
            await one.submit(saga, Order(A), id=A)
            working = asyncio.create_task(one.work())
            await began.wait()
            told_to_end()
            await working
            assert (await one.get(A)).status == "running"
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        kept = store.read(A)
        assert kept is not None
        assert (kept.owner, kept.wake_at is None) == ("", False), "others need not wait for it"

    awaited(story())
    assert CALLS == ["waits"]


def test_a_worker_in_another_thread() -> None:
    """It cannot hear signals there, and works all the same."""
    store = MemoryStore()

    async def story() -> None:
        async with runtime(store) as one:
            await one.submit(QUICK, Order(A), id=A)
            working = asyncio.create_task(one.work())
            await until(lambda: [head.status for head in store.find() if head.id == A] == ["completed"])
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working

    thread = threading.Thread(target=lambda: awaited(story()))
    thread.start()
    thread.join(60)
    assert not thread.is_alive()


def test_a_worker_whose_store_is_away(caplog: pytest.LogCaptureFixture) -> None:
    """It says so and goes on when it is back; so it does with what cannot be gone on with."""

    @final
    class Away:
        def __init__(self) -> None:
            self.inner = MemoryStore()
            self.failing = {"find": 3, "append": 7}

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
            verb = getattr(self.inner, name)

            def asked(*given: Any, **options: Any) -> Any:  # noqa: ANN401
                if self.failing.get(name, 0) and (name == "find" or given[0][0].status != "worker"):
                    self.failing[name] -= 1
                    raise errors.StoreUnreachable("It is away.", where="here", code="")
                return verb(*given, **options)

            return asked

    async def story() -> None:
        store = Away()
        old = Saga("quick", reserve.undone_by(release) >> approval)
        async with runtime(store.inner, old) as before:
            await (await before.run(old, Order("B"), id="B")).outcome()
            await before.answer("B", approval, True)
        await runtime(store.inner).submit(QUICK, Order(A), id=A)
        async with runtime(store) as one:
            working = asyncio.create_task(one.work(every=timedelta(milliseconds=1)))
            await until(lambda: (store.inner.read(A) or [""] * 3)[2] == "completed")
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working

    awaited(story())
    said = {record.levelname for record in caplog.records}
    assert said == {"WARNING", "ERROR"}, caplog.text
    assert "execution 'B' cannot be gone on with" in caplog.text


@pytest.mark.parametrize("fails", [False, True])
def test_a_worker_that_is_woken(fails: bool) -> None:  # noqa: FBT001 - a parameter
    """It listens in one thread, however much is said here meanwhile, and goes on when something is said elsewhere."""
    counts: list[int] = []

    @final
    class Telling:
        def __init__(self) -> None:
            self.inner = MemoryStore()
            self.told = threading.Event()
            self.listening = 0

        def wait_for_due(self, seconds: float, /) -> bool:
            if fails:
                counts.append(1)
                raise errors.StoreUnreachable("It is away.", where="here", code="")
            self.listening += 1
            counts.append(self.listening)
            told = self.told.wait(seconds)
            self.told.clear()
            self.listening -= 1
            return told

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
            return getattr(self.inner, name)

    def completed(store: MemoryStore) -> int:
        return len(store.find(status="completed"))

    async def story() -> None:
        store = Telling()
        async with runtime(store) as one, runtime(store.inner) as other:
            working = asyncio.create_task(one.work(every=timedelta(seconds=30)))
            for number in range(8):
                await one.submit(QUICK, Order(str(number)))
                await until(lambda number=number: completed(store.inner) > number)  # type: ignore[misc]
            await other.submit(QUICK, Order("elsewhere"))
            if not fails:
                store.told.set()
                await until(lambda: completed(store.inner) == 9)
                await until(lambda: store.listening == 1)
            store.told.set()
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working

    awaited(story())
    assert max(counts) == 1
    assert len(counts) <= 10, "it asks again and again"


@pytest.mark.parametrize("verb", ["tick", "recover"])
@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_who_runs_out_of_time(verb: str, at_once: int) -> None:
    """He stops waiting at once, and nothing more is begun; what was begun is driven on, as if it were waited for."""

    async def story() -> None:
        store, slow = MemoryStore(), Slow()
        async with runtime(store, slow.saga) as before:
            for number in range(3):
                await before.run(slow.saga, "x", id=str(number))
            await until(lambda: len(slow.calls) == 3)
        slow.calls.clear()
        begun = min(at_once, 3)
        async with runtime(store, slow.saga) as one:
            cut = asyncio.create_task(getattr(one, verb)(at_once=at_once))
            await until(lambda: len(slow.calls) == begun)
            cut.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(cut, 10)
            assert slow.calls == [("first", 2)] * begun
            slow.may_end.set()
            await until(lambda: len(store.find(status="completed")) == begun)
            assert len(slow.calls) == 2 * begun
            assert await getattr(one, verb)() == 3 - begun

    awaited(story())


def test_a_search_that_breaks_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was begun by then is waited for before that is raised."""
    monkeypatch.setattr(driving, "PAGE", 1)
    monkeypatch.setattr(watch, "PAGE", 1)

    @final
    class Breaking:
        def __init__(self) -> None:
            self.inner = MemoryStore()

        def find(self, **options: Any) -> Any:  # noqa: ANN401 - as the store has it
            if options["after"] == "1":
                raise errors.StoreUnreachable("It is away.", where="here", code="")
            return self.inner.find(**options)

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
            return getattr(self.inner, name)

    async def story() -> None:
        store = Breaking()
        async with runtime(store) as one:
            for number in range(3):
                await one.submit(QUICK, Order(str(number)), id=str(number))
            with pytest.raises(errors.StoreUnreachable):
                await one.tick()
            assert [head.id for head in store.inner.find(status="completed")] == ["0", "1"]

    awaited(story())


def test_what_is_cut_off_in_another_time() -> None:
    """What a tick that was told the time was in is in doubt from that time on."""

    @step
    async def cut(order: Order) -> Order:
        raise asyncio.CancelledError

    async def story() -> None:
        store, saga, then = MemoryStore(), Saga("cut", cut.kept("it is a test")), datetime(2100, 1, 1, tzinfo=UTC)
        async with runtime(store, saga) as one:
            await one.submit(saga, Order(A), id=A)
            assert await one.tick(then) == 0
            cuts = [event.at for event in await one.events(A) if event.what == "interrupted"]
        assert [at - then < timedelta(hours=1) for at in cuts] == [True]

    awaited(story())
