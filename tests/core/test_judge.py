from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Final

import pytest

from resaga.core.errors import IllegalTransition, NotStuckThere, PastNoReturn, ResagaError
from resaga.core.fact import Fact, Mark, Postponement, Setback, Skip
from resaga.core.judge import judge
from resaga.core.node import Default, Reject, Stay
from resaga.core.outcome import (
    Answer,
    Cancelled,
    Chose,
    Expired,
    Failed,
    Interrupted,
    Later,
    MarkedDone,
    NothingHappened,
    Outcome,
    Refused,
    Retried,
    Returned,
    Skipped,
    Started,
    Unstorable,
    Woke,
)
from resaga.core.retry import Retry
from tests.core.places import PLACES, behind, odd, told, two
from tests.core.play import BEGIN, BOOM, ENOUGH, HOUR, NO, SECOND, STEPS, registers, started

OUTCOMES: Final[Mapping[str, Outcome]] = {
    "started": Started(),
    "returned": Returned(1),
    "junk": Unstorable(1, BOOM),
    "chose": Chose(yes=True),
    "refused": Refused(NO),
    "failed": Failed(BOOM),
    "cut": Interrupted(),
    "later": Later("later", None),
    "nothing": NothingHappened(),
    "woke": Woke(),
    "answer": Answer(value=True),
    "expired": Expired(),
    "cancelled": Cancelled(ENOUGH),
    "retried": Retried("ann"),
    "skipped": Skipped("x", "ann"),
    "marked": MarkedDone(1, "ann"),
}

NOTHING: Final[list[Fact]] = []
BODY: Final[Mapping[str, list[Fact]]] = {
    "returned": [Fact.RETURNED],
    "junk": [Fact.FAILED],
    "refused": [Fact.FAILED],
    "failed": [Fact.FAILED],
    "cut": [Fact.INTERRUPTED],
    "later": [Fact.POSTPONED],
    "cancelled": [Fact.FAILED],
}
SETTLING: Final[Mapping[str, list[Fact]]] = {
    "returned": [Fact.SETTLED],
    "refused": [Fact.STUCK],
    "failed": [Fact.SETBACK],
    "cut": [Fact.INTERRUPTED],
    "later": [Fact.POSTPONED],
    "nothing": [Fact.DID_NOT_HAPPEN, Fact.FAILED],
    "cancelled": [Fact.SETTLING],
}
UNDOING: Final[Mapping[str, list[Fact]]] = {
    "returned": [Fact.UNDONE],
    "refused": [Fact.STUCK],
    "failed": [Fact.SETBACK],
    "cut": [Fact.INTERRUPTED],
    "later": [Fact.POSTPONED],
    "cancelled": NOTHING,
}
ASLEEP: Final[Mapping[str, list[Fact]]] = {"cut": NOTHING, "woke": [Fact.WOKE], "cancelled": [Fact.FAILED]}
DECIDED: Final[Mapping[str, list[Fact]]] = {
    "cut": NOTHING,
    "cancelled": NOTHING,
    "retried": [Fact.RETRIED],
    "skipped": [Fact.SKIPPED, Fact.FAILED],
    "marked": [Fact.MARKED],
}

MEANS: Final[Mapping[str, Mapping[str, list[Fact] | type[ResagaError]]]] = {
    "new": {"started": [Fact.STARTED], "cancelled": [Fact.STARTED, Fact.FAILED]},
    "due": {**BODY, "junk": [Fact.SETTLING, Fact.SETTLED]},
    "reading": BODY,
    "choosing": {
        **{said: facts for said, facts in BODY.items() if said not in ("returned", "junk")},
        "chose": [Fact.CHOSE_YES],
    },
    "asked": {"cut": NOTHING, "answer": [Fact.ANSWERED], "expired": NOTHING, "cancelled": [Fact.FAILED]},
    "asked in time": {
        "cut": NOTHING,
        "answer": [Fact.ANSWERED],
        "expired": [Fact.FAILED],
        "cancelled": [Fact.FAILED],
    },
    "answered": BODY,
    "waiting": ASLEEP,
    "backing off": ASLEEP,
    "postponed": ASLEEP,
    "cut": {**ASLEEP, "cancelled": [Fact.STUCK]},
    "settling": SETTLING,
    "settling later": {"cut": NOTHING, "woke": [Fact.WOKE], "cancelled": [Fact.SETTLING]},
    "settling what was cancelled": {**SETTLING, "cancelled": NOTHING},
    "settling what was cut": {**SETTLING, "nothing": [Fact.DID_NOT_HAPPEN]},
    "undoing": UNDOING,
    "undoing later": {"cut": NOTHING, "woke": [Fact.WOKE], "cancelled": NOTHING},
    "undoing what is lost": UNDOING,
    "stuck in doubt": {**DECIDED, "cancelled": [Fact.RETRIED, Fact.STUCK]},
    "stuck in a settle": {**DECIDED, "cancelled": [Fact.RETRIED, Fact.SETTLING]},
    "stuck and cancelled": {**DECIDED, "retried": NotStuckThere, "marked": [Fact.MARKED_TO_UNDO]},
    "stuck, final and cancelled": {**DECIDED, "retried": NotStuckThere},
    "stuck in a settle and cancelled": {**DECIDED, "marked": [Fact.MARKED_TO_UNDO]},
    "stuck in an undo": {**DECIDED, "skipped": [Fact.SKIPPED], "marked": [Fact.UNDONE_BY_HAND]},
    "stuck past return": {**DECIDED, "cancelled": PastNoReturn, "skipped": PastNoReturn},
    "stuck in a condition": {
        **DECIDED,
        "cancelled": PastNoReturn,
        "skipped": PastNoReturn,
        "marked": NotStuckThere,
    },
    "completed": {"cancelled": PastNoReturn},
    "rolled back": {"cancelled": NOTHING},
    "found out": {"cancelled": NOTHING},
}
"""What each outcome makes where; all others cannot have happened there."""


