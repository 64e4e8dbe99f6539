"""What can be told of an execution without its saga: for queries and for people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, final

from resaga.codec import journal
from resaga.codec.document import Document, opened
from resaga.core.decision import Status
from resaga.core.fact import BITS, COMPLETIONS, MASK
from resaga.core.line import CONTEXTS, Line
from resaga.core.timing import moment
from resaga.core.value import Value
from resaga.stores.store import Stored


@final
class Summary(Value):
    """How an execution stands, as its store tells; nothing of the user's is needed to read it."""

    id: str
    saga: str
    version: int
    status: str
    tags: tuple[str, ...]
    path: str | None
    """What it stands at; None at the end."""

    done: int
    """Steps, reads and gates that gave a result."""

    steps: int
    """How many of them its saga has."""

    wake_at: datetime | None
    """When it goes on by itself, or the time for an answer is over."""

    updated_at: datetime
    """When the last thing happened."""

    waits: Mapping[str, Any] | None
    """What it waits for, where it does: an answer or a time."""


def document_of(stored: Stored) -> Document:
    """The document as it would be with what was added to it since, of whatever saga."""
    steps = journal.steps_of(journal.opened(raw) for _, raw in stored.entries)
    return journal.lengthened(opened(stored.snapshot), steps, 0)


def summary(stored: Stored) -> Summary:
    """What a store tells of an execution."""
    document = document_of(stored)
    lines = [Line.read(row) for row in document.listing]
    counted = [line.kind not in CONTEXTS for line in lines]
    over = document.index >= len(lines) or document.status == Status.ROLLED_BACK.value
    done = sum(counted[code >> BITS] for code in document.codes if code & MASK in COMPLETIONS)
    return Summary(
        id=stored.id,
        saga=document.saga,
        version=document.version,
        status=stored.status,
        tags=tuple(stored.tags),
        path=None if over else lines[document.index].path,
        done=done,
        steps=sum(counted),
        wake_at=None if stored.wake_at is None else moment(stored.wake_at),
        updated_at=moment(document.at[-1]),
        waits=document.waits,
    )
