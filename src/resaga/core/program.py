"""A compiled saga: an immutable list of instructions, and what follows from it."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, final

from resaga.core.decision import Ask, Decision, Plain, PlainAsync, Settle, Undo
from resaga.core.instruction import Instruction
from resaga.core.value import Value

if TYPE_CHECKING:
    from resaga.core.line import Line
    from resaga.core.shape import Items, Shape


@final
class Program(Value):
    """The instructions, and the decisions that belong to them.

    By index:

    - `entry` is what must happen when a run comes there; None where that needs a look at the state: at timers, at
      deadlines and at the end;
    - `performs` calls the body or the condition that is there, `asks` asks the question of a gate, and `settles` finds
      out whether an attempt has happened; each is None where there is no such thing;
    - `plain` is the same as `performs` where nothing is to be done but to call a function of the value; else None;
    - `after` is where a run goes next, unless a condition says no.

    `undo_of` gives what takes back a row of the trail, by its code. `rows` is the listing as documents carry it.
    `straight` is the codes of the rows that a run begins with which only goes on from one plain step to the next.
    """

    name: str
    version: int
    instructions: tuple[Instruction, ...]
    entry: tuple[Decision | None, ...]
    performs: tuple[Decision | None, ...]
    asks: tuple[Ask | None, ...]
    undo_of: Mapping[int, Undo | Plain | PlainAsync]
    settles: tuple[Settle | None, ...]
    after: tuple[int, ...]
    plain: tuple[Plain | PlainAsync | None, ...]
    start: int
    takes: "Shape"
    takes_immutable: bool
    gives: "Shape"
    emits: tuple[type, ...]
    events: "Items | None"
    """What one attempt may emit, all of it together."""

    awaits: bool
    fingerprint: str
    rows: tuple[str, ...]
    straight: list[int]

    def straight_rows(self, codes: list[int]) -> int:
        """How many of these rows, from the first, are those of a run that only went on."""
        if codes == self.straight:  # most often, where a saga has one place at which it waits
            return len(codes)
        if not codes or codes[0] != self.straight[0]:
            return 0
        most = min(len(codes), len(self.straight))
        if codes[:most] == self.straight[:most]:
            return most
        return next(row for row, (code, straight) in enumerate(zip(codes, self.straight)) if code != straight)  # noqa: B905 - strict takes longer

    def gate(self, path: str) -> int:
        """The index of the gate of that path; -1 if there is none. What is no gate may have the same one."""
        return next((one.index for one in self.instructions if one.asks is not None and one.path == path), -1)

    @cached_property
    def lines(self) -> "tuple[Line, ...]":
        """The listing, read; only who compares it with another one asks for that."""
        from resaga.core.line import Line  # noqa: PLC0415 - few programs are compared

        return tuple(map(Line.read, self.rows))

    @property
    def end(self) -> int:
        """The index after the last instruction."""
        return len(self.instructions)

    def __repr__(self) -> str:
        return f"<Program {self.name} v{self.version} {self.fingerprint}: {self.end} instructions>"
