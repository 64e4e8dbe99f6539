"""The entries of a journal: what came after a document, written when it happened.

An entry is a JSON list with its checksum last. A *step* has the rows that its owner added, and says whether a body
with effects was about to begin; a *request* is what somebody else wants of the execution. Each stands on its own:
its rows refer to nothing before it. By its mark, whoever wrote a step knows it from the same one of somebody else.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias, final

from resaga.codec import limits
from resaga.codec.document import INTS, Document, clocked, or_nothing, read, too_deep, written
from resaga.codec.reference import opening
from resaga.core.errors import BlobCorrupt, BlobTooLarge

STEP: Final = "step"
SUM_LENGTH: Final = len(',"00000000"]')
KINDS: Final = (str, str, str, int, dict, bool, int, list, list, list, list)
"""The classes of a step's members: what it is, then those of `Step`; what is waited for may also be nothing."""

SOUND: Final = or_nothing(KINDS)

CANCEL: Final = "cancel"
ANSWER: Final = "answer"
"""What can be wanted: a cancellation, with what is said of it; an answer, with the path of its gate and who gave it."""

SAID: Final = {CANCEL: 1, ANSWER: 2}
"""How much is said with each; the first is always text."""


@final
class Step(NamedTuple):
    """What the owner of an execution added."""

    mark: str
    """The owner's own, and no other's."""

    status: str
    index: int  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleMethodOverride]  # no method is meant
    waits: Mapping[str, Any] | None
    intent: bool
    """Whether a body with effects was about to be called."""

    takeovers: int
    """How often it was taken over from one that died, with nothing done in between."""

    codes: list[int]
    at: list[int]
    took: list[int]
    values: list[Any]


@final
class Request(NamedTuple):
    """What somebody who does not own an execution wants of it: plain text and plain values."""

    what: str
    said: list[Any]


Entry: TypeAlias = Step | Request


def sealed(members: list[Any]) -> bytes:
    """An entry's bytes with the checksum as its last member."""
    body = written(members)
    return body[:-1] + b',"%08x"]' % zlib.crc32(body)


def opened(raw: bytes) -> Entry:
    """The entry that these bytes are."""
    if len(raw) > limits.BLOB_BYTES:
        raise BlobTooLarge(f"an entry is larger than {limits.BLOB_BYTES:,} bytes.")
    body, tail = raw[:-SUM_LENGTH] + b"]", raw[-SUM_LENGTH:]
    if tail != b',"%08x"]' % zlib.crc32(body):
        raise BlobCorrupt("an entry is not as it was written: its checksum does not match.")
    members, again = read(body)
    if again != body:
        raise BlobCorrupt("an entry is not JSON as it is written here.")
    if opening(body) > limits.DEPTH and too_deep(members):
        raise BlobTooLarge(f"an entry is nested deeper than {limits.DEPTH}.")
    if tuple(map(type, members)) in SOUND and members[0] == STEP:
        _, mark, status, index, waits, intent, takeovers, codes, at, took, values = members
        if INTS.issuperset(map(type, codes + at + took)) and len(codes) == len(at) == len(took):
            return Step(mark, status, index, waits, intent, takeovers, codes, at, took, values)
    elif tuple(map(type, members)) == (str, list):
        what, said = members
        if len(said) == SAID.get(what) and type(said[0]) is str:
            return Request(what, said)
    raise BlobCorrupt("an entry has not the members of one.")


def lengthened(document: Document, steps: Sequence[Step], size: int) -> Document:
    """The document as it would be with the rows of these steps; `size` is the bytes of their entries."""
    if not steps:
        return document
    codes, at, took, values = list(document.codes), list(document.at), list(document.took), list(document.values)
    refers = document.refers
    for step in steps:
        codes += step.codes
        values += step.values
        refers = refers or bool(step.values)
        if step.codes:
            at += clocked(step.at, step.took)
            took += step.took
    if len(codes) > limits.ROWS:
        raise BlobTooLarge(f"the trail has more than {limits.ROWS:,} rows.", path="$.codes")
    last = steps[-1]
    return document._replace(
        data=None,
        size=document.size + size,
        refers=refers,
        status=last.status,
        index=last.index,
        waits=last.waits,
        codes=codes,
        at=at,
        took=took,
        values=values,
    )


def steps_of(entries: Iterable[Entry]) -> list[Step]:
    """Those of the owner."""
    return [entry for entry in entries if isinstance(entry, Step)]
