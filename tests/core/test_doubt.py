"""Doubt: what is known of a body that did not say how it ended, and when it may be called again."""

from datetime import timedelta

import pytest

from resaga.core.fact import Fact
from resaga.core.failure import Failure
from resaga.core.outcome import (
    Cancelled,
    Failed,
    Interrupted,
    Later,
    NothingHappened,
    Outcome,
    Refused,
    Retried,
    Returned,
    Woke,
)
from resaga.core.retry import Retry
from tests.core.places import PLACES, TWICE, told, two
from tests.core.play import BOOM, DAY, ENOUGH, NO, SLOW, STEPS, Play, started

# ---- doubt -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "failure", "facts"),
    [
        (STEPS.undone("a", retry=TWICE), BOOM, [Fact.SETBACK, Fact.FAILED]),
        (STEPS.undone("a", retry=TWICE), SLOW, [Fact.DOUBTED, Fact.STUCK]),
        (STEPS.undone("a", retry=TWICE, settled=True), BOOM, [Fact.DOUBTED, Fact.SETTLING]),
        (STEPS.kept("a", retry=TWICE, settled=True), BOOM, [Fact.DOUBTED, Fact.SETTLING]),
        (STEPS.irreversible("a"), BOOM, [Fact.STUCK]),
        (STEPS.irreversible("a", retry=TWICE), BOOM, [Fact.DOUBTED, Fact.STUCK]),
        (STEPS.irreversible("a", retry=TWICE, settled=True), BOOM, [Fact.DOUBTED, Fact.SETTLING]),
        (STEPS.read("a", retry=TWICE), BOOM, [Fact.SETBACK, Fact.FAILED]),
        (STEPS.read("a", retry=TWICE), SLOW, [Fact.SETBACK, Fact.FAILED]),
    ],
)
def test_silence_proves_nothing_and_an_exception_only_of_a_plain_step(
    block: object, failure: Failure, facts: list[Fact]
) -> None:
    play = started(block)
    while play.state.stuck is None and play.state.phase.value == "forward":
        play.say(Failed(failure))
    assert play.facts == facts


def test_a_rejection_under_doubt_is_no_rejection() -> None:
    settled = told(started(STEPS.undone("a", retry=TWICE, settled=True)), Failed(BOOM), Refused(NO))
    alone = told(started(two()), Interrupted(), Woke(), Refused(NO))
    assert settled.facts[-1] is Fact.SETTLING
    assert alone.facts[-1] is Fact.STUCK
    assert alone.state.doubt


def test_a_setback_does_not_clear_an_earlier_doubt() -> None:
    play = told(started(STEPS.undone("a", retry=TWICE)), Interrupted(), Woke(), Failed(BOOM), Refused(NO))
    assert play.facts == [Fact.INTERRUPTED, Fact.WOKE, Fact.SETBACK, Fact.STUCK]


def test_not_yet_does_not_clear_an_earlier_doubt() -> None:
    play = told(started(two()), Interrupted(), Woke(), Later("later", None), Woke(), Refused(NO))
    assert play.facts[-1] is Fact.STUCK


def test_a_cancel_under_doubt_settles_first() -> None:
    play = told(started(STEPS.undone("a", retry=Retry(2, delay=timedelta(hours=1)), settled=True)), Failed(BOOM))
    play.say(Cancelled(ENOUGH))
    assert play.facts == [Fact.DOUBTED, Fact.SETTLING]
    play.say(Returned(1))
    assert play.state.failure == ENOUGH


def test_what_is_given_up_in_doubt_and_found_to_have_happened_is_undone_first() -> None:
    play = told(started(STEPS.undone("a") >> STEPS.undone("b", settled=True)), Returned(1), Failed(BOOM), Returned(2))
    assert (play.state.path, play.state.value) == ("b", 2)
    play.say(Returned(None))
    assert (play.state.path, play.state.value) == ("a", 1)


def test_an_irreversible_step_that_was_found_to_have_happened_goes_on() -> None:
    play = told(started(STEPS.irreversible("a", settled=True) >> STEPS.read("b")), Failed(BOOM), Returned(1))
    assert (play.state.path, play.state.past_return, play.state.failure) == ("b", 0, None)


