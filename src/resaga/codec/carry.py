"""The rows of a document as rows of this program: references resolved, carried over if it has changed."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, final

import orjson

from resaga.codec.document import Document
from resaga.codec.facts import CONTEXT_CODES, SILENT_CODES
from resaga.codec.limits import BLOB_BYTES, DEPTH, VALUE_BYTES
from resaga.codec.reference import DOLLAR, Sources, opening
from resaga.codec.values import is_too_deep
from resaga.core.compatibility import Change, Compatibility, Reach, Verdict
from resaga.core.difference import difference
from resaga.core.errors import BlobCorrupt, BlobMismatch, BlobTooLarge, ProgramChanged
from resaga.core.fact import BITS, COMPLETIONS, MARKS, MASK, Fact
from resaga.core.line import Line
from resaga.core.program import Program
from resaga.core.state import ExecutionState, Phase
from resaga.core.walk import Placed, walk
from resaga.core.way import Way

LAST_FACT: Final = int(max(Fact))
TOLD: Final = 8
"""How many changes one sentence tells; all of them are in the error's `changes`."""

MIGRATE: Final = "carry it over with new.migration(old)"

RETYPED: Final[Mapping[Fact, str]] = {
    Fact.CREATED: "re-typed in its first context",
    Fact.RETURNED: "re-typed",
    Fact.SETTLED: "re-typed",
    Fact.MARKED: "re-typed",
    Fact.MARKED_TO_UNDO: "re-typed",
    Fact.ANSWERED: "re-typed in its answer",
    Fact.EMITTED: "re-typed in an event",
}
"""What a value that does not fit any more says, by the facts whose values are of the user's types."""


NO_VALUE: Final[tuple[Any, int]] = (None, 0)


@final
class Rows(NamedTuple):
    """The rows of a document in columns, as a trail has them: seldom is anything done row by row."""

    codes: list[int]
    at: list[int]
    took: list[int]
    values: list[Any]
    """Plain and in full, of the rows that have one."""

    positions: Sequence[int]
    """Where each of them stands in the document."""

    def one_by_one(self) -> list[tuple[Any, int]]:
        """Of each row the value and its position; none of those that have no value."""
        left = zip(self.values, self.positions, strict=True)
        return [NO_VALUE if code & MASK in SILENT_CODES else next(left) for code in self.codes]


def carried(document: Document, program: Program) -> Rows:
    """The rows as this program knows them; `ProgramChanged` if the run cannot go on in it."""
    if document.fingerprint == program.fingerprint:
        rows = plain_rows(document, program.straight_rows(document.codes))
        if document.listing != program.rows:
            raise BlobCorrupt("the listing is not the one of its fingerprint.", path="$.listing")
        return rows
    rows = plain_rows(document)
    way = gone(document)
    placed = walk(way, program)
    if placed is None:
        raise changed(program, difference(way, program))
    return moved(rows, placed)


def compared(document: Document, program: Program) -> Compatibility:
    """All that has changed for an execution that can go on here."""
    return difference(gone(document), program).replaced(verdict=Verdict.COMPATIBLE)


def gone(document: Document) -> Way:
    """The way that the run has gone through the program that its listing is of."""
    old = [Line.read(row) for row in document.listing]
    if not all(line.sound for line in old) or not 0 <= document.index <= len(old):
        raise BlobCorrupt("the listing is none.", path="$.listing")
    return Way(old, document.codes, document.index)


def moved(rows: Rows, placed: list[Placed]) -> Rows:
    """Rows at their places in another program; what is added there takes no time."""
    old, at = rows.one_by_one(), 0
    codes: list[int] = []
    times: list[int] = []
    lengths: list[int] = []
    values: list[tuple[Any, int]] = []
    for code, source in placed:
        value, took = NO_VALUE, 0
        if source is not None:
            value, at, took = old[source], rows.at[source], rows.took[source]
        codes.append(code)
        times.append(at)
        lengths.append(took)
        if code & MASK not in SILENT_CODES:
            values.append(value)
    plains, positions = [plain for plain, _ in values], [position for _, position in values]
    return Rows(codes, times, lengths, plains, positions)


def changed(program: Program, told: Compatibility, help_: str = MIGRATE) -> ProgramChanged:
    """The error that says what has changed and what can be done."""
    matters = [str(change) for change in told.changes if change.matters]
    what = "; ".join(matters[:TOLD]) or "which way led to where it stands cannot be told"
    if told.verdict is Verdict.IMPOSSIBLE:
        help_ = "load it with the saga that it was dumped by, and let that finish it"
    return ProgramChanged(
        f"saga {program.name!r} has changed since, in what this run has come to: {what}; {help_}.",
        path="$.listing",
        changes=told.changes,
        verdict=told.verdict,
    )


