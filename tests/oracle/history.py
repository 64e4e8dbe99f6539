"""The story of one run held against what is promised, by its trail and the world's ledger alone.

I1 to I13 are those of the reliability page. Nothing here asks the machine.
"""

from collections import Counter
from typing import Final, final

from resaga.core.fact import BITS, MASK, Fact, Mark, Row
from resaga.core.failure import Failure
from resaga.core.instruction import Op
from resaga.core.node import EFFECTS, Kind
from resaga.core.plan import in_effect, kept, skipped_steps
from resaga.core.program import Program
from resaga.core.state import ExecutionState, Phase, Trail
from tests.worlds import Call, Fate, Role, World

ENDS: Final[dict[Role, tuple[Fact, ...]]] = {
    Role.DO: (
        Fact.RETURNED,
        Fact.SETBACK,
        Fact.DOUBTED,
        Fact.POSTPONED,
        Fact.INTERRUPTED,
        Fact.SETTLING,
        Fact.FAILED,
        Fact.STUCK,
    ),
    Role.UNDO: (Fact.UNDONE, Fact.SETBACK, Fact.POSTPONED, Fact.INTERRUPTED, Fact.STUCK),
    Role.SETTLE: (Fact.SETTLED, Fact.DID_NOT_HAPPEN, Fact.SETBACK, Fact.POSTPONED, Fact.INTERRUPTED, Fact.STUCK),
    Role.DECIDE: (Fact.RETURNED, Fact.POSTPONED, Fact.INTERRUPTED, Fact.FAILED, Fact.STUCK),
    Role.TEST: (Fact.CHOSE_YES, Fact.CHOSE_NO, Fact.INTERRUPTED, Fact.FAILED, Fact.STUCK),
}
"""What may become of a call; every call has exactly one such row.

Tuples, here and below: it takes longer to hash a member of an enumeration than to look at eight of them.
"""

FACTS: Final = tuple(Fact)
QUIET: Final = (Fact.EMITTED, Fact.WOKE)
WELL: Final = (Fact.RETURNED, Fact.SETTLED, Fact.DID_NOT_HAPPEN, Fact.UNDONE, Fact.CHOSE_YES, Fact.CHOSE_NO)
MARKS: Final = (Fact.MARKED, Fact.MARKED_TO_UNDO)
COMPLETE: Final = (Fact.RETURNED, Fact.SETTLED, *MARKS)


