"""`ProgramChanged`: what it says of a document that does not fit its program, and what can be done."""

from collections.abc import Callable

import pytest

from resaga import branch, wait
from resaga.errors import ProgramChanged
from tests.codec.older import HOUR, Shop, always, never, shop
from tests.steps import AnyBlock


def test_so_many_changes_are_told_in_a_sentence() -> None:
    """All of them are on the error."""
    one = Shop()
    names = [f"r{number}" for number in range(10)]
    blob = one.started(one.chain(*names, "c?")).dump()
    with pytest.raises(ProgramChanged) as caught:
        shop(one.chain("c?")).load(blob)
    assert str(caught.value).count("was removed") == 8
    assert len(caught.value.changes) == 10


def test_it_says_what_can_be_done() -> None:
    """A migration, if that could help; otherwise the older program has to finish it."""
    one = Shop()
    blob = one.started(one.chain("A", "c?")).dump()
    with pytest.raises(ProgramChanged, match=r"carry it over with new\.migration\(old\)"):
        shop(one.chain("A", "x", "c?")).load(blob)
    with pytest.raises(ProgramChanged, match="load it with the saga that it was dumped by"):
        shop(one.chain("c?")).load(blob)


def test_where_nothing_can_be_named_it_says_so() -> None:
    """Two timers, and nothing tells which of them the run stands at."""
    one = Shop()

    def sides(test: Callable[[object], bool], yes: int, no: int) -> AnyBlock:
        return branch(test, wait(yes * HOUR) >> one.chain("a"), wait(no * HOUR) >> one.chain("b"))

    blob = one.started(sides(never, 1, 2)).dump()
    with pytest.raises(ProgramChanged, match="which way led to where it stands cannot be told"):
        shop(sides(always, 3, 4)).load(blob)


def test_a_compatible_document_tells_what_has_changed_elsewhere() -> None:
    """For the curious; nothing of it matters."""
    one = Shop()
    blob = one.started(one.chain("a", "b?", "c")).dump()
    assert str(shop(one.chain("a", "b?", "x")).compatibility(blob)) == (
        "compatible\n  c was removed, where it has not come to\n  x was added, where it has not come to"
    )
    assert str(shop(one.chain("a", "b?", "c")).compatibility(blob)) == "compatible"