@pytest.mark.parametrize("place", PLACES)
def test_an_outcome_makes_these_facts_there_or_cannot_have_happened(place: str) -> None:
    for said, outcome in OUTCOMES.items():
        play = PLACES[place]()
        play.now += 2 * HOUR
        before, rows = registers(play.state), len(play.state.trail)
        expected = MEANS[place].get(said, IllegalTransition)
        if isinstance(expected, list):
            play.say(outcome)
            assert [row[0] for row in play.state.trail.rows()][rows:] == expected, said
        else:
            with pytest.raises(expected):
                play.say(outcome)
            assert (registers(play.state), len(play.state.trail)) == (before, rows), said


@pytest.mark.parametrize("place", PLACES)
def test_judging_changes_nothing(place: str) -> None:
    play = PLACES[place]()
    before, rows = registers(play.state), len(play.state.trail)
    for outcome in OUTCOMES.values():
        with suppress(ResagaError):
            judge(play.state, outcome, play.at, 0)
    assert (registers(play.state), len(play.state.trail)) == (before, rows)


# ---- what is tried again ---------------------------------------------------------------------------------


def test_a_step_is_tried_as_often_as_its_policy_says() -> None:
    play = started(STEPS.undone("a", retry=Retry(3)))
    play.say(Failed(BOOM), Failed(BOOM), Failed(BOOM))
    assert play.facts == [Fact.SETBACK, Fact.SETBACK, Fact.FAILED]


def test_what_the_policy_does_not_name_is_not_tried_again() -> None:
    play = started(STEPS.undone("a", retry=Retry(3)))
    play.say(Failed(BOOM, worth_repeating=False))
    assert play.facts == [Fact.FAILED]


def test_a_delay_grows_and_is_part_of_the_trail() -> None:
    play = started(STEPS.undone("a", retry=Retry(3, delay=timedelta(seconds=10))))
    play.say(Failed(BOOM))
    assert play.last == Setback(BOOM, BEGIN + 10 * SECOND)
    play.now += HOUR
    play.say(Woke(), Failed(BOOM))
    assert play.last == Setback(BOOM, BEGIN + HOUR + 20 * SECOND)


def test_a_jittered_delay_is_the_same_whenever_it_is_computed() -> None:
    def until() -> int:
        play = started(STEPS.undone("a", retry=Retry(3, delay=timedelta(minutes=1), jitter=0.9)))
        play.say(Failed(BOOM))
        assert isinstance(play.last, Setback)
        return play.last.until or 0

    assert until() == until()
    assert BEGIN < until() < BEGIN + 60 * SECOND


def test_the_jitter_of_an_undo_is_another_than_that_of_its_step() -> None:
    shaky = Retry(3, delay=timedelta(minutes=1), jitter=0.9)
    play = started(STEPS.undone("a", retry=shaky, undo_retry=shaky) >> STEPS.read("b"))
    play.say(Failed(BOOM))
    one = play.last
    play.now += HOUR
    play.say(Woke(), Returned(1), Refused(NO), Failed(BOOM))
    assert isinstance(one, Setback)
    assert isinstance(play.last, Setback)
    assert one.until is not None
    assert play.last.until is not None
    assert one.until - BEGIN != play.last.until - BEGIN - HOUR


