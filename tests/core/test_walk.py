"""The walk: where the rows of an older run are placed in a newer program, and when there is no place."""

from collections.abc import Callable
from datetime import timedelta
from functools import reduce
from operator import rshift
from typing import Final

import pytest

from resaga import Saga
from resaga.core.combine import branch, wait, when
from resaga.core.difference import difference
from resaga.core.line import Line
from resaga.core.outcome import Cancelled, Chose, Interrupted, Returned, Woke
from resaga.core.walk import PLACES, walk
from resaga.core.way import Way
from tests.core.letters import DONE, a, at_c, b, c, days, inside, waiting, x
from tests.core.older import walked
from tests.core.places import odd
from tests.core.play import DAY, ENOUGH, STEPS, Play, started
from tests.counting import counted
from tests.steps import AnyBlock


def even(context: int) -> bool:
    """Another condition."""
    return context % 2 == 0


def big(context: int) -> bool:
    """A third one."""
    return context > 9


# ---- what fits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "newer",
    [
        a() >> b() >> c(),
        a() >> b() >> c() >> STEPS.kept("d"),
        a() >> b() >> c() >> x() >> STEPS.read("d"),
        a() >> b() >> c() >> (x() >> STEPS.read("d")).named("tail"),
    ],
)
def test_what_lies_further_down_is_not_looked_at(newer: AnyBlock) -> None:
    """It may be gone, changed, added to, or wrapped."""
    assert walked(at_c(), newer) == DONE


def test_a_run_that_was_not_begun_fits_anywhere() -> None:
    """Nothing is done."""
    assert walked(Play(a() >> b()), x()) == []


def test_a_run_that_is_over_is_over_in_the_new_program() -> None:
    """So nothing may have been added before the end."""
    play = started(a() >> b())
    play.say(Returned(1), Returned(2))
    assert walked(play, a() >> b()) == DONE
    assert walked(play, a() >> b() >> when(odd, x())) == [*DONE, ("odd", "CHOSE_NO", None)]
    assert walked(play, a() >> b() >> x()) is None


@pytest.mark.parametrize(
    ("newer", "rows"),
    [
        (a() >> when(odd, x()) >> b() >> c(), [DONE[0], ("odd", "CHOSE_NO", None), DONE[1]]),
        (a() >> when(odd, b()) >> c(), [DONE[0], ("odd", "CHOSE_YES", None), DONE[1]]),
        (a() >> branch(odd, b(), x()) >> c(), [DONE[0], ("odd", "CHOSE_YES", None), DONE[1]]),
        (
            a() >> when(odd, when(even, x())) >> b() >> c(),
            [DONE[0], ("odd", "CHOSE_NO", None), DONE[1]],
        ),
        (
            a() >> branch(odd, branch(even, x(), b()), STEPS.read("y")) >> c(),
            [DONE[0], ("odd", "CHOSE_YES", None), ("even", "CHOSE_NO", None), DONE[1]],
        ),
        (a() >> b() >> when(odd, c()), [*DONE, ("odd", "CHOSE_YES", None)]),
    ],
)
def test_conditions_go_the_way_that_makes_the_walk_match(
    newer: AnyBlock, rows: list[tuple[str, str, int | None]]
) -> None:
    """New ones too; no time is taken for them."""
    assert walked(at_c(), newer) == rows


def test_a_condition_that_was_asked_keeps_its_rows() -> None:
    """Also what it went through; and the other answer, where that is the way now."""
    play = started(a() >> branch(odd, b(), x()) >> c())
    play.say(Returned(1), Interrupted(), Woke(), Chose(yes=True), Returned(2))
    kept = [("odd", "INTERRUPTED", 3), ("odd", "WOKE", 4)]
    same = [("a", "RETURNED", 2), *kept, ("odd", "CHOSE_YES", 5), ("b", "RETURNED", 6)]
    turned = [("a", "RETURNED", 2), *kept, ("odd", "CHOSE_NO", 5), ("b", "RETURNED", 6)]
    assert walked(play, a() >> branch(odd, b(), x()) >> c() >> x().named("n")) == same
    assert walked(play, a() >> branch(odd, x(), b()) >> c()) == turned
    assert walked(play, a() >> b() >> c()) == [("a", "RETURNED", 2), ("b", "RETURNED", 6)]


def test_conditions_of_one_name_keep_their_rows_in_order() -> None:
    """The first that is asked gets the first."""
    play = started(when(odd, x()) >> when(odd, STEPS.read("y")) >> c())
    play.say(Chose(yes=False), Chose(yes=False))
    newer = when(even, a()) >> when(odd, x()) >> when(odd, STEPS.read("y")) >> c()
    assert walked(play, newer) == [("even", "CHOSE_NO", None), ("odd", "CHOSE_NO", 2), ("odd", "CHOSE_NO", 3)]


