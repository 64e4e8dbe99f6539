"""simple-saga, as its README has it: a `with` block whose `step(action, compensation)` runs at once.

Both faces are measured, `SyncSaga` and the async `Saga`. The README wraps every call in a lambda; its
reference also has `action_args`, which spares one call per step, so that is used here. The block is the
program, so ten steps are a loop in it. Logging is off by the switch it documents: the level of its logger.
"""

import logging
from collections.abc import Awaitable, Callable

from clockwork import STEPS, Refused, Trail, report
from simple_saga import Saga, SyncSaga


def pair(number: int, trail: Trail | None) -> tuple[Callable[[int], int], Callable[[int], None]]:
    """Return the body and the undo of one step: they tell the trail, or do nothing."""

    def body(n: int) -> int:
        return n

    def undo(n: int) -> None:
        pass

    if trail is None:
        return body, undo

    def told(n: int) -> int:
        trail.done.append(number)
        return n + 1

    def told_undo(n: int) -> None:
        trail.undone.append((number, n))

    return told, told_undo


def pair_async(
    number: int, trail: Trail | None
) -> tuple[Callable[[int], Awaitable[int]], Callable[[int], Awaitable[None]]]:
    """Return the same as coroutine functions."""

    async def body(n: int) -> int:
        return n

    async def undo(n: int) -> None:
        pass

    if trail is None:
        return body, undo

    async def told(n: int) -> int:
        trail.done.append(number)
        return n + 1

    async def told_undo(n: int) -> None:
        trail.undone.append((number, n))

    return told, told_undo


def chain(*, fails: bool, trail: Trail | None) -> Callable[[], object]:
    """Build the ten steps, and one that fails if asked for."""
    steps = [pair(number, trail) for number in range(STEPS)]
    last, undo = pair(STEPS, trail)

    def refuse(n: int) -> int:
        last(n)
        raise Refused

    def run() -> None:
        context = 0
        with SyncSaga() as saga:
            for body, undo in steps:
                context = saga.step(body, undo, action_args=(context,))

    def run_failing() -> None:
        try:
            run()
        except Refused:
            return

    if fails:
        steps.append((refuse, undo))
    return run_failing if fails else run


def chain_async(*, fails: bool, trail: Trail | None) -> Callable[[], Awaitable[object]]:
    """Build the same of coroutine functions."""
    steps = [pair_async(number, trail) for number in range(STEPS)]
    last, undo = pair_async(STEPS, trail)

    async def refuse(n: int) -> int:
        await last(n)
        raise Refused

    async def run() -> None:
        context = 0
        async with Saga() as saga:
            for body, undo in steps:
                context = await saga.step(body, undo, action_args=(context,))

    async def run_failing() -> None:
        try:
            await run()
        except Refused:
            return

    if fails:
        steps.append((refuse, undo))
    return run_failing if fails else run


if __name__ == "__main__":
    logging.getLogger("simple_saga").setLevel(logging.CRITICAL)
    report("simple-saga", blocking=chain, awaiting=chain_async, undoes=True)
