"""The contexts of a run that only went on: written and read in one go, with references to the one before.

What comes of it is what `Targets` finds by comparing all with all, and `Sources` resolves. But most contexts are
records of single values, or hold the context before; what those share with it is a text, all of it, or all their
values. To see that, functions are written out for their classes (see `context`). Where more may be shared, or
something comes near a limit, or is wrong, nothing of this is used: then it is done row by row, and said what is wrong.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, cast, final

import orjson

from resaga.codec import limits
from resaga.codec.coder import Coders
from resaga.codec.context import (
    WHOLE,
    Word,
    alike_reader,
    alike_writer,
    carrier,
    restorer,
)
from resaga.codec.scalars import Step
from resaga.core.fact import BITS
from resaga.core.program import Program
from resaga.core.shape import Record, Shape


@final
class Column:
    """Writes and reads the contexts of one program's straight runs."""

    def __init__(self, program: Program, coders: Coders) -> None:
        gives = [program.instructions[code >> BITS].gives for code in program.straight[2:]]
        shapes = [program.takes, *(shape for shape in gives if shape)]
        self._alike = next((row for row, shape in enumerate(shapes) if shape is not shapes[0]), len(shapes))
        first = shapes[0]
        self._write = alike_writer(first, coders) if isinstance(first, Record) else None
        self._read = alike_reader(first, coders) if isinstance(first, Record) else None
        self._carry = _first(shapes, lambda one, before: carrier(one, before, coders))
        self._restore = _first(shapes, lambda one, before: restorer(one, before, coders))
        self._decode = [coders.of(shape).decode for shape in shapes]
        self._memory = coders.read

    def written(self, values: list[object]) -> tuple[orjson.Fragment, int] | None:
        """These contexts as a list, and no fewer bytes than their references spare; None if it needs more care."""
        try:
            return (len(values) <= self._alike and self._written(values)) or self._carried(values)
        except Exception:  # noqa: BLE001 - hooks of the user's raise what they like; who takes more care says what
            return None

    def _written(self, values: list[object]) -> tuple[orjson.Fragment, int] | None:
        """The same for contexts that are all of one class."""
        if self._write is None:
            return None
        try:
            shorts, spared = self._write(values)
        except LookupError:
            return None
        raw = orjson.dumps(shorts)
        return None if len(raw) + spared > limits.VALUE_BYTES else (orjson.Fragment(raw), spared)

    def _carried(self, values: list[object]) -> tuple[orjson.Fragment, int] | None:
        """The same, one after the other."""
        if len(self._carry) < len(values):
            return None
        shorts: list[object] = []
        before: object = None
        plain: object = None
        words: dict[str, Word] | None = {}
        spared = repeated = deep = 0
        large = False  # whether the one before is known to be worth a reference
        for carry, value in zip(self._carry, values):  # noqa: B905 - strict takes longer
            short, full, words, more = carry(value, before, words)
            if words is None:  # it holds the one before
                if not (large or len(orjson.dumps(plain)) >= limits.REFERENCE_BYTES):
                    return None
                large = True
                deep += 1
            else:
                large = bool(words)
                if full == plain and _same(full, plain):
                    short, more = WHOLE, 0
                    repeated += 1
            before, plain = value, full
            shorts.append(short)
            spared += more
        raw = orjson.dumps(shorts)
        if deep or repeated:  # each refers to one whole at most, so none is larger in full than all that is written
            spared = (len(raw) + spared) * len(values)
        if deep + limits.AROUND >= limits.DEPTH or len(raw) + spared > limits.VALUE_BYTES:
            return None
        return orjson.Fragment(raw), spared

    def read(self, plains: list[Any], size: int, *, refers: bool) -> list[object] | None:
        """The contexts of a list that takes `size` bytes, with references or without; None if it needs more care.

        The list is used up.
        """
        try:
            if len(plains) <= self._alike and self._read is not None:
                try:
                    values, more = self._read(plains)
                except LookupError:  # something lacks, or refers to something else
                    pass
                else:
                    return None if size + more > limits.VALUE_BYTES else cast("list[object]", values)
            return self._restored(plains, size) if refers else self._decoded(plains)
        except Exception:  # noqa: BLE001 - constructors and hooks of the user's raise what they like
            return None
        finally:
            self._memory.forget()

    def _decoded(self, plains: list[Any]) -> list[object] | None:
        """The same without references, one after the other."""
        if len(self._decode) < len(plains):
            return None
        return [decode(plain) for decode, plain in zip(self._decode, plains)]  # noqa: B905 - strict takes longer

    def _restored(self, plains: list[Any], size: int) -> list[object] | None:
        """The same with references, one after the other."""
        if len(self._restore) < len(plains):
            return None
        values: list[object] = []
        before: object = None
        given: object = None
        repeated = deep = 0
        for restore, plain in zip(self._restore, plains):  # noqa: B905 - strict takes longer
            value, more = restore(plain, before, given)
            values.append(value)
            if more is None:  # it holds the one before
                deep += 1
            elif value is before:
                repeated += 1
                continue
            else:
                size += more
            before, given = value, plain
        if deep or repeated:  # each refers to one whole at most, so none is larger in full than all that is written
            size *= len(plains)
        return None if deep + limits.AROUND >= limits.DEPTH or size > limits.VALUE_BYTES else values


def _first(shapes: Sequence[Shape], make: Callable[[Record, Shape | None], Step | None]) -> list[Step]:
    """A function for each shape behind the one before, up to the first for which there is none; made once for each."""
    made: dict[tuple[int, int], Step | None] = {}
    steps: list[Step] = []
    for before, shape in pairwise([None, *shapes]):
        both = id(before), id(shape)
        if both not in made:
            made[both] = make(shape, before) if isinstance(shape, Record) else None
        step = made[both]
        if step is None:
            break
        steps.append(step)
    return steps


def _same(plain: object, before: object) -> bool:
    """Whether what is equal is also written alike, and long enough for a reference."""
    raw = orjson.dumps(plain)
    return len(raw) >= limits.REFERENCE_BYTES and raw == orjson.dumps(before)
