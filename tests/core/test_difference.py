"""Differences: each change is named, and whether it concerns the run; and whether a migration could help."""

from datetime import timedelta
from functools import reduce
from operator import rshift
from typing import Any, Final

import pytest

from resaga import Retry
from resaga.core.combine import branch, wait, when, within
from resaga.core.compatibility import Verdict
from resaga.core.gate import gate
from resaga.core.outcome import Cancelled, Chose, Failed, Interrupted, Returned, Woke
from resaga.core.step import step
from resaga.core.walk import Liberties
from tests.core.older import matters, told
from tests.core.places import odd
from tests.core.play import BOOM, DAY, ENOUGH, STEPS, Play, started
from tests.steps import AnyBlock

FREE: Final = Liberties(neutral=True)


def even(context: int) -> bool:
    """Another condition."""
    return context % 2 == 0


def days(count: int) -> Any:  # noqa: ANN401 - a timer
    return wait(timedelta(days=count))


def chain(*names: str) -> AnyBlock:
    """Steps by name: `A` is undone, `(A)` kept, `a!` irreversible, `a?` a gate, `a` a read."""
    return reduce(rshift, map(one, names))


def one(name: str) -> AnyBlock:
    """One of them."""
    if name.endswith("?"):
        return STEPS.gate(name[:-1])
    if name.startswith("("):
        return STEPS.kept(name[1:-1])
    if name.endswith("!"):
        return STEPS.irreversible(name[:-1])
    return STEPS.undone(name) if name.isupper() else STEPS.read(name)


def behind(*names: str, done: int) -> Play:
    """A run behind so many of these steps."""
    play = started(chain(*names))
    for number in range(done):
        play.say(Returned(number))
    return play


def every(play: Play, newer: AnyBlock) -> list[str]:
    """All changes, in words."""
    return [str(change) for change in told(play, newer).changes]


def test_what_is_as_it_was_is_not_told() -> None:
    """Nor is how often a step is repeated, or what a condition is called."""
    play = started(STEPS.read("a") >> when(odd, STEPS.undone("B")))
    play.say(Returned(1))
    assert every(play, STEPS.read("a", retry=Retry(5)) >> when(even, STEPS.undone("B"))) == []


def test_what_the_run_has_not_come_to_does_not_matter() -> None:
    """It is told all the same."""
    play = behind("a", "B", "c?", "d", "e", "f", done=2)
    assert every(play, chain("a", "B", "c?", "D", "x", "f", "e")) == [
        "d was removed, where it has not come to",
        "e was moved, where it has not come to",
        "D was added, where it has not come to",
        "x was added, where it has not come to",
    ]


@pytest.mark.parametrize(
    ("newer", "changes"),
    [
        (chain("B", "c?"), ["a was removed, after it had run"]),
        (chain("a", "B"), ["c was removed, where it stands"]),
        (chain("x", "a", "B", "c?"), ["x was added, before where it stands"]),
        (
            chain("a", "B", "x", "y?", "c?"),
            ["x was added, before where it stands", "y was added, before where it stands"],
        ),
        (chain("B", "a", "c?"), ["a was moved, after it had run"]),
        (chain("c?", "a", "B"), ["c was moved, where it stands"]),
        (chain("a", "B", "e", "c?", "d"), ["e was moved, before where it stands"]),
        (
            chain("x", "B", "c?"),
            ["a was removed, after it had run", "x was added, before where it stands"],
        ),
        (
            chain("a", "B", "x?", "d", "e"),
            ["c was removed, where it stands", "x was added, where it stands"],
        ),
        (
            chain("a", "B").named("n") >> chain("c?"),
            [
                "a was removed, after it had run",
                "B was removed, after it had run",
                "n/a was added, before where it stands",
                "n/B was added, before where it stands",
            ],
        ),
        (
            STEPS.read("a") >> STEPS.kept("B") >> STEPS.gate("c"),
            ["B was changed from undone to kept, after it had run"],
        ),
        (
            chain("a", "B") >> STEPS.read("c"),
            ["c was changed from gate to read, where it stands"],
        ),
    ],
)
def test_what_the_run_came_to_is_named(newer: AnyBlock, changes: list[str]) -> None:
    """What became of it, and whether it had run."""
    assert matters(behind("a", "B", "c?", "d", "e", done=2), newer) == changes


def narrow(context: int) -> bool:
    """A body that gives another type."""
    return context > 0


def decide(context: int, answer: str) -> int:
    """What a gate does with the answer."""
    return context


