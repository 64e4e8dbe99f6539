"""Who is cut off twice, and abandons what is under way."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, Final, final

from resaga import Completed, Saga, step
from resaga.runtime import Runtime
from resaga.stores.memory import MemoryStore
from resaga.stores.store import Append
from tests.runtime.shop_async import awaited

A: Final = "A-1"


@final
class Slow:
    """A store whose first append takes until it is let go on."""

    def __init__(self, inner: MemoryStore) -> None:
        self.inner = inner
        self.began = threading.Event()
        self.may_end = threading.Event()

    def append(self, batch: Sequence[Append], /) -> list[bool]:
        if batch[0].status != "worker":
            self.began.set()
            self.may_end.wait(30)
        return self.inner.append(batch)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self.inner, name)


def test_who_abandons_an_append_finishes_it() -> None:
    """Cut off again while it waits for what is under way: that is there once, and then it is let go of."""

    @step
    async def only(order: str) -> str:
        called.append(order)
        return order

    called: list[str] = []
    saga = Saga("only", only.kept("it is a test"))

    async def story() -> None:
        store = MemoryStore()
        slow = Slow(store.twin())
        one = Runtime(slow, [saga])
        running = asyncio.create_task(one.run(saga, "x", id=A))
        await asyncio.to_thread(slow.began.wait, 30)
        drive = one._drives.get(A)
        assert drive is not None
        for _ in range(2):
            drive.task.cancel()
            await asyncio.sleep(0)
        slow.may_end.set()
        await asyncio.wait([drive.task, running])
        await one.close()
        kept = store.read(A)
        assert kept is not None
        assert kept.owner == ""
        assert not called
        async with Runtime(store, [saga]) as other:
            assert isinstance(await other.resume(saga, A), Completed)
            assert [event.what for event in await other.events(A)] == ["created", "started", "returned"]

    awaited(story())
    assert called == ["x"]
