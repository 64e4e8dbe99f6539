"""Async bodies that take too long: given up, stopped, and not listened to any more."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, Final

import pytest

from resaga import (
    Attempt,
    Completed,
    DidNotHappen,
    Interrupted,
    NotYet,
    Paused,
    Rejected,
    Retry,
    RolledBack,
    Saga,
    Stuck,
    read,
    step,
)
from resaga.drive.patience import GRACE_SECONDS
from resaga.testing import FakeClock
from tests.loops import AWAITING, AnyExecution, awaited
from tests.worlds import Fate, World

SECOND: Final = timedelta(seconds=1)
HANGS, SWALLOWS = Fate.HANGS, Fate.SWALLOWS


async def timed(new: AnyExecution) -> tuple[AnyExecution, float]:
    """What comes of it, and after which time of the event loop."""
    outcome = await new.start_async(clock=FakeClock())
    assert asyncio.all_tasks() == {asyncio.current_task()}, "nothing is left running"
    return outcome, asyncio.get_running_loop().time()


def undo(context: int) -> None:
    pass


# ---- in time -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "end"),
    [(None, Completed), (ValueError("no"), RolledBack), (Rejected("no"), RolledBack), (NotYet("no"), Paused)],
)
def test_who_is_in_time_is_listened_to(error: Exception | None, end: type) -> None:
    """A result and an exception mean what they always mean."""

    @read(timeout=SECOND)
    async def a(context: int) -> int:
        await asyncio.sleep(0.5)
        if error is not None:
            raise error
        return 7

    outcome, after = awaited(timed(Saga("s", a).new(1)))
    assert isinstance(outcome, end)
    assert after == 0.5
    if isinstance(outcome, RolledBack):
        assert outcome.failure.exception is error


def test_what_is_awaitable_is_awaited() -> None:
    """Of whatever class it is; and what is not is taken as it is."""

    @read(timeout=SECOND, gives=int)
    def a(context: int) -> Awaitable[int]:
        return asyncio.ensure_future(asyncio.sleep(0.5, context + 1))

    @read
    def b(context: int) -> int:
        return context + 1

    outcome, _ = awaited(timed(Saga("s", a >> b).new(1)))
    assert outcome.result == 3


# ---- too late ----------------------------------------------------------------------------------------------


def test_who_takes_too_long_is_cancelled() -> None:
    """Its clean-up runs, and is waited for."""
    told: list[object] = []

    @read(timeout=SECOND)
    async def a(context: int) -> int:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            told.append("cancelled")
            await asyncio.sleep(2)
            told.append("cleaned up")
            raise
        return context

    outcome, after = awaited(timed(Saga("s", a).new(1)))
    assert isinstance(outcome, RolledBack)
    failure = outcome.failure
    assert (failure.path, failure.kind, failure.code) == ("a", "timed_out", "TimeoutError")
    assert failure.message == "no result within 0:00:01"
    assert (told, after) == (["cancelled", "cleaned up"], 3)


@pytest.mark.parametrize("late", ["value", "exception"])
def test_what_comes_too_late_is_not_listened_to(late: str) -> None:
    """Even a result proves nothing about the attempt: it is in doubt."""
    asked: list[str] = []

    @step
    async def a(context: int) -> int:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if late == "value":
                return 7
            raise Rejected("no, nothing happened") from None
        return 8

    async def find_out(context: int, attempt: Attempt) -> int | DidNotHappen:
        asked.append("settle")
        return 9

    async def undo_it(context: int) -> None:
        asked.append(f"undo {context}")

    outcome, _ = awaited(timed(Saga("s", a.settled_by(find_out, timeout=SECOND).undone_by(undo_it)).new(1)))
    assert isinstance(outcome, RolledBack)
    assert outcome.failure.kind == "timed_out"
    assert asked == ["settle", "undo 9"]


def test_who_does_not_stop_is_left_to_itself_after_a_while() -> None:
    """Whatever still comes of it, nobody hears of it, not even the event loop's log."""
    complaints: list[object] = []
    ended: list[str] = []

    @read(timeout=SECOND)
    async def a(context: int) -> int:
        while True:
            try:
                await asyncio.sleep(60)
                break
            except asyncio.CancelledError:
                continue
        ended.append("at last")
        raise ValueError("too late")

    async def main() -> tuple[Any, float]:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, what: complaints.append(what))
        outcome = await Saga("s", a).new(1).start_async(clock=FakeClock())
        after = loop.time()
        await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})
        return outcome, after

    outcome, after = awaited(main())
    assert isinstance(outcome, RolledBack)
    assert outcome.failure.kind == "timed_out"
    assert after == 1 + GRACE_SECONDS
    assert (ended, complaints) == (["at last"], [])