@final
class History:
    """The rows and the calls of one run, in the order in which they happened; told as they come."""

    def __init__(self, program: Program, world: World) -> None:
        self.instructions = program.instructions
        self.world = world
        self.names = [_leaf(one.path) for one in self.instructions]
        self.places = {name: index for index, name in reversed([*enumerate(self.names)])}
        self.straight = not any(one.kind is Kind.GET for one in self.instructions)
        self.rows = self.calls = 0  # so many are told
        self.done: set[int] = set()
        self.standing: list[tuple[int, object]] = []  # what a rollback has to undo, the last at the end
        self.listed: set[str] = set()  # what a person said to leave
        self.undoing = self.stuck = self.sealed = self.doubt = False
        self.settling: int | None = None
        self.given_up: Failure | None = None
        self.cancelled = False  # somebody wants back what is in doubt now
        self.harmless: set[int] = set()  # irreversible steps of which another call is no guess
        self.began: int | None = None
        self.spent = 0
        self.called: dict[tuple[str, bool], int] = {}
        self.context: object = None

    def copy(self) -> "History":
        """The same story as far as it is told, to be told on in another way."""
        other = object.__new__(History)
        other.__dict__.update(self.__dict__)
        other.done, other.standing, other.listed = self.done.copy(), self.standing.copy(), self.listed.copy()
        other.harmless, other.called = self.harmless.copy(), self.called.copy()
        return other

    def tell(self, trail: Trail) -> None:
        """All that was added to it, from the first row to the last."""
        if not self.rows:
            self.context = trail.values[0]
            self.straight = self.straight and isinstance(self.context, int)  # each step is given the last one's result
        calls, fated = self.world.calls, self.world.fated
        if self.calls == len(calls) and self.rows == len(trail.codes):
            return
        before, rows, at = self.rows, _rows(trail, self.rows), 0
        for place in range(self.calls, len(calls)):
            call, fate = calls[place], fated[place]
            end = call.row - before
            while at < end:
                self._row(rows[at])
                at += 1
            self._call(call, trail.at[call.row - 1])
            while end < len(rows) and rows[end][0] in QUIET:
                end += 1
            assert at <= end < len(rows), f"I1: {call} has no row of its own"
            fact, index, _, _, _ = rows[end]
            self._became(call, fate, fact, index)
            while at <= end:
                self._row(rows[at])
                at += 1
            final = self.instructions[index].kind is Kind.IRREVERSIBLE
            self.doubt = self.doubt or (
                final and call.role is Role.DO and fact is Fact.STUCK and fate is not Fate.REJECTS
            )
        for row in rows[at:]:
            self._row(row)
        self.rows, self.calls = before + len(rows), len(calls)

    # ---- calls ----------------------------------------------------------------------------------

    def _became(self, call: Call, fate: Fate, fact: Fact, index: int) -> None:
        """The row behind a call says what became of it."""
        assert (self._name(index), fact in ENDS[call.role]) == (call.name, True), (
            f"I1: {call} was followed by {fact.name} of {index}"
        )
        well = fate is Fate.GIVES and call.role is not Role.DECIDE
        assert not well or fact in WELL, f"{call} went well, but {fact.name} is recorded"
        assert fate is not Fate.REJECTS or fact not in (Fact.SETBACK, Fact.DOUBTED), (
            f"S2: {call} was rejected, and is to be repeated"
        )

    def _call(self, call: Call, at: int) -> None:
        index = self.places[call.name]
        one = self.instructions[index]
        assert not self.stuck, f"{call} was made although it was stuck"
        if call.role is Role.UNDO:
            assert self.undoing, f"I6: {call} without a rollback"
            assert not self.sealed, f"I7: {call} behind a point of no return"
            assert self.standing[-1:] == [(index, call.value)], (
                f"I6: {call} was not what had to be undone next, {self.standing[-1:]}"
            )
        elif call.role is Role.SETTLE:
            assert (self.settling, self.doubt) == (index, True), f"S9: {call} without doubt"
        else:
            assert not self.undoing, f"{call} was made in a rollback"
            assert self.settling is None, f"{call} was made in the middle of a settle"
            assert index not in self.done, f"I2: {call} was made after its result was recorded"
            if one.kind is Kind.IRREVERSIBLE and (call.name, False) in self.called:
                allowed = one.retry is not None or index in self.harmless
                assert allowed, f"I4: {call} repeats an irreversible step on a guess"
                self.harmless.discard(index)
        age = 0 if self.began is None else at // 1000 - self.began
        alive = age <= one.key_life or call.role is Role.SETTLE
        assert alive or not self.doubt, f"S5: {call} repeats what is in doubt under a key that is too old"
        if self.straight and call.role is not Role.UNDO:
            assert call.value == self.context, f"I1: {call} was not given {self.context}"
        who = (call.name, call.role is Role.UNDO)
        self.called[who] = self.called.get(who, 0) + 1

    # ---- rows -----------------------------------------------------------------------------------

    def _row(self, row: Row) -> None:  # noqa: C901, PLR0912, PLR0915 - one case for each fact
        fact, index, at, took, value = row
        assert took >= 0, "T19: a duration is negative"
        if fact in COMPLETE:
            self._completion(fact, index, value)
        elif fact is Fact.FAILED:
            assert not self.sealed, "I7: rolled back behind a point of no return"
            assert (self.undoing, self.stuck, self.settling) == (False, False, None), "FAILED cannot stand there"
            assert not self.doubt, "S2: a step in doubt was taken for not happened"
            self.undoing = True
            self._rest()
        elif fact is Fact.UNDONE or fact is Fact.UNDONE_BY_HAND:
            by_hand = fact is Fact.UNDONE_BY_HAND
            assert (self.undoing, self.stuck) == (True, by_hand), f"I6: {fact.name} cannot stand there"
            self._taken_back(index)
        elif fact is Fact.SKIPPED:
            assert self.stuck, "nobody is asked to skip what is not stuck"
            if self.undoing:
                self.listed.add(self._name(index))
                self._taken_back(index)
            else:
                assert not self.sealed, "I7: skipped behind a point of no return"
                self._rest()
        elif fact in (Fact.SETBACK, Fact.DOUBTED):
            self.spent += 1
            assert self.spent < self._budget(index), f"I3: {index} has more attempts than it may"
            self.doubt = self.doubt or fact is Fact.DOUBTED or self.undoing
            self._began(at, took)
        elif fact is Fact.INTERRUPTED:
            self.doubt = self.doubt or self.instructions[index].kind in EFFECTS
            self._began(at, took)
        elif fact is Fact.POSTPONED:
            self.harmless.add(index)
            self._began(at, took)
        elif fact is Fact.SETTLING:
            assert not self.undoing, "SETTLING cannot stand there"
            self.doubt, self.settling, self.spent = True, index, 0
            self.given_up = value if isinstance(value, Failure) else None
            self._cancel(value)
        elif fact is Fact.DID_NOT_HAPPEN:
            assert self.settling == index, "DID_NOT_HAPPEN without a settle"
            self.harmless.add(index)
            self._rest()
        elif fact is Fact.STUCK:
            assert not self.stuck, "stuck twice"
            self.stuck = True
            self._cancel(value)
        elif fact is Fact.RETRIED:
            assert self.stuck, "nobody retries what is not stuck"
            self.stuck, self.spent, self.began = False, 0, None
            self.harmless.add(index)
        elif fact in (Fact.CHOSE_YES, Fact.CHOSE_NO):
            assert not self.undoing, "a condition was asked in a rollback"
        assert not self.stuck or fact is Fact.STUCK, f"{fact.name} happened although it was stuck"

    def _completion(self, fact: Fact, index: int, value: object) -> None:
        assert index not in self.done, f"I1: {index} is completed twice"
        assert not self.undoing, f"I1: {index} is completed in a rollback"
        assert self.stuck is (fact in MARKS), f"{fact.name} cannot stand there"
        assert fact in MARKS or (self.settling == index) is (fact is Fact.SETTLED), f"{fact.name} cannot stand there"
        self.done.add(index)
        self.context = value.value if isinstance(value, Mark) else value
        kind = self.instructions[index].kind
        if kind is Kind.UNDONE:
            self.standing.append((index, self.context))
        final = kind is Kind.IRREVERSIBLE
        back = fact is Fact.MARKED_TO_UNDO
        assert back is (fact in MARKS and self.cancelled and not final), "S13: a cancel was forgotten, or made up"
        assert fact is not Fact.RETURNED or not self.cancelled, "S13: what was cancelled was done again"
        self.undoing = back or (fact is Fact.SETTLED and self.given_up is not None and not final)
        self.sealed, self.cancelled = self.sealed or final, False
        self._rest()

    def _cancel(self, value: object) -> None:
        self.cancelled = self.cancelled or (isinstance(value, Failure) and value.kind == "cancelled")

    def _taken_back(self, index: int) -> None:
        assert self.standing, f"I6: {index} was undone, but nothing is left to be"
        last, _ = self.standing.pop()
        assert last == index, f"I6: {index} was not next to be undone, but {last}"
        self._rest()

    def _rest(self) -> None:
        """What comes next has made no attempt yet."""
        self.doubt = self.stuck = False
        self.settling = self.given_up = self.began = None
        self.spent = 0

    def _began(self, at: int, took: int) -> None:
        self.began = (at - took) // 1000 if self.began is None else self.began

    def _budget(self, index: int) -> int:
        one = self.instructions[index]
        if self.undoing:
            return one.undoing.retry.attempts if one.undoing else 1
        if self.settling is not None:
            return one.settling.retry.attempts if one.settling else 1
        return one.retry.attempts if one.retry else 1

    # ---- the end --------------------------------------------------------------------------------

    def end(self, state: ExecutionState) -> None:
        """It has an end, and what is in effect there is what should be."""
        there = {name for name in self.world.there if self.instructions[self.places[name]].kind in EFFECTS}
        effects = {self._name(index) for index in self.done if self.instructions[index].kind in EFFECTS}
        if state.phase is Phase.COMPLETED:
            assert (self.undoing, self.doubt, self.stuck) == (False, False, False), "it cannot be completed"
            assert there == effects, f"completed with {effects} done, but in effect is {there}"
        else:
            assert state.phase is Phase.ROLLED_BACK, "it is not over"
            assert (self.undoing, self.stuck) == (True, False), "it cannot be rolled back"
            assert not self.standing, f"I8: rolled back without {self.standing}"
            stays = {self._name(index) for index in self.done if self.instructions[index].kind is Kind.KEPT}
            assert there == stays | self.listed, (
                f"I8: rolled back, but in effect is {there}, not {stays} and {self.listed}"
            )

    def views(self, state: ExecutionState) -> None:
        """Timings, plan and lists tell the same story."""
        self._keys()
        timings = state.step_timings
        timed = Counter(
            (_leaf(one.path), one.is_compensation)
            for one in timings
            if self.instructions[one.index].op is not Op.CHOOSE
        )
        real = Counter(
            {who: n for who, n in self.called.items() if self.instructions[self.places[who[0]]].op is not Op.CHOOSE}
        )
        assert timed == real, f"the timings tell of {timed}, the ledger of {real}"
        assert all(one.duration is None or one.duration.total_seconds() >= 0 for one in timings), "T19"
        effects = {index for index in self.done if self.instructions[index].kind in EFFECTS}
        standing = {self._name(index) for index in in_effect(state)}
        if state.phase is Phase.COMPLETED:
            assert standing == {self._name(index) for index in effects}, "in_effect tells another story"
        else:
            stays = {self._name(index) for index in effects if self.instructions[index].kind is Kind.KEPT}
            assert standing == stays | self.listed, "in_effect tells another story"
            assert {_leaf(one.path) for one in kept(state)} == stays, "kept tells another story"
            told = {_leaf(one.path) for one in skipped_steps(state)}
            assert self.listed <= told, "I8: what was skipped is not listed"

    def _keys(self) -> None:
        """Every attempt at one piece of work has one key, and the next number or the first."""
        keys: dict[tuple[str, bool], str] = {}
        numbers: dict[tuple[str, Role], int] = {}
        for call in self.world.calls:
            if call.attempt is not None:
                undo = call.role is Role.UNDO
                key, doing = call.attempt.key, call.attempt.key_of_doing
                assert keys.setdefault((call.name, undo), key) == key, f"S5: {call} came under another key"
                assert keys.setdefault((call.name, False), doing) == doing, f"S5: {call} does not know the key of doing"
                assert undo is (key != doing), f"S5: {call} has the key of something else"
                who, number = (call.name, call.role), call.attempt.number
                assert number in (1, numbers.get(who, 0) + 1), f"{call} is not attempt {number}"
                numbers[who] = number

    def _name(self, index: int) -> str:
        return self.names[index] if index < len(self.names) else ""


def _rows(trail: Trail, since: int) -> list[Row]:
    """The rows from there on, read without the trail's own help."""
    columns = (trail.codes[since:], trail.at[since:], trail.took[since:], trail.values[since:])
    return [(FACTS[code & MASK], code >> BITS, at, took, value) for code, at, took, value in zip(*columns, strict=True)]


def _leaf(path: str) -> str:
    return path.rpartition("/")[2]
