"""Short ways: several rows written at once are the rows of the long way."""

import pytest

from resaga.core import machine
from resaga.core.decision import COMPLETED, Plain
from resaga.core.outcome import Interrupted, MarkedDone, Outcome, Refused, Returned, Woke
from resaga.core.state import Phase
from tests.core.places import told
from tests.core.play import NO, STEPS, Play, registers, started
from tests.steps import AnyBlock


def plain_play(block: AnyBlock) -> tuple[Play, Play]:
    """Two plays of one program, both begun."""
    return started(block), started(block)


@pytest.mark.parametrize("strained", [False, True])
def test_the_short_way_of_a_plain_result_is_the_long_one(strained: bool) -> None:  # noqa: FBT001
    one, other = plain_play(STEPS.undone("a", plain=True) >> STEPS.undone("b", plain=True))
    if strained:
        told(one, Interrupted(), Woke()), told(other, Interrupted(), Woke())
    for play in (one, other):
        play.now += 5
    plain = one.program.plain[0]
    assert plain is not None
    short = machine.returned(plain, one.state, 1, one.at, 2000)
    long = other.say(Returned(1), took=2)
    assert type(short) is type(long)
    assert registers(one.state) == registers(other.state)
    assert list(one.state.trail.rows()) == list(other.state.trail.rows())


@pytest.mark.parametrize(
    "outcomes",
    [
        (Returned(1), Returned(2), Returned(3), Refused(NO)),
        (Returned(1), Returned(2), Returned(3), Refused(NO), Interrupted(), Woke()),
        (Interrupted(), Woke(), Refused(NO), MarkedDone(9, "ann"), Returned(2), Returned(3), Refused(NO)),
    ],
    ids=["at once", "after an interrupt", "behind a step that a person marked"],
)
@pytest.mark.parametrize("between", [STEPS.undone("b", plain=True), STEPS.read("b")], ids=["undone", "read"])
def test_the_short_way_of_a_plain_undo_is_the_long_one(between: AnyBlock, outcomes: tuple[Outcome, ...]) -> None:
    block = STEPS.undone("a", plain=True) >> between >> STEPS.undone("c", plain=True) >> STEPS.read("d")
    one, other = told(started(block), *outcomes), told(started(block), *outcomes)
    while one.state.phase is Phase.UNDOING:
        plain = machine.decide(one.program, one.state)
        if isinstance(plain, Plain):
            machine.undone(plain, one.state, one.at, 0)
        else:
            one.say(Returned(None))
        other.say(Returned(None))
        assert registers(one.state) == registers(other.state)
        assert list(one.state.trail.rows()) == list(other.state.trail.rows())
    assert one.state.phase is Phase.ROLLED_BACK


def test_the_short_way_to_the_end_completes() -> None:
    play = started(STEPS.read("a"))
    plain = play.program.plain[0]
    assert plain is not None
    assert machine.returned(plain, play.state, 1, play.at, 0) is COMPLETED
    assert play.state.phase is Phase.COMPLETED
