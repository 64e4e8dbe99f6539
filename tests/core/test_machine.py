from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import pytest

from resaga.core import machine
from resaga.core.combine import wait, when, within
from resaga.core.decision import (
    BACKING_OFF,
    COMPLETED,
    CUT_OFF,
    NOT_YET,
    ROLLED_BACK,
    STUCK,
    WAITING,
    Ask,
    Choose,
    Decision,
    Perform,
    Plain,
    Settle,
    Undo,
)
from resaga.core.errors import IllegalTransition
from resaga.core.fact import Fact, Mark, Postponement, Setback, Skip
from resaga.core.node import Reject
from resaga.core.outcome import (
    Answer,
    Chose,
    Expired,
    Failed,
    Interrupted,
    MarkedDone,
    NothingHappened,
    Refused,
    Retried,
    Returned,
    Started,
    Woke,
)
from resaga.core.replay import replay
from resaga.core.state import Phase
from tests.core.places import PLACES, behind, odd, told, two
from tests.core.play import BEGIN, BOOM, DAY, HOUR, NO, STEPS, Play, registers, started
from tests.steps import AnyBlock

VALUES: Final[Mapping[Fact, object]] = {
    Fact.SETBACK: Setback(BOOM, None),
    Fact.DOUBTED: Setback(BOOM, None),
    Fact.POSTPONED: Postponement("", None),
    Fact.ANSWERED: Answer(value=True),
    Fact.SETTLING: BOOM,
    Fact.FAILED: BOOM,
    Fact.STUCK: BOOM,
    Fact.SKIPPED: Skip("it may stay", "ann"),
    Fact.MARKED: Mark(1, "ann"),
    Fact.RETRIED: "ann",
    Fact.UNDONE_BY_HAND: "ann",
}

TRYING: Final = {Fact.SETBACK, Fact.POSTPONED, Fact.INTERRUPTED, Fact.EMITTED, Fact.STUCK}
DOING: Final = {*TRYING, Fact.RETURNED, Fact.FAILED}
EFFECTING: Final = {*DOING, Fact.DOUBTED, Fact.SETTLING}
ASLEEP: Final = {Fact.WOKE, Fact.FAILED, Fact.STUCK}
SETTLING: Final = {*TRYING, Fact.SETTLED, Fact.DID_NOT_HAPPEN, Fact.SETTLING}
DECIDED: Final = {Fact.RETRIED, Fact.SKIPPED, Fact.MARKED}

POSSIBLE: Final[Mapping[str, set[Fact]]] = {
    "new": {Fact.STARTED},
    "due": EFFECTING,
    "reading": DOING,
    "choosing": (DOING - {Fact.RETURNED}) | {Fact.CHOSE_YES, Fact.CHOSE_NO},
    "asked": {Fact.ANSWERED, Fact.FAILED, Fact.STUCK},
    "answered": DOING,
    "asked in time": {Fact.ANSWERED, Fact.FAILED, Fact.STUCK},
    "waiting": ASLEEP,
    "backing off": {*ASLEEP, Fact.SETTLING},
    "postponed": {*ASLEEP, Fact.SETTLING},
    "cut": {*ASLEEP, Fact.SETTLING},
    "settling": SETTLING,
    "settling later": {Fact.WOKE, Fact.STUCK, Fact.SETTLING},
    "settling what was cut": SETTLING,
    "undoing": {*TRYING, Fact.UNDONE},
    "undoing later": {Fact.WOKE, Fact.STUCK},
    "undoing what is lost": {*TRYING, Fact.UNDONE},
    "stuck in doubt": DECIDED,
    "stuck in a settle": DECIDED,
    "settling what was cancelled": SETTLING,
    "stuck and cancelled": {Fact.RETRIED, Fact.SKIPPED, Fact.MARKED_TO_UNDO},
    "stuck, final and cancelled": DECIDED,
    "stuck in a settle and cancelled": {Fact.RETRIED, Fact.SKIPPED, Fact.MARKED_TO_UNDO},
    "stuck in an undo": {Fact.RETRIED, Fact.SKIPPED, Fact.UNDONE_BY_HAND},
    "stuck past return": {Fact.RETRIED, Fact.MARKED},
    "stuck in a condition": {Fact.RETRIED},
    "completed": set(),
    "rolled back": set(),
    "found out": set(),
}
"""Which rows may be written where; all others are refused."""


@pytest.mark.parametrize("place", PLACES)
def test_a_row_is_written_where_it_can_stand_and_nowhere_else(place: str) -> None:
    for fact in Fact:
        play = PLACES[place]()
        before, rows = registers(play.state), len(play.state.trail)
        if fact in POSSIBLE[place]:
            play.write(fact, VALUES.get(fact))
            assert len(play.state.trail) == rows + 1
            play.hold()
        else:
            with pytest.raises(IllegalTransition, match=fact.name):
                play.write(fact, VALUES.get(fact))
            assert (registers(play.state), len(play.state.trail)) == (before, rows)


