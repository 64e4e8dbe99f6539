"""An undo that is called, and gives something that would still have to be awaited."""

import asyncio
from collections.abc import Generator
from typing import Any

import pytest

from resaga import Attempt, Rejected, RolledBack, Saga, Stuck, read, step
from resaga.runtime import BlockingRuntime
from resaga.stores.memory import MemoryStore

DONE: list[str] = []


async def release(order: str) -> None:
    DONE.append(order)


def plain(order: str) -> Any:  # noqa: ANN401 - a decorator may be as vague
    """Told of nothing."""
    return release(order)


def told(order: str, attempt: Attempt) -> Any:  # noqa: ANN401 - the same
    """Told of its attempt."""
    return release(order)


@step
def reserve(order: str) -> str:
    return order


@read
def no(order: str) -> str:
    raise Rejected("no")


def saga(undo: Any) -> Any:  # noqa: ANN401 - of either
    return Saga("shop", reserve.undone_by(undo) >> no)


@pytest.mark.parametrize("undo", [plain, told])
def test_it_is_not_taken_for_done(undo: Any) -> None:  # noqa: ANN401 - of either
    """Nobody awaits it where all is blocking: a person is told, and the run is not called rolled back."""
    DONE.clear()
    one = saga(undo)
    for outcome in (one.new("a").start(), BlockingRuntime(MemoryStore(), [one]).run(one, "a")):
        assert isinstance(outcome, Stuck)
        assert "it gave a coroutine, which nobody awaits here; make it async def" in str(outcome.undo_failure)
    assert not DONE


class Promise:
    """Can be awaited, and that is all."""

    def __await__(self) -> Generator[None, None, None]:
        yield


def test_whatever_can_be_awaited_is_no_end() -> None:
    """Not only a coroutine."""

    def promised(order: str) -> Any:  # noqa: ANN401 - a decorator may be as vague
        return Promise()

    outcome = saga(promised).new("a").start()
    assert isinstance(outcome, Stuck)
    assert "it gave a Promise" in str(outcome.undo_failure)


@pytest.mark.parametrize("undo", [plain, told])
def test_it_is_awaited_where_somebody_can(undo: Any) -> None:  # noqa: ANN401 - of either
    """As an async one would be."""
    DONE.clear()
    assert isinstance(asyncio.run(saga(undo).new("a").start_async()), RolledBack)
    assert DONE == ["a"]


def test_what_else_an_undo_gives_is_nothing() -> None:
    """It is forgotten."""

    def freed(order: str) -> bool:
        DONE.append(order)
        return True

    DONE.clear()
    assert isinstance(saga(freed).new("a").start(), RolledBack)
    assert DONE == ["a"]
