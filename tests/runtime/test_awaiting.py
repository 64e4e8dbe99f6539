"""What is true only of the awaiting runtime: many at once, in tasks of its own, and handles of what they come to."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, final

import pytest

from resaga import Completed, Paused, RolledBack, Saga, Stuck, step
from resaga.core import errors
from resaga.runtime import Handle
from resaga.stores.memory import MemoryStore
from resaga.stores.store import Append, Stored
from resaga.testing import FakeClock
from tests.runtime.shop import CALLS, NAP, A, Order
from tests.runtime.shop import approval as first_gate
from tests.runtime.shop_async import QUICK, SHOP, Slow, approval, awaited, charge, release, runtime


@final
class BehindThread:
    """A store that is not prompt: each append is made in a thread."""

    def __init__(self, inner: MemoryStore) -> None:
        self.inner = inner

    def append(self, batch: Sequence[Append], /) -> list[bool]:
        return self.inner.append(batch)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self.inner, name)


@final
class Late:
    """A store that takes long to say what it has of an execution, the first time."""

    def __init__(self) -> None:
        self.inner = MemoryStore()
        self.looked, self.may_say = threading.Event(), threading.Event()

    def read(self, id_: str, /) -> Stored | None:
        kept = self.inner.read(id_)
        if id_ == A and not self.looked.is_set():
            self.looked.set()
            assert self.may_say.wait(60)
        return kept

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self.inner, name)


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


def test_begun_many_times_at_once() -> None:
    """Who comes while it is not kept yet waits for that; it is the same execution, and driven once."""

    async def story() -> None:
        odd: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, told: odd.append(told))
        async with runtime(BehindThread(MemoryStore())) as one:
            handles = await asyncio.gather(*(one.run(QUICK, Order(A), id=A) for _ in range(5)))
            assert all([isinstance(await handle.outcome(), Completed) for handle in handles])
        assert not odd

    awaited(story())
    assert CALLS == ["reserve", "look", "charge"]


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


def test_in_another_loop() -> None:
    """It says so, as who waited there would wait for ever. It can be closed there, once its own is over."""
    one = runtime(MemoryStore())

    async def begun() -> None:
        await (await one.run(QUICK, Order(A), id=A)).outcome()

    async def refused() -> None:
        for verb in (one.run(QUICK, Order(A)), one.resume(QUICK, A), one.get(A), one.tick(), one.work()):
            with pytest.raises(errors.WrongLoop):
                await verb

    async def at_once() -> None:
        await begun()
        await asyncio.to_thread(asyncio.run, refused())
        with pytest.raises(errors.WrongLoop):
            await asyncio.to_thread(asyncio.run, one.close())
        await begun()

    awaited(at_once())
    awaited(refused())
    awaited(one.close())
    with pytest.raises(errors.StoreClosed):
        awaited(one.get(A))


def test_the_saga_of_another_execution_while_that_is_driven() -> None:
    """It is refused as when it rests, also one that the runtime was not given; the right one gets what comes of it."""

    async def story() -> None:
        slow = Slow()
        foreign: Any = Saga("slow", charge.kept("it is a test"))
        async with runtime(MemoryStore(), slow.saga, QUICK) as one:
            await one.run(slow.saga, "x", id=A)
            await slow.began.wait()
            for wrong, said in ((QUICK, "is of the saga 'slow/1', not of 'quick/1'"), (foreign, "another saga")):
                with pytest.raises(errors.UnknownSaga, match=said):
                    await one.resume(wrong, A)
                with pytest.raises(errors.UnknownSaga, match=said):
                    await one.handle(wrong, A).outcome()
            slow.may_end.set()
            assert isinstance(await one.resume(slow.saga, A), Completed)

    awaited(story())


def test_who_is_wrong_about_the_saga_is_in_nobodys_way() -> None:
    """Two resume it at once, and only one of them by its saga."""

    async def story() -> None:
        async with runtime(MemoryStore()) as one:
            await one.submit(QUICK, Order(A), id=A)
            wrong, right = await asyncio.gather(one.resume(SHOP, A), one.resume(QUICK, A), return_exceptions=True)
            assert isinstance(wrong, errors.UnknownSaga)
            assert isinstance(right, Completed)

    awaited(story())


def test_resumed_while_somebody_still_looks_for_it() -> None:
    """Who came before it was kept hears that it was not; who comes after that goes on with it."""

    async def story() -> None:
        store = Late()
        async with runtime(store) as one:
            early = asyncio.create_task(one.resume(QUICK, A))
            await asyncio.to_thread(store.looked.wait, 60)
            await one.submit(QUICK, Order(A), id=A)
            late = asyncio.create_task(one.resume(QUICK, A))
            await asyncio.sleep(0)
            store.may_say.set()
            with pytest.raises(errors.NoSuchExecution):
                await early
            assert isinstance(await late, Completed)

    awaited(story())


@pytest.mark.parametrize("note", ["", "other"])
def test_resumed_while_somebody_begins_it_again(note: str) -> None:
    """What is kept can be gone on with, whenever that is: only who begins it with something else is refused."""

    async def story() -> None:
        async with runtime(MemoryStore()) as one:
            for turns in range(20):
                id_ = str(turns)
                await one.submit(QUICK, Order(A), id=id_)

                async def resumed(turns: int, id_: str) -> object:
                    for _ in range(turns):
                        await asyncio.sleep(0)
                    return await one.resume(QUICK, id_)

                began, *gone_on = await asyncio.gather(
                    one.run(QUICK, Order(A, note), id=id_),
                    *(resumed(turn, id_) for turn in range(turns)),
                    return_exceptions=True,
                )
                assert isinstance(began, errors.AlreadyExists if note else Handle)
                assert {type(outcome) for outcome in gone_on} <= {Completed}
                assert isinstance(await one.handle(QUICK, id_).outcome(), Completed)

    awaited(story())
    assert CALLS == ["reserve", "look", "charge"] * 20