@pytest.mark.parametrize("place", ["due", "asked", "settling", "stuck in doubt"])
def test_a_row_with_a_value_of_another_fact_is_refused(place: str) -> None:
    """A forged trail cannot put anything into the registers that a run could not."""
    for fact in (POSSIBLE[place] & VALUES.keys()) - {Fact.SKIPPED, Fact.RETRIED}:
        with pytest.raises(IllegalTransition):
            PLACES[place]().write(fact, "something else")


@pytest.mark.parametrize("place", PLACES)
def test_an_execution_is_created_once(place: str) -> None:
    with pytest.raises(IllegalTransition, match="CREATED"):
        PLACES[place]().write(Fact.CREATED, 0)


DECISIONS: Final[Mapping[str, Decision | type]] = {
    "due": Perform,
    "reading": Plain,
    "choosing": Choose,
    "asked": Ask,
    "answered": Perform,
    "asked in time": Ask,
    "waiting": WAITING,
    "backing off": BACKING_OFF,
    "postponed": NOT_YET,
    "cut": CUT_OFF,
    "settling": Settle,
    "settling later": NOT_YET,
    "settling what was cut": Settle,
    "undoing": Undo,
    "undoing later": NOT_YET,
    "undoing what is lost": Undo,
    "stuck in doubt": STUCK,
    "stuck in a settle": STUCK,
    "stuck in an undo": STUCK,
    "stuck past return": STUCK,
    "stuck in a condition": STUCK,
    "completed": COMPLETED,
    "rolled back": ROLLED_BACK,
    "found out": ROLLED_BACK,
}


@pytest.mark.parametrize("place", DECISIONS)
def test_what_must_happen_next_follows_from_the_state_alone(place: str) -> None:
    play, expected = PLACES[place](), DECISIONS[place]
    decision = machine.decide(play.program, play.state)
    assert isinstance(decision, expected) if isinstance(expected, type) else decision is expected
    assert machine.decide(play.program, play.replayed()) is decision


def test_a_new_execution_has_nothing_to_do_but_to_be_started() -> None:
    play = PLACES["new"]()
    with pytest.raises(IllegalTransition, match="not started"):
        machine.decide(play.program, play.state)


@pytest.mark.parametrize("block", [two(), wait(timedelta(hours=1)) >> two()])
def test_the_short_way_of_a_start_is_the_long_one(block: AnyBlock) -> None:
    one, other = Play(block), Play(block)
    assert type(machine.start(one.program, one.state, one.at)) is type(other.say(Started()))
    assert registers(one.state) == registers(other.state)
    assert list(one.state.trail.rows()) == list(other.state.trail.rows())


def test_an_execution_is_started_once() -> None:
    play = started(two())
    with pytest.raises(IllegalTransition, match="started before"):
        machine.start(play.program, play.state, play.at)


def test_a_state_whose_program_has_lost_its_settle_has_nothing_to_do() -> None:
    """It can be loaded, and the error says where it stands."""
    play = PLACES["settling"]()
    other = Play(STEPS.undone("a"))
    state = replay(other.program, "p", play.state.trail.rows())
    with pytest.raises(IllegalTransition, match="nothing to do at index 0"):
        machine.decide(other.program, state)


def test_a_row_of_another_instruction_is_refused() -> None:
    play = started(two())
    rows = list(play.state.trail.rows())
    with pytest.raises(IllegalTransition, match="speaks of index 1"):
        replay(play.program, "p", [*rows, (Fact.RETURNED, 1, play.at, 0, 1)])


# ---- going on --------------------------------------------------------------------------------------------


def test_a_result_is_the_context_of_what_comes_next() -> None:
    play = started(two())
    decision = play.say(Returned(7))
    assert isinstance(decision, Perform)
    assert (play.state.index, play.state.value) == (1, 7)


def test_a_condition_that_says_yes_goes_in_and_one_that_says_no_passes_by() -> None:
    inside, past = started(when(odd, STEPS.read("a"))), started(when(odd, STEPS.read("a")))
    inside.say(Chose(yes=True))
    assert inside.state.path == "a"
    assert past.say(Chose(yes=False)) is COMPLETED


def test_a_context_that_was_taken_out_comes_back_with_the_result() -> None:
    def get(outer: str) -> int:
        return len(outer)

    def put(outer: str, number: int) -> str:
        return outer * number

    play = Play(within(STEPS.read("a"), get, put), context="xy")
    play.say(Started(), Returned(2), Returned(3))
    assert list(play.state.frames) == ["xy"]
    assert play.say(Returned("xyxyxy")) is COMPLETED
    assert not play.state.frames