def forget(context: int) -> None:
    """An undo."""


def test_what_is_re_typed_is_named() -> None:
    """Done or stood at; and what has changed places too is named twice."""
    play = behind("a", "B", "c?", done=2)
    given: Any = step(name="B", takes=int, gives=bool)(narrow).undone_by(forget)
    asked: Any = gate(name="c", takes=int, asks=str, gives=int)(decide)
    assert matters(play, chain("a") >> given >> chain("c?")) == ["B was re-typed, after it had run"]
    assert matters(play, chain("a", "B") >> asked) == ["c was re-typed, where it stands"]
    assert matters(play, given >> chain("a", "c?")) == [
        "a was moved, after it had run",
        "B was re-typed, after it had run",
    ]


def test_of_what_changed_places_the_run_s_own_has_stayed() -> None:
    """Although more of the others have kept their order."""
    play = started(branch(odd, chain("x", "y", "z"), chain("a")) >> chain("c?"))
    play.say(Chose(yes=False), Returned(1))
    newer = branch(even, chain("a"), chain("x", "y", "z")) >> chain("c?")
    assert matters(play, newer) == []
    assert {change.path for change in told(play, newer).changes} == {"x", "y", "z"}


def test_what_was_optional_may_have_been_put_on_the_way() -> None:
    """The run did not come to it, and would have to now."""
    play = started(chain("a") >> when(odd, chain("B")) >> chain("c?"))
    play.say(Returned(1), Chose(yes=False))
    assert matters(play, chain("a", "B", "c?")) == ["B was put on the way, before where it stands"]


def test_what_is_on_another_way_has_moved() -> None:
    """It cannot be come to from what was done."""
    play = behind("a", "B", "c?", done=2)
    assert matters(play, chain("a") >> branch(odd, chain("B"), chain("c?"))) == ["c was moved, where it stands"]


def test_of_two_new_ways_the_shorter_one_is_told() -> None:
    """The run would have to take one of them."""
    play = behind("a", "B", done=1)
    newer = chain("a") >> branch(odd, chain("x", "y"), chain("z")) >> chain("B")
    assert matters(play, newer) == ["z was added, before where it stands"]


def waited() -> Play:
    """Behind a timer of a day, at one of two."""
    play = started(chain("a") >> days(1) >> chain("B") >> days(2) >> chain("d"))
    play.say(Returned(1))
    play.now = DAY
    play.say(Woke(), Returned(2))
    return play


@pytest.mark.parametrize(
    ("newer", "changes"),
    [
        (chain("a") >> days(3) >> chain("B") >> days(4), []),
        (chain("a", "B") >> days(2), ["wait-1d was removed, after it had run"]),
        (chain("a") >> days(1) >> chain("B", "d"), ["wait-2d was removed, where it stands"]),
        (
            chain("a") >> days(3) >> days(1) >> chain("B") >> days(2),
            ["wait-3d was added, before where it stands"],
        ),
        (
            chain("a") >> wait(timedelta(days=1), name="n") >> chain("B") >> days(2),
            ["wait-1d was removed, after it had run", "n was added, before where it stands"],
        ),
    ],
)
def test_timers_are_told_by_where_they_stand(newer: AnyBlock, changes: list[str]) -> None:
    """How long one without a name takes does not matter."""
    assert matters(waited(), newer) == changes


def test_a_timer_with_a_name_is_told_by_it() -> None:
    """As a step is."""
    play = started(wait(timedelta(days=1), name="n") >> chain("a"))
    assert matters(play, days(1) >> chain("a")) == [
        "n was removed, where it stands",
        "wait-1d was added, where it stands",
    ]


def inside(block: AnyBlock) -> AnyBlock:
    return within(block, taken_out, put_back)


def taken_out(context: int) -> int:
    return context


def put_back(context: int, inner: int) -> int:
    return context + inner


def test_contexts_are_told_by_where_they_stand() -> None:
    """A `within` that is new, or gone, or about another type."""
    play = started(inside(chain("a")) >> chain("c?"))
    play.say(Returned(1), Returned(2), Returned(3))
    assert matters(play, chain("a", "c?")) == [
        "get was removed, after it had run",
        "put was removed, after it had run",
    ]
    other = within(chain("a"), taken_out, put_back, gives=bool)
    assert matters(play, other >> chain("c?")) == ["put was re-typed, after it had run"]


def at_odd() -> Play:
    """Cut off in a condition."""
    play = started(chain("a") >> when(odd, chain("B")) >> chain("d"))
    play.say(Returned(1), Interrupted())
    return play


