"""Interrupts: wherever the machine is cut off, its state is one between two rows."""

import pytest

from resaga.core import machine
from resaga.core.fact import Fact
from resaga.core.outcome import Failed, Interrupted, NothingHappened, Returned
from resaga.core.replay import cut_off
from resaga.core.state import Phase
from tests.core.places import PLACES, told, two
from tests.core.play import BOOM, STEPS, registers, started


def test_an_interrupt_of_a_loop_leaves_what_is_recorded_and_doubt() -> None:
    play = started(two())
    play.say(Returned(1))
    play.now += 3
    again = cut_off(play.program, play.state, play.at)
    assert again.doubt
    assert again.wake_at == 0
    assert [row[0] for row in again.trail.rows()][2:] == [Fact.RETURNED, Fact.INTERRUPTED]
    assert not play.state.doubt


@pytest.mark.parametrize("place", ["new", "completed", "rolled back"])
def test_an_interrupt_where_nothing_runs_changes_nothing(place: str) -> None:
    play = PLACES[place]()
    again = cut_off(play.program, play.state, play.at)
    assert registers(again) == registers(play.state)
    assert len(again.trail) == len(play.state.trail)


def test_an_interrupt_is_no_older_than_the_row_before_it() -> None:
    play = started(two())
    again = cut_off(play.program, play.state, 0)
    assert again.trail.at[-1] == again.trail.at[-2]


def test_half_of_what_an_outcome_says_is_nothing() -> None:
    """An interrupt between two rows of one outcome leaves neither."""
    play = started(STEPS.undone("a", settled=True))
    play.say(Failed(BOOM))
    rows = len(play.state.trail)
    play.state.trail.stands = rows
    play.write(Fact.DID_NOT_HAPPEN)  # and FAILED did not come
    again = cut_off(play.program, play.state, play.at)
    assert again.phase is Phase.SETTLING
    assert len(again.trail) == rows + 1


def test_all_rows_of_one_outcome_are_there_when_it_was_taken_in() -> None:
    play = told(started(STEPS.undone("a", settled=True)), Failed(BOOM), NothingHappened())
    assert play.facts == [Fact.SETTLING, Fact.DID_NOT_HAPPEN, Fact.FAILED]


class Cutting(int):
    """A span of time of which the calculation is interrupted."""

    def __rsub__(self, other: int) -> int:
        raise KeyboardInterrupt


def test_an_interrupt_while_an_outcome_is_written_leaves_none_of_its_rows() -> None:
    """Of the two that say that it was cut off and is stuck; one alone would let it be repeated."""
    play = started(STEPS.irreversible("a"))
    rows = len(play.state.trail)
    with pytest.raises(KeyboardInterrupt):
        machine.advance(play.program, play.state, Interrupted(), play.at, Cutting())
    assert len(play.state.trail.codes) == rows + 1
    assert len(play.state.trail) == rows
