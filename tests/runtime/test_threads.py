"""Where the awaiting runtime calls bodies."""

import threading

from resaga import Attempt, RolledBack, Saga, read, step, when
from resaga.runtime import Runtime
from resaga.stores.memory import MemoryStore
from tests.runtime.shop_async import awaited


def test_what_may_block_is_called_in_a_thread() -> None:
    """Whatever the body is for; a condition is asked where the loop turns, since it only looks at the context."""
    threads: dict[str, str] = {}

    def noted(name: str) -> None:
        threads[name] = threading.current_thread().name.partition("_")[0]

    @step
    def reserve(order: str) -> str:
        noted("step")
        raise ValueError("no answer")

    def found(order: str, attempt: Attempt) -> str:
        noted("settle")
        return order

    def release(order: str) -> None:
        noted("undo")

    def is_dear(order: str) -> bool:
        noted("condition")
        return True

    @read
    def price(order: str) -> str:
        noted("read")
        return order

    saga = Saga("threads", when(is_dear, price) >> reserve.settled_by(found).undone_by(release))

    async def story() -> None:
        async with Runtime(MemoryStore(), [saga]) as one:
            assert isinstance(await (await one.run(saga, "x")).outcome(), RolledBack)

    awaited(story())
    ours = threading.current_thread().name
    assert threads.pop("condition") == ours
    assert threads == dict.fromkeys(["step", "settle", "read", "undo"], "resaga body")
