"""What did happen: the world's whole vocabulary towards the machine.

Every value here is plain and is made by a driver or by a person's verb; none calls anything.
Spans of time in them are in microseconds. When an outcome came and how long it took goes beside it, in nanoseconds.
"""

from typing import TypeAlias, final

from resaga.core.failure import Failure
from resaga.core.value import Value


@final
class Started:
    """The execution begins."""

    __slots__ = ()


@final
class Returned(Value):
    """A body, an undo or a settle gave this value; `events` leave with it."""

    value: object
    events: tuple[object, ...] = ()

    def __init__(self, value: object, events: tuple[object, ...] = ()) -> None:  # as each durable step makes two
        own = self.__dict__
        own["value"] = value
        own["events"] = events


@final
class Unstorable(Value):
    """A body gave a value that cannot be written: it did happen, and has to be undone."""

    value: object
    failure: Failure


@final
class Chose(Value):
    """A condition answered."""

    yes: bool


@final
class Refused(Value):
    """A body said no, and that nothing happened."""

    failure: Failure


@final
class Failed(Value):
    """A body raised, or was given up in time; `worth_repeating` says that its retry policy names that."""

    failure: Failure
    worth_repeating: bool = True


@final
class Interrupted:
    """The process was cut off inside a body."""

    __slots__ = ()


@final
class Later(Value):
    """A body asked to be called again, after that many microseconds if it said so."""

    reason: str
    again: int | None


@final
class NothingHappened:
    """A settle found that the attempt in doubt left no effect."""

    __slots__ = ()


@final
class Woke:
    """The time that was slept for has come."""

    __slots__ = ()


@final
class Answer(Value):
    """Somebody answered the open question."""

    value: object
    by: str | None = None


@final
class Expired:
    """The open question's deadline has passed."""

    __slots__ = ()


@final
class Cancelled(Value):
    """Somebody wants what was done to be taken back."""

    failure: Failure


@final
class Retried(Value):
    """A person says: try again."""

    by: str | None = None


@final
class Skipped(Value):
    """A person says: leave that one, for this reason."""

    reason: str
    by: str


@final
class MarkedDone(Value):
    """A person says: that has happened (with this result, if it is a step)."""

    value: object
    by: str


Outcome: TypeAlias = (
    Started
    | Returned
    | Unstorable
    | Chose
    | Refused
    | Failed
    | Interrupted
    | Later
    | NothingHappened
    | Woke
    | Answer
    | Expired
    | Cancelled
    | Retried
    | Skipped
    | MarkedDone
)
