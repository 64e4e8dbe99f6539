import pytest

from resaga.core.fact import BITS, COMPLETIONS, MASK, Fact, turns
from resaga.core.node import Kind
from resaga.core.outcome import Failed, Returned
from resaga.core.state import Phase
from tests.core.places import PLACES, told
from tests.core.play import BOOM, STEPS, Play, started

NUMBERS = {
    "RETURNED": 0,
    "CHOSE_YES": 1,
    "CHOSE_NO": 2,
    "WOKE": 3,
    "ANSWERED": 4,
    "CREATED": 5,
    "STARTED": 6,
    "SETBACK": 7,
    "DOUBTED": 8,
    "POSTPONED": 9,
    "INTERRUPTED": 10,
    "SETTLING": 11,
    "SETTLED": 12,
    "DID_NOT_HAPPEN": 13,
    "FAILED": 14,
    "STUCK": 15,
    "UNDONE": 16,
    "RETRIED": 17,
    "SKIPPED": 18,
    "MARKED": 19,
    "EMITTED": 20,
    "UNDONE_BY_HAND": 21,
    "MARKED_TO_UNDO": 22,
}


def test_the_numbers_of_facts_are_part_of_the_format() -> None:
    """A number is never given anew: documents of years ago have it."""
    assert {fact.name: int(fact) for fact in Fact} == NUMBERS


def test_a_code_has_room_for_every_fact_and_gives_both_halves_back() -> None:
    assert max(Fact) <= MASK
    for fact in Fact:
        code = 99_999 << BITS | fact
        assert (code >> BITS, Fact(code & MASK)) == (99_999, fact)


def test_a_completion_says_that_the_effect_is_there() -> None:
    assert {Fact.RETURNED, Fact.SETTLED, Fact.MARKED, Fact.MARKED_TO_UNDO} == COMPLETIONS


SETTLED_UNDO = told(started(STEPS.undone("a", settled=True)), Failed(BOOM), Returned(1))
SETTLED_FINAL = told(started(STEPS.irreversible("a", settled=True)), Failed(BOOM), Returned(1))


@pytest.mark.parametrize("play", [*(make() for make in PLACES.values()), SETTLED_UNDO, SETTLED_FINAL])
def test_a_run_has_turned_round_where_a_row_says_so(play: Play) -> None:
    """Whoever reads the rows one by one knows which way the machine goes."""
    turned = [
        turns(fact, final=play.program.instructions[index].kind is Kind.IRREVERSIBLE)
        for fact, index, _, _, _ in play.state.trail.rows()
    ]
    assert any(turned) == (play.state.phase in {Phase.UNDOING, Phase.ROLLED_BACK})
