from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from resaga.core.combine import within
from resaga.core.outcome import (
    Cancelled,
    Expired,
    Failed,
    Interrupted,
    Later,
    NothingHappened,
    Outcome,
    Refused,
    Retried,
    Returned,
    Skipped,
    Unstorable,
    Woke,
)
from resaga.core.replay import replay
from resaga.core.retry import Retry
from resaga.core.timing import later, moment
from tests.core.places import PLACES, TWICE, behind, told, two
from tests.core.play import BEGIN, BOOM, ENOUGH, HOUR, NO, SECOND, SLOW, STEPS, Play, started

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

SETTLED = STEPS.undone("a", settled=True)


def calls(play: Play) -> list[tuple[str, int, str]]:
    """Each call as path, attempt and outcome; an undo's path begins with a minus."""
    return [(f"{'-' * one.is_compensation}{one.path}", one.attempt, one.outcome) for one in play.state.step_timings]


@pytest.mark.parametrize(
    ("block", "outcomes", "told_of"),
    [
        (two(), [Returned(1)], [("a", 1, "returned")]),
        (two(), [Refused(NO)], [("a", 1, "rejected")]),
        (two(), [Failed(BOOM)], [("a", 1, "failed")]),
        (two(), [Interrupted(), Woke(), Returned(1)], [("a", 1, "interrupted"), ("a", 2, "returned")]),
        (two(), [Later("", None), Woke(), Failed(BOOM)], [("a", 1, "not_yet"), ("a", 2, "failed")]),
        (
            STEPS.undone("a", retry=TWICE),
            [Failed(BOOM), Failed(SLOW)],
            [("a", 1, "failed"), ("a", 2, "timed_out")],
        ),
        (
            two(),
            [Returned(1), Refused(NO), Returned(None)],
            [("a", 1, "returned"), ("b", 1, "rejected"), ("-a", 1, "undone")],
        ),
        (SETTLED, [Failed(BOOM), Returned(1)], [("a", 1, "failed"), ("a", 1, "settled")]),
        (
            SETTLED,
            [Failed(BOOM), Returned(1), Returned(None)],
            [("a", 1, "failed"), ("a", 1, "settled"), ("-a", 1, "undone")],
        ),
        (SETTLED, [Failed(BOOM), Failed(BOOM)], [("a", 1, "failed"), ("a", 1, "failed")]),
        (
            STEPS.irreversible("a", settled=True),
            [Failed(BOOM), Returned(1)],
            [("a", 1, "failed"), ("a", 1, "settled")],
        ),
    ],
)
def test_every_call_is_told_of_in_order(block: object, outcomes: list[Outcome], told_of: list[object]) -> None:
    assert calls(told(started(block), *outcomes)) == told_of


@pytest.mark.parametrize(
    ("play", "told_of"),
    [
        (lambda: told(started(SETTLED), Failed(BOOM), NothingHappened()), ["failed", "did_not_happen"]),
        (
            lambda: told(behind(STEPS.irreversible("a", settled=True)), Failed(BOOM), NothingHappened()),
            ["failed", "did_not_happen"],
        ),
        (lambda: told(started(STEPS.irreversible("a")), Interrupted()), ["interrupted"]),
        (lambda: told(started(STEPS.irreversible("a", settled=True)), Interrupted()), ["interrupted"]),
        (lambda: told(PLACES["stuck in doubt"](), Skipped("x", "ann")), ["failed"]),
        (lambda: told(started(two()), Cancelled(ENOUGH)), []),
        (lambda: told(PLACES["cut"](), Cancelled(ENOUGH)), ["interrupted"]),
        (lambda: told(started(two()), Unstorable(1, BOOM.replaced(kind="unstorable"))), ["unstorable"]),
        (lambda: told(PLACES["new"](), Cancelled(ENOUGH)), []),
    ],
)
def test_a_row_that_only_draws_a_conclusion_is_no_call(play: object, told_of: list[str]) -> None:
    """What is rolled back, given up or decided by a person was told of before."""
    assert callable(play)
    assert [one[-1] for one in calls(play()) if one[0] == "a"] == told_of


