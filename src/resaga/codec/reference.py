"""Values stored once: a part that equals the context before it, or one of its fields, is a reference.

`{"$": []}` stands for the whole of the context before, `{"$": ["held"]}` for its field `held`. Where the
context before is an object of a single field (as a tagged case of a union is), the fields of that may be
meant too.
References are found and resolved on plain JSON, before any type is applied, and count at full size.
"""

from collections.abc import Iterable
from typing import Any, Final, TypeAlias, final

import orjson

from resaga.codec.limits import REFERENCE_BYTES, VALUE_BYTES
from resaga.core.errors import BlobCorrupt, BlobTooLarge

MARK: Final = "$"
WHOLE_SIZE: Final = len(b'{"$":[]}')
"""Bytes of a reference to the whole of a context."""

DOLLAR: Final = ord(MARK)
"""Its byte, which is sought in no time."""

REFERRING: Final = b'{"$":'
"""How a reference begins where it is written; data of the user's is never written so."""

LEAVES: Final = frozenset({int, float, bool, type(None)})
"""What is never worth a reference; looked for before a call is made, which takes longer."""

NESTS: Final = frozenset({dict, list})
"""What may hold a reference, or be one."""

STEPS: Final = frozenset({str, int})
"""What leads into an object, and what leads into a list."""

Path: TypeAlias = list[Any]
"""The keys and positions that lead to a part of a context."""

Extent: TypeAlias = tuple[int, int]
"""What is taken in full: bytes, and brackets that open."""


def opening(raw: bytes) -> int:
    """How many brackets open in a text: it is nested no deeper than that."""
    return raw.count(b"{") + raw.count(b"[")


@final
class Targets:
    """What can be referred to in the context before: its parts, by something cheap that equal parts share.

    One serves for all contexts of a trail, each in its turn.
    """

    __slots__ = ("_context", "_extent", "_parts", "_texts", "brackets", "spared")

    def __init__(self) -> None:
        self._texts: dict[str, Extent] = {}
        self.turn(None, (0, 0))

    def turn(self, context: object, extent: Extent) -> None:
        """Go on to a context, which is the one before now; only one that is not too small."""
        self._context = context
        self._extent = extent
        self._parts: dict[object, tuple[Path, Any]] | None = None
        self.spared = self.brackets = 0

    def shortened(self, plain: Any) -> Any:  # noqa: ANN401 - plain JSON
        """The value with references; `spared` and `brackets` then say how much of it is behind those."""
        self.spared = self.brackets = 0
        return self._shortened(plain)

    def _shortened(self, plain: Any) -> Any:  # noqa: ANN401 - plain JSON
        context = self._context
        if plain is context:  # most often: what has been coded once is that same object again
            self.spared += self._extent[0] - WHOLE_SIZE
            self.brackets += self._extent[1]
            return {MARK: []}
        if type(plain) is dict:
            for inner in plain.values():
                if inner is context:  # and so this one is larger than any part of it
                    break
            else:
                reference = self._reference(tuple(plain), plain)
                if reference is not None:
                    return reference
            return {key: inner if type(inner) in LEAVES else self._shortened(inner) for key, inner in plain.items()}
        if type(plain) is list:
            reference = self._reference(len(plain), plain)
            if reference is not None:
                return reference
            return [inner if type(inner) in LEAVES else self._shortened(inner) for inner in plain]
        if type(plain) is str and len(plain) >= REFERENCE_BYTES - 2:
            return self._reference(plain, plain) or plain
        return plain

    def _reference(self, likeness: object, plain: Any) -> dict[str, Path] | None:  # noqa: ANN401 - plain JSON
        """A reference to the part that is written just as this one is, if there is one, and long enough."""
        if self._parts is None:
            self._parts = parts(self._context)
        found = self._parts.get(likeness)
        if found is None:
            return None
        path, part = found
        if likeness is plain:  # a text, which is its own likeness
            return self._refer(path, measured(part, self._texts))
        if part is not plain and part != plain:
            return None
        raw = orjson.dumps(part)  # what is equal may still be written differently: 1 equals 1.0 and True
        if len(raw) < REFERENCE_BYTES or (part is not plain and raw != orjson.dumps(plain)):
            return None
        return self._refer(path, (len(raw), opening(raw)))

    def _refer(self, path: Path, extent: Extent) -> dict[str, Path]:
        reference = {MARK: path}
        self.spared += extent[0] - len(orjson.dumps(reference))
        self.brackets += extent[1]
        return reference


