"""The awaiting runtime with the verbs of the blocking one, so that whatever is true of one is asked of the other."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final, TypeVar, final

from resaga.drive.clock import SYSTEM, Clock
from resaga.runtime import Runtime
from resaga.runtime.life import LEASE
from resaga.stores.opening import open_store

T = TypeVar("T")


made: Final[list["BehindAwait"]] = []
"""Those of this test."""


@final
class BehindAwait:
    """A `Runtime` in a loop of its own, which turns while a verb is called and stands still in between."""

    def __init__(self, store: Any, sagas: Any, *, clock: Clock = SYSTEM, lease: timedelta = LEASE) -> None:  # noqa: ANN401
        self._loop = asyncio.new_event_loop()
        self.inner = Runtime(store, sagas, clock=clock, lease=lease, threads=2)
        made.append(self)
        self._life = self.inner._life

    @classmethod
    def open(cls, url: str, sagas: Any, *, clock: Clock) -> "BehindAwait":  # noqa: ANN401
        return cls(open_store(url), sagas, clock=clock)

    def close(self) -> None:
        self._awaited(self.inner.close())

    def die(self) -> None:
        """It is gone without a word, as a process that died."""
        made.remove(self)
        for threads in (self.inner._writer._threads, self.inner._threads):
            threads._pool.shutdown(wait=False)
        self._loop.close()

    def __enter__(self) -> "BehindAwait":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def run(self, saga: Any, context: Any, /, **options: Any) -> Any:  # noqa: ANN401
        async def run() -> Any:  # noqa: ANN401
            return await (await self.inner.run(saga, context, **options)).outcome()

        return self._awaited(run())

    def __getattr__(self, verb: str) -> Any:  # noqa: ANN401
        def said(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401
            result = getattr(self.inner, verb)(*arguments, **options)
            return iter(self._awaited(_all(result))) if isinstance(result, AsyncIterator) else self._awaited(result)

        return said

    def _awaited(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """In another thread where a loop is turning in this one: somebody is called in the midst of another runtime."""
        if asyncio._get_running_loop() is None:
            return self._turned(coroutine)
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(self._turned, coroutine).result()

    def _turned(self, coroutine: Coroutine[Any, Any, T]) -> T:
        task = self._loop.create_task(coroutine)
        try:
            return self._loop.run_until_complete(task)
        except KeyboardInterrupt:  # it stops the loop at once, and comes out of whoever waits, too
            with suppress(KeyboardInterrupt):
                self._loop.run_until_complete(asyncio.wait([task]))
            assert task.exception()
            raise


async def _all(found: AsyncIterator[T]) -> list[T]:
    return [one async for one in found]
