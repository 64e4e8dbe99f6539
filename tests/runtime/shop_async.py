"""The shop, with bodies that await; its ledger is the other one's."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from resaga import Attempt, Saga, gate, read, step
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


class Slow:
    """A saga of two steps, the first of which waits to be let go on."""

    def __init__(self, *, swallows: bool = False) -> None:
        self.calls: list[tuple[str, int]] = []
        self.keys: set[str] = set()
        self.began = asyncio.Event()
        self.may_end = asyncio.Event()

        @step
        async def first(order: str, attempt: Attempt) -> str:
            self.calls.append(("first", attempt.number))
            self.keys.add(attempt.key)
            self.began.set()
            try:
                await self.may_end.wait()
            except asyncio.CancelledError:
                if not swallows:
                    raise
            return order

        @step
        async def second(order: str) -> str:
            self.calls.append(("second", 1))
            return order

        self.saga: Any = Saga("slow", first.kept("it is a test") >> second.kept("it is a test"))


def awaited(coroutine: Coroutine[Any, Any, T]) -> T:
    CALLS.clear()
    return asyncio.run(asyncio.wait_for(coroutine, 60))


def runtime(store: Any, *sagas: Any, **options: Any) -> Runtime:  # noqa: ANN401 - a Store, Sagas
    """One that closes nobody else's store."""
    return Runtime(store.twin() if isinstance(store, MemoryStore) else store, sagas or (SHOP, QUICK), **options)
