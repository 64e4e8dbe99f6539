"""What can be told of an execution without its saga: for queries and for people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, cast, final

from resaga.codec import journal
from resaga.codec.carry import gone
from resaga.codec.document import Document, opened
from resaga.core.errors import BlobCorrupt
from resaga.core.fact import BITS, COMPLETIONS, MASK
from resaga.core.line import GIVING
from resaga.core.timing import moment
from resaga.core.value import Value
from resaga.runtime.standing import QUARANTINED, AnyStatus
from resaga.stores.store import Stored


@final
class Awaited(Value):
    """What an execution waits for: an answer, until a time or for ever, or that time."""

    what: Literal["answer", "time"]
    path: str
    until: datetime | None


@final
class Summary(Value):
    """How an execution stands, as its store tells; nothing of the user's is needed to read it."""

    id: str
    saga: str
    version: int
    status: AnyStatus
    tags: tuple[str, ...]
    path: str | None
    """What is done there now, in a rollback what is being undone; None at the end."""

    done: int
    """Steps, reads and gates that gave a result."""

    steps: int
    """How many of them its saga has."""

    wake_at: datetime | None
    """When it goes on by itself, or the time for an answer is over."""

    updated_at: datetime
    """When the last thing happened."""

    waits: Awaited | None
    """What it waits for, where it is paused."""


def document_of(stored: Stored) -> Document:
    """The document as it would be with what was added to it since, of whatever saga."""
    steps = journal.steps_of(journal.opened(raw) for _, raw in stored.entries)
    return journal.lengthened(opened(stored.snapshot), steps, 0)


def summary(stored: Stored) -> Summary:
    """What a store tells of an execution."""
    document = document_of(stored)
    way = gone(document)
    counted = [line.kind in GIVING for line in way.old]
    return Summary(
        id=stored.id,
        saga=document.saga,
        version=document.version,
        status=cast("AnyStatus", stored.status),
        tags=tuple(stored.tags),
        path=way.old[way.here].path or None,
        done=sum(counted[code >> BITS] for code in document.codes if code & MASK in COMPLETIONS),
        steps=sum(counted),
        wake_at=None if stored.wake_at is None else moment(stored.wake_at),
        updated_at=moment(document.at[-1]),
        waits=None if stored.status == QUARANTINED else _awaited(document.waits),
    )


def _awaited(waits: Mapping[str, Any] | None) -> Awaited | None:
    """What a document says that is waited for."""
    match waits:
        case None:
            return None
        case {"for": "answer" | "time" as what, "path": str(path), "until": int() | None as until}:
            return Awaited(what, path, None if until is None else moment(until * 1000))
        case _:
            raise BlobCorrupt("what the document waits for is nothing that can be waited for.", path="$.waits")
