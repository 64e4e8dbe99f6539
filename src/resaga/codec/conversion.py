"""A conversion: what was said of how executions of one program become executions of another; and doing it.

The old execution is loaded by its own program, so all of its values are there, typed. Its lines are then
taken for those of the new program wherever the conversion says, or the path says, that they are the same
step, and the walk places them there. Values are converted where that was said; the others go by way of JSON.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import takewhile
from types import MappingProxyType
from typing import Any, Final, TypeAlias, final

from resaga.codec.carry import changed, misfit, unsettled
from resaga.codec.codec import Codec
from resaga.codec.facts import CONTEXTS
from resaga.codec.journal import ANSWER, Request
from resaga.core.block import Arrow, node_of
from resaga.core.compatibility import Change, Compatibility, Reach, Verdict
from resaga.core.difference import difference
from resaga.core.errors import InvalidOption
from resaga.core.fact import BITS, COMPLETIONS, MASK, Fact, Mark, Row
from resaga.core.line import Line
from resaga.core.node import CONTEXT, Doing, Kind, Questioning
from resaga.core.outcome import Answer
from resaga.core.plan import in_effect
from resaga.core.replay import replay
from resaga.core.shape import Shape, digest
from resaga.core.state import LIVE, ExecutionState, Phase, Trail
from resaga.core.value import Value
from resaga.core.walk import Liberties, Placed, walk
from resaga.core.way import Way

Convert: TypeAlias = Callable[..., object]
FACTS: Final = tuple(Fact)
HARMLESS: Final = (Kind.READ, Kind.KEPT)
"""What can be taken for done in an execution that is being rolled back."""

TRIED: Final = (Fact.SETBACK, Fact.STUCK, Fact.INTERRUPTED)
"""What says that an undo was tried, and may have happened."""

SAY_SO: Final = "say what becomes of it by .first(…), .step(…), .supply(…) or .drop(…)"
SAY_KEYS: Final = "keep its name (@step(name=…), and that of the saga), or say by .rekeyed() that no undo asks for it"
DECLARE_IT: Final = "leave the class of that event in the emits=(…) of the new saga"


@final
class Conversion(Value):
    """What was said so far, by the indexes of the old program and the places of the new one."""

    old: Codec
    new: Codec
    first: Convert | None = None
    places: Mapping[int, int] = MappingProxyType({})
    results: Mapping[int, Convert] = MappingProxyType({})
    answers: Mapping[int, Convert] = MappingProxyType({})
    makes: Mapping[int, Convert] = MappingProxyType({})
    dropped: Mapping[int, str] = MappingProxyType({})
    rekeyed: bool = False

    def load(self, blob: object) -> ExecutionState:
        """The state that an old document's execution has in the new program."""
        return self.carried(self.old.load(blob))

    def carried(self, before: ExecutionState) -> ExecutionState:
        """The state that an execution of the old program has in the new one."""
        trail, program = before.trail, self.new.program
        way = Way(self._lines(trail), trail.codes, before.index)
        liberties = self._liberties(way)
        placed = walk(way, program, liberties)
        unsaid = unsaid_first(self)
        if placed is None or unsaid:
            told = difference(way, program, liberties)
            matters = [change for change in told.changes if change.matters]
            raise changed(program, Compatibility(told.verdict, (*unsaid, *matters)), SAY_SO)
        after = replay(program, before.execution_id, self._rows(placed, trail))
        lost = unsettled(program, after) or renamed_in_doubt(before, after)
        if lost is not None:
            raise changed(program, lost)
        if not self.rekeyed and (strange := self._strange_to_undos(after, placed, trail)):
            raise changed(program, Compatibility(Verdict.NEEDS_MIGRATION, strange), SAY_KEYS)
        return after

    def asked(self, request: Request) -> Request | None:
        """What somebody wants of an execution of the old program, of the new one; None if it means nothing there.

        An answer that came before its gate was reached goes to what that gate has become.
        """
        if request.what != ANSWER:
            return request
        path: str = request.said[0]
        index = self.old.program.gate(path)
        answer = self.old.answer_of(index, request)
        if answer is None or index in self.dropped:
            return None
        old, new = self.old.program.lines, self.new.program.lines
        place = self._places(old, new).get(index)
        if place is None:
            gone = Change("removed with the answer that it was given early", path, Reach.HERE)
            raise changed(self.new.program, Compatibility(Verdict.NEEDS_MIGRATION, (gone,)), SAY_SO)
        code = place << BITS | Fact.ANSWERED
        own = self._converted(code, index << BITS | Fact.ANSWERED, answer, ())
        return Request(ANSWER, [new[place].path, self.new.facts.encode(code, own)])

    # ---- lines ----------------------------------------------------------------------------------

    def _places(self, old: Sequence[Line], new: Sequence[Line]) -> dict[int, int]:
        """The places of those that have one in the new program: because it is said, or by their path."""
        same = {line.path: place for place, line in enumerate(new) if line.alone}
        found = dict[int, int]()
        for index, line in enumerate(old):
            place = self.places.get(index, same.get(line.path) if line.alone else None)
            if place is not None and new[place].kind == line.kind:
                found[index] = place
        return found

    def _lines(self, trail: Trail) -> list[Line]:
        """The old lines, as the new program has them; where a value does not fit, the types differ."""
        old, new = list(self.old.program.lines), self.new.program.lines
        there = set(trail.codes)
        for index, place in self._places(old, new).items():
            line = old[index]
            fits = line.digest == new[place].digest or self._fit(index, place, there)
            old[index] = new[place] if fits else line._replace(path=new[place].path)
        return old

    def _fit(self, index: int, place: int, there: Collection[int]) -> bool:
        """Whether the values that a step has left can be those of the new one."""
        before, after = self.old.program.instructions[index], self.new.program.instructions[place]
        code = index << BITS
        return (
            index in self.results
            or not any(code | fact in there for fact in COMPLETIONS)
            or _alike(before.gives, after.gives)
        ) and (index in self.answers or code | Fact.ANSWERED not in there or _alike(before.asks, after.asks))

    def _liberties(self, way: Way) -> Liberties:
        """What the walk may pass and leave out: nothing that would be taken back, or would have to be."""
        kinds = self.new.program.instructions
        supplied = (place for place in self.makes if not way.turned or kinds[place].kind in HARMLESS)
        return Liberties(frozenset(supplied), frozenset(self.dropped.keys() - way.held()), neutral=True)

    def _strange_to_undos(self, after: ExecutionState, placed: Sequence[Placed], trail: Trail) -> tuple[Change, ...]:
        """What was done under another key than its undo would ask for, and can still be taken back."""
        if after.past_return is not None or after.phase not in LIVE:
            return ()
        old, program = self.old.program, self.new.program
        was = {
            code >> BITS: (old.name, old.instructions[trail.codes[source] >> BITS].path)
            for code, source in placed
            if source is not None and code & MASK in COMPLETIONS
        }
        done = [one for one in map(program.instructions.__getitem__, in_effect(after)) if one.index in was]
        return tuple(
            Change("renamed, and its undo can ask for the key of doing it", one.path, Reach.DONE)
            for one in done
            if one.undoing and one.undoing.body.wants_attempt and was[one.index] != (program.name, one.path)
        )

    # ---- values ---------------------------------------------------------------------------------

    def _rows(self, placed: Sequence[Placed], trail: Trail) -> Iterator[Row]:
        """The rows of the new trail; what is added to it takes no time.

        What is taken out of a context, and what is put back, is computed anew: it follows from the values around.
        """
        at, context, frames = 0, None, list[object]()
        for code, source in placed:
            fact, place, took = FACTS[code & MASK], code >> BITS, 0
            kind = self.new.program.instructions[place].kind
            if source is not None:
                at, took = trail.at[source], trail.took[source]
            if fact is Fact.RETURNED and (source is None or kind in CONTEXT):
                value = self._made(place, context, frames)
            else:
                value = (
                    None if source is None else self._converted(code, trail.codes[source], trail.values[source], placed)
                )
            if fact in CONTEXTS:
                if kind is Kind.GET:
                    frames.append(context)
                elif kind is Kind.PUT:
                    frames.pop()
                context = value.value if isinstance(value, Mark) else value
            yield fact, place, at, took, value

    def _converted(self, code: int, source: int, value: Any, placed: Sequence[Placed]) -> object:  # noqa: ANN401 - of a row
        """The value of an old row, for the new one."""
        fact, index = Fact(source & MASK), source >> BITS
        if self.old.facts.shape(fact, index) is None:
            return value
        convert = self._said(fact, index)
        if convert is not None:
            if isinstance(value, Answer | Mark):
                return value.replaced(value=self._checked(code, self._applied(convert, code, value.value)))
            return self._checked(code, self._applied(convert, code, value))
        plain = self.old.facts.encode(source, value)
        try:
            return self.new.facts.decode(code, plain)
        except Exception:  # noqa: BLE001 - constructors, validators and hooks of the user's raise what they like
            wrong = misfit(self.new.program, code, [one for one, _ in placed])
        raise changed(self.new.program, wrong, DECLARE_IT if fact is Fact.EMITTED else SAY_SO)

    def _said(self, fact: Fact, index: int) -> Convert | None:
        """What was said of how the value of such a row is converted."""
        match fact:
            case Fact.CREATED:
                return self.first
            case Fact.ANSWERED:
                return self.answers.get(index)
            case _:
                return self.results.get(index) if fact in COMPLETIONS else None

    def _made(self, place: int, context: object, frames: Sequence[object]) -> object:
        """The result of an instruction that the run is taken to have passed."""
        one = self.new.program.instructions[place]
        inside = (frames[-1], context) if one.kind is Kind.PUT else (context,)
        make, code = self.makes.get(place) or (one.body and one.body.function), place << BITS | Fact.RETURNED
        return self._checked(code, make and self._applied(make, code, *inside))

    def _applied(self, function: Convert, code: int, *values: object) -> object:
        """What a function of somebody's gives; if it raises, its error says for which step it was called."""
        try:
            return function(*values)
        except Exception as error:
            error.add_note(f"raised in a migration to {self.new.program!r}, for {self._path(code)!r}")
            raise

    def _checked(self, code: int, value: object) -> object:
        """A value that a function of somebody's gave, if it is one that the row may have."""
        fact, index = Fact(code & MASK), code >> BITS
        shape = self.new.facts.shape(fact, index)
        if fact is Fact.CREATED or shape is None:
            return self.new.check_context(value)
        return self.new.check_answer(shape, value, self._path(code))

    def _path(self, code: int) -> str:
        """What a row of the new trail is about."""
        return self.new.program.instructions[code >> BITS].path


