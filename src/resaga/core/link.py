"""Links what was compiled: follows jumps, fingerprints, and makes the decisions that a program owns."""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, TypeAlias, final

from resaga.core.annotation import kinds
from resaga.core.body import Body
from resaga.core.decision import PLAIN, Ask, Choose, Decision, Perform, Plain, PlainAsync, Settle, Undo
from resaga.core.fact import BITS, COMPLETIONS, Fact
from resaga.core.instruction import Instruction, Op
from resaga.core.node import Kind
from resaga.core.program import Program
from resaga.core.shape import DIGEST_LENGTH, Items, Shape, digest, immutable

Draft: TypeAlias = dict[str, Any]
"""The fields of an instruction of which it is not known yet where it goes."""

FINGERPRINT_LENGTH: Final = 16


def link(  # noqa: PLR0913 - what a program is made of, by name
    drafts: list[Draft],
    jumps: Mapping[int, int],
    *,
    name: str,
    version: int,
    takes: Shape,
    gives: Shape,
    emits: tuple[type, ...],
    events: Items | None,
) -> Program:
    """The program of these instructions; `jumps` says where conditions and jumps go."""
    ends = _ends(drafts, jumps)
    shapes = _Shapes()
    instructions = tuple(_instruction(draft, ends, jumps, shapes) for draft in drafts)
    asks = tuple(Ask(one) if one.op is Op.ASK else None for one in instructions)
    performs, entry = _performs(instructions, asks)
    rows = tuple(_row(one, shapes) for one in instructions)
    plain = tuple(one if isinstance(one, PLAIN) else None for one in performs)
    told = [name, str(version), shapes.digests(takes)[1]]
    told += [
        f"{row} {shapes.all_of(one)[1]} {one.after} {one.otherwise} {one.duration} {one.deadline}"
        for row, one in zip(rows, instructions, strict=True)
    ]
    return Program(
        name=name,
        version=version,
        instructions=instructions,
        entry=entry,
        performs=performs,
        asks=(*asks, None),
        undo_of=dict(_undos(instructions)),
        settles=tuple(Settle(one) if one.settling else None for one in instructions),
        after=tuple(one.after for one in instructions),
        plain=plain,
        start=ends[0],
        takes=takes,
        takes_immutable=immutable(takes),
        gives=gives,
        emits=emits,
        events=events,
        awaits=any(map(_awaits, instructions)),
        fingerprint=sha256("\n".join(told).encode()).hexdigest()[:FINGERPRINT_LENGTH],
        rows=rows,
        straight=_straight(ends[0], entry, plain),
    )


def _straight(start: int, entry: Sequence[Decision | None], plain: Sequence[Plain | PlainAsync | None]) -> list[int]:
    """The codes of the rows that a run begins with, as long as no row needs a look at the state."""
    codes = [start << BITS | Fact.CREATED]
    if entry[start] is not None:
        codes.append(start << BITS | Fact.STARTED)
        one = plain[start]
        while one is not None and one.then is not None:
            codes.append(one.code)
            one = plain[one.after]
    return codes


@final
class _Shapes:
    """What follows from a shape, computed once for each."""

    def __init__(self) -> None:
        self._digests: dict[int, tuple[str, str]] = {}
        self._immutable: dict[int, bool] = {}
        self._all_of: dict[tuple[int, int, int], tuple[str, str]] = {}

    def digests(self, shape: Shape | None) -> tuple[str, str]:
        """The digest without and with fields that have a default."""
        if shape is None:
            return "-", "-"
        if id(shape) not in self._digests:
            self._digests[id(shape)] = digest(shape), digest(shape, defaults=True)
        return self._digests[id(shape)]

    def all_of(self, one: Mapping[str, Any] | Instruction) -> tuple[str, str]:
        """Both digests of all shapes of an instruction."""
        shapes = _of(one)
        key = (id(shapes[0]), id(shapes[1]), id(shapes[2]))
        if key not in self._all_of:
            narrow, wide = zip(*map(self.digests, shapes), strict=True)
            self._all_of[key] = _digest("".join(narrow)), _digest("".join(wide))
        return self._all_of[key]

    def immutable(self, one: Draft) -> bool:
        """Whether nothing that goes in or comes out can be changed."""
        return all(self._still(shape) for shape in _of(one) if shape is not None)

    def _still(self, shape: Shape) -> bool:
        if id(shape) not in self._immutable:
            self._immutable[id(shape)] = immutable(shape)
        return self._immutable[id(shape)]


