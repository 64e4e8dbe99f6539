"""What happened to an execution, as others may be told: without its values."""

from datetime import datetime, timedelta
from typing import Literal, TypeAlias, cast, final

from resaga.core.fact import BITS, MASK, Fact
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


def events(stored: Stored) -> tuple[Event, ...]:
    """All that happened, in its order."""
    document = document_of(stored)
    paths = [Line.read(row).path for row in document.listing]
    paths.append(document.saga)
    rows = zip(document.codes, document.at, document.took, strict=True)
    return tuple(
        Event(
            id=f"{stored.id}:{row}",
            what=cast("Happened", Fact(code & MASK).name.lower()),
            path=paths[code >> BITS],
            at=moment(at),
            took=timedelta(microseconds=took // 1000),
        )
        for row, (code, at, took) in enumerate(rows, 1)
    )
