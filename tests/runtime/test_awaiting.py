"""What is true only of the awaiting runtime: many at once, in tasks of its own, that can be cut off anywhere."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final, TypeVar, final

import pytest

from resaga import Completed, Paused, Retry, RolledBack, Saga, Stuck, gate, read, step
from resaga.core import errors
from resaga.runtime import Runtime, apart
from resaga.stores.memory import MemoryStore
from resaga.stores.store import Append
from resaga.testing import FakeClock
from tests.runtime.shop import CALLS, NAP, Order
from tests.runtime.shop import approval as first_gate
from tests.runtime.threadless import threadless

T = TypeVar("T")
A: Final[Any] = "A-1"


@step
async def reserve(order: Order) -> Order:
    CALLS.append("reserve")
    await asyncio.sleep(0)
    return order


async def release(order: Order) -> None:
    CALLS.append("release")
    await asyncio.sleep(0)


@read
async def look(order: Order) -> Order:
    CALLS.append("look")
    return order


@gate
def approval(order: Order, ok: bool) -> Order:  # noqa: FBT001 - an answer
    CALLS.append("approval")
    return order


@step
async def charge(order: Order) -> str:
    CALLS.append("charge")
    await asyncio.sleep(0)
    if order.note == "no":
        raise ValueError("no")
    return f"receipt {order.id}"


SHOP: Final = Saga("shop", reserve.undone_by(release) >> look >> approval >> charge.irreversible())
QUICK: Final = Saga("quick", reserve.undone_by(release) >> look >> charge.kept("it is a test"))


def awaited(coroutine: Coroutine[Any, Any, T]) -> T:
    CALLS.clear()
    return asyncio.run(asyncio.wait_for(coroutine, 60))


def runtime(store: Any, *sagas: Any, **options: Any) -> Runtime:  # noqa: ANN401 - a Store, Sagas
    """One that closes nobody else's store."""
    return Runtime(store.twin() if isinstance(store, MemoryStore) else store, sagas or (SHOP, QUICK), **options)


def test_a_handle() -> None:
    """Its outcome is how the execution stands when nothing can be done for now; asked again, how it stands then."""

    async def story() -> None:
        async with runtime(MemoryStore()) as one:
            handle = await one.run(SHOP, Order(A), id=A)
            assert repr(handle) == "<Handle of 'A-1'>"
            assert isinstance(await handle.outcome(), Paused)
            assert isinstance(await handle.outcome(), Paused)
            await one.answer(A, approval, True, by="ann")
            done = await handle.outcome()
            assert isinstance(done, Completed)
            assert done.result == "receipt A-1"
            assert isinstance(await one.handle(SHOP, A).outcome(), Completed)

    awaited(story())
    assert CALLS == ["reserve", "look", "approval", "charge"]


def test_it_is_kept_when_run_returns() -> None:
    """So whoever began it may forget it."""

    async def story() -> None:
        store, gone = MemoryStore(), asyncio.Event()

        @step
        async def waits(order: Order) -> Order:
            await gone.wait()
            return order

        saga = Saga("waits", waits.kept("it is a test"))
        async with runtime(store, saga) as one:
            handle = await one.run(saga, Order(A), id=A)
            again = await one.run(saga, Order(A), id=A)
            assert store.read(A) is not None
            with pytest.raises(errors.AlreadyExists):
                await one.run(saga, Order(A, "other"), id=A)
            gone.set()
            assert isinstance(await handle.outcome(), Completed)
            assert isinstance(await again.outcome(), Completed)

    awaited(story())


def test_many_at_once_are_written_together() -> None:
    """A thousand executions of three steps need few transactions, and nobody waits for company."""
    batches: list[int] = []

    @final
    class Counting:
        def __init__(self) -> None:
            self.inner = MemoryStore()

        def append(self, batch: list[Append], /) -> list[bool]:
            batches.append(len(batch))
            return self.inner.append(batch)

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
            return getattr(self.inner, name)

    async def story() -> None:
        async with runtime(Counting()) as one:
            handles = [await one.run(QUICK, Order("alone"))]
            handles += await asyncio.gather(*(one.run(QUICK, Order(str(number))) for number in range(1_000)))
            for handle in handles:
                assert isinstance(await handle.outcome(), Completed)

    awaited(story())
    assert max(batches) <= 128
    assert sum(batches) / len(batches) > 64
    assert batches[:2] == [1, 2], "a sign of life; a document with what was to be done first"


def test_plain_bodies_do_not_hold_up_the_loop() -> None:
    """They are called in threads, several at once, with the context variables of whoever began them."""
    meeting = threading.Barrier(3)

    @step
    def meets(order: Order) -> Order:
        meeting.wait(30)  # nobody comes past this alone
        return order

    @step
    def stops(order: Order) -> Order:
        raise StopIteration(order.id)  # which cannot be put into a future

    async def story() -> None:
        saga = Saga("meets", meets.kept("it is a test"))
        stopping = Saga("stops", stops.kept("it is a test"))
        async with runtime(MemoryStore(), saga, stopping) as one:
            handles = [await one.run(saga, Order(str(number))) for number in range(3)]
            outcomes = [await handle.outcome() for handle in handles]
            assert [type(outcome) for outcome in outcomes] == [Completed] * 3
            failed = await (await one.run(stopping, Order(A))).outcome()
            assert isinstance(failed, RolledBack)

    awaited(story())


