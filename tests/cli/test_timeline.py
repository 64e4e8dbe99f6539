"""The timeline: every kind of row, in words that a person understands."""

import re
from datetime import timedelta

import pytest
from attrs import frozen

from resaga import (
    Attempt,
    DidNotHappen,
    NotYet,
    Paused,
    Rejected,
    Retry,
    Saga,
    Stuck,
    gate,
    read,
    step,
    wait,
    when,
    within,
)
from resaga.cli.timeline import span, timeline
from resaga.testing import FakeClock

HOUR = timedelta(hours=1)
SOME_TIME = re.compile(r"\S+ m?s ")
TIME_OF_DAY = re.compile(r"^\d\d:\d\d:\d\d\.\d{3} ")


@frozen
class Told:
    """An event."""


@read
def check(number: int) -> int:
    return number


def large(number: int) -> bool:
    return number > 1


def take(number: int) -> int:
    return number


def keep(number: int, told: int) -> int:
    return number + told


def words(text: str) -> list[str]:
    """What a timeline says, without the times of day and the room between columns; wrapped lines made one."""
    said: list[str] = []
    _, *lines = text.splitlines()
    for line in lines:
        plain = " ".join(line.split())
        if line.startswith(" " * 10):
            said[-1] += f" {plain}"
        else:
            said.append(TIME_OF_DAY.sub("", plain))
    return said


def test_a_run_that_pauses_twice_says_for_how_long() -> None:
    """A question and a timer: the time that passed is told, and who went on."""

    @gate
    def go(number: int, yes: bool) -> int:  # noqa: FBT001 - an answer
        return number

    clock = FakeClock()
    saga = Saga("pauses", go >> wait(HOUR) >> go.named("again"))
    asked = saga.new(1, id="P-1", clock=clock).start(clock=clock)
    assert isinstance(asked, Paused)
    assert words(timeline(asked.state)) == [
        "1 pauses started",
        "go paused: waits for an answer",
        "P-1: paused",
    ]
    first = len(asked.state.trail)
    clock.sleep(5)
    asleep = asked.answer(go, True, by="ann", clock=clock).resume(clock=clock)
    assert isinstance(asleep, Paused)
    second = len(asleep.state.trail)
    clock.sleep(3600)
    again = asleep.resume(clock=clock)
    assert words(timeline(again.state, (first, second))) == [
        "1 pauses started",
        "5.0 s go paused",
        "2 go answered by ann",
        "2 go returned",
        "1:00:00 wait-1h paused",
        "again/go paused: waits for an answer",
        "P-1: paused",
    ]


def test_an_attempt_in_doubt_is_told_to_its_end() -> None:
    """What was tried, postponed, emitted and settled, and what a person said, each in words."""
    clock = FakeClock()
    settles = iter([NotYet("come back at six", again=HOUR), Rejected("who are you?")])

    @step
    def hold(number: int, attempt: Attempt) -> int:
        attempt.emit(Told())
        return number

    def free(number: int) -> None:
        raise ConnectionError("closed")

    @step(retry=Retry(2))
    def send(number: int) -> str:
        clock.sleep(2)
        raise ConnectionError("lost")

    def sent(number: int, attempt: Attempt) -> str | DidNotHappen:
        for said in settles:
            raise said
        return DidNotHappen()

    saga = Saga(
        "doubt",
        hold.undone_by(free, retry=Retry(2)) >> send.settled_by(sent).kept("it is out"),
        emits=(Told,),
    )
    late = saga.new(1, id="D-1", clock=clock).start(clock=clock)
    assert isinstance(late, Paused)
    clock.sleep(3600)
    stuck = late.resume(clock=clock)
    assert isinstance(stuck, Stuck)
    failed = stuck.retry(by="bob", clock=clock)
    assert isinstance(failed, Stuck)
    skipped = failed.skip("the hold runs out by itself", "cem", clock=clock).resume(clock=clock)
    assert words(timeline(skipped.state)) == [
        "1 doubt started",
        "1 hold emitted Told",
        "1 hold returned",
        "2.0 s 1 send failed [ConnectionError]: lost; in doubt, again",
        "2.0 s 1 send failed [ConnectionError]: lost; in doubt, settle",
        "1 send not yet: come back at six",
        "1:00:00 send waited",
        "1 send rejected: who are you?; stuck",
        "1 send to be tried again by bob",
        "1 send settled: it did not happen",
        "1 send failed [ConnectionError]: lost; roll back",
        "1 hold undo failed [ConnectionError]: closed; again",
        "1 hold undo failed [ConnectionError]: closed; stuck",
        "1 hold skipped by cem: the hold runs out by itself",
        "D-1: rolled back",
    ]


