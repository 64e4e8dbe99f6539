"""Calling an async body, and giving it up when it takes too long."""

import inspect
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Final

from resaga.drive.call import GAVE_UP, Call

if TYPE_CHECKING:
    from asyncio import Task

GRACE_SECONDS: Final = 5.0
"""How long a body that was given up has to clean up."""


async def answered_async(call: Call) -> object:
    """What the call gives, awaited if it has to be; `GAVE_UP` if it takes longer than it may.

    A body that was given up is cancelled, has a while to clean up, and is not listened to any more: even
    a result that it still gives proves nothing about the attempt.
    """
    value = call.function(*call.arguments)
    if not inspect.isawaitable(value):
        return value
    if call.timeout is None:
        return await value
    return await _within(value, call.timeout / 1_000_000)


async def _within(body: Awaitable[object], seconds: float) -> object:
    import asyncio  # noqa: PLC0415 - who never awaits does not load it

    async def run() -> object:
        return await body

    running: set[Task[object]] = set()
    try:
        try:
            running.add(asyncio.ensure_future(run()))
            done, _ = await asyncio.wait(running, timeout=seconds)
            return done.pop().result() if done else GAVE_UP
        finally:
            await _stop(running)
    finally:  # an interrupt may have come before the first line there
        for task in running:
            task.cancel()


async def _stop(running: "set[Task[object]]") -> None:
    """Leave nothing of the body running: it was given up, or we are cut off ourselves."""
    import asyncio  # noqa: PLC0415 - as above

    left = {task for task in running if task.cancel()}
    for task in running:
        task.add_done_callback(_heard)
    if left:
        await asyncio.wait(left, timeout=GRACE_SECONDS)


def _heard(task: "Task[object]") -> None:
    """Hear what became of the body, so that asyncio does not complain; nobody listens to it."""
    if not task.cancelled():
        task.exception()
