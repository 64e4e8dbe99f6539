"""An execution is used once, and an error uses nothing up."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from resaga import Answered, Completed, Execution, Interrupted, New, Paused, Stuck
from resaga.core.errors import (
    AlreadyUsed,
    InvalidArgument,
    NeedsAwait,
    NotAsked,
    TooLate,
    WrongAnswer,
)
from resaga.testing import FakeClock
from tests.loops import AWAITING, BLOCKING, AnyExecution, Loop, both
from tests.shops import DAY, STATES, Shop, Use, uses
from tests.worlds import Fate

# ---- once --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [New, Paused, Answered, Interrupted, Stuck], ids=lambda kind: kind.__name__)
@both
def test_an_execution_is_used_once(loop: Loop, kind: type[Any]) -> None:
    """Whichever verbs it is tried with; what is only asked may be asked again."""
    for first in uses(loop, kind):
        for second in uses(loop, kind):
            execution = STATES[kind](loop)
            before = execution.dump()
            first(execution)
            with pytest.raises(AlreadyUsed, match="execution 'x' was used before: go on with what that gave") as used:
                second(execution)
            assert used.value.id == "x"
            assert execution.dump() == before


def test_an_answer_uses_its_question_up() -> None:
    """The second one is refused, whoever gives it."""
    shop = Shop()
    paused = shop.paused()
    paused.answer(shop.ask, True, clock=shop.clock)
    with pytest.raises(AlreadyUsed):
        paused.answer(shop.ask, False, clock=shop.clock)
    for verb in uses(BLOCKING, Paused):
        with pytest.raises(AlreadyUsed):
            verb(paused)


@pytest.mark.parametrize("kind", [New, Paused, Answered, Interrupted, Stuck], ids=lambda kind: kind.__name__)
def test_of_many_threads_exactly_one_uses_it(kind: type[Any]) -> None:
    """The others are told so, and have changed nothing."""
    for verb in uses(BLOCKING, kind):
        for _ in range(5):
            assert sorted(raced(STATES[kind](BLOCKING), verb)) == [False] + [True] * 7


def raced(execution: AnyExecution, verb: Use) -> list[bool]:
    """Who was refused of eight who try it at once."""
    barrier = threading.Barrier(8, timeout=60)

    def race(_: int) -> bool:
        barrier.wait()
        try:
            verb(execution)
        except AlreadyUsed:
            return True
        return False

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(race, range(8)))


def test_a_thread_that_comes_between_two_lines_is_noticed() -> None:
    """Even the one who has seen that it is unused may be too late."""
    shop = Shop()
    new = shop.new()

    class Late(list[None]):
        def __bool__(self) -> bool:
            return True

    new._unused = Late()
    with pytest.raises(AlreadyUsed):
        new.start()


@pytest.mark.parametrize("kind", [New, Paused, Answered, Interrupted], ids=lambda kind: kind.__name__)
@both
def test_an_error_uses_nothing_up(loop: Loop, kind: type[Any]) -> None:
    """What a verb refuses leaves the execution as it was."""
    execution = STATES[kind](loop)
    before = execution.dump()
    with pytest.raises(InvalidArgument, match="by=7"):
        execution.cancel("enough", by=7)
    if loop is AWAITING:
        blocking = execution.start if kind is New else execution.resume
        with pytest.raises(NeedsAwait, match="saga 'shop' has async bodies"):
            blocking()
    if kind is Paused:
        for other in (Shop(loop).ask, "ask", None):  # the first is a gate, of another saga
            with pytest.raises(NotAsked, match=r"does not wait for an answer to .*'boss/ask'"):
                execution.answer(other, True)
    assert execution.dump() == before
    for verb in uses(loop, kind)[:1]:
        verb(execution)


def test_a_wrong_answer_uses_nothing_up() -> None:
    """Of another type, from nobody, or too late."""
    shop = Shop()
    paused = shop.paused()
    with pytest.raises(WrongAnswer, match=r"^gate 'boss/ask' asks for bool, and was given str\.$"):
        paused.answer(shop.ask, "yes", clock=shop.clock)
    with pytest.raises(InvalidArgument, match="by=7"):
        paused.answer(shop.ask, True, by=7, clock=shop.clock)
    shop.clock.jump(DAY)
    with pytest.raises(TooLate):
        paused.answer(shop.ask, True, clock=shop.clock)
    shop.clock.jump(-DAY)
    outcome = paused.answer(shop.ask, True, by="an\ud800n", clock=shop.clock).resume()
    assert isinstance(shop.saga.load(outcome.dump()), Completed)


# ---- interrupted -------------------------------------------------------------------------------------------


def test_either_the_rest_or_what_was_given_is_used() -> None:
    """Who resumes what was interrupted cannot go on with what the verb gave as well, nor the other way."""
    shop = Shop()
    new = shop.new()
    paused = new.start(clock=shop.clock)
    rest = new.interrupted
    assert isinstance(rest.resume(clock=shop.clock), Paused)
    with pytest.raises(AlreadyUsed):
        paused.resume(clock=shop.clock)
    with pytest.raises(AlreadyUsed):
        new.interrupted.resume(clock=shop.clock)
    with pytest.raises(AlreadyUsed):
        paused.interrupted.resume(clock=shop.clock)


@pytest.mark.parametrize("kind", STATES, ids=lambda kind: kind.__name__)
@both
def test_what_was_not_begun_can_go_on_by_itself_or_by_its_rest(loop: Loop, kind: type[Any]) -> None:
    """An interrupt may come so early that nothing has happened yet."""
    execution = STATES[kind](loop)
    rest = execution.interrupted
    assert isinstance(rest, Interrupted)
    assert rest.dump() == execution.dump()
    outcome = loop.resume(rest, FakeClock())
    assert isinstance(outcome, Execution)
    for verb in uses(loop, kind):
        with pytest.raises(AlreadyUsed):
            verb(execution)


def test_the_rest_is_taken_with_the_clock_of_its_run() -> None:
    """Not with that of this machine."""
    shop = Shop(hold=Fate.CUT)
    shop.clock.jump(timedelta(days=-9000))
    rest = shop.interrupted()
    assert rest.state.updated_at == shop.clock.now