def parts(context: Any) -> dict[object, tuple[Path, Any]]:  # noqa: ANN401 - plain JSON
    """The parts of a context that can be referred to; of those that are alike only the first."""
    found: dict[object, tuple[Path, Any]] = {}
    _enter(found, [], context)
    alone = type(context) is dict and len(context) == 1
    for key, part in _fields(context):
        if type(part) in LEAVES:
            continue
        _enter(found, [key], part)
        if alone:
            for inner, deeper in _fields(part):
                _enter(found, [key, inner], deeper)
    return found


def _enter(found: dict[object, tuple[Path, Any]], path: Path, part: Any) -> None:  # noqa: ANN401 - plain JSON
    """Add a part by its likeness, which is cheap, and equal for equal parts; one too short has none."""
    if type(part) is dict:
        found.setdefault(tuple(part), (path, part))
    elif type(part) is list:
        found.setdefault(len(part), (path, part))
    elif type(part) is str and len(part) >= REFERENCE_BYTES - 2:
        found.setdefault(part, (path, part))


def _fields(part: Any) -> Iterable[tuple[Any, Any]]:  # noqa: ANN401 - plain JSON
    if type(part) is dict:
        return part.items()
    return enumerate(part) if type(part) is list else ()


def measured(part: object, texts: dict[str, Extent]) -> Extent:
    """What a part takes in full; a text is measured once, since it is carried from context to context."""
    if type(part) is str and part in texts:
        return texts[part]
    raw = orjson.dumps(part)
    extent = len(raw), opening(raw)
    if type(part) is str:
        texts[part] = extent
    return extent


@final
class Sources:
    """What the references of a document stand for: the context before, and its parts.

    One serves for all contexts of a document, each in its turn.
    """

    __slots__ = ("_context", "_extent", "_known", "_texts", "added", "brackets")

    def __init__(self) -> None:
        self._texts: dict[str, Extent] = {}
        self.turn(None)

    def turn(self, context: object, extent: Extent | None = None) -> None:
        """Go on to a context, which is the one before now; what it takes may not be known."""
        self._context = context
        self._extent = extent
        self._known: dict[tuple[str | int, ...], tuple[object, int, int]] | None = None
        self.added = self.brackets = 0

    def resolved(self, plain: Any) -> Any:  # noqa: ANN401 - plain JSON
        """The value, now with what its references stand for; `added` and `brackets` then say how much that is."""
        self.added = self.brackets = 0
        if type(plain) is dict and MARK in plain:
            return self._part(plain)
        if type(plain) in NESTS:
            self._fill(plain)
        return plain

    def _fill(self, plain: Any) -> None:  # noqa: ANN401 - plain JSON, of which it is known that it is not too deep
        for key, inner in plain.items() if type(plain) is dict else enumerate(plain):
            if type(inner) is dict and MARK in inner:
                plain[key] = self._part(inner)
            elif type(inner) in NESTS:
                self._fill(inner)

    def _part(self, reference: dict[str, Any]) -> object:
        steps = reference[MARK]
        if steps == [] and len(reference) == 1 and self._extent is not None:  # most often
            self.added += self._extent[0] - WHOLE_SIZE
            self.brackets += self._extent[1]
            return self._context
        if len(reference) != 1 or type(steps) is not list or (steps and not STEPS.issuperset(map(type, steps))):
            raise BlobCorrupt("a reference is not written as it should be.")
        path = tuple(steps)
        if self._known is None:
            self._known = {}
        known = self._known.get(path)
        if known is None:
            part = _target(self._context, steps)
            size, opened = measured(part, self._texts)
            known = self._known[path] = part, size - len(orjson.dumps(reference)), opened
        part, more, opened = known
        self.added += more
        self.brackets += opened
        if self.added > VALUE_BYTES:
            raise BlobTooLarge(f"a value is larger than {VALUE_BYTES:,} bytes, with its references at full size.")
        return part


def _target(context: Any, steps: list[str | int]) -> Any:  # noqa: ANN401 - plain JSON
    """The part of a context that a reference leads to, which must be one of its targets."""
    alone = type(context) is dict and len(context) == 1
    if len(steps) > 1 + alone:
        raise BlobCorrupt("a reference points into the depth of a context.")
    part = context
    for step in steps:
        if type(part) is dict and type(step) is str and step in part:  # noqa: SIM114 - together no checker can tell them
            part = part[step]
        elif type(part) is list and type(step) is int and 0 <= step < len(part):
            part = part[step]
        else:
            raise BlobCorrupt("a reference points to nothing.")
    return part