def test_one_that_waits_for_it_is_cancelled() -> None:
    """Only the waiting ends."""

    async def story() -> None:
        gone = asyncio.Event()

        @step
        async def waits(order: Order) -> Order:
            await gone.wait()
            return order

        saga = Saga("waits", waits.kept("it is a test"))
        async with runtime(MemoryStore(), saga) as one:
            handle = await one.run(saga, Order(A), id=A)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(handle.outcome(), 0.001)
            gone.set()
            assert isinstance(await handle.outcome(), Completed)

    awaited(story())


# ---- cut off ---------------------------------------------------------------------------------------


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


def test_two_that_may_kill_are_driven_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, and not for ever if the one waits for the other."""
    monkeypatch.setattr(apart, "PATIENCE_SECONDS", 0.01)

    @final
    class Suspicious:
        def __init__(self, id_: str) -> None:
            self.suspicious, self.state = True, self
            self.execution_id = id_

    async def story() -> None:
        lane = apart.Apart()
        one: Any = Suspicious("one")
        other: Any = Suspicious("other")
        async with lane.of(one):
            with pytest.raises(errors.Conflict, match="'other' is left for later"):
                async with lane.of(other):
                    raise AssertionError("both at once")
        async with lane.of(other):
            CALLS.append("other")

    awaited(story())
    assert CALLS == ["other"]


# ---- a worker --------------------------------------------------------------------------------------


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
            os.kill(os.getpid(), signal.SIGTERM)
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
    assert "resaga B cannot be gone on with" in caplog.text


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


def test_a_tick_meets_a_store_that_is_away() -> None:
    """It is an error then; what happened is not forgotten, and is written when the store is back."""

    @final
    class Away:
        def __init__(self) -> None:
            self.inner = MemoryStore()
            self.away = False

        def append(self, batch: list[Append], /) -> list[bool]:
            if self.away and batch[0].status != "worker":
                raise errors.StoreUnreachable("It is away.", where="here", code="")
            return self.inner.append(batch)

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
            return getattr(self.inner, name)

    async def story() -> None:
        store = Away()
        async with runtime(store) as one:
            await one.submit(QUICK, Order(A), id=A)
            store.away = True
            with pytest.raises(errors.StoreUnreachable):
                await one.tick()
            store.away = False
            assert await one.tick() == 1
            assert (await one.get(A)).status == "completed"

    awaited(story())


def test_plain_sagas_and_other_verbs() -> None:
    """What a person can say to one that is stuck; a plain saga runs here as well."""

    async def story() -> None:
        clock = FakeClock()
        async with runtime(MemoryStore(), SHOP, NAP, clock=clock) as one:
            await (await one.run(SHOP, Order(A, "no"), id=A, tags=("vip",))).outcome()
            await one.answer(A, approval, True)
            assert isinstance(await one.resume(SHOP, A), Stuck)
            with pytest.raises(errors.NotAsked):
                await one.answer(A, first_gate, True)
            await one.mark_done(A, "receipt by hand", by="ann")
            done = await one.resume(SHOP, A)
            assert isinstance(done, Completed)
            assert done.result == "receipt by hand"
            assert [head.id async for head in one.find(tag="vip")] == [A]
            await one.delete(A)
            assert [head.id async for head in one.find()] == []
            await (await one.run(NAP, Order("N"), id="N")).outcome()
            await one.cancel("N", "enough")
            assert isinstance(await one.resume(NAP, "N"), RolledBack)

    awaited(story())


def test_what_is_driven_elsewhere_is_waited_for() -> None:
    """The outcome is that of whoever drives it; when that one dies, somebody goes on, who waits or another."""

    async def story() -> None:
        store, gone, began = MemoryStore(), asyncio.Event(), asyncio.Event()

        @step
        async def waits(order: Order) -> Order:
            began.set()
            await gone.wait()
            return order

        saga = Saga("waits", waits.undone_by(release))
        async with runtime(store, saga) as one, runtime(store, saga) as other:
            await one.run(saga, Order(A), id=A)
            await began.wait()
            waiting = asyncio.create_task(other.handle(saga, A).outcome())
            with pytest.raises(errors.Conflict):
                await other.resume(saga, A)
            gone.set()
            assert isinstance(await waiting, Completed)

    awaited(story())


def test_a_closed_runtime() -> None:
    """It says so, whatever it is asked for."""

    async def story() -> None:
        one = runtime(MemoryStore())
        await one.close()
        for verb in (one.run(QUICK, Order(A)), one.submit(QUICK, Order(A)), one.get(A), one.tick(), one.cancel(A, "x")):
            with pytest.raises(errors.StoreClosed):
                await verb

    awaited(story())
