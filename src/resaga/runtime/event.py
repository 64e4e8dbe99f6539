"""What happened to an execution, as others may be told: without the users' values."""

from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias, cast, final

from resaga.codec.facts import SILENT_CODES
from resaga.core.fact import BITS, MASK, Fact
from resaga.core.failure import Failure, Kind
from resaga.core.line import Line
from resaga.core.timing import moment
from resaga.core.value import Value
from resaga.runtime.summary import document_of
from resaga.stores.store import Stored

Happened: TypeAlias = Literal[
    "returned",
    "chose_yes",
    "chose_no",
    "woke",
    "answered",
    "created",
    "started",
    "setback",
    "doubted",
    "postponed",
    "interrupted",
    "settling",
    "settled",
    "did_not_happen",
    "failed",
    "stuck",
    "undone",
    "retried",
    "skipped",
    "marked",
    "emitted",
    "undone_by_hand",
    "marked_to_undo",
]
"""What can happen to an execution: the facts, by their names."""


@final
class Event(Value):
    """A row of the trail; nothing of the user's is needed to read it."""

    id: str
    """`<execution>:<row>`: the same whenever it is asked for, with no gap before it. A migration counts anew."""

    what: Happened
    """What happened: `started`, `returned`, `answered`, `failed`, `undone` …"""

    path: str
    """At which step; at the end it is the name of the saga."""

    at: datetime
    took: timedelta

    by: str | None = None
    """Who said so, where somebody did and gave a name."""

    why: str | None = None
    """What was said of it, where something failed, was put off, was cancelled or was left."""


def events(stored: Stored) -> tuple[Event, ...]:
    """All that happened, in its order."""
    document = document_of(stored)
    paths = [Line.read(row).path for row in document.listing]
    paths.append(document.saga)
    values = iter(document.values)
    told = [_said(code & MASK, None if code & MASK in SILENT_CODES else next(values, None)) for code in document.codes]
    rows = zip(document.codes, document.at, document.took, told, strict=True)
    return tuple(
        Event(
            id=f"{stored.id}:{row}",
            what=cast("Happened", Fact(code & MASK).name.lower()),
            path=paths[code >> BITS],
            at=moment(at),
            took=timedelta(microseconds=took // 1000),
            by=by,
            why=why,
        )
        for row, (code, at, took, (by, why)) in enumerate(rows, 1)
    )


def _said(fact: int, value: Any) -> tuple[str | None, str | None]:  # noqa: ANN401 - of its fact
    """Who said so, and why, as far as the plain value of a row tells."""
    match fact, value:
        case Fact.ANSWERED | Fact.MARKED | Fact.MARKED_TO_UNDO, [_, str(by)]:
            return by, None
        case Fact.RETRIED | Fact.UNDONE_BY_HAND, str(by):
            return by, None
        case Fact.SKIPPED, [str(why), str(by)]:
            return by, why
        case Fact.POSTPONED, [str(why), _]:
            return None, why
        case Fact.SETBACK | Fact.DOUBTED, [[str(path), str(kind), str(message), str() | None as code], _]:
            return None, str(Failure(path, cast("Kind", kind), message, code))
        case Fact.SETTLING | Fact.FAILED | Fact.STUCK, [str(path), str(kind), str(message), str() | None as code]:
            return None, str(Failure(path, cast("Kind", kind), message, code))
        case _:
            return None, None
