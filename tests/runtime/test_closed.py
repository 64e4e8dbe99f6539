"""Who works on what was closed."""

import asyncio

import pytest

from resaga.core.errors import StoreClosed
from resaga.runtime import Handle, Runtime
from resaga.stores.memory import MemoryStore
from tests.runtime.shop import OTHER, Order, Shop
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
