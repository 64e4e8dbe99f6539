from datetime import UTC, datetime, timedelta

import pytest

from resaga.core import machine
from resaga.core.decision import Cause, Sleep
from resaga.core.errors import IllegalTransition
from resaga.core.outcome import Failed, Later, Refused, Retried
from resaga.core.why import (
    AtGate,
    AtTimer,
    BackingOff,
    InDoubt,
    NoWayBack,
    Postponed,
    UndoFailed,
    WhyPaused,
    why_paused,
    why_stuck,
)
from tests.core.places import PLACES, told, two
from tests.core.play import BEGIN, BOOM, NO, SECOND, STEPS, Play, started

THEN = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=BEGIN)


def paused(play: Play) -> WhyPaused:
    """Why it is paused."""
    return why_paused(play.state, machine.decide(play.program, play.state))


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("asked", AtGate("a", None)),
        ("asked in time", AtGate("a", THEN + timedelta(hours=1))),
        ("waiting", AtTimer("wait-1h", THEN + timedelta(hours=1))),
        ("backing off", BackingOff("a", BOOM, THEN + timedelta(minutes=1))),
        ("postponed", Postponed("a", "later", None)),
        ("settling later", Postponed("a", "later", None)),
        ("undoing later", Postponed("a", "later", None)),
    ],
)
def test_a_pause_says_what_is_waited_for(place: str, why: WhyPaused) -> None:
    assert paused(PLACES[place]()) == why


def test_a_body_may_say_when_to_come_back() -> None:
    assert paused(told(started(two()), Later("later", 5 * SECOND))) == Postponed(
        "a", "later", THEN + timedelta(seconds=5)
    )


@pytest.mark.parametrize("place", ["due", "cut", "stuck in doubt", "settling", "undoing"])
def test_what_can_go_on_or_is_stuck_is_not_paused(place: str) -> None:
    with pytest.raises(IllegalTransition, match="is not paused"):
        paused(PLACES[place]())


@pytest.mark.parametrize("cause", [Cause.RETRY, Cause.NOT_YET])
def test_a_cause_that_the_trail_does_not_tell_of_is_none(cause: Cause) -> None:
    play = PLACES["waiting"]()
    with pytest.raises(IllegalTransition, match="is not paused"):
        why_paused(play.state, Sleep(cause))


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("stuck in doubt", InDoubt("a", BOOM)),
        ("stuck in a settle", InDoubt("a", NO)),
        ("stuck in an undo", UndoFailed("a", NO)),
        ("stuck past return", NoWayBack("a", NO)),
        ("stuck in a condition", NoWayBack("odd", NO)),
    ],
)
def test_what_is_stuck_says_what_a_person_has_to_decide(place: str, why: object) -> None:
    assert why_stuck(PLACES[place]().state) == why


def test_a_step_that_broke_and_is_then_rejected_stays_in_doubt() -> None:
    """The doubt of an irreversible step outlives the person who tries it again."""
    play = told(started(STEPS.irreversible("a")), Failed(BOOM), Retried("ann"), Refused(NO))
    assert why_stuck(play.state) == InDoubt("a", NO)


@pytest.mark.parametrize("place", ["due", "asked", "completed"])
def test_what_is_not_stuck_has_nothing_to_decide(place: str) -> None:
    with pytest.raises(IllegalTransition, match="is not stuck"):
        why_stuck(PLACES[place]().state)


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (AtGate("ask", None), "ask waits for an answer"),
        (AtGate("ask", THEN), f"ask waits for an answer until {THEN:%Y-%m-%d %H:%M:%S}+00:00"),
        (AtTimer("rest", THEN), f"rest waits until {THEN:%Y-%m-%d %H:%M:%S}+00:00"),
        (Postponed("a", "", None), "a said not yet"),
        (Postponed("a", "busy", THEN), f"a said not yet until {THEN:%Y-%m-%d %H:%M:%S}+00:00: busy"),
        (BackingOff("a", NO, THEN), f"{NO}; it is tried again at {THEN:%Y-%m-%d %H:%M:%S}+00:00"),
        (InDoubt("a", NO), f"a is in doubt, nobody can tell whether it has happened; {NO}"),
        (UndoFailed("a", NO), f"a could not be taken back; {NO}"),
        (NoWayBack("a", NO), f"{NO}, and what is done before it cannot be taken back"),
    ],
    ids=str,
)
def test_why_can_be_told_to_a_person(why: object, said: str) -> None:
    """In one line, without the names of classes."""
    assert str(why) == said
