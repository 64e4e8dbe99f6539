"""Documents made by hand, and the plain JSON inside of those that were dumped."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import orjson
import pytest

from resaga import Hook, Saga, read
from resaga.codec.document import sealed
from resaga.errors import BlobError, NotStorable

AnySaga: TypeAlias = Saga[Any, Any, Any]
Plain: TypeAlias = dict[str, Any]

CREATED: Final = 5
"""The code of the first row: that the execution was created, at instruction 0."""


def untyped(value: object) -> Any:  # noqa: ANN401 - that is the point
    """A value as somebody hands it over who has no type checker."""
    return value


def keeper(kind: object, *, hooks: tuple[Hook, ...] = (), steps: int = 1) -> AnySaga:
    """A saga that hands on values of one type."""

    @read(takes=kind, gives=kind)
    def keep(value: Any) -> Any:  # noqa: ANN401 - of that type
        return value

    chain: Any = keep.named("s0")
    for number in range(1, steps):
        chain = chain >> keep.named(f"s{number}")
    return Saga("keeper", chain, hooks=hooks)


NUMBERS: Final = keeper(int)
BLOB: Final = NUMBERS.new(5, id="n-1").dump()


def opened(blob: bytes) -> Plain:
    """The members of a document, without its checksum."""
    plain: Plain = orjson.loads(blob)
    del plain["sum"]
    return plain


def closed(plain: Mapping[str, object]) -> bytes:
    """The document of these members, with the right checksum."""
    return sealed(plain)


def changed(blob: bytes, **members: object) -> bytes:
    """The document with other members, and the right checksum."""
    return closed({**opened(blob), **members})


def document(saga: AnySaga, values: Sequence[object], codes: Sequence[int] = (CREATED,), **members: object) -> bytes:
    """A document by hand: new, if nothing else is said, with these values."""
    plain = {
        "format": 1,
        "id": "by-hand",
        "saga": saga.name,
        "version": saga.version,
        "fingerprint": saga.program.fingerprint,
        "status": "new",
        "index": 0,
        "waits": None,
        "listing": saga.program.rows,
        "codes": list(codes),
        "at": [2_000_000_000_000_000] + [0] * (len(codes) - 1),
        "took": [0] * len(codes),
        "values": list(values),
    }
    return closed({**plain, **members})


def written(kind: object, value: object, *, hooks: tuple[Hook, ...] = ()) -> Any:  # noqa: ANN401 - plain JSON
    """A value as a document has it."""
    return opened(keeper(kind, hooks=hooks).new(value).dump())["values"][0]


def read_back(kind: object, plain: object, *, hooks: tuple[Hook, ...] = ()) -> Any:  # noqa: ANN401 - of that type
    """The value that a document has as this plain JSON."""
    saga = keeper(kind, hooks=hooks)
    return saga.load(document(saga, [plain])).state.value


def kept(kind: object, value: object, *, hooks: tuple[Hook, ...] = ()) -> Any:  # noqa: ANN401 - of that type
    """A value after it was dumped and loaded."""
    saga = keeper(kind, hooks=hooks)
    return saga.load(saga.new(value).start().dump()).state.value


def refused(kind: object, plain: object, *, hooks: tuple[Hook, ...] = ()) -> str:
    """The path and the reason for which this plain JSON is no value of that type."""
    with pytest.raises(BlobError) as caught:
        read_back(kind, plain, hooks=hooks)
    assert str(caught.value).startswith(caught.value.path)
    return str(caught.value)


def unstorable(kind: object, value: object, *, hooks: tuple[Hook, ...] = ()) -> str:
    """The path and the reason for which a value is not written."""
    saga = keeper(kind, hooks=hooks)
    with pytest.raises(NotStorable) as caught:
        saga.codec.copy(saga.program.takes, value)
    assert str(caught.value).startswith(caught.value.path)
    return str(caught.value)
