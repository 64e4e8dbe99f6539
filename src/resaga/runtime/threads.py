"""Threads in which a runtime calls what may block."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar, final

from resaga.core.errors import NoThread

T = TypeVar("T")


@final
class Threads:
    """At most so many; what finds none free is called when one is.

    A pool takes in what it is given before it asks the system for one more thread. Where there is none it raises, and
    calls it all the same as soon as one of its own is free. Here it is one or the other.
    """

    def __init__(self, most: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(most, name)

    def begin(self, function: Callable[[], object]) -> None:
        """Have it called; `NoThread` means that it is not called, now or later."""
        either = threading.Lock()

        def called() -> None:
            if either.acquire(blocking=False):
                function()

        try:
            self._pool.submit(called)
        except RuntimeError as error:
            if either.acquire(blocking=False):
                raise NoThread(f"this process has no thread to call anything in: {error}.") from error

    def call(self, function: Callable[[], T]) -> "asyncio.Future[T]":
        """The same; what it gives is told to the loop that asks."""
        gives: Future[T] = Future()
        self.begin(lambda: _told(gives, function))
        return asyncio.wrap_future(gives)

    def shutdown(self) -> None:
        """Wait until nothing is being called any more, and call nothing from now on."""
        self._pool.shutdown()


def _told(gives: "Future[T]", function: Callable[[], T]) -> None:
    if not gives.set_running_or_notify_cancel():
        return
    try:
        value = function()
    except BaseException as error:  # noqa: BLE001 - whatever it is, somebody waits for it
        gives.set_exception(error)
        del gives  # or each would hold the other
    else:
        gives.set_result(value)