def retyped(rows: Rows, program: Program, document: Document, wrong: BlobMismatch) -> ProgramChanged | BlobMismatch:
    """A value does not fit; if the program has changed, that is why: say which step gave it."""
    position = int(wrong.path.removeprefix("$.values[").partition("]")[0])
    valued = [code for code in rows.codes if code & MASK not in SILENT_CODES]
    code = valued[list(rows.positions).index(position)]
    if document.fingerprint == program.fingerprint or code & MASK not in RETYPED:
        return wrong
    return changed(program, misfit(program, code, rows.codes))


def unsettled(program: Program, state: ExecutionState) -> Compatibility | None:
    """What it means that nobody can find out any more whether the attempt in doubt has happened."""
    if state.phase is not Phase.SETTLING or program.settles[state.index] is not None:
        return None
    return Compatibility(Verdict.IMPOSSIBLE, (Change("left without its settle", state.here.path, Reach.HERE),))


def misfit(program: Program, code: int, codes: Sequence[int]) -> Compatibility:
    """What it means that the value of a row is not one of this program any more."""
    fact, index = Fact(code & MASK), code >> BITS
    what, path = RETYPED[fact], program.instructions[index].path
    if fact is Fact.CREATED:
        return Compatibility(Verdict.NEEDS_MIGRATION, (Change(what, program.name, Reach.DONE),))
    done = any(one >> BITS == index and one & MASK in COMPLETIONS for one in codes)
    return Compatibility(Verdict.NEEDS_MIGRATION, (Change(what, path, Reach.DONE if done else Reach.HERE),))


def plain_rows(document: Document, straight: int = 0) -> Rows:
    """The rows with their values in full; the first `straight` ones are known to be what they can be."""
    codes, values = document.codes, document.values
    if straight < len(codes) or len(values) != straight - (straight > 1):  # of straight rows only the second has none
        _refuse_odd(codes, len(document.listing), len(values))
    if document.refers or document.size > VALUE_BYTES:
        values = _in_full(document)
    return Rows(codes, document.at, document.took, values, range(len(values)))


def _refuse_odd(codes: list[int], end: int, values: int) -> None:
    """Each row is of an instruction and a fact, and each that needs a value has one."""
    if codes and not 0 <= min(codes) <= max(codes) < end << BITS:
        raise BlobCorrupt("a row speaks of an instruction that does not exist.", path="$.codes")
    facts = [code & MASK for code in codes]
    if codes and max(facts) > LAST_FACT:
        raise BlobCorrupt("a row speaks of a fact that does not exist.", path="$.codes")
    if len(codes) - sum(map(SILENT_CODES.__contains__, facts)) != values:
        raise BlobCorrupt("the trail has not as many values as rows that need one.", path="$.values")


def _in_full(document: Document) -> list[Any]:
    """The values with what their references stand for."""
    valued = [code & MASK for code in document.codes if code & MASK not in SILENT_CODES]
    sources, size = Sources(), document.size
    values: list[Any] = []
    for position, (fact, plain) in enumerate(zip(valued, document.values, strict=True)):
        raw, full, extent = orjson.dumps(plain), plain, None
        if DOLLAR in raw:  # a single byte is sought at once; what has it and no reference comes out as it is
            full = sources.resolved(plain)
            size += sources.added
            extent = _, brackets = len(raw) + sources.added, opening(raw) + sources.brackets
            if is_too_deep(full, brackets):
                raise BlobTooLarge(
                    f"with its references it is nested deeper than {DEPTH}.", path=f"$.values[{position}]"
                )
        if size > VALUE_BYTES:
            _refuse_large(full, position, size)
        values.append(full)
        if not fact:  # most rows
            sources.turn(full, extent)
        elif fact in MARKS:
            sources.turn(full[0] if type(full) is list and full else full)
        elif fact in CONTEXT_CODES:
            sources.turn(full, extent)
    return values


def _refuse_large(plain: object, position: int, size: int) -> None:
    """Raise if a value, or the document so far, is too large with its references at full size."""
    if size > BLOB_BYTES:
        raise BlobTooLarge(f"the document takes more than {BLOB_BYTES:,} bytes, with references at full size.")
    if len(orjson.dumps(plain)) > VALUE_BYTES:
        raise BlobTooLarge(f"it takes more than {VALUE_BYTES:,} bytes.", path=f"$.values[{position}]")