@pytest.mark.parametrize(
    ("newer", "changes"),
    [
        (chain("a") >> when(even, chain("B")) >> chain("d"), []),
        (chain("a", "B", "d"), ["odd was removed, where it stands"]),
        (chain("a", "x") >> when(odd, chain("B")), ["x was added, before where it stands"]),
        (chain("a", "x") >> when(even, chain("B")), ["x was added, before where it stands"]),
        (
            chain("a") >> when(even, chain("y")) >> chain("x") >> when(odd, chain("B")) >> chain("d"),
            ["x was added, before where it stands"],
        ),
    ],
)
def test_the_condition_that_the_run_stands_at_is_told_of(newer: AnyBlock, changes: list[str]) -> None:
    """If there is none any more; and what is new before it."""
    assert matters(at_odd(), newer) == changes


def test_a_run_that_is_over_would_have_to_pass_what_is_new_at_the_end() -> None:
    """That is before where it stands."""
    play = behind("a", done=1)
    assert matters(play, chain("a", "B")) == ["B was added, before where it stands"]


def test_what_a_migration_is_told_is_not_told_again() -> None:
    """Supplied, dropped, and what may come and go."""
    play = behind("a", "B", "c?", done=2)
    assert matters(play, chain("a", "B", "x", "c?"), Liberties(supplied=frozenset({2}))) == []
    assert matters(play, chain("B", "c?"), Liberties(dropped=frozenset({0}))) == []
    assert matters(play, chain("x", "B", "c?"), Liberties(dropped=frozenset({0}))) == [
        "x was added, before where it stands"
    ]
    assert matters(play, chain("a", "B", "x"), Liberties(dropped=frozenset({2}))) == []
    assert matters(waited(), chain("a", "B") >> wait(timedelta(days=2), name="n"), FREE) == []


# ---- verdicts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("done", "newer"),
    [
        (2, chain("B", "c?")),
        (2, chain("a", "x", "B", "c?")),
        (2, chain("a", "B")),
        (2, chain("a", "B", "e?")),
        (2, chain("a", "X", "c?")),
        (2, chain("a", "c?", "B")),
        (1, chain("a", "c?")),
        (1, chain("a") >> STEPS.kept("B") >> chain("c?")),
    ],
)
def test_a_migration_may_help(done: int, newer: AnyBlock) -> None:
    """Where nothing that is done and has to be taken back is lost; it may only have got another name."""
    play = behind("a", "B", "c?", "d", done=done)
    assert told(play, newer).verdict is Verdict.NEEDS_MIGRATION


@pytest.mark.parametrize(
    "newer",
    [
        pytest.param(chain("a", "c?"), id="an undo is gone"),
        pytest.param(chain("a", "(B)", "c?"), id="a done step is not taken back any more"),
        pytest.param(chain("a", "c?", "X"), id="what is new stands elsewhere"),
        pytest.param(chain("a", "B", "x?", "c?"), id="nobody was asked"),
    ],
)
def test_nothing_may_help(newer: AnyBlock) -> None:
    """Where what takes back a done step is gone, or somebody would have had to be asked."""
    assert told(behind("a", "B", "c?", "d", done=2), newer).verdict is Verdict.IMPOSSIBLE


def test_the_order_of_what_is_taken_back_cannot_change() -> None:
    """Undos go back in the order of what happened."""
    play = behind("A", "B", "C", "d", done=3)
    assert told(play, chain("A", "C", "B", "d")).verdict is Verdict.IMPOSSIBLE
    assert told(behind("A", "b", "C", "d", done=3), chain("b", "A", "C", "d")).verdict is Verdict.NEEDS_MIGRATION


def test_an_irreversible_step_that_is_done_stays() -> None:
    """Or something before it might be taken back."""
    play = behind("a", "b!", "c", done=2)
    assert told(play, chain("a", "c")).verdict is Verdict.IMPOSSIBLE


def test_what_was_settled_and_turned_the_run_round_stays() -> None:
    """Even if it needs no undo; where it only failed, it may go."""
    settled = started(chain("A") >> STEPS.kept("b", settled=True) >> chain("d"))
    settled.say(Returned(1), Failed(BOOM), Returned(2))
    assert told(settled, chain("A", "d")).verdict is Verdict.IMPOSSIBLE
    cancelled = behind("A", "b?", "d", done=1)
    cancelled.say(Cancelled(ENOUGH))
    assert told(cancelled, chain("A", "d")).verdict is Verdict.NEEDS_MIGRATION
