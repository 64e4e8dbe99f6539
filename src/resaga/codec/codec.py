"""The codec of one program: executions to documents and back, values to copies of themselves."""

from collections.abc import Iterable
from operator import length_hint
from typing import NamedTuple, TypeAlias, cast, final

import orjson

from resaga.codec import journal, limits
from resaga.codec.carry import Rows, carried, changed, compared, retyped, unsettled
from resaga.codec.coder import Coders
from resaga.codec.column import Column
from resaga.codec.culprit import wanted
from resaga.codec.document import FORMAT, Document, again, crowded, opened, parts, sealed, unclocked
from resaga.codec.facts import CONTEXT_CODES, SILENT_CODES, FactCoder, nothing
from resaga.codec.reference import opening
from resaga.codec.scalars import Step
from resaga.codec.unfit import unfit
from resaga.codec.values import Values, is_too_much, not_storable, too_much
from resaga.core.annotation import kinds
from resaga.core.compatibility import Compatibility
from resaga.core.errors import (
    BlobCorrupt,
    BlobMismatch,
    IllegalTransition,
    NotStorable,
    ProgramChanged,
    WrongAnswer,
    WrongContext,
    WrongSaga,
)
from resaga.core.execution_id import is_id
from resaga.core.fact import BITS, MASK, Fact
from resaga.core.machine import straight
from resaga.core.outcome import Answer
from resaga.core.program import Program
from resaga.core.replay import retrace
from resaga.core.shape import Shape
from resaga.core.state import PAUSED, ExecutionState, Trail

Waiting: TypeAlias = dict[str, object]
"""What an execution waits for, as it is written."""


@final
class Restored(NamedTuple):
    """An execution as a journal tells of it."""

    state: ExecutionState
    intent: bool
    """Whether a body with effects may have begun since."""

    takeovers: int
    requests: list[journal.Request]
    """What others wanted of it, in order; those that were honoured are among them."""

    carried: bool
    """Whether all this is of a program before this one, so that its rows cannot be added to those."""