def _of(one: Mapping[str, Any] | Instruction) -> tuple[Shape | None, Shape | None, Shape | None]:
    if isinstance(one, Instruction):
        return one.takes, one.gives, one.asks
    return one.get("takes"), one.get("gives"), one.get("asks")


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]


def _ends(drafts: list[Draft], jumps: Mapping[int, int]) -> list[int]:
    """For each index, where one really is after following the jumps from there."""
    ends = list(range(len(drafts) + 1))
    for index in reversed(range(len(drafts))):
        if drafts[index]["op"] is Op.JUMP:
            ends[index] = ends[jumps[index]]
    return ends


def _instruction(draft: Draft, ends: list[int], jumps: Mapping[int, int], shapes: _Shapes) -> Instruction:
    index: int = draft["index"]
    return Instruction(
        **draft,
        after=ends[index] if draft["op"] is Op.JUMP else ends[index + 1],
        otherwise=ends[jumps[index]] if draft["op"] is Op.CHOOSE else None,
        immutable=shapes.immutable(draft),
        given=frozenset(kinds(draft["gives"])) if draft.get("gives") is not None else frozenset(),
    )


def _row(one: Instruction, shapes: _Shapes) -> str:
    return f"{one.kind.value} {one.path} {shapes.all_of(one)[0]}"


def _performs(
    instructions: tuple[Instruction, ...], asks: tuple[Ask | None, ...]
) -> tuple[tuple[Decision | None, ...], tuple[Decision | None, ...]]:
    """What is called at each index, and what must happen when the index comes there.

    From the end backward, because a plain decision knows the one behind it, and nothing jumps back.
    """
    entry: list[Decision | None] = [None] * (len(instructions) + 1)
    performs: list[Decision | None] = [None] * len(instructions)
    for one in reversed(instructions):
        performs[one.index] = perform = _perform(one, entry[one.after])
        if one.op is Op.ASK:
            entry[one.index] = asks[one.index] if one.deadline is None else None
        else:
            entry[one.index] = perform
    return tuple(performs), tuple(entry)


def _perform(one: Instruction, then: Decision | None) -> Perform | Plain | PlainAsync | Choose | None:
    if one.op is Op.CHOOSE:
        return Choose(one)
    if one.body is None:
        return None
    common = one.op is Op.PERFORM and one.kind is not Kind.IRREVERSIBLE and one.timeout is None
    code = one.index << BITS | Fact.RETURNED
    perform = Perform(one)
    if not common or not _is_plain(one, one.body):
        return perform
    plain = PlainAsync if one.body.awaits else Plain
    return plain(perform, one.body.function, undoes=False, code=code, after=one.after, then=then)


def _undos(instructions: tuple[Instruction, ...]) -> Iterator[tuple[int, Undo | Plain | PlainAsync]]:
    """What takes back each completion, by the code of its row; a plain one knows the one that most often follows."""
    earlier = 0
    then: Undo | Plain | PlainAsync | None = None
    for one in instructions:
        if one.undoing is not None:
            code = one.index << BITS
            undo: Undo | Plain | PlainAsync = Undo(one)
            body = one.undoing.body
            if _is_plain(one, body):
                plain = PlainAsync if body.awaits else Plain
                undo = plain(Undo(one), body.function, undoes=True, code=code | Fact.UNDONE, after=earlier, then=then)
            for fact in COMPLETIONS:
                yield code | fact, undo
            earlier, then = code | Fact.RETURNED, undo


def _is_plain(one: Instruction, body: Body) -> bool:
    return one.immutable and not body.wants_attempt


def _awaits(one: Instruction) -> bool:
    beside = (one.body, one.undoing and one.undoing.body, one.settling and one.settling.body)
    return any(body is not None and body.awaits for body in beside)
