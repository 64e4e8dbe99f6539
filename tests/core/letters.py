"""Conditions, timers and steps that are called by a letter."""

from datetime import timedelta
from typing import Any, Final

from resaga.core.combine import wait, within
from resaga.core.outcome import Returned, Woke
from tests.core.play import DAY, STEPS, Play, started
from tests.steps import AnyBlock


def days(count: int) -> Any:  # noqa: ANN401 - a timer
    return wait(timedelta(days=count))


def a() -> AnyBlock:
    return STEPS.read("a")


def b() -> AnyBlock:
    return STEPS.undone("b")


def c() -> AnyBlock:
    return STEPS.gate("c")


def x() -> AnyBlock:
    return STEPS.read("x")


def at_c() -> Play:
    """Behind a and b, at the gate."""
    play = started(a() >> b() >> c() >> STEPS.read("d"))
    play.say(Returned(1), Returned(2))
    return play


DONE: Final = [("a", "RETURNED", 2), ("b", "RETURNED", 3)]


def waiting(*, at: int) -> Play:
    """At that one of three timers."""
    play = started(days(1) >> a() >> days(2) >> days(3) >> x())
    for outcome in (Woke(), Returned(1), Woke())[:at]:
        play.now += 5 * DAY
        play.say(outcome)
    return play


def taken_out(context: int) -> int:
    return context


def put_back(context: int, inner: int) -> int:
    return context + inner


def inside(block: AnyBlock) -> AnyBlock:
    return within(block, taken_out, put_back)
