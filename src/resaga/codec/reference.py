"""Values stored once: a part that equals the context before it, or one of its fields, is a reference.

`{"$": []}` stands for the whole of the context before, `{"$": ["held"]}` for its field `held`. Where the
context before is an object of a single field (as a tagged case of a union is), the fields of that may be
meant too.
References are found and resolved on plain JSON, before any type is applied, and count at full size.
"""

from collections.abc import Iterator
from typing import Any, Final, final

import orjson

from resaga.codec.limits import REFERENCE_BYTES, VALUE_BYTES
from resaga.core.errors import BlobCorrupt, BlobTooLarge

MARK: Final = "$"


@final
class Targets:
    """What can be referred to in one context: the parts of it, by something cheap that equal parts share."""

    def __init__(self, context: object, size: int | None = None, brackets: int | None = None) -> None:
        self._context = context
        if size is None or brackets is None:
            raw = orjson.dumps(context)
            size, brackets = len(raw), opening(raw)
        self._whole = size, brackets
        self._parts: dict[object, tuple[list[str | int], object]] | None = None
        self.spared = 0
        self.brackets = 0

    def shortened(self, plain: Any) -> Any:  # noqa: ANN401 - plain JSON
        """The value with references; `spared` and `brackets` then say how much of it is behind those."""
        self.spared = self.brackets = 0
        return self._shortened(plain)

    def _shortened(self, plain: Any) -> Any:  # noqa: ANN401 - plain JSON
        if plain is self._context and self._whole[0] >= REFERENCE_BYTES:
            return self._refer([], *self._whole)
        likeness = _likeness(plain)
        if likeness is None:
            return plain
        if self._parts is None:
            self._parts = {}
            for path, part in targets(self._context):
                self._parts.setdefault(_likeness(part), (path, part))
        known = self._parts.get(likeness)
        if known is not None and (known[1] is plain or known[1] == plain):
            raw = orjson.dumps(known[1])  # what is equal may still be written differently: 1 equals 1.0 and True
            if len(raw) >= REFERENCE_BYTES and (known[1] is plain or raw == orjson.dumps(plain)):
                return self._refer(known[0], len(raw), opening(raw))
        if type(plain) is dict:
            return {key: self._shortened(inner) for key, inner in plain.items()}
        if type(plain) is list:
            return [self._shortened(inner) for inner in plain]
        return plain

    def _refer(self, path: list[str | int], size: int, brackets: int) -> dict[str, list[str | int]]:
        reference = {MARK: path}
        self.spared += size - len(orjson.dumps(reference))
        self.brackets += brackets
        return reference


def opening(raw: bytes) -> int:
    """How many brackets open in a text: it is nested no deeper than that."""
    return raw.count(b"{") + raw.count(b"[")


def targets(context: Any) -> Iterator[tuple[list[str | int], Any]]:  # noqa: ANN401 - plain JSON
    """The parts of a context that can be referred to, the whole first."""
    yield [], context
    alone = type(context) is dict and len(context) == 1
    for key, part in _fields(context):
        yield [key], part
        if alone:
            yield from (([key, inner], deeper) for inner, deeper in _fields(part))


def resolved(plain: object, context: object) -> tuple[object, int]:
    """The value with what its references stand for, and the bytes that it is longer by."""
    return _Resolving(context).resolve(plain)


@final
class _Resolving:
    def __init__(self, context: object) -> None:
        self._context = context
        self._sizes: dict[tuple[str | int, ...], int] = {}
        self._added = 0

    def resolve(self, plain: object) -> tuple[object, int]:
        return self._put_in(plain), self._added

    def _put_in(self, plain: Any) -> Any:  # noqa: ANN401 - plain JSON, of which it is known that it is not too deep
        if type(plain) is dict:
            if MARK in plain:
                return self._part(plain)
            return {key: self._put_in(inner) for key, inner in plain.items()}
        if type(plain) is list:
            return [self._put_in(inner) for inner in plain]
        return plain

    def _part(self, reference: dict[str, Any]) -> object:
        steps = reference[MARK]
        if len(reference) != 1 or type(steps) is not list or not all(type(one) in (str, int) for one in steps):
            raise BlobCorrupt("a reference is not written as it should be.")
        part = _target(self._context, steps)
        path = tuple(steps)
        if path not in self._sizes:
            self._sizes[path] = len(orjson.dumps(part)) - len(orjson.dumps(reference))
        self._added += self._sizes[path]
        if self._added > VALUE_BYTES:
            raise BlobTooLarge(f"a value is larger than {VALUE_BYTES:,} bytes, with its references at full size.")
        return part


def _target(context: Any, steps: list[str | int]) -> Any:  # noqa: ANN401 - plain JSON
    """The part of a context that a reference leads to, which must be one of its targets."""
    alone = type(context) is dict and len(context) == 1
    if len(steps) > 1 + alone:
        raise BlobCorrupt("a reference points into the depth of a context.")
    part = context
    for step in steps:
        named = type(part) is dict and type(step) is str and step in part
        if not named and not (type(part) is list and type(step) is int and 0 <= step < len(part)):
            raise BlobCorrupt("a reference points to nothing.")
        inner: Any = part
        part = inner[step]
    return part


def _fields(part: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - plain JSON
    if type(part) is dict:
        yield from part.items()
    elif type(part) is list:
        yield from enumerate(part)


def _likeness(part: Any) -> object:  # noqa: ANN401 - plain JSON
    """Something cheap that is equal for equal parts; None for what is not worth a reference."""
    if type(part) is dict:
        return tuple(part)
    if type(part) is list:
        return len(part)
    if type(part) is str and len(part) >= REFERENCE_BYTES - 2:
        return part
    return None
