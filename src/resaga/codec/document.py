"""The document: one JSON object that is a whole execution, written one way only.

Writing is strict (what would come back changed is refused), and so is reading: the checksum, then the form,
then every value. What is wrong is always a `BlobError`, which names the place and never shows a value.
"""

import re
import zlib
from collections.abc import Mapping
from itertools import accumulate
from operator import sub
from typing import Any, Final, NamedTuple, TypeAlias, final

import orjson

from resaga.codec import limits
from resaga.codec.reference import DOLLAR, REFERRING, opening
from resaga.core.errors import BlobCorrupt, BlobTooLarge, FormatTooNew, NotStorable
from resaga.core.limits import STEPS

FORMAT: Final = 1
SUM_LENGTH: Final = len(',"sum":"00000000"}')

KEYS: Final = (
    "format",
    "id",
    "saga",
    "version",
    "fingerprint",
    "status",
    "index",
    "waits",
    "listing",
    "codes",
    "at",
    "took",
    "values",
    "sum",
)
"""The members of a document, in their order."""

KINDS: Final = (int, str, str, int, str, str, int, dict, list, list, list, list, list, str)
"""Their classes, in the same order; what is waited for may also be nothing."""


Classes: TypeAlias = tuple[type, ...]


def or_nothing(kinds: Classes) -> tuple[Classes, Classes]:
    """These classes, and the same with nothing in place of an object."""
    return kinds, tuple(type(None) if kind is dict else kind for kind in kinds)


SOUND: Final = or_nothing(KINDS)
INTS: Final = frozenset({int})
TEXTS: Final = frozenset({str})
ITEMS: Final = {"listing": str, "codes": int, "at": int, "took": int}
WHAT: Final = {str: "text", int: "a whole number", dict: "an object", list: "a list"}
NEWER: Final = re.compile(rb'\{"format":([1-9][0-9]{0,8}),')
TEXT: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""Text in JSON; one without an end goes to the end of all, so that nothing is looked at twice."""

EARLIEST: Final = -62_135_596_800_000_000_000
LATEST: Final = 253_402_300_799_999_999_999
"""The first and the last nanosecond of a calendar, of the years 1 and 9999."""


@final
class Document(NamedTuple):
    """A document that is whole and well formed, before any type is applied to its values."""

    data: bytes | None
    """What it was read from; none if it was put together from more than that."""

    size: int
    refers: bool
    id: str
    saga: str
    version: int
    fingerprint: str
    status: str
    index: int  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleMethodOverride]  # no method is meant
    waits: Mapping[str, Any] | None
    listing: tuple[str, ...]
    codes: list[int]
    at: list[int]
    took: list[int]
    values: list[Any]


def written(members: object) -> bytes:
    """The text of members whose values are written already; what can still be too large are the steps of a clock."""
    try:
        return orjson.dumps(members)
    except orjson.JSONEncodeError:  # which holds all of them, and so is let go of before anything is raised
        pass
    raise NotStorable("a time lies centuries from the one before it; is the clock wrong?", path="$.at")


def sealed(members: Mapping[str, object]) -> bytes:
    """A document's bytes with the checksum as its last member."""
    body = written(members)
    return body[:-1] + b',"sum":"%08x"}' % zlib.crc32(body)


def opened(blob: object, listing: tuple[str, ...] = ()) -> Document:
    """The document that these bytes are; it says sooner if it has the listing that is expected."""
    data = _whole(blob)
    return _checked(_parsed(data), data, listing)


def again(document: Document) -> Document:
    """The same with its values as they were read; they are filled in place where they refer to others."""
    return document if document.data is None else document._replace(values=orjson.loads(document.data)["values"])


def _whole(blob: object) -> bytes:
    """The bytes, if they are as they were written."""
    if not isinstance(blob, (bytes, bytearray, memoryview)):
        help_ = "; give its UTF-8, .encode()" if isinstance(blob, str) else ""
        raise BlobCorrupt(f"a document is bytes, not {type(blob).__name__}{help_}.")
    data = bytes(blob)
    if len(data) > limits.BLOB_BYTES:
        raise BlobTooLarge(f"the document is larger than {limits.BLOB_BYTES:,} bytes.")
    body, tail = data[:-SUM_LENGTH], data[-SUM_LENGTH:]
    if tail != b',"sum":"%08x"}' % zlib.crc32(b"}", zlib.crc32(body)):
        newer = None if tail.startswith(b',"sum":"') else NEWER.match(data)
        if newer and int(newer[1]) > FORMAT:  # and it puts something else where the checksum is here
            raise _too_new(int(newer[1]))
        raise BlobCorrupt("the document is not as it was written: its checksum does not match; was it cut or changed?")
    if crowded(data):
        raise BlobTooLarge(f"the document has more than {limits.PARTS:,} objects and lists.")
    return data


def crowded(data: bytes, most: int = limits.PARTS) -> bool:
    """Whether that is more objects and lists than a document may have, or a value; found out before they are made."""
    return len(data) > most and opening(data) > most and parts(data) > most


def parts(data: bytes) -> int:
    """How many objects and lists it has; brackets in texts are none."""
    return opening(TEXT.sub(b"", data))


