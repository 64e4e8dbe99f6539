"""resaga itself, as its README has it: steps with undos chained with `>>`, compiled once, one `new` per run.

Nothing is switched off: a run always keeps its trail and timings, and has no store without a runtime.
"""

from collections.abc import Awaitable, Callable
from functools import reduce
from operator import rshift

from attrs import frozen
from clockwork import STEPS, Refused, Trail, report

from resaga import Async, Block, Saga, Sync, step


@frozen
class Count:
    """The small context."""

    n: int


def block(number: int, trail: Trail | None, *, fails: bool = False) -> Block[Count, Count, Sync]:
    """Return one step with its undo: they tell the trail, or do nothing; or it fails."""

    def body(count: Count) -> Count:
        return count

    def undo(count: Count) -> None:
        pass

    def told(count: Count) -> Count:
        if trail is not None:
            trail.done.append(number)
        if fails:
            raise Refused
        return Count(count.n + 1)

    def told_undo(count: Count) -> None:
        if trail is not None:
            trail.undone.append((number, count.n))

    if trail is None and not fails:
        return step(name=f"s{number}")(body).undone_by(undo)
    return step(name=f"s{number}")(told).undone_by(told_undo)


def block_async(number: int, trail: Trail | None, *, fails: bool = False) -> Block[Count, Count, Async]:
    """Return the same of coroutine functions."""

    async def body(count: Count) -> Count:
        return count

    async def undo(count: Count) -> None:
        pass

    async def told(count: Count) -> Count:
        if trail is not None:
            trail.done.append(number)
        if fails:
            raise Refused
        return Count(count.n + 1)

    async def told_undo(count: Count) -> None:
        if trail is not None:
            trail.undone.append((number, count.n))

    if trail is None and not fails:
        return step(name=f"s{number}")(body).undone_by(undo)
    return step(name=f"s{number}")(told).undone_by(told_undo)


def chain(*, fails: bool, trail: Trail | None) -> Callable[[], object]:
    """Build the ten steps, and one that fails if asked for."""
    blocks = [block(number, trail) for number in range(STEPS)]
    if fails:
        blocks.append(block(STEPS, trail, fails=True))
    saga = Saga("ten", reduce(rshift, blocks))
    first = Count(0)
    return lambda: saga.new(first).start()


def chain_async(*, fails: bool, trail: Trail | None) -> Callable[[], Awaitable[object]]:
    """Build the same of coroutine functions."""
    blocks = [block_async(number, trail) for number in range(STEPS)]
    if fails:
        blocks.append(block_async(STEPS, trail, fails=True))
    saga = Saga("ten", reduce(rshift, blocks))
    first = Count(0)
    return lambda: saga.new(first).start_async()


if __name__ == "__main__":
    report("resaga", blocking=chain, awaiting=chain_async, undoes=True)
