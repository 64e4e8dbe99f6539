"""What a row of the trail can say; the numbers are part of the format.

A fact says what came of it, not only what was seen: that an attempt *will be repeated*, not only that it failed.
So a trail means the same under another retry policy, and whoever reads it decides nothing again.
"""

from enum import IntEnum
from typing import Final, TypeAlias, TypeVar, final

from resaga.core.errors import IllegalTransition
from resaga.core.failure import Failure
from resaga.core.value import Value

T = TypeVar("T")


@final
class Fact(IntEnum):
    """One kind of row; what its value is stands behind it."""

    RETURNED = 0  # what the body gave
    CHOSE_YES = 1
    CHOSE_NO = 2
    WOKE = 3
    ANSWERED = 4  # an Answer
    CREATED = 5  # the first context
    STARTED = 6
    SETBACK = 7  # a Setback: it did not happen, and will be tried again
    DOUBTED = 8  # a Setback: it may have happened, and will be tried again
    POSTPONED = 9  # a Postponement
    INTERRUPTED = 10
    SETTLING = 11  # the Failure that was given up with, or None after an interruption
    SETTLED = 12  # what the attempt in doubt gave
    DID_NOT_HAPPEN = 13
    FAILED = 14  # the Failure that the rollback is for
    STUCK = 15  # the Failure that nothing can be done about
    UNDONE = 16
    RETRIED = 17  # who said so
    SKIPPED = 18  # a Skip
    MARKED = 19  # a Mark: the step has happened
    EMITTED = 20  # the event
    UNDONE_BY_HAND = 21  # who said so
    MARKED_TO_UNDO = 22  # a Mark: the step has happened, and was cancelled


BITS: Final = 5
"""A row's code is `index << BITS | fact`."""

MASK: Final = (1 << BITS) - 1

MARKS: Final = frozenset({int(Fact.MARKED), int(Fact.MARKED_TO_UNDO)})
"""The facts that somebody said so, with the result inside of the value."""

COMPLETIONS: Final = frozenset({int(Fact.RETURNED), int(Fact.SETTLED)}) | MARKS
"""The facts that a step's effect is there, with its result as the value."""


TURNS: Final = frozenset({int(Fact.FAILED), int(Fact.MARKED_TO_UNDO)})
"""The facts with which a run always turns round."""


def turns(fact: int, *, final: bool) -> bool:
    """Whether a run turns round with this row, so that those behind it are about undos.

    What is settled was given up before, so it is taken back; or it is `final`: irreversible, and counts as done.
    """
    return fact in TURNS or (fact == Fact.SETTLED and not final)


Row: TypeAlias = tuple[Fact, int, int, int, object]
"""One row read back: fact, index, at, took, value."""


@final
class Setback(Value):
    """A failed attempt and when the next may begin, in microseconds since the epoch."""

    failure: Failure
    until: int | None


@final
class Postponement(Value):
    """What a body said by `NotYet`."""

    reason: str
    until: int | None


@final
class Skip(Value):
    """Why an undo was left, or an attempt taken for not happened, and who said so."""

    reason: str
    by: str


@final
class Mark(Value):
    """Who said that a step has happened, and with which result."""

    value: object
    by: str


def expected(kind: type[T], value: object) -> T:
    """The value of a row, if it is what its fact says."""
    if not isinstance(value, kind):
        raise IllegalTransition(f"a row has a {type(value).__name__} where a {kind.__name__} belongs.")
    return value