@final
class Codec:
    """Everything that knows bytes, for one program; all of it is made here, nothing while loading."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._coders = Coders()
        self.facts = FactCoder(program, self._coders)
        for one in program.instructions:
            for shape in (one.takes, one.gives, one.asks):
                if shape is not None:
                    self._coders.of(shape)
        for shape in (program.takes, program.gives, program.events):
            if shape is not None:
                self._coders.of(shape)
        self._takes: list[Step] = [
            nothing if one.gives is None else self._coders.of(one.gives).decode for one in program.instructions
        ]
        self._kinds = frozenset(kinds(program.takes))
        self._takes_as_it_is = program.takes_immutable
        self._column = Column(program, self._coders)
        self._values = Values(self.facts, self._coders, self._column)
        self._listing = orjson.Fragment(orjson.dumps(program.rows))

    # ---- values ---------------------------------------------------------------------------------

    def copy(self, shape: Shape, value: object) -> object:
        """The value as it would be after a dump and a load; raises `NotStorable` if it cannot be dumped."""
        coder = self._coders.of(shape)
        raw: bytes | None = None
        try:
            plain = coder.encode(value)
            raw = orjson.dumps(plain)
        except Exception:  # noqa: BLE001 - hooks of the user's raise what they like
            plain = None
        if raw is None:  # raised here, where no error of theirs is at hand, which may hold a value
            raise not_storable(self._coders, shape, value, "$")
        if len(raw) > limits.SMALL_BYTES and is_too_much(plain, raw, len(raw), opening(raw)):
            raise too_much("$")
        try:
            return coder.decode(plain)
        except Exception as error:  # noqa: BLE001 - the same
            wrong = unfit(error)
        raise NotStorable(
            f"${wrong.place}: this value could be stored, but not be read again, because {wrong.why}.",
            path=f"${wrong.place}",
        )

    def check_context(self, value: object) -> object:
        """The first context of an execution, if it is one; what is inside it is checked when it is dumped."""
        if self._takes_as_it_is and type(value) in self._kinds:
            return value
        return self._checked(self.program.takes, value, self.program.name, WrongContext)

    def check_answer(self, shape: Shape, value: object, path: str) -> object:
        """The answer to a question, or the result that a person gives a step, if it is one of that type."""
        return self._checked(shape, value, path, WrongAnswer)

    def _checked(self, shape: Shape, value: object, path: str, error: type[WrongAnswer | WrongContext]) -> object:
        try:
            return self.copy(shape, value)
        except NotStorable as wrong:
            raise error(self._refusal(shape, value, path, error, wrong), path=path) from None

    def _refusal(
        self, shape: Shape, value: object, path: str, error: type[WrongAnswer | WrongContext], wrong: NotStorable
    ) -> str:
        """Who wants what, and what is wrong with what was given: its class, or something inside it."""
        if error is WrongContext:
            wants = f"saga {path!r} takes {wanted(shape)}"
        elif self.program.gate(path) >= 0:
            wants = f"gate {path!r} asks for {wanted(shape)}"
        else:
            wants = f"step {path!r} gives {wanted(shape)}"
        if wrong.path == "$" and type(value) not in kinds(shape):
            return f"{wants}, and was given {type(value).__name__}."
        return f"{wants}, and was given one that does not fit: {str(wrong).removeprefix('$: ')}"

    # ---- executions -----------------------------------------------------------------------------

    def dump(self, state: ExecutionState) -> bytes:
        """The document of an execution."""
        program = self.program
        codes, at, took, own = state.trail.columns()
        values, spared = self._values.written(codes, own)
        blob = sealed(
            {
                "format": FORMAT,
                "id": state.execution_id,
                "saga": program.name,
                "version": program.version,
                "fingerprint": program.fingerprint,
                "status": state.status._value_,
                "index": state.index,
                "waits": waits(state),
                "listing": self._listing,
                "codes": codes,
                "at": unclocked(at),
                "took": took,
                "values": values,
            }
        )
        if len(blob) + spared > limits.BLOB_BYTES or len(codes) > limits.ROWS or crowded(blob):
            raise NotStorable(
                f"the document would take more than {limits.BLOB_BYTES:,} bytes, references at full size,"
                f" or have more than {limits.ROWS:,} rows, or {limits.PARTS:,} objects and lists.",
                path="$",
            )
        return blob

    def load(self, blob: object) -> ExecutionState:
        """The execution of a document; everything that a rollback will need is read now."""
        return self._state_of(opened(blob, self.program.rows))

    def entry(self, state: ExecutionState, since: int, *, mark: str, intent: bool, takeovers: int) -> bytes:
        """The entry of a journal for the rows from there on."""
        codes, at, took, own = state.trail.columns(since)
        values, _ = self._values.written(codes, own)
        stands = state.status._value_, state.index, waits(state)
        return journal.sealed([journal.STEP, mark, *stands, intent, takeovers, codes, unclocked(at), took, values])

    def extent(self, state: ExecutionState, since: int) -> tuple[int, int]:
        """Bytes, about, and objects and lists that the rows from there on take, references at full size."""
        codes, _, _, own = state.trail.columns(since)
        values, spared = self._values.written(codes, own)
        raw = orjson.dumps(values)
        return len(raw) + spared + len(codes) * limits.ROW_BYTES, parts(raw)

    def beginning(self, state: ExecutionState) -> bytes:
        """What an execution began with, as it is written: equal for equal contexts."""
        plain = self._coders.of(self.program.takes).encode(state.trail.values[0])
        return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)

    def cancelling(self, said: str) -> bytes:
        """The request to cancel."""
        return journal.sealed([journal.CANCEL, [said]])

    def answering(self, index: int, answer: Answer) -> bytes:
        """The request to take this for the answer to the gate at an index, once that is reached."""
        plain = self.facts.encode(index << BITS | Fact.ANSWERED, answer)
        return journal.sealed([journal.ANSWER, [self.program.instructions[index].path, plain]])

    def answer_of(self, index: int, request: journal.Request) -> Answer | None:
        """The answer that was asked to be taken for the gate at an index; none if it does not fit that any more."""
        try:
            return cast("Answer", self.facts.decode(index << BITS | Fact.ANSWERED, request.said[1]))
        except Exception:  # noqa: BLE001 - constructors and hooks of the user's raise what they like
            return None

    def restored(self, snapshot: bytes | None, entries: Iterable[bytes]) -> Restored:
        """What a document and the entries behind it tell of."""
        raws = list(entries)
        told = [journal.opened(raw) for raw in raws]
        steps = journal.steps_of(told)
        document = journal.lengthened(opened(snapshot), steps, sum(map(len, raws)))
        state = self._state_of(document)
        intent, takeovers = (steps[-1].intent, steps[-1].takeovers) if steps else (False, 0)
        requests = [entry for entry in told if isinstance(entry, journal.Request)]
        return Restored(state, intent, takeovers, requests, document.fingerprint != self.program.fingerprint)

    def _state_of(self, document: Document) -> ExecutionState:
        program = self.program
        if (document.saga, document.version) != (program.name, program.version):
            theirs = f"saga {document.saga!r}" if is_id(document.saga) else "a saga whose name is none,"
            raise WrongSaga(
                f"the document is of {theirs} version {document.version},"
                f" this is {program.name!r} version {program.version}.",
                path="$.saga",
            )
        if not is_id(document.id):
            raise BlobCorrupt("the id is none.", path="$.id")
        state = None
        if self._is_straight(document):
            state = self._straight_state(document)
            document = document if state else again(document)
        state = state or self._retraced(document)
        self._compare(document, state)
        lost = unsettled(program, state)
        if lost is not None:
            raise changed(program, lost)
        return state

    def _is_straight(self, document: Document) -> bool:
        """Whether it is of a run of this very program that only went on, and not near a limit."""
        program, codes = self.program, document.codes
        return (
            document.fingerprint == program.fingerprint
            and document.listing == program.rows
            and program.straight_rows(codes) == len(codes) == len(document.values) + (len(codes) > 1)
            and document.size <= limits.VALUE_BYTES
            and not (document.refers and document.data is None)
        )

    def _straight_state(self, document: Document) -> ExecutionState | None:
        """The state of such a run; None if something is wrong with it, or needs more care."""
        values = self._column.read(document.values, document.size, refers=document.refers)
        if values is None:
            return None
        if len(document.codes) > 1:
            values.insert(1, None)  # nothing but the second row, that it was started, has no value
        return straight(self.program, document.id, Trail(document.codes, document.at, document.took, values))

    def _retraced(self, document: Document) -> ExecutionState:
        """The state of any run, row by row; what is wrong is found, and named."""
        program = self.program
        rows = carried(document, program)
        try:
            return retrace(program, document.id, self.trail(rows))
        except IllegalTransition:
            raise BlobCorrupt("the trail tells of something that cannot have happened.", path="$.codes") from None
        except BlobMismatch as wrong:
            raise retyped(rows, program, document, wrong) from None

    def compatibility(self, blob: object) -> Compatibility:
        """Whether a document's execution can go on here, and what has changed; raises if it is broken."""
        try:
            self.load(blob)
        except ProgramChanged as error:
            return Compatibility(error.verdict, error.changes)
        return compared(opened(blob), self.program)

    def trail(self, rows: Rows) -> Trail:
        """The trail that the rows of a document are."""
        return Trail(rows.codes, rows.at, rows.took, self._read(rows))

    def _read(self, rows: Rows) -> list[object]:
        """What the values of the rows are; None for a row that has none."""
        takes, decode, memory = self._takes, self.facts.decode, self._coders.read
        values: list[object] = []
        left, wrong = iter(rows.values), None
        memory.forget()
        try:
            for code in rows.codes:
                fact = code & MASK
                if not fact:  # most rows
                    values.append(takes[code >> BITS](next(left)))
                    memory.held = memory.latest
                elif fact in SILENT_CODES:
                    values.append(None)
                else:
                    values.append(decode(code, next(left)))
                    if fact in CONTEXT_CODES:
                        memory.held = memory.latest
        except Exception as error:  # noqa: BLE001 - constructors and hooks of the user's raise what they like
            wrong = unfit(error)
        memory.forget()
        if wrong is not None:  # raised here, where no error of theirs is at hand, which may hold a value
            path = f"$.values[{rows.positions[-1 - length_hint(left)]}]{wrong.place}"
            raise BlobMismatch(f"{path}: this value does not fit, because {wrong.why}.", path=path)
        return values

    def _compare(self, document: Document, state: ExecutionState) -> None:
        """What the document says about the execution must be what its trail says."""
        same = document.fingerprint == self.program.fingerprint
        if not state.trail.codes or state.status != document.status or (same and state.index != document.index):
            raise BlobCorrupt("the trail does not lead to where the document says that it stands.", path="$.status")
        if same and orjson.dumps(document.waits) != orjson.dumps(waits(state)):
            raise BlobCorrupt("what the document waits for is not what its trail says.", path="$.waits")


def waits(state: ExecutionState) -> Waiting | None:
    """What a paused execution waits for, for whoever reads the document: a question or a time."""
    if state.status is not PAUSED:
        return None
    what, until = ("answer", state.deadline) if state.asked else ("time", state.wake_at)
    path = state.program.instructions[state.at_index].path
    return {"for": what, "path": path, "until": None if until is None else min(until, limits.INTEGER_MOST)}
