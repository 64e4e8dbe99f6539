"""The shop, with bodies that await; its ledger is the other one's."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from resaga import Saga, gate, read, step
from resaga.runtime import Runtime
from resaga.stores.memory import MemoryStore
from tests.runtime.shop import CALLS, Order

T = TypeVar("T")


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