def test_the_undo_of_a_step_that_was_settled_is_told_as_one() -> None:
    """It was given up and found to have happened: what comes then is its undo."""
    clock = FakeClock()

    @step
    def send(number: int) -> int:
        raise ConnectionError("lost")

    def sent(number: int, attempt: Attempt) -> int | DidNotHappen:
        return number

    def recall(number: int) -> None:
        raise ConnectionError("closed")

    saga = Saga("late", send.settled_by(sent).undone_by(recall, retry=Retry(1)))
    stuck = saga.new(1, id="L-1", clock=clock).start(clock=clock)
    assert isinstance(stuck, Stuck)
    assert words(timeline(stuck.state)) == [
        "1 late started",
        "1 send failed [ConnectionError]: lost; in doubt, settle",
        "1 send settled: it happened",
        "1 send undo failed [ConnectionError]: closed; stuck",
        "L-1: stuck",
    ]


def test_what_a_person_decides_is_told_with_the_name() -> None:
    """Marked done, and marked undone: whose word it was stays readable."""
    clock = FakeClock()

    @step
    def hold(number: int) -> int:
        return number

    def free(number: int) -> None:
        raise ConnectionError("closed")

    @step
    def send(number: int) -> int:
        raise ConnectionError("lost")

    def unless_known(number: int, attempt: Attempt) -> int | DidNotHappen:
        raise Rejected

    @read
    def check(number: int) -> int:
        raise Rejected("too late", code="late")

    saga = Saga(
        "hands",
        hold.undone_by(free, retry=Retry(1)) >> send.settled_by(unless_known).kept("it is out") >> check,
    )
    in_doubt = saga.new(1, id="H-1", clock=clock).start(clock=clock)
    assert isinstance(in_doubt, Stuck)
    closed = in_doubt.mark_done(2, by="bob", clock=clock).resume(clock=clock)
    assert isinstance(closed, Stuck)
    ended = closed.mark_done(by="cem", clock=clock).resume(clock=clock)
    assert words(timeline(ended.state))[3:] == [
        "1 send rejected; stuck",
        "1 send marked done by bob",
        "1 check rejected [late]: too late; roll back",
        "1 hold undo failed [ConnectionError]: closed; stuck",
        "1 hold marked undone by cem",
        "H-1: rolled back",
    ]


def test_a_run_that_is_cut_off_says_where() -> None:
    """An irreversible step that was cut off is settled, and goes on; a mere change of context is not told."""

    @step
    def send(number: int) -> int:
        raise KeyboardInterrupt

    def sent(number: int, attempt: Attempt) -> int | DidNotHappen:
        return number

    inside = within(send.settled_by(sent).irreversible(), take, keep)
    new = Saga("cut", when(large, check) >> inside).new(1, id="C-1")
    with pytest.raises(KeyboardInterrupt):
        new.start()
    ended = new.interrupted.resume()
    said = [SOME_TIME.sub("", line) for line in words(timeline(ended.state)) if not line.endswith("waited")]
    assert said == [
        "1 cut started",
        "1 large no",
        "1 send cut off",
        "1 send in doubt, settle",
        "1 send settled: it happened",
        "C-1: completed",
    ]


def test_a_path_as_long_as_it_may_be_leaves_room_for_words() -> None:
    """The lines are wider then; nothing is lost."""

    @read
    def check(number: int) -> int:
        raise ConnectionError("lost")

    saga = Saga("long", check.named("b" * 64).named("a" * 64))
    told = timeline(saga.new(1, id="L-1").start().state)
    assert "a" * 64 + "/" + "b" * 64 + "/check" in told
    assert words(told)[-2].endswith("check failed [ConnectionError]: lost; roll back")


@pytest.mark.parametrize(
    ("nanoseconds", "told"),
    [
        (0, "0.0 ms"),
        (1_550_000, "1.6 ms"),
        (2_500_000_000, "2.5 s"),
        (90_000_000_000, "0:01:30"),
        (8 * 86_400_000_000_000, "8 days, 0:00:00"),
    ],
)
def test_a_span_is_told_in_the_unit_that_fits(nanoseconds: int, told: str) -> None:
    """Milliseconds, seconds, then as a clock shows it."""
    assert span(nanoseconds) == told