def test_a_deadline_that_passes_is_no_call() -> None:
    play = PLACES["asked in time"]()
    play.now += 2 * HOUR
    assert calls(told(play, Expired())) == []


def test_a_step_that_fails_after_its_settle_found_nothing_is_a_call() -> None:
    """It was cut off, it had not happened, it is done again, and only then does it fail."""
    play = told(PLACES["settling what was cut"](), NothingHappened(), Refused(NO))
    assert [one[-1] for one in calls(play)] == ["interrupted", "did_not_happen", "rejected"]


def test_an_undo_that_fails_behind_one_that_was_skipped_is_a_call() -> None:
    play = told(started(two() >> STEPS.read("c")), Returned(1), Returned(2), Refused(NO), Refused(NO))
    play.say(Skipped("x", "ann"), Refused(NO))
    assert calls(play)[-2:] == [("-b", 1, "rejected"), ("-a", 1, "rejected")]


def test_a_settle_that_a_person_begins_is_no_call() -> None:
    old = told(started(STEPS.undone("a")), Interrupted(), Woke(), Refused(NO))
    play = Play(SETTLED)
    play.state = replay(play.program, "p", old.state.trail.rows())
    play.say(Retried("ann"), Returned(1))
    assert [one[-1] for one in calls(play)] == ["interrupted", "rejected", "settled"]


def test_a_call_that_a_person_begins_and_that_is_given_up_at_once_is_one() -> None:
    play = told(behind(STEPS.irreversible("a", settled=True)), Refused(NO), Retried("ann"), Failed(BOOM))
    assert [one[-1] for one in calls(play) if one[0] == "a"] == ["rejected", "failed"]


def test_a_call_that_a_person_begins_and_that_gives_what_cannot_be_stored_is_one() -> None:
    play = told(started(STEPS.undone("a")), Interrupted(), Woke(), Refused(NO), Retried("ann"))
    play.say(Unstorable(1, BOOM.replaced(kind="unstorable")))
    assert [one[-1] for one in calls(play)] == ["interrupted", "rejected", "unstorable"]


def test_attempts_count_on_when_a_person_retries() -> None:
    play = told(PLACES["stuck in an undo"](), Retried("ann"), Returned(None))
    assert calls(play)[-2:] == [("-a", 1, "rejected"), ("-a", 2, "undone")]


def test_what_only_moves_a_context_is_no_call() -> None:
    def get(outer: int) -> int:
        return outer

    def put(outer: int, inner: int) -> int:
        return outer + inner

    play = told(started(within(STEPS.read("a"), get, put)), Returned(1), Returned(2), Returned(3))
    assert calls(play) == [("a", 1, "returned")]


def test_a_call_began_when_it_began_and_lasted_as_long_as_it_took() -> None:
    play = started(two())
    play.now = 10 * SECOND
    play.say(Returned(1), took=3 * SECOND)
    (one,) = play.state.step_timings
    assert one.started_at == EPOCH + timedelta(microseconds=BEGIN + 7 * SECOND)
    assert one.duration == timedelta(seconds=3)
    assert one.index == 0


def test_nobody_knows_how_long_a_call_took_that_was_cut_off() -> None:
    (one,) = PLACES["cut"]().state.step_timings
    assert one.duration is None


@pytest.mark.parametrize("when", [-(10**30), -1, 0])
def test_no_time_lies_before_the_calendar(when: int) -> None:
    """A forged duration makes a wrong time and no error."""
    assert moment(when) == EPOCH


def test_no_time_lies_behind_the_calendar() -> None:
    end = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert moment(10**30) == end
    assert moment(later(BEGIN * 1000, 10**30) * 1000) == end
    assert later(BEGIN * 1000, 5) == BEGIN + 5


def test_attempts_of_the_next_step_begin_at_one() -> None:
    play = told(started(STEPS.undone("a", retry=Retry(2)) >> STEPS.read("b")), Failed(BOOM), Returned(1), Returned(2))
    assert calls(play) == [("a", 1, "failed"), ("a", 2, "returned"), ("b", 1, "returned")]
