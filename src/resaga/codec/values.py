"""The column of values: written with references, each refused where it cannot be stored."""

from typing import Any, final

import orjson

from resaga.codec import limits
from resaga.codec.coder import Coders
from resaga.codec.column import Column
from resaga.codec.culprit import culprit
from resaga.codec.document import crowded, too_deep
from resaga.codec.facts import CONTEXT_CODES, SILENT_CODES, FactCoder
from resaga.codec.limits import REFERENCE_BYTES
from resaga.codec.reference import Targets, measured, opening
from resaga.core.errors import NotStorable
from resaga.core.fact import BITS, MARKS, MASK, Fact, Mark
from resaga.core.outcome import Answer
from resaga.core.shape import Shape


@final
class Values:
    """Writes the values of one program's trails."""

    def __init__(self, facts: FactCoder, coders: Coders, column: Column) -> None:
        self._facts = facts
        self._coders = coders
        self._column = column

    def written(self, codes: list[int], values: list[object]) -> tuple[orjson.Fragment, int]:
        """The values of the rows that have one, as a list, and no fewer bytes than their references spare."""
        # `RETURNED` is 0: what a step gave, alone.
        if len(codes) == 1 and not codes[0] & MASK and (small := self._small(codes[0], values[0])):
            return small, 0
        if self._facts.program.straight_rows(codes) == len(codes):
            at_once = self._column.written(values[:1] + values[2:])  # the second row, `STARTED`, has none
            if at_once is not None:
                return at_once
        raws, spared = self._one_by_one(codes, values)
        return orjson.Fragment(b"[%b]" % b",".join(raws)), spared

    def _small(self, code: int, value: object) -> orjson.Fragment | None:
        """What a step gave, alone, as an entry of a journal mostly has it; None if it needs more care."""
        try:
            raw = orjson.dumps(self._facts.gives[code >> BITS](value))
        except Exception:  # noqa: BLE001 - hooks of the user's raise what they like; who takes more care says what
            return None
        finally:
            self._coders.written.forget()
        return orjson.Fragment(b"[%b]" % raw) if len(raw) <= limits.SMALL_BYTES else None

    def _one_by_one(self, codes: list[int], values: list[object]) -> tuple[list[bytes], int]:
        """The same for any rows; what cannot be written is found, and named."""
        encode, gives, memory, dumps = (
            self._facts.encode,
            self._facts.gives,
            self._coders.written,
            orjson.dumps,
        )
        raws: list[bytes] = []
        spared = 0
        targets: Targets | None = None  # none while the context before is too small to be referred to
        before: Targets | None = None  # one is made for all of them
        memory.forget()
        for code, value in zip(codes, values):  # noqa: B905 - strict takes longer
            fact = code & MASK
            if fact and fact in SILENT_CODES:  # most rows are `RETURNED`, which is 0
                continue
            plain: Any = None
            raw: bytes | None = None
            try:
                plain = encode(code, value) if fact else gives[code >> BITS](value)
                raw = dumps(plain) if targets is None else dumps(targets.shortened(plain))
            except Exception:  # noqa: BLE001 - hooks of the user's raise what they like
                raw = None
            if raw is None:  # raised here, where no error of theirs is at hand, which may hold a value
                raise self._unwritable(code, value)
            raws.append(b"%b" % raw)  # a copy: what orjson gives keeps its whole buffer, of some kilobytes
            if targets is None and len(raw) < REFERENCE_BYTES:
                continue  # too small for anything that follows
            size, brackets = len(raw), opening(raw)
            if targets is not None:
                spared += targets.spared
                size, brackets = size + targets.spared, brackets + targets.brackets
            if size > limits.SMALL_BYTES and is_too_much(plain, raw, size, brackets):
                raise too_much(self._name(code))
            if fact in CONTEXT_CODES:
                memory.held = memory.latest
                if fact in MARKS:
                    plain = plain[0]
                    size, brackets = measured(plain, {})
                before = before or Targets()
                before.turn(plain, (size, brackets))
                targets = before if size >= REFERENCE_BYTES else None
        memory.forget()
        return raws, spared

    def _unwritable(self, code: int, value: Any) -> NotStorable:  # noqa: ANN401 - of its fact's type
        shape, path = self._facts.shape(Fact(code & MASK), code >> BITS), self._name(code)
        if shape is None:
            return NotStorable(f"{path}: what was said of it cannot be stored.", path=path)
        return not_storable(self._coders, shape, value.value if isinstance(value, Answer | Mark) else value, path)

    def _name(self, code: int) -> str:
        """What a row is about, for an error."""
        program = self._facts.program
        return program.name if code & MASK == Fact.CREATED else program.instructions[code >> BITS].path


def is_too_deep(plain: object, brackets: int) -> bool:
    """Whether a value is nested too deep to be read again; one that is has many brackets."""
    return brackets > limits.DEPTH - limits.AROUND and too_deep(plain, limits.AROUND)


def is_too_much(plain: object, raw: bytes, size: int, brackets: int) -> bool:
    """Whether a value could not be read again, written like that, which takes so much in full."""
    return size > limits.VALUE_BYTES or is_too_deep(plain, brackets) or crowded(raw, limits.VALUE_PARTS)


def not_storable(coders: Coders, shape: Shape, value: object, path: str) -> NotStorable:
    """The error for a value that could not be written: where in it, and why."""
    place, why = culprit(coders, shape, value, path)
    return NotStorable(f"{place}: this value cannot be stored, because {why}.", path=place)


def too_much(path: str) -> NotStorable:
    """The error for a value that could not be read again."""
    return NotStorable(
        f"{path}: this value cannot be stored, because it takes more than {limits.VALUE_BYTES:,} bytes,"
        f" is nested deeper than {limits.DEPTH}, or has more than {limits.VALUE_PARTS:,} objects and lists.",
        path=path,
    )
