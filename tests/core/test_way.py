"""The way of a run: which rows belong to which station, and where it turned round."""

from datetime import timedelta

import pytest

from resaga.core.combine import branch, wait, when
from resaga.core.fact import BITS, Fact
from resaga.core.line import END
from resaga.core.outcome import (
    Cancelled,
    Chose,
    Failed,
    Interrupted,
    MarkedDone,
    Refused,
    Returned,
    Woke,
)
from resaga.core.way import UNANSWERED, Way
from tests.core.older import way_of
from tests.core.places import PLACES, odd
from tests.core.play import BOOM, DAY, ENOUGH, NO, STEPS, Play, started
from tests.steps import AnyBlock


def a() -> AnyBlock:
    return STEPS.read("a")


def stations(way: Way) -> list[tuple[str, list[int], bool]]:
    """Path, rows and whether it is done, of each."""
    return [(way.old[one.index].path, one.rows, one.done) for one in way.stations]


def asked(way: Way) -> list[list[tuple[str, list[int]]]]:
    """Before each station, the conditions that the run went through, with their rows."""
    return [[(way.old[one.index].path, one.rows) for one in station.choices] for station in way.stations]


def test_what_was_not_begun_has_no_stations() -> None:
    """Only the row that it was created by."""
    way = way_of(Play(a()))
    assert (way.begun, way.stations, way.back, way.turned) == ([0], [], [], False)


def test_all_stations_are_done_but_the_one_where_it_stands() -> None:
    """Which may have no rows yet."""
    play = started(a() >> STEPS.undone("b") >> STEPS.gate("c"))
    play.say(Returned(1), Returned(2))
    assert stations(way_of(play)) == [("a", [2], True), ("b", [3], True), ("c", [], False)]


def test_attempts_belong_to_their_station() -> None:
    """As many as there were."""
    play = started(STEPS.undone("a", settled=True))
    play.say(Interrupted(), Woke())
    assert stations(way_of(play)) == [("a", [2, 3], False)]


@pytest.mark.parametrize("place", PLACES)
def test_where_it_stands_is_where_the_machine_is(place: str) -> None:
    """On the way back, at what is being undone."""
    play = PLACES[place]()
    way = way_of(play)
    assert way.old[way.here].path == (play.state.path or "")


def test_at_the_end_it_stands_there() -> None:
    """Behind the last line."""
    play = started(a())
    play.say(Returned(1))
    assert stations(way_of(play)) == [("a", [2], True), (END.path, [], False)]


def test_conditions_stand_before_the_station_that_they_led_to() -> None:
    """With what they went through themselves."""
    play = started(when(odd, a()) >> when(odd, STEPS.read("b")))
    play.say(Chose(yes=False), Interrupted(), Woke(), Chose(yes=True))
    way = way_of(play)
    assert stations(way) == [("b", [], False)]
    assert asked(way) == [[("odd", [2]), ("odd", [3, 4, 5])]]


def test_it_may_stand_at_a_condition() -> None:
    """That was not answered yet, with rows or without."""
    play = started(branch(odd, a(), STEPS.read("b")))
    assert stations(way_of(play)) == [("odd", [], False)]
    play.say(Interrupted())
    assert stations(way_of(play)) == [("odd", [2], False)]
    assert asked(way_of(play)) == [[]]
    assert way_of(play).stations[0].index == 0


def test_an_unanswered_condition_is_known() -> None:
    """One that the trail left without an answer, as a forged one may."""
    play = started(when(odd, a()) >> STEPS.read("b"))
    play.say(Interrupted())
    play.state.index = 2
    assert [one.way for one in way_of(play).stations[0].choices] == [UNANSWERED]


def test_a_timer_is_done_when_it_woke() -> None:
    """A step that woke is not."""
    play = started(wait(timedelta(days=1)) >> STEPS.read("a"))
    play.now += DAY
    play.say(Woke(), Interrupted(), Woke())
    assert stations(way_of(play)) == [("wait-1d", [2], True), ("a", [3, 4], False)]


def test_a_rollback_goes_back_from_where_it_failed() -> None:
    """The rows of the undos belong to no station."""
    play = started(STEPS.undone("a") >> STEPS.undone("b"))
    play.say(Returned(1), Refused(NO), Returned(None))
    way = way_of(play)
    assert stations(way) == [("a", [2], True), ("b", [3], False)]
    assert (way.turned, way.back) == (True, [4])


def test_a_rollback_may_begin_at_a_condition() -> None:
    """One that raised, or that the run was cut off in before it was cancelled."""
    play = started(STEPS.undone("a") >> when(odd, STEPS.read("b")))
    play.say(Returned(1), Interrupted(), Woke(), Cancelled(ENOUGH))
    way = way_of(play)
    assert stations(way) == [("a", [2], True), ("odd", [3, 4, 5], False)]
    assert way.turned


def test_a_settle_that_found_out_completes_the_step_and_turns_the_run() -> None:
    """It was given up before, so it is taken back."""
    play = started(STEPS.kept("a", settled=True))
    play.say(Failed(BOOM), Returned(1))
    way = way_of(play)
    assert stations(way) == [("a", [2, 3], True)]
    assert (way.turned, way.held()) == (True, {0})


def test_a_settle_may_only_complete_the_step() -> None:
    """An irreversible one goes on."""
    play = started(STEPS.irreversible("a", settled=True) >> STEPS.read("b"))
    play.say(Failed(BOOM), Returned(1))
    way = way_of(play)
    assert stations(way) == [("a", [2, 3], True), ("b", [], False)]
    assert not way.turned


def test_what_a_person_marked_is_done() -> None:
    """And the run stands behind it."""
    play = started(STEPS.irreversible("a") >> STEPS.read("b"))
    play.say(Failed(BOOM), MarkedDone(1, "ann"))
    assert stations(way_of(play))[-1] == ("b", [], False)


def test_what_is_held_is_what_is_taken_back_or_never_can_be() -> None:
    """Done reads, kept steps and gates are not."""
    play = started(a() >> STEPS.undone("b") >> STEPS.kept("c") >> STEPS.irreversible("d") >> STEPS.read("e"))
    play.say(Returned(1), Returned(2), Returned(3), Returned(4))
    assert way_of(play).held() == {1, 3}


def test_rows_of_another_step_make_a_station_of_their_own() -> None:
    """As a forged trail may have them: nothing says that the step before was done."""
    play = started(a() >> STEPS.read("b"))
    play.say(Interrupted())
    play.state.trail.codes.append(1 << BITS | Fact.INTERRUPTED)
    assert stations(way_of(play)) == [("a", [2], False), ("b", [3], False)]