def test_a_timer_begins_when_it_is_come_to_and_ends_when_its_time_has_passed() -> None:
    play = PLACES["waiting"]()
    assert play.state.wake_at == BEGIN + HOUR
    assert play.say(Woke()) is WAITING
    play.now += HOUR
    assert isinstance(play.say(Woke()), Plain)
    assert play.facts == [Fact.WOKE]


def test_a_timer_is_set_no_further_than_the_calendar_goes() -> None:
    play = started(wait(timedelta.max) >> STEPS.read("a"))
    assert play.state.wake_at == 253_402_300_799_999_999


def test_a_deadline_begins_when_the_question_is_asked() -> None:
    assert PLACES["asked in time"]().state.deadline == BEGIN + HOUR
    assert PLACES["asked"]().state.deadline is None


# ---- attempts and doubt ----------------------------------------------------------------------------------


def test_attempts_count_and_setbacks_count_against_the_budget() -> None:
    play = PLACES["backing off"]()
    assert (play.state.number, play.state.spent, play.state.retry_count) == (1, 1, 0)
    play.now += HOUR
    play.say(Woke(), Interrupted(), Woke())
    assert (play.state.number, play.state.spent, play.state.retry_count) == (2, 1, 1)


def test_what_is_done_next_has_made_no_attempt_yet() -> None:
    play = PLACES["cut"]()
    play.say(Woke(), Returned(1))
    assert (play.state.number, play.state.doubt, play.state.began, play.state.strained) == (
        0,
        False,
        None,
        False,
    )


def test_an_interrupt_leaves_a_step_in_doubt_and_a_read_not() -> None:
    assert PLACES["cut"]().state.doubt
    assert not told(PLACES["reading"](), Interrupted()).state.doubt


def test_what_was_cut_off_can_go_on_at_once_whatever_the_clock_says() -> None:
    """A clock that went back by a year delays nothing."""
    play = PLACES["cut"]()
    play.now -= 365 * DAY
    assert isinstance(play.say(Woke()), Perform)


def test_the_last_interrupt_before_it_is_stuck_counts_as_one_attempt() -> None:
    play = told(started(STEPS.irreversible("a")), Interrupted())
    assert play.state.number == 1


# ---- found out, given up, decided ------------------------------------------------------------------------


def test_what_was_found_not_to_have_happened_leaves_no_failure_behind() -> None:
    """A later failure is its own: the old one is not told of again."""
    play = behind(STEPS.irreversible("a", settled=True) >> STEPS.read("b"))
    play.say(Failed(BOOM), NothingHappened(), Retried("ann"), Returned(2), Refused(NO))
    assert play.state.stuck == NO
    assert play.state.failure is None


def test_a_question_that_is_asked_again_has_its_whole_time_again() -> None:
    """Behind the point of no return, an expired gate is stuck; a person opens it once more."""
    play = behind(STEPS.gate("a", deadline=timedelta(hours=1), expiry=Reject()))
    play.now += 2 * HOUR
    assert play.say(Expired()) is STUCK
    play.now += HOUR
    assert isinstance(play.say(Retried("ann")), Ask)
    assert play.state.deadline == BEGIN + 4 * HOUR
    assert isinstance(play.say(Expired()), Ask)
    play.say(Answer(value=True), Returned(2))
    assert play.state.phase is Phase.COMPLETED


def test_a_program_that_has_learnt_to_settle_settles_what_was_stuck_in_doubt() -> None:
    """As if it had known from the start: what happened is taken back."""
    old = told(started(STEPS.undone("a")), Interrupted(), Woke(), Refused(NO))
    new = Play(STEPS.undone("a", settled=True))
    new.state = replay(new.program, "p", old.state.trail.rows())
    assert isinstance(new.say(Retried("ann")), Settle)
    assert isinstance(new.say(Returned(1)), Undo)
    assert new.state.failure == NO


def test_a_rollback_goes_back_to_the_first_context() -> None:
    play = told(started(two()), Returned(1), Returned(2))
    assert play.state.phase is Phase.COMPLETED
    play = PLACES["rolled back"]()
    assert (play.state.value, play.state.cursor, play.state.failure) == (0, 0, NO)


def test_an_undo_is_given_the_result_that_a_person_told_of() -> None:
    play = told(started(two()), Interrupted(), Woke(), Refused(NO), MarkedDone(9, "ann"))
    decision = play.say(Refused(NO))
    assert isinstance(decision, Undo)
    assert play.state.value == 9
