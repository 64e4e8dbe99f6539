"""Executions on the awaiting runtime, one alone and many at once in one process."""

import asyncio
import time
from collections.abc import Callable, Sequence
from statistics import quantiles
from typing import Any, cast, final

from attrs import frozen

from benchmarks import work
from resaga import Completed, Saga
from resaga.runtime import Runtime
from resaga.stores.store import Append, Store

NAP_SECONDS = 0.005


@frozen
class Crowd:
    """What was seen of it."""

    seconds: float
    transactions: int
    appends: int
    lag_p99: float
    """Seconds by which the loop was late, but for one time in a hundred."""


@final
class Counting:
    """A store that counts what is appended to it."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.transactions = 0
        self.appends = 0

    def append(self, batch: Sequence[Append], /) -> Sequence[bool]:
        """Count it."""
        self.transactions += 1
        self.appends += len(batch)
        return self.inner.append(batch)

    def close(self) -> None:
        """It is kept for the next crowd."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self.inner, name)


def crowd(store: Store, executions: int, steps: int) -> Crowd:
    """So many executions of so many steps, begun at the same moment."""
    return asyncio.run(_crowd(store, executions, work.saga_async(steps)))


async def _crowd(store: Store, executions: int, saga: Saga[work.Count, work.Count, Any]) -> Crowd:
    counting = Counting(store)
    runtime = Runtime(cast("Store", counting), [saga])

    async def one() -> None:
        handle = await runtime.run(saga, work.ZERO)
        assert isinstance(await handle.outcome(), Completed)

    await one()
    counting.transactions = counting.appends = 0
    late: list[float] = []
    watching = asyncio.create_task(_watch(late))
    start = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(executions)))
    seconds = time.perf_counter() - start
    watching.cancel()
    await runtime.close()
    lag = quantiles(late, n=100)[-1] if len(late) > 1 else 0.0
    return Crowd(seconds, counting.transactions, counting.appends, lag)


async def _watch(late: list[float]) -> None:
    while True:
        before = time.perf_counter()
        await asyncio.sleep(NAP_SECONDS)
        late.append(time.perf_counter() - before - NAP_SECONDS)


def alone(store: Store, steps: int) -> Callable[[], object]:
    """An execution of so many steps, on a loop and a runtime that are kept for the next one."""
    saga = work.saga_async(steps)
    runtime, runner = Runtime(store, [saga]), asyncio.Runner()

    async def one() -> None:
        assert isinstance(await (await runtime.run(saga, work.ZERO)).outcome(), Completed)

    runner.run(one())
    return lambda: runner.run(one())
