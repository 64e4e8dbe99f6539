"""A state computed anew: by columns as row by row."""

from datetime import timedelta

import pytest

from resaga import wait
from resaga.core.errors import IllegalTransition
from resaga.core.fact import BITS, Fact
from resaga.core.outcome import Returned
from resaga.core.replay import replay, retrace
from resaga.core.state import Trail
from tests.core.places import PLACES
from tests.core.play import STEPS, Play, registers, started


def alike(play: Play, trail: Trail) -> None:
    """Both ways lead to one state, or to none."""
    program, id_ = play.program, "p"
    try:
        one_by_one = replay(program, id_, trail.rows())
    except IllegalTransition:
        with pytest.raises(IllegalTransition):
            retrace(program, id_, trail)
        return
    at_once = retrace(program, id_, trail)
    assert registers(at_once) == registers(one_by_one)
    assert list(at_once.trail.rows()) == list(one_by_one.trail.rows()) == list(trail.rows())


@pytest.mark.parametrize("place", PLACES)
def test_columns_lead_to_where_their_rows_lead(place: str) -> None:
    """Up to every row, and with any one of them left out, doubled, or said of the next instruction."""
    play = PLACES[place]()
    rows = [(index << BITS | fact, at, took, value) for fact, index, at, took, value in play.state.trail.rows()]
    for end in range(len(rows) + 1):
        for odd in (rows[:end], rows[:end] + rows[end + 1 :], rows[:end] + rows[end - 1 :]):
            alike(play, _trail(odd))
        if end < len(rows):
            code, at, took, value = rows[end]
            alike(play, _trail([*rows[:end], (code + (1 << BITS), at, took, value), *rows[end + 1 :]]))


def test_a_row_behind_the_last_instruction_is_refused() -> None:
    """At the end there is nothing that could return."""
    play = started(STEPS.undone("a") >> STEPS.undone("b"))
    play.say(Returned(1), Returned(2))
    play.state.trail.add(play.program.end << BITS | Fact.RETURNED, play.at, 0, 3)
    alike(play, play.state.trail)


def test_a_timer_behind_a_step_is_started() -> None:
    """Such a step does more than to put the index on."""
    play = started(STEPS.undone("a") >> wait(timedelta(hours=1)) >> STEPS.undone("b"))
    play.say(Returned(1))
    alike(play, play.state.trail)
    assert retrace(play.program, "p", play.state.trail).wake_at is not None


def _trail(rows: list[tuple[int, int, int, object]]) -> Trail:
    return Trail([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows], [row[3] for row in rows])