GIVEN_UP: Final = [
    ("repeated", [HANGS], Retry(2), ["a", "a"], Completed),
    ("every time", [HANGS, SWALLOWS], Retry(2), ["a", "a", "settle a", "undo a"], RolledBack),
    ("happened", [Fate.HANGS_AFTER], None, ["a", "settle a", "undo a"], RolledBack),
    ("not named", [HANGS], Retry(5, on=(ValueError,)), ["a", "settle a"], RolledBack),
    ("named", [HANGS], Retry(2, on=(OSError,)), ["a", "a"], Completed),
    (
        "doubt sticks",
        [Fate.HANGS_AFTER, Fate.REJECTS],
        Retry(2),
        ["a", "a", "settle a", "undo a"],
        RolledBack,
    ),
]


@pytest.mark.parametrize(
    ("fates", "retry", "order", "end"), [one[1:] for one in GIVEN_UP], ids=[one[0] for one in GIVEN_UP]
)
def test_who_was_given_up_is_in_doubt(fates: list[Fate], retry: Retry | None, order: list[str], end: type) -> None:
    """Repeated with the same key if the policy names `TimeoutError`, then settled."""
    world = World({"a": fates})
    saga = Saga("s", AWAITING.steps(world).undone("a", retry=retry, settled=True, timeout=SECOND))
    outcome = AWAITING.start(saga.new(0), world.clock)
    assert isinstance(outcome, end)
    assert world.order() == order
    assert len({call.attempt.key for call in world.calls if call.attempt and call.name == "a"}) == 1 + (
        "undo a" in order
    )


def test_an_irreversible_step_that_was_given_up_is_not_repeated_on_a_guess() -> None:
    """It is settled, and if nobody can tell it is stuck."""
    world = World({"a": [HANGS], "settle a": [Fate.REJECTS]})
    outcome = AWAITING.start(
        Saga("s", AWAITING.steps(world).irreversible("a", settled=True, timeout=SECOND)).new(0), world.clock
    )
    assert isinstance(outcome, Stuck)
    assert outcome.failure.kind == "timed_out"
    assert world.order() == ["a", "settle a"]


# ---- cut off while waiting ---------------------------------------------------------------------------------


def test_a_body_is_stopped_when_its_run_is_cut_off() -> None:
    """It is in doubt then, and nothing of it is left running."""
    told: list[str] = []

    @read(timeout=60 * SECOND)
    async def a(context: int) -> int:
        told.append("begun")
        try:
            await asyncio.sleep(2)
        finally:
            told.append("ended")
        return context

    saga = Saga("s", a)

    async def main() -> AnyExecution:
        new = saga.new(1)
        run = asyncio.ensure_future(new.start_async(clock=FakeClock()))
        await asyncio.sleep(1)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return new.interrupted

    cut = awaited(main())
    assert isinstance(cut, Interrupted)
    assert told == ["begun", "ended"]
    assert isinstance(AWAITING.resume(saga.load(cut.dump()), FakeClock()), Completed)
    assert told == ["begun", "ended"] * 2


def test_a_body_that_cancels_itself_cuts_its_run_off() -> None:
    """`CancelledError` is no exception of the step, wherever it comes from."""

    @read(timeout=SECOND)
    async def a(context: int) -> int:
        raise asyncio.CancelledError

    new = Saga("s", a).new(1)
    with pytest.raises(asyncio.CancelledError):
        awaited(new.start_async())
    assert new.interrupted.state.phase.value == "forward"
