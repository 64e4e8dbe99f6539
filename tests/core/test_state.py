from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from resaga.core.combine import within
from resaga.core.decision import Status
from resaga.core.node import Default, Stay
from resaga.core.outcome import Answer, Failed, Refused, Retried, Returned, Started, Woke
from resaga.core.replay import replay
from resaga.core.retry import Retry
from resaga.core.state import ExecutionState, Trail
from tests.core.places import PLACES, told, two
from tests.core.play import BEGIN, BOOM, HOUR, NO, REGISTERS, SECOND, STEPS, Play, registers, started

STATUS: Final[Mapping[str, Status]] = {
    "new": Status.NEW,
    "due": Status.RUNNING,
    "reading": Status.RUNNING,
    "choosing": Status.RUNNING,
    "asked": Status.PAUSED,
    "answered": Status.RUNNING,
    "asked in time": Status.PAUSED,
    "waiting": Status.PAUSED,
    "backing off": Status.PAUSED,
    "postponed": Status.PAUSED,
    "cut": Status.RUNNING,
    "settling": Status.RUNNING,
    "settling later": Status.PAUSED,
    "settling what was cut": Status.RUNNING,
    "undoing": Status.COMPENSATING,
    "undoing later": Status.PAUSED,
    "undoing what is lost": Status.COMPENSATING,
    "stuck in doubt": Status.STUCK,
    "settling what was cancelled": Status.RUNNING,
    "stuck and cancelled": Status.STUCK,
    "stuck, final and cancelled": Status.STUCK,
    "stuck in a settle and cancelled": Status.STUCK,
    "stuck in a settle": Status.STUCK,
    "stuck in an undo": Status.STUCK,
    "stuck past return": Status.STUCK,
    "stuck in a condition": Status.STUCK,
    "completed": Status.COMPLETED,
    "rolled back": Status.ROLLED_BACK,
    "found out": Status.ROLLED_BACK,
}


@pytest.mark.parametrize("place", PLACES)
def test_the_status_is_one_word_for_where_it_stands(place: str) -> None:
    assert PLACES[place]().state.status is STATUS[place]


def test_every_attribute_is_the_program_the_id_the_trail_or_a_register() -> None:
    """So what is held against the registers in these tests is held against everything."""
    state = PLACES["new"]().state
    named = {*ExecutionState.__annotations__, *ExecutionState.__slots__} - {"__dict__"}
    assert named == {"program", "execution_id", "trail", *REGISTERS}
    assert set(vars(state)) <= set(REGISTERS)


@pytest.mark.parametrize("place", PLACES)
def test_a_copy_goes_on_while_the_original_stays(place: str) -> None:
    play = PLACES[place]()
    before, rows = registers(play.state), list(play.state.trail.rows())
    copy = play.state.copy()
    assert registers(copy) == before
    assert list(copy.trail.rows()) == rows
    copy.trail.add(0, 0, 0, None)
    copy.number += 1
    copy.value = "another"
    assert registers(play.state) == before
    assert list(play.state.trail.rows()) == rows


# ---- views -----------------------------------------------------------------------------------------------


def test_what_is_done_now_has_a_path_and_the_end_has_none() -> None:
    assert PLACES["due"]().state.path == "a"
    assert PLACES["undoing"]().state.path == "a"
    assert PLACES["completed"]().state.path is None


def test_a_result_counts_as_executed_and_what_only_moves_contexts_does_not() -> None:
    def get(outer: int) -> int:
        return outer

    def put(outer: int, inner: int) -> int:
        return outer + inner

    play = told(started(within(STEPS.read("a"), get, put)), Returned(1), Returned(2), Returned(3))
    assert play.state.executed == 1
    assert list(play.state.completed()) == [1]


def test_it_knows_when_it_was_started_and_when_the_last_thing_happened() -> None:
    play = Play(two())
    assert play.state.started_at is None
    play.now = 5 * SECOND
    play.say(Started())
    play.now = 9 * SECOND
    play.say(Returned(1))
    begin = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=BEGIN)
    assert play.state.started_at == begin + timedelta(seconds=5)
    assert play.state.updated_at == begin + timedelta(seconds=9)
    assert ExecutionState(play.program, "p", Trail([], [], [], [])).updated_at is None