def test_undos_go_where_their_steps_have_gone() -> None:
    """Behind the row that turned the run round."""
    play = started(a() >> b() >> STEPS.undone("e") >> c())
    play.say(Returned(1), Returned(2), Returned(3), Cancelled(ENOUGH), Returned(None))
    newer = when(odd, x()) >> a() >> b() >> STEPS.undone("e") >> c()
    assert walked(play, newer) == [
        ("odd", "CHOSE_NO", None),
        ("a", "RETURNED", 2),
        ("b", "RETURNED", 3),
        ("e", "RETURNED", 4),
        ("c", "FAILED", 5),
        ("e", "UNDONE", 6),
    ]


def test_rows_of_an_undo_that_belong_to_nothing_do_not_fit() -> None:
    """As a forged trail may have them."""
    play = started(a() >> b() >> c())
    play.say(Returned(1), Returned(2), Cancelled(ENOUGH))
    play.state.trail.codes.append(3 << 5 | 16)
    assert walked(play, a() >> b() >> c() >> x()) is None


# ---- what does not fit --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "newer",
    [
        pytest.param(x() >> a() >> b() >> c(), id="added before a done step"),
        pytest.param(a() >> b() >> x() >> c(), id="added where it stands"),
        pytest.param(b() >> c(), id="a done step is removed"),
        pytest.param(b() >> a() >> c(), id="done steps have changed places"),
        pytest.param(a() >> STEPS.undone("bb") >> c(), id="a done step has another name"),
        pytest.param(a() >> b().named("n") >> c(), id="a done step is in another block"),
        pytest.param(a() >> STEPS.kept("b") >> c(), id="a done step is taken back otherwise"),
        pytest.param(a() >> b() >> x(), id="the standing gate is gone"),
        pytest.param(a() >> b() >> STEPS.read("c"), id="the standing gate is no gate"),
        pytest.param(c() >> a() >> b(), id="the standing gate has moved"),
        pytest.param(a() >> days(1) >> b() >> c(), id="a timer is added"),
        pytest.param(a() >> branch(odd, b(), c()), id="what is done is on another way"),
        pytest.param(a() >> when(odd, x() >> b()) >> c(), id="added on the way"),
    ],
)
def test_what_the_run_came_to_must_be_there(newer: AnyBlock) -> None:
    """In its order, as it was, with nothing between."""
    assert walked(at_c(), newer) is None


# ---- timers and contexts ------------------------------------------------------------------------


@pytest.mark.parametrize("at", [0, 1, 3])
def test_how_long_a_timer_without_a_name_takes_may_change(at: int) -> None:
    """Passed, stood at, or ahead."""
    newer = days(4) >> a() >> days(5) >> days(6) >> x()
    placed = walked(waiting(at=at), newer)
    assert placed is not None
    assert [fact for _, fact, _ in placed] == ["WOKE", "RETURNED", "WOKE"][:at]


def test_timers_that_were_passed_must_be_there() -> None:
    """As many as they were."""
    assert walked(waiting(at=3), days(1) >> a() >> days(2) >> x()) is None
    assert walked(waiting(at=3), days(1) >> a() >> days(1) >> days(2) >> days(3) >> x()) is not None
    assert walked(waiting(at=3), days(1) >> a() >> wait(timedelta(days=2), name="n") >> days(3) >> x()) is None


def on_one_side(test: Callable[[int], bool], yes: int, no: int) -> AnyBlock:
    """A timer on each side of a condition, and something else behind each."""
    return branch(test, days(yes) >> a(), days(no) >> x())


def test_a_run_stays_on_its_side_of_a_condition() -> None:
    """By the condition, or by the timer, if one of them is still the same."""
    play = started(on_one_side(odd, 1, 2))
    play.say(Chose(yes=False))
    assert walked(play, on_one_side(odd, 1, 3)) == [("odd", "CHOSE_NO", 2)]
    assert walked(play, on_one_side(even, 1, 2)) == [("even", "CHOSE_NO", None)]
    assert walked(play, on_one_side(even, 2, 1)) == [("even", "CHOSE_YES", None)]


def test_where_two_places_are_as_likely_there_is_none() -> None:
    """Nobody can tell then which way the run was on."""
    play = started(on_one_side(odd, 1, 2))
    play.say(Chose(yes=False))
    assert walked(play, on_one_side(even, 3, 4)) is None


def test_what_follows_tells_which_of_two_timers_was_passed() -> None:
    """Although the run's own choice leads to the other one."""
    play = started(branch(odd, days(1) >> a(), days(1) >> x()) >> c())
    play.say(Chose(yes=False))
    play.now = DAY
    play.say(Woke(), Returned(1))
    newer = branch(odd, days(1) >> x(), days(1) >> a()) >> c()
    assert walked(play, newer) == [("odd", "CHOSE_YES", 2), ("wait-1d", "WOKE", 3), ("x", "RETURNED", 4)]


