"""Every place that an execution can be at, by name."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from resaga.core.combine import wait, when
from resaga.core.node import Reject
from resaga.core.outcome import (
    Answer,
    Cancelled,
    Failed,
    Interrupted,
    Later,
    NothingHappened,
    Refused,
    Returned,
    Unstorable,
)
from resaga.core.retry import Retry
from tests.core.play import BOOM, ENOUGH, NO, STEPS, Play, started
from tests.steps import AnyBlock

TWICE: Final = Retry(2)
CANCELLED: Final = Cancelled(ENOUGH)
SLOWLY: Final = Retry(3, delay=timedelta(minutes=1))


def odd(context: int) -> bool:
    """A condition."""
    return context % 2 == 1


def two() -> AnyBlock:
    """Two steps that can be undone."""
    return STEPS.undone("a") >> STEPS.undone("b")


def behind(block: AnyBlock) -> Play:
    """At a block behind the point of no return."""
    play = started(STEPS.irreversible("final") >> block)
    play.say(Returned(1))
    return play


def told(play: Play, *outcomes: object) -> Play:
    """The play after these outcomes."""
    for outcome in outcomes:
        play.say(outcome)  # type: ignore[arg-type]  # a row of outcomes
    return play


PLACES: Final[Mapping[str, Callable[[], Play]]] = {
    "new": lambda: Play(STEPS.read("a")),
    "due": lambda: started(two()),
    "reading": lambda: started(STEPS.read("a")),
    "choosing": lambda: started(when(odd, STEPS.read("a"))),
    "asked": lambda: started(STEPS.gate("a")),
    "answered": lambda: told(started(STEPS.gate("a")), Answer(value=True)),
    "asked in time": lambda: started(STEPS.gate("a", deadline=timedelta(hours=1), expiry=Reject())),
    "waiting": lambda: started(wait(timedelta(hours=1)) >> STEPS.read("a")),
    "backing off": lambda: told(started(STEPS.undone("a", retry=SLOWLY)), Failed(BOOM)),
    "postponed": lambda: told(started(two()), Later("later", None)),
    "cut": lambda: told(started(two()), Interrupted()),
    "settling": lambda: told(started(STEPS.undone("a", settled=True)), Failed(BOOM)),
    "settling later": lambda: told(started(STEPS.undone("a", settled=True)), Failed(BOOM), Later("later", None)),
    "settling what was cancelled": lambda: told(started(STEPS.undone("a", settled=True)), Failed(BOOM), CANCELLED),
    "settling what was cut": lambda: told(started(STEPS.irreversible("a", settled=True)), Interrupted()),
    "undoing": lambda: told(started(two()), Returned(1), Refused(NO)),
    "undoing later": lambda: told(started(two()), Returned(1), Refused(NO), Later("later", None)),
    "undoing what is lost": lambda: told(started(two()), Unstorable(object(), BOOM)),
    "stuck in doubt": lambda: told(started(STEPS.irreversible("a")), Failed(BOOM)),
    "stuck in a settle": lambda: told(started(STEPS.undone("a", settled=True)), Failed(BOOM), Refused(NO)),
    "stuck and cancelled": lambda: told(started(two()), Interrupted(), CANCELLED),
    "stuck, final and cancelled": lambda: told(started(STEPS.irreversible("a", retry=SLOWLY)), Failed(BOOM), CANCELLED),
    "stuck in a settle and cancelled": lambda: told(
        started(STEPS.undone("a", settled=True)), Failed(BOOM), CANCELLED, Refused(NO)
    ),
    "stuck in an undo": lambda: told(started(two()), Returned(1), Refused(NO), Refused(NO)),
    "stuck past return": lambda: told(behind(STEPS.read("a")), Refused(NO)),
    "stuck in a condition": lambda: told(behind(when(odd, STEPS.read("a"))), Refused(NO)),
    "completed": lambda: told(started(STEPS.read("a")), Returned(1)),
    "rolled back": lambda: told(started(two()), Returned(1), Refused(NO), Returned(None)),
    "found out": lambda: told(started(STEPS.undone("a", settled=True)), Failed(BOOM), NothingHappened()),
}
