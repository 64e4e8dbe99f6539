"""Live exceptions: kept without the frames that they came through."""

import asyncio
import gc
import inspect
import traceback
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pytest

from resaga import Attempt, Completed, DidNotHappen, Retry, RolledBack, Saga, Stuck, read, step

SECOND: Final = timedelta(seconds=1)


def undo(context: int) -> None:
    pass


@step
def plain(context: int) -> int:
    raise ValueError("no")


@step(retry=Retry(2))
def asks(context: int, attempt: Attempt) -> int:
    try:
        return int("x")
    except ValueError as error:
        raise OSError("no") from error


@step
def groups(context: int) -> int:
    errors: list[Exception] = []
    for text in ("x", "y"):
        try:
            int(text)
        except ValueError as error:
            errors.append(error)
    raise ExceptionGroup("all", errors)


def finds_out(context: int, attempt: Attempt) -> int | DidNotHappen:
    raise LookupError("nobody knows")


@read
def one(context: int) -> int:
    return 1


@step
async def plain_async(context: int) -> int:
    raise ValueError("no")


@read(timeout=SECOND)
async def in_time(context: int) -> int:
    raise ValueError("no")


SAGAS: Final[dict[str, Any]] = {
    "completed": Saga("s", one),
    "plain": Saga("s", one >> plain.undone_by(undo)),
    "with an attempt": Saga("s", one >> asks.undone_by(undo)),
    "a group": Saga("s", one >> groups.undone_by(undo)),
    "settled": Saga("s", asks.settled_by(finds_out, retry=Retry(1)).undone_by(undo)),
    "awaited": Saga("s", one >> plain_async.undone_by(undo)),
    "in time": Saga("s", one >> in_time),
}


@pytest.mark.parametrize("name", SAGAS)
def test_a_run_leaves_nothing_for_the_garbage_collector(name: str) -> None:
    """An exception that is kept holds no frame that holds the execution, not even this one."""
    saga = SAGAS[name]
    with asyncio.Runner() as runner:

        def run() -> type:
            new = saga.new(1)
            outcome = runner.run(new.start_async()) if saga.program.awaits else new.start()
            return type(outcome)

        run()  # what is made only once
        gc.collect()
        gc.disable()
        try:
            kind = run()
            left = gc.collect()
        finally:
            gc.enable()
    assert kind is (Completed if name == "completed" else Stuck if name == "settled" else RolledBack)
    assert left == 0


def test_where_it_was_raised_is_told_in_a_note() -> None:
    """In the words of Python's tracebacks, without the frames of this library, and of its cause too."""
    outcome = Saga("s", asks.undone_by(undo)).new(1).start()
    assert isinstance(outcome, RolledBack)
    error = outcome.failure.exception
    assert isinstance(error, OSError)
    assert isinstance(error.__cause__, ValueError)
    assert (error.__traceback__, error.__cause__.__traceback__) == (None, None)
    told = "".join(traceback.format_exception(error))
    begins = inspect.getsourcelines(asks.doing.body.function)[1]
    lines = [f'  File "{__file__}", line {begins + at}, in asks' for at in (3, 5)]
    heading = "Traceback of the attempt (most recent call last):"
    assert told.splitlines() == [
        "ValueError: invalid literal for int() with base 10: 'x'",
        heading,
        lines[0],
        "",
        "The above exception was the direct cause of the following exception:",
        "",
        "OSError: no",
        heading,
        lines[1],
    ]


def test_an_exception_that_is_raised_again_and_again_is_noted_once() -> None:
    """It does not grow."""
    same = ValueError("always me")

    @read(retry=Retry(9))
    def a(context: int) -> int:
        raise same

    Saga("s", a).new(1).start()
    assert len(same.__notes__) == 1


def test_the_callers_own_exception_is_left_alone() -> None:
    """A saga may be started while one is handled; the body's exception does not hold it either."""
    try:
        int("x")
    except ValueError as error:
        mine, before = error, error.__traceback__
        outcome = Saga("s", plain.undone_by(undo)).new(1).start()
    else:
        pytest.fail("there is no x")
    assert mine.__traceback__ is before is not None
    assert isinstance(outcome, RolledBack)
    assert outcome.failure.exception is not None
    assert outcome.failure.exception.__context__ is None


@dataclass(frozen=True)
class Frozen(Exception):
    code: int


def test_an_exception_that_takes_no_note_goes_without() -> None:
    """A frozen dataclass refuses all attributes; its traceback is let go all the same."""

    @read
    def a(context: int) -> int:
        try:
            return {1: 2}[7]
        except KeyError:
            raise Frozen(7)  # noqa: B904 - the context is what is tested

    outcome: Any = Saga("s", a).new(1).start()
    assert outcome.failure.exception == Frozen(7)
    assert outcome.failure.exception.__traceback__ is None
    assert outcome.failure.exception.__context__ is None