def places(codec: Codec, block: Arrow) -> list[int]:
    """The indexes of the instructions that were compiled of a block."""
    program, node = codec.program, node_of(block)
    found = [one.index for one in program.instructions if one.node is node]
    if not found:
        raise InvalidOption(
            f"{title(block)} is none of the blocks that saga {program.name!r} version {program.version}"
            " was made of; give that very object."
        )
    return found


def title(block: Arrow) -> str:
    """What a block is called in an error."""
    return repr(block.node.body.name) if isinstance(block.node, Doing | Questioning) else repr(block)


def unsaid_first(conversion: Conversion) -> tuple[Change, ...]:
    """That the first context is of another type, unless it is said what becomes of it."""
    program = conversion.new.program
    if conversion.first is not None or _alike(conversion.old.program.takes, program.takes):
        return ()
    return misfit(program, program.start << BITS | Fact.CREATED, ()).changes


def renamed_in_doubt(before: ExecutionState, after: ExecutionState) -> Compatibility | None:
    """What it means that an attempt that may have happened would be made again under another key."""
    names = (before.program.name, before.path), (after.program.name, after.path)
    if names[0] == names[1] or not _may_have_happened(before):
        return None
    what = "renamed while it is in doubt, so that its key is another"
    return Compatibility(Verdict.IMPOSSIBLE, (Change(what, before.path or "", Reach.HERE),))


def _may_have_happened(state: ExecutionState) -> bool:
    """Whether an attempt of what is done now, or is undone now, may have left an effect."""
    if state.phase is not Phase.UNDOING:
        return state.doubt
    rows = takewhile(lambda code: code >> BITS == state.at_index, reversed(state.trail.codes))
    facts = takewhile(lambda fact: fact not in COMPLETIONS, (code & MASK for code in rows))
    return any(fact in TRIED for fact in facts)


def _alike(one: Shape | None, other: Shape | None) -> bool:
    """Whether values of one shape can be read as values of the other."""
    return one is not None and other is not None and digest(one) == digest(other)
