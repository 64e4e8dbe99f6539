"""Liberties: what a migration lets the walk pass, leave out and change."""

from typing import Final

import pytest

from resaga.core.combine import within
from resaga.core.outcome import Interrupted, Refused, Returned
from resaga.core.walk import Liberties
from tests.core.letters import DONE, a, at_c, b, c, days, inside, put_back, taken_out, waiting, x
from tests.core.older import walked
from tests.core.play import NO, STEPS, started
from tests.steps import AnyBlock

FREE: Final = Liberties(neutral=True)


def test_what_is_supplied_is_passed() -> None:
    """As if it had returned."""
    newer = a() >> x() >> b() >> c()
    passed = [DONE[0], ("x", "RETURNED", None), DONE[1]]
    assert walked(at_c(), newer, Liberties(supplied=frozenset({1}))) == passed


def test_what_is_dropped_is_left_out() -> None:
    """Even if something of its name is there, which then is another."""
    drop = Liberties(dropped=frozenset({0}))
    assert walked(at_c(), b() >> c(), drop) == DONE[1:]
    assert walked(at_c(), a() >> b() >> c(), drop) is None


def test_a_run_goes_on_behind_what_is_dropped_where_it_stands() -> None:
    """Its rows there are forgotten."""
    play = started(a() >> b() >> x())
    play.say(Returned(1), Interrupted())
    assert walked(play, a() >> x(), Liberties(dropped=frozenset({1}))) == [DONE[0]]


def test_a_rollback_keeps_the_row_that_turned_it() -> None:
    """At what comes next; where nothing comes, there is no place for it."""
    play = started(b() >> STEPS.undone("e") >> c())
    play.say(Returned(1), Refused(NO))
    drop = Liberties(dropped=frozenset({1}))
    assert walked(play, b() >> c(), drop) == [("b", "RETURNED", 2), ("c", "FAILED", 3)]
    assert walked(play, b(), drop) is None


@pytest.mark.parametrize(
    ("newer", "facts"),
    [
        (days(1) >> a() >> days(2) >> days(3) >> x(), ["WOKE", "RETURNED", "WOKE"]),
        (a() >> days(2) >> days(3) >> x(), ["RETURNED", "WOKE"]),
        (days(1) >> a() >> days(3) >> x(), ["WOKE", "RETURNED"]),
        (days(1) >> a() >> days(2) >> x(), ["WOKE", "RETURNED"]),
        (days(1) >> a() >> days(1) >> days(2) >> days(3) >> x(), ["WOKE", "RETURNED", "WOKE"]),
        (days(1) >> days(1) >> a() >> days(2) >> days(3) >> x(), ["WOKE", "WOKE", "RETURNED", "WOKE"]),
    ],
)
def test_timers_may_come_and_go(newer: AnyBlock, facts: list[str]) -> None:
    """With that liberty; the one that the run stands at stays, if it can."""
    placed = walked(waiting(at=3), newer, FREE)
    assert placed is not None
    assert [fact for _, fact, _ in placed] == facts


def test_what_is_put_back_may_be_of_another_type() -> None:
    """Its rows stay, with that liberty only."""
    play = started(inside(a()) >> c())
    play.say(Returned(1), Returned(2), Interrupted())
    newer = within(a(), taken_out, put_back, gives=bool) >> c()
    assert walked(play, newer) is None
    rows = [("get", "RETURNED", 2), ("a", "RETURNED", 3), ("put", "INTERRUPTED", 4)]
    assert walked(play, newer, FREE) == rows


def test_contexts_may_come_and_go() -> None:
    """The rows of new ones come from nowhere."""
    play = started(inside(a()) >> c())
    play.say(Returned(1), Returned(2), Returned(3))
    assert walked(play, a() >> c(), FREE) == [("a", "RETURNED", 3)]
    assert walked(at_c(), inside(a() >> b()) >> c(), FREE) == [
        ("get", "RETURNED", None),
        *DONE,
        ("put", "RETURNED", None),
    ]