def test_events_are_told_in_order() -> None:
    assert told(started(two()), Returned(1, ("one", "two"))).state.events == ("one", "two")


def test_the_last_call_of_a_body_and_of_its_undo_is_found_by_path() -> None:
    play = started(STEPS.undone("a", retry=Retry(2)) >> STEPS.read("b"))
    play.say(Failed(BOOM), Returned(1), Refused(NO), Failed(BOOM))
    play.now += HOUR
    play.say(Woke(), Returned(None))
    done, undone = play.state.timing_for("a"), play.state.timing_for("a", is_compensation=True)
    assert done is not None
    assert undone is not None
    assert (done.attempt, done.outcome) == (2, "returned")
    assert (undone.attempt, undone.outcome) == (2, "undone")
    assert play.state.timing_for("nobody") is None


@pytest.mark.parametrize(("expiry", "means"), [(Default(True), True), (Stay(), False)])
def test_a_deadline_expires_when_it_has_passed_and_means_something(expiry: object, means: bool) -> None:  # noqa: FBT001
    play = started(STEPS.gate("a", deadline=timedelta(hours=1), expiry=expiry))  # type: ignore[arg-type]  # one of two
    assert not play.state.expired(play.at)
    play.now += HOUR
    assert play.state.expired(play.at) is means
    assert not PLACES["asked"]().state.expired(play.at)


def test_an_answered_question_is_not_asked_any_more() -> None:
    play = PLACES["asked"]()
    assert play.state.asked
    assert not told(play, Answer(value=True)).state.asked


def test_the_budget_is_that_of_what_is_done_now() -> None:
    one, two, three = Retry(2), Retry(3), Retry(4)
    block = STEPS.undone("a", retry=one, settled=True, settle_retry=two, undo_retry=three)
    play = started(block)
    assert play.state.budget is one
    play.say(Failed(BOOM), Failed(BOOM))
    assert play.state.budget is two
    play.say(Returned(1))
    assert play.state.budget is three
    assert PLACES["due"]().state.budget.attempts == 1


def test_a_program_that_has_lost_its_settle_has_one_attempt_at_it() -> None:
    play = PLACES["settling"]()
    assert replay(Play(STEPS.undone("a")).program, "p", play.state.trail.rows()).budget.attempts == 1


def test_it_says_in_one_line_what_it_is() -> None:
    assert repr(PLACES["due"]().state) == "<ExecutionState p running at a>"
    assert repr(PLACES["completed"]().state) == "<ExecutionState p completed at the end>"


def test_a_retry_is_the_first_attempt_beyond_the_first() -> None:
    play = told(started(STEPS.undone("a", retry=Retry(3))), Failed(BOOM), Failed(BOOM))
    assert play.state.retry_count == 1
    assert told(PLACES["stuck in an undo"](), Retried(), Returned(None)).state.retry_count == 0


# ---- the trail -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["codes", "at", "took", "values"])
def test_a_row_that_is_not_whole_is_not_there(column: str) -> None:
    """An interrupt may fall between any two of its columns."""
    trail = Trail([1, 2], [3, 4], [5, 6], [7, 8])
    del getattr(trail, column)[1:]
    assert len(trail) == 1
    assert len(list(trail.rows())) == 1
    assert len(trail.copy()) == len(trail.copy().codes) == 1


def test_rows_of_an_outcome_that_are_not_all_there_are_not_there() -> None:
    trail = Trail([], [], [], [])
    trail.add(0, 1, 2, "one")
    trail.stands = 1
    trail.add(0, 3, 4, "two")
    assert len(trail) == 1
    assert len(trail.copy().codes) == 1
    trail.stands = None
    assert len(trail) == 2


def test_rows_are_read_from_where_one_asks() -> None:
    trail = Trail([0, 0, 0], [1, 2, 3], [0, 0, 0], ["one", "two", "three"])
    assert [value for *_, value in trail.rows(1)] == ["two", "three"]