def test_a_body_that_says_when_to_come_back_is_asked_again_then() -> None:
    play = started(two())
    play.say(Later("later", 5 * SECOND))
    assert play.last == Postponement("later", BEGIN + 5 * SECOND)
    play.now += 4 * SECOND
    play.say(Woke())
    assert play.facts == [Fact.POSTPONED]
    play.now += SECOND
    play.say(Woke())
    assert play.facts == [Fact.POSTPONED, Fact.WOKE]


def test_a_wait_has_an_end_that_can_be_written() -> None:
    play = started(two())
    play.say(Later("later", timedelta.max // timedelta(microseconds=1)))
    assert play.last == Postponement("later", 253_402_300_799_999_999)


def test_events_leave_with_the_result_and_before_it() -> None:
    play = started(two())
    play.say(Returned(1, ("one", "two")), took=7)
    rows = list(play.state.trail.rows())[2:]
    assert [(fact, took, value) for fact, _, _, took, value in rows] == [
        (Fact.EMITTED, 0, "one"),
        (Fact.EMITTED, 0, "two"),
        (Fact.RETURNED, 7000, 1),
    ]


# ---- gates -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expiry", "fact"), [(Reject("too late"), Fact.FAILED), (Default(True), Fact.ANSWERED), (Stay(), None)]
)
def test_a_deadline_that_passes_means_what_was_declared(expiry: object, fact: Fact | None) -> None:
    play = started(STEPS.gate("a", deadline=timedelta(hours=1), expiry=expiry))  # type: ignore[arg-type]  # one of three
    play.say(Expired())
    assert not play.facts
    play.now += HOUR
    play.say(Expired())
    assert play.facts == ([] if fact is None else [fact])
    if fact is Fact.ANSWERED:
        assert play.last == Answer(value=True)


def test_a_gate_that_rejects_rolls_back_before_the_point_of_no_return_and_is_stuck_behind_it() -> None:
    before = told(started(two() >> STEPS.gate("g")), Returned(1), Returned(2), Answer(value=False), Refused(NO))
    after = told(behind(STEPS.gate("g")), Answer(value=False), Refused(NO))
    assert before.facts[-1] is Fact.FAILED
    assert after.facts[-1] is Fact.STUCK


# ---- cancelling ------------------------------------------------------------------------------------------


def test_nothing_is_cancelled_behind_the_point_of_no_return() -> None:
    with pytest.raises(PastNoReturn, match="'final' is done") as caught:
        behind(STEPS.read("a")).say(Cancelled(ENOUGH))
    assert caught.value.path == "final"


def test_what_is_completed_is_not_cancelled() -> None:
    with pytest.raises(PastNoReturn, match="the end"):
        PLACES["completed"]().say(Cancelled(ENOUGH))


def test_a_cancel_before_the_start_rolls_nothing_back() -> None:
    play = told(PLACES["new"](), Cancelled(ENOUGH))
    assert (play.state.phase.value, play.state.failure) == ("rolled back", ENOUGH)


# ---- what a person decides -------------------------------------------------------------------------------


def test_a_person_may_say_that_it_did_not_happen() -> None:
    play = told(PLACES["stuck in doubt"](), Skipped("the bank says no", "ann"))
    assert play.facts == [Fact.STUCK, Fact.SKIPPED, Fact.FAILED]
    assert list(play.state.trail.rows())[-2][-1] == Skip("the bank says no", "ann")
    assert play.state.failure == BOOM


def test_the_failure_that_a_settle_was_begun_for_is_the_one_it_is_rolled_back_for() -> None:
    play = told(PLACES["stuck in a settle"](), Skipped("the bank says no", "ann"))
    assert play.state.failure == BOOM


def test_a_person_may_say_that_it_happened() -> None:
    play = told(PLACES["stuck in doubt"](), MarkedDone(5, "ann"))
    assert play.last == Mark(5, "ann")
    assert play.state.phase.value == "completed"


def test_what_is_done_before_cannot_be_taken_back_by_skipping() -> None:
    with pytest.raises(PastNoReturn, match="retry it, or mark it done"):
        PLACES["stuck past return"]().say(Skipped("x", "ann"))


def test_a_condition_cannot_be_marked_done() -> None:
    with pytest.raises(NotStuckThere, match=f"'{odd.__name__}' is a condition"):
        PLACES["stuck in a condition"]().say(MarkedDone(1, "ann"))


def test_a_person_who_retries_gives_a_new_budget() -> None:
    play = PLACES["stuck in an undo"]()
    play.say(Retried("ann"), Failed(BOOM))
    assert play.facts[-1] is Fact.SETBACK
    assert play.state.spent == 1


def test_not_yet_does_not_count_against_the_budget() -> None:
    play = started(STEPS.undone("a", retry=Retry(2)))
    play.say(Later("later", None), Woke(), Failed(BOOM))
    assert play.facts == [Fact.POSTPONED, Fact.WOKE, Fact.SETBACK]
