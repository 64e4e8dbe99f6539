"""A state computed anew: by columns as row by row."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

import pytest

from resaga import wait
from resaga.core.errors import IllegalTransition
from resaga.core.fact import BITS, Fact
from resaga.core.outcome import Interrupted, Refused, Returned, Woke
from resaga.core.replay import replay, retrace
from resaga.core.state import Trail
from tests.core.places import PLACES, told
from tests.core.play import BOOM, NO, STEPS, Play, registers, started
from tests.steps import AnyBlock


def plain(*, last: AnyBlock) -> Play:
    """Behind two steps that only put the index on."""
    return told(started(STEPS.read("a") >> STEPS.undone("b", plain=True) >> last), Returned(1), Returned(2))


BEHIND_PLAIN: Final[Mapping[str, Callable[[], Play]]] = {
    "before a plain step": lambda: plain(last=STEPS.read("c")),
    "before a step with an attempt": lambda: plain(last=STEPS.undone("c")),
    "before a question": lambda: plain(last=STEPS.gate("c", deadline=timedelta(hours=1))),
    "before a timer": lambda: plain(last=wait(timedelta(hours=1)) >> STEPS.read("c")),
    "at the end": lambda: told(plain(last=STEPS.read("c")), Returned(3)),
    "cut off": lambda: told(plain(last=STEPS.read("c") >> STEPS.read("d")), Interrupted(), Woke(), Returned(3)),
    "turned round": lambda: told(plain(last=STEPS.read("c")), Refused(NO)),
}


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


@pytest.mark.parametrize("place", [*PLACES, *BEHIND_PLAIN])
def test_columns_lead_to_where_their_rows_lead(place: str) -> None:
    """Up to every row, and with any one of them left out, doubled, or said of the next instruction."""
    play = {**PLACES, **BEHIND_PLAIN}[place]()
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


def test_nothing_returns_from_what_is_stuck() -> None:
    """Whatever it is stuck with, and however plain the step is."""
    play = plain(last=STEPS.read("c"))
    for fact, value in (Fact.STUCK, BOOM.replaced(kind="interrupted")), (Fact.RETURNED, 3):
        play.state.trail.add(play.state.index << BITS | fact, play.at, 0, value)
    with pytest.raises(IllegalTransition):
        retrace(play.program, "p", play.state.trail)


def test_a_timer_behind_a_step_is_started() -> None:
    """Such a step does more than to put the index on."""
    play = started(STEPS.undone("a") >> wait(timedelta(hours=1)) >> STEPS.undone("b"))
    play.say(Returned(1))
    alike(play, play.state.trail)
    assert retrace(play.program, "p", play.state.trail).wake_at is not None


def _trail(rows: list[tuple[int, int, int, object]]) -> Trail:
    return Trail([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows], [row[3] for row in rows])