def test_so_many_places_are_looked_at() -> None:
    """Behind more conditions than that, a timer is found by the run's own choices only."""
    conditions = [when(odd, STEPS.read(f"r{number}")) for number in range(PLACES)]
    long: AnyBlock = reduce(rshift, conditions)
    play = started(long >> days(1) >> x())
    for _ in conditions:
        play.say(Chose(yes=False))
    assert walked(play, long >> days(1) >> c()) is not None
    assert walked(play, when(even, a()) >> long >> days(1) >> x()) is None


def test_contexts_are_taken_out_and_put_back_where_they_were() -> None:
    """Two `within` with the same paths are told apart by what is in them."""
    play = started(inside(a()) >> inside(b()) >> c())
    play.say(Returned(1), Returned(2), Returned(3), Returned(4), Returned(5), Returned(6))
    rows = [(path, "RETURNED", 2 + row) for row, path in enumerate(("get", "a", "put", "get", "b", "put"))]
    assert walked(play, inside(a()) >> inside(b()) >> c() >> x()) == rows
    assert walked(play, inside(a()) >> b() >> c()) is None
    assert walked(play, inside(a() >> b()) >> c()) is None


# ---- at a condition -----------------------------------------------------------------------------


def at_odd() -> Play:
    """Cut off in a condition behind a."""
    play = started(a() >> when(odd, b()) >> c())
    play.say(Returned(1), Interrupted())
    return play


@pytest.mark.parametrize(
    ("newer", "path"),
    [
        (a() >> when(odd, b()) >> x(), "odd"),
        (a() >> when(even, b()) >> c(), "even"),
        (a() >> when(even, x()) >> when(odd, b()) >> c(), "even"),
        (a() >> branch(even, b(), x()), "even"),
    ],
)
def test_a_run_that_stands_at_a_condition_asks_the_next_one(newer: AnyBlock, path: str) -> None:
    """Whichever that is, as it is asked anew."""
    assert walked(at_odd(), newer) == [("a", "RETURNED", 2), (path, "INTERRUPTED", 3)]


@pytest.mark.parametrize("newer", [a() >> b() >> c(), a(), a() >> x() >> when(odd, b())])
def test_a_condition_must_be_next(newer: AnyBlock) -> None:
    """Otherwise something would be done that was not to be done yet."""
    assert walked(at_odd(), newer) is None


def test_of_conditions_of_one_name_the_run_stands_at_its_own() -> None:
    """What it has answered is not asked again."""
    play = started(when(odd, a()) >> when(odd, b()) >> when(odd, x()))
    play.say(Chose(yes=False), Interrupted())
    newer = when(odd, a()) >> when(odd, b()) >> when(odd, STEPS.read("y"))
    placed = walk(
        Way([Line.read(row) for row in play.program.rows], play.state.trail.codes, play.state.index),
        Saga("newer", newer).program,
    )
    assert placed is not None
    assert [code >> 5 for code, _ in placed[2:]] == [0, 2]


# ---- size ---------------------------------------------------------------------------------------


def optional(count: int, test: Callable[[int], bool]) -> AnyBlock:
    """Steps, each with a timer behind it, under a condition of its own."""
    return reduce(rshift, (when(test, STEPS.read(f"r{number}") >> days(1)) for number in range(count)))


def sided(count: int, test: Callable[[int], bool]) -> AnyBlock:
    """Steps on the one side of a condition, with another condition on the other."""
    return reduce(
        rshift,
        (
            branch(
                test,
                when(big, STEPS.read(f"y{number}")) >> STEPS.read(f"z{number}"),
                STEPS.read(f"n{number}"),
            )
            for number in range(count)
        ),
    )


CODES: Final[dict[str, Callable[[int], list[int]]]] = {
    "all of it": lambda count: [3 * n + d << 5 | f for n in range(count) for d, f in ((0, 1), (1, 0), (2, 3))],
    "none of it": lambda count: [3 * n << 5 | 2 for n in range(count)],
    "backward": lambda count: [3 * n + 1 << 5 for n in reversed(range(count))],
    "the last one again and again": lambda count: [3 * count - 2 << 5] * count,
    "timers only": lambda count: [3 * n + 2 << 5 | 3 for n in range(count)],
}


@pytest.mark.parametrize("codes", CODES.values(), ids=CODES)
@pytest.mark.parametrize("make", [optional, sided])
@pytest.mark.parametrize("newer", [odd, even])
def test_the_walk_is_linear(
    codes: Callable[[int], list[int]],
    make: Callable[[int, Callable[[int], bool]], AnyBlock],
    newer: Callable[[int], bool],
) -> None:
    """Four times as long a program and a trail take about four times the calls, whatever the trail says."""

    def calls(count: int) -> int:
        program = Saga("newer", make(count, newer) >> c()).program
        old = [Line.read(row) for row in Saga("older", optional(count, odd)).program.rows]
        way = Way(old, [5, 6, *codes(count)], 0)
        return counted(lambda: (walk(way, program), difference(way, program)))

    assert calls(120) < 6 * calls(30)
