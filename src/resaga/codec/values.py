"""The column of values: written with references, each refused where it cannot be stored."""

from typing import Any, Final, final

import orjson

from resaga.codec import limits
from resaga.codec.coder import Coders
from resaga.codec.culprit import culprit
from resaga.codec.document import too_deep
from resaga.codec.facts import CONTEXTS, SILENT, FactCoder
from resaga.codec.reference import Targets, opening
from resaga.core.errors import NotStorable
from resaga.core.fact import BITS, MASK, Fact, Mark
from resaga.core.outcome import Answer
from resaga.core.shape import Shape

SILENT_CODES: Final = frozenset(int(fact) for fact in SILENT)
CONTEXT_CODES: Final = frozenset(int(fact) for fact in CONTEXTS)


@final
class Values:
    """Writes the values of one program's trails."""

    def __init__(self, facts: FactCoder, coders: Coders) -> None:
        self._facts = facts
        self._coders = coders

    def written(self, codes: list[int], values: list[object]) -> tuple[list[orjson.Fragment], int]:
        """The values of the rows that have one, and the bytes that their references spare."""
        gives, memory = self._facts.gives, self._coders.written
        written: list[orjson.Fragment] = []
        spared = 0
        targets: Targets | None = None
        memory.forget()
        for code, value in zip(codes, values, strict=False):
            fact = code & MASK
            if fact in SILENT_CODES:
                continue
            raw: bytes | None = None
            more = brackets = 0
            try:
                plain: Any = self._facts.encode(code, value) if fact else gives[code >> BITS](value)
                if targets is None:
                    raw = orjson.dumps(plain)
                else:
                    raw = orjson.dumps(targets.shortened(plain))
                    more, brackets = targets.spared, targets.brackets
            except Exception:  # noqa: BLE001 - hooks of the user's raise what they like
                plain = None
            if raw is None:  # raised here, where no error of theirs is at hand, which may hold a value
                raise self._unwritable(code, value)
            size, brackets = len(raw) + more, brackets + opening(raw)
            if size > limits.VALUE_BYTES or is_too_deep(plain, brackets):
                raise too_much(self._name(code))
            spared += more
            written.append(orjson.Fragment(raw))
            if fact in CONTEXT_CODES:
                memory.held = memory.latest
                if fact == Fact.MARKED:
                    targets = Targets(plain[0])
                else:
                    targets = Targets(plain, size, brackets) if size >= limits.REFERENCE_BYTES else None
        memory.forget()
        return written, spared

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


def not_storable(coders: Coders, shape: Shape, value: object, path: str) -> NotStorable:
    """The error for a value that could not be written: where in it, and why."""
    place, why = culprit(coders, shape, value, path)
    return NotStorable(f"{place}: this value cannot be stored, because {why}.", path=place)


def too_much(path: str) -> NotStorable:
    """The error for a value that could not be read again."""
    return NotStorable(
        f"{path}: this value cannot be stored, because it takes more than {limits.VALUE_BYTES:,} bytes,"
        f" or is nested deeper than {limits.DEPTH}.",
        path=path,
    )
