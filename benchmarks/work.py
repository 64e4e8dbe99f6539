"""The sagas that are measured, and the plain work beside them."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final, TypeVar

from attrs import field, frozen, make_class

from resaga import Async, Block, Completed, Paused, Retry, RolledBack, Saga, Sync, gate, step

X = TypeVar("X")
M = TypeVar("M", bound=Async)


@frozen
class Count:
    """A small context."""

    number: int


@frozen
class Approval:
    """An answer."""

    ok: bool


@frozen
class Flat:
    """A context that carries a payload along."""

    number: int
    payload: str


ZERO: Final = Count(0)
PAYLOAD: Final = "x" * 1_024
FLAT: Final = Flat(0, PAYLOAD)


def do(count: Count) -> Count:
    """Do nothing."""
    return count


def undo(count: Count) -> None:
    """Undo nothing."""


def fail(count: Count) -> Count:
    """Fail at once."""
    raise ValueError(count.number)


async def do_async(count: Count) -> Count:
    """Do nothing."""
    return count


async def undo_async(count: Count) -> None:
    """Undo nothing."""


def count_on(count: Count) -> Count:
    """Give another context."""
    return Count(count.number + 1)


def carry_on(flat: Flat) -> Flat:
    """Give another context, with the same payload."""
    return Flat(flat.number + 1, flat.payload)


def undo_flat(flat: Flat) -> None:
    """Undo nothing."""


@gate
def approval(count: Count, answer: Approval) -> Count:
    """Wait for an answer."""
    del answer
    return count


@gate
def approval_flat(flat: Flat, answer: Approval) -> Flat:
    """Wait for an answer."""
    del answer
    return flat


def doing(name: str) -> Block[Count, Count, Sync]:
    """A step that does nothing, with an undo and retries."""
    return step(name=name, retry=Retry(3))(do).undone_by(undo)


def doing_async(name: str) -> Block[Count, Count, Any]:
    """The same as a coroutine."""
    return step(name=name, retry=Retry(3))(do_async).undone_by(undo_async)


def counting(name: str) -> Block[Count, Count, Sync]:
    """A step that gives another context."""
    return step(name=name, retry=Retry(3))(count_on).undone_by(undo)


def carrying(name: str) -> Block[Flat, Flat, Sync]:
    """A step that carries a kilobyte along."""
    return step(name=name)(carry_on).undone_by(undo_flat)


def chain(steps: int, one: Callable[[str], Block[X, X, M]]) -> Block[X, X, M]:
    """So many of these, each under a name of its own."""
    chained = one("step0")
    for number in range(1, steps):
        chained = chained >> one(f"step{number}")
    return chained


def saga(steps: int) -> Saga[Count, Count, Sync]:
    """A saga of so many steps that do nothing."""
    made: Saga[Count, Count, Sync] = Saga("bench", chain(steps, doing))
    assert isinstance(made.new(ZERO).start(), Completed)
    return made


def failing(steps: int) -> Saga[Count, Count, Sync]:
    """The same, with one more step that fails."""
    made: Saga[Count, Count, Sync] = Saga("bench", chain(steps, doing) >> step(name="fail")(fail).undone_by(undo))
    assert isinstance(made.new(ZERO).start(), RolledBack)
    return made


def saga_async(steps: int) -> Saga[Count, Count, Any]:
    """A saga of so many coroutines that do nothing."""
    return Saga("bench", chain(steps, doing_async))


def calls() -> None:
    """Ten bare calls."""
    do(do(do(do(do(do(do(do(do(do(ZERO))))))))))


async def awaits() -> None:
    """Ten bare awaits."""
    await do_async(ZERO)
    await do_async(ZERO)
    await do_async(ZERO)
    await do_async(ZERO)
    await do_async(ZERO)
    await do_async(ZERO)
    await do_async(ZERO)
    await do_async(ZERO)
    await do_async(ZERO)
    await do_async(ZERO)


def paused_saga(steps: int) -> Saga[Count, Count, Sync]:
    """A saga of so many steps, then a gate."""
    return Saga("bench", chain(steps, counting) >> approval)


def paused(steps: int) -> Paused[Count, Count, Sync]:
    """One that waits at the gate."""
    outcome = paused_saga(steps).new(ZERO, id="order-1").start()
    assert isinstance(outcome, Paused)
    return outcome


def paused_flat_saga(steps: int) -> Saga[Flat, Flat, Sync]:
    """The same, whose every context carries a kilobyte."""
    return Saga("bench", chain(steps, carrying) >> approval_flat)


def paused_flat(steps: int) -> Paused[Flat, Flat, Sync]:
    """One that waits at the gate."""
    outcome = paused_flat_saga(steps).new(FLAT, id="order-1").start()
    assert isinstance(outcome, Paused)
    return outcome


def nested_classes(depth: int) -> list[type]:
    """Contexts each of which holds the one before: `Level3(inner=Level2(inner=…))`."""
    kinds: list[type] = [Flat]
    for level in range(1, depth + 1):
        kinds.append(make_class(f"Level{level}", {"inner": field(type=kinds[-1])}, frozen=True))
    return kinds


def nested_saga(depth: int) -> Saga[Any, Any, Any]:
    """A saga whose every step wraps the context before it in another."""
    kinds = nested_classes(depth)
    block: Any = None
    for level, (inner, outer) in enumerate(pairwise(kinds)):
        wrapped = step(name=f"step{level}", takes=inner, gives=outer)(wrap(outer)).undone_by(undo_any)
        block = wrapped if block is None else block >> wrapped
    return Saga("bench", block >> gate(takes=kinds[-1], asks=Approval, gives=kinds[-1])(keep))


def wrap(outer: type) -> Callable[[object], object]:
    """A body that puts its context into another."""

    def body(context: object) -> object:
        return outer(context)

    return body


def undo_any(context: object) -> None:
    """Undo nothing."""


def keep(context: object, answer: Approval) -> object:
    """Wait for an answer."""
    del answer
    return context


NESTED: Final = nested_saga(10)


def paused_nested() -> Paused[Any, Any, Any]:
    """One that carries a kilobyte through ten nested contexts."""
    outcome = NESTED.new(Flat(0, PAYLOAD), id="order-1").start()
    assert isinstance(outcome, Paused)
    return outcome