def test_an_irreversible_step_that_was_cut_off_and_did_not_happen_is_done() -> None:
    play = told(PLACES["settling what was cut"](), NothingHappened())
    assert (play.state.path, play.state.doubt, play.state.phase.value) == ("a", False, "forward")


# ---- interrupts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "facts"),
    [
        (STEPS.undone("a"), [Fact.INTERRUPTED]),
        (STEPS.undone("a", settled=True), [Fact.INTERRUPTED]),
        (STEPS.read("a"), [Fact.INTERRUPTED]),
        (STEPS.irreversible("a"), [Fact.INTERRUPTED, Fact.STUCK]),
        (STEPS.irreversible("a", retry=TWICE), [Fact.INTERRUPTED]),
        (STEPS.irreversible("a", settled=True), [Fact.INTERRUPTED, Fact.SETTLING]),
        (STEPS.irreversible("a", retry=TWICE, settled=True), [Fact.INTERRUPTED]),
    ],
)
def test_an_interrupt_repeats_nothing_irreversible_on_a_guess(block: object, facts: list[Fact]) -> None:
    assert told(started(block), Interrupted()).facts == facts


def test_interrupts_do_not_count_against_the_budget() -> None:
    play = started(STEPS.undone("a", retry=TWICE))
    for _ in range(5):
        play.say(Interrupted(), Woke())
    play.say(Failed(BOOM))
    assert play.facts[-1] is Fact.SETBACK


# ---- the life of keys ------------------------------------------------------------------------------------


def old(block: object, *outcomes: Outcome) -> Play:
    """The play two days later."""
    play = told(started(block), *outcomes)
    play.now += 2 * DAY
    return play


def test_a_step_in_doubt_whose_key_is_too_old_is_not_repeated() -> None:
    assert told(old(STEPS.undone("a"), Interrupted()), Woke()).facts[-1] is Fact.STUCK
    assert told(old(STEPS.undone("a", settled=True), Interrupted()), Woke()).facts[-1] is Fact.SETTLING
    assert told(old(STEPS.irreversible("a", retry=TWICE), Interrupted()), Woke()).facts[-1] is Fact.STUCK


def test_a_step_that_only_failed_is_repeated_however_old_its_key_is() -> None:
    play = old(STEPS.undone("a", retry=Retry(2, delay=timedelta(minutes=1))), Failed(BOOM))
    assert told(play, Woke()).facts[-1] is Fact.WOKE


def test_a_settle_asks_about_a_key_however_old_it_is() -> None:
    play = old(STEPS.undone("a", settled=True), Failed(BOOM), Failed(BOOM))
    assert told(play, Woke()).facts[-1] is Fact.WOKE
    assert told(play, Failed(BOOM)).facts[-1] is Fact.SETBACK


def test_an_undo_whose_key_is_too_old_is_left_to_a_person() -> None:
    """Whether it waited for its next attempt or is in the middle of them."""
    waited = old(STEPS.undone("a") >> STEPS.read("b"), Returned(1), Refused(NO), Failed(BOOM))
    assert told(waited, Woke()).facts[-1] is Fact.STUCK
    at_once = old(STEPS.undone("a", undo_retry=Retry(5)) >> STEPS.read("b"), Returned(1), Refused(NO), Failed(BOOM))
    assert told(at_once, Failed(BOOM)).facts[-1] is Fact.STUCK


def test_an_attempt_that_outlived_its_key_is_the_last_one() -> None:
    play = started(STEPS.undone("a", retry=Retry(3), settled=True))
    play.now += 2 * DAY
    play.say(Failed(BOOM), took=2 * DAY)
    assert play.facts == [Fact.SETTLING]


def test_an_irreversible_step_is_cut_off_for_good_when_its_key_is_too_old() -> None:
    play = started(STEPS.irreversible("a", retry=Retry(3)))
    play.say(Failed(BOOM))
    play.now += 2 * DAY
    play.say(Interrupted())
    assert play.facts == [Fact.DOUBTED, Fact.INTERRUPTED, Fact.STUCK]


def test_a_person_who_retries_begins_another_life_of_the_key() -> None:
    play = told(old(STEPS.undone("a"), Interrupted()), Woke(), Retried("ann"))
    assert told(play, Interrupted(), Woke()).facts[-1] is Fact.WOKE
