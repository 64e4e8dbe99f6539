"""Who works on what was closed."""

import asyncio
import threading

import pytest

from resaga import Saga, step
from resaga.core.errors import StoreClosed
from resaga.runtime import Handle, Runtime
from resaga.stores.memory import MemoryStore
from tests.runtime.shop import OTHER, A, Order, Shop
from tests.runtime.shop_async import awaited


@pytest.mark.usefixtures("both_runtimes")
def test_a_worker_of_a_closed_runtime() -> None:
    """It says so: what was closed does not come back, as a store does that is away."""
    runtime = Shop().runtime
    runtime.close()
    with pytest.raises(StoreClosed):
        runtime.work()


def test_closed_while_many_are_begun() -> None:
    """Who begins one is not cancelled with it: it was kept, or they hear that the runtime was closed."""

    async def story(turns: int) -> None:
        store = MemoryStore()
        one = Runtime(store.twin(), [OTHER])
        beginning = [asyncio.create_task(one.run(OTHER, Order(str(number)))) for number in range(50)]
        for _ in range(turns):
            await asyncio.sleep(0)
        await one.close()
        answers = await asyncio.gather(*beginning, return_exceptions=True)
        assert {type(answer) for answer in answers} <= {Handle, StoreClosed}
        assert {answer.id for answer in answers if isinstance(answer, Handle)} <= {head.id for head in store.find()}

    for turns in range(12):
        awaited(story(turns))


def test_closed_under_a_worker() -> None:
    """The worker ends with the runtime."""

    async def story() -> None:
        one = Runtime.open("memory://", [])
        working = asyncio.create_task(one.work())
        await asyncio.sleep(0)
        await one.close()
        with pytest.raises(StoreClosed):
            await working

    awaited(story())


def test_closed_again_by_who_was_cut_off() -> None:
    """The second time waits for what the first one began, and then nobody says any more that it lives."""

    async def story(*, plain: bool) -> None:
        store, may_end, began = MemoryStore(), threading.Event(), threading.Event()

        @step
        def waits(order: str) -> str:
            began.set()
            assert may_end.wait(60)
            return order

        saga = Saga("waits", waits.kept("it is a test"))
        one = Runtime(store.twin(), [saga, OTHER])
        if plain:
            await one.run(saga, "x", id=A)
            await asyncio.to_thread(began.wait, 60)
        else:
            await one.submit(saga, "x", id=A)
        cut = asyncio.create_task(one.close())
        await asyncio.sleep(0)
        cut.cancel()
        assert isinstance((await asyncio.gather(cut, return_exceptions=True))[0], asyncio.CancelledError)
        again = [asyncio.create_task(one.close()) for _ in range(2)]
        await asyncio.sleep(0)
        assert not again[0].done()
        may_end.set()
        await asyncio.gather(*again)
        assert [(head.id, head.owner) for head in store.find()] == [(A, "")]
        assert one._writer.closed
        with pytest.raises(StoreClosed):
            await one.get(A)

    awaited(story(plain=True))
    awaited(story(plain=False))