def _parsed(data: bytes) -> dict[str, Any]:
    """The object, if its text is the one that it is written as: no key twice, no number that loses digits.

    It is one, if it is JSON at all, because of how it ends.
    """
    plain: dict[str, Any]
    plain, again = read(data)
    if again is None:
        raise BlobCorrupt("the document is not JSON that can be read.")
    if again != data:
        raise BlobCorrupt("the document is JSON, but not as it is written here: a key twice, or a number cut off?")
    if opening(data) > limits.DEPTH and too_deep(plain):
        raise BlobTooLarge(f"the document is nested deeper than {limits.DEPTH}.")
    return plain


def read(data: bytes) -> tuple[Any, bytes | None]:
    """What the text says, and the text that would be written for it; none if it cannot be read.

    Nothing is raised while an error of the reader's is at hand: that holds the whole text.
    """
    try:
        plain = orjson.loads(data)
        return plain, orjson.dumps(plain)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return {}, None


def too_deep(plain: object, inside: int = 0) -> bool:
    """Whether objects and lists, `inside` of that many others, are nested deeper than the limit."""
    level = [plain]
    for _ in range(limits.DEPTH - inside):
        inner: list[Any] = [
            part
            for one in level
            for part in (one.values() if type(one) is dict else one if type(one) is list else ())
            if type(part) in (dict, list)
        ]
        if not inner:
            return False
        level = inner
    return True


def _checked(plain: dict[str, Any], data: bytes, expected: tuple[str, ...]) -> Document:
    number = plain.get("format")
    if type(number) is not int or number < 1:
        raise BlobCorrupt("the document does not say its format.", path="$.format")
    if number > FORMAT:
        raise _too_new(number)
    if tuple(plain) != KEYS:
        lacking = [name for name in KEYS if name not in plain]
        odd = f"{lacking[0]!r} is not there" if lacking else "there are others, or in another order"
        raise BlobCorrupt(f"the document has not the members of format 1: {odd}.")
    members = tuple(plain.values())
    if tuple(map(type, members)) not in SOUND:
        raise _odd_kind(plain)
    _, id_, saga, version, fingerprint, status, index, waits, listing, codes, at, took, values, _ = members
    listing = tuple(listing)
    if listing == expected:
        listing = expected  # the very same, so that nobody has to compare it text by text again
    elif not TEXTS.issuperset(map(type, listing)):
        raise _odd_item(plain)
    if not INTS.issuperset(map(type, codes + at + took)):
        raise _odd_item(plain)
    _check_lengths(codes, at, took, listing)
    if codes:
        at = clocked(at, took)
    # By position: keywords take as long as all the looking above.
    return Document(
        data,
        len(data),
        DOLLAR in data and REFERRING in data,  # a single byte is sought at once
        id_,
        saga,
        version,
        fingerprint,
        status,
        index,
        waits,
        listing,
        codes,
        at,
        took,
        values,
    )


def _too_new(number: int) -> FormatTooNew:
    return FormatTooNew(
        f"the document has format {number}, written by a newer resaga; this one reads up to {FORMAT}.",
        path="$.format",
        format=number,
    )


def _check_lengths(codes: list[int], at: list[int], took: list[int], listing: tuple[str, ...]) -> None:
    """The columns are of one length, and no longer than they may be."""
    if not len(codes) == len(at) == len(took):
        raise BlobCorrupt("the columns of the trail are not equally long.", path="$.codes")
    if len(codes) > limits.ROWS:
        raise BlobTooLarge(f"the trail has more than {limits.ROWS:,} rows.", path="$.codes")
    if len(listing) > STEPS:
        raise BlobTooLarge(f"the listing has more than {STEPS:,} instructions.", path="$.listing")


def _odd_kind(plain: dict[str, Any]) -> BlobCorrupt:
    """The error for a document of which a member is not of its kind."""
    odd = [
        (name, kind)
        for (name, one), kind in zip(plain.items(), KINDS, strict=True)
        if type(one) is not kind and (kind is not dict or one is not None)
    ]
    name, kind = odd[0]
    return BlobCorrupt(f"{name} is not {WHAT[kind]}.", path=f"$.{name}")


def _odd_item(plain: dict[str, Any]) -> BlobCorrupt:
    """The error for a document of which a column has something else in it."""
    odd = [(name, kind) for name, kind in ITEMS.items() if {type(one) for one in plain[name]} - {kind}]
    name, kind = odd[0]
    return BlobCorrupt(f"{name} is not a list of {kind.__name__}.", path=f"$.{name}")


def clocked(steps: list[int], took: list[int]) -> list[int]:
    """When each row was written, in nanoseconds since the epoch; nothing may be outside the calendar.

    It is read from the first time, in microseconds, and the nanoseconds from each to the next.
    """
    at = list(accumulate(steps[1:], initial=steps[0] * 1000))
    earliest, latest = (at[0], at[-1]) if min(steps) >= 0 else (min(at), max(at))
    if earliest < EARLIEST or latest > LATEST:
        raise BlobCorrupt("a time is outside the calendar.", path="$.at")
    if min(took) < 0 or earliest - max(took) < EARLIEST:
        raise BlobCorrupt("a duration is negative or longer than time.", path="$.took")
    return at


def unclocked(at: list[int]) -> list[int]:
    """The same column as it is written; its first time is cut off to whole microseconds, the others are exact."""
    if len(at) < 2:  # noqa: PLR2004 - none to step to
        return [time // 1000 for time in at]
    first, rest = divmod(at[0], 1000)
    steps = [first, *map(sub, at[1:], at)]
    steps[1] += rest
    return steps
