"""Everything the machine remembers of one execution: the trail, and where its last row has left us.

The trail is the record; every other attribute is a fold of it and can be computed anew (`replay`).
Only `machine` writes here. What people ask for (`executed`, `step_timings` …) is a view of the trail.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import Enum
from typing import Final, TypeAlias, final

from resaga.core.decision import BACKING_OFF, CUT_OFF, NOT_YET, WAITING, Sleep, Status
from resaga.core.fact import BITS, COMPLETIONS, MASK, Fact, Row
from resaga.core.failure import Failure
from resaga.core.instruction import Instruction, Op
from resaga.core.node import CONTEXT, Stay
from resaga.core.outcome import Answer
from resaga.core.program import Program
from resaga.core.retry import ONCE, Retry
from resaga.core.timing import StepTiming, moment, timings


@final
class Phase(Enum):
    """Which way the machine is going."""

    NEW = "new"
    FORWARD = "forward"
    SETTLING = "settling"
    UNDOING = "undoing"
    COMPLETED = "completed"
    ROLLED_BACK = "rolled back"


# Python 3.11 takes three times as long to look up a member of an enumeration as a global name; and two calls for the
# `value` of one, so that what is done at each step asks for `_value_`.
NEW: Final = Phase.NEW
FORWARD: Final = Phase.FORWARD
SETTLING: Final = Phase.SETTLING
UNDOING: Final = Phase.UNDOING

STATUSES: Final = {
    NEW: Status.NEW,
    SETTLING: Status.RUNNING,
    UNDOING: Status.COMPENSATING,
    Phase.COMPLETED: Status.COMPLETED,
    Phase.ROLLED_BACK: Status.ROLLED_BACK,
}
"""How it stands in each other phase than forward, as long as nothing is waited for."""

PAUSED: Final = Status.PAUSED
RUNNING: Final = Status.RUNNING

LIVE: Final = (FORWARD, SETTLING, UNDOING)
"""The phases in which something can still happen by itself."""


Columns: TypeAlias = tuple[list[int], list[int], list[int], list[object]]
"""The codes, the times, the durations and the values of a trail's rows."""


@final
class Trail:
    """What happened, in flat columns: a garbage collector need not walk 100,000 rows of objects.

    `at` is when a row was written and `took` how long it took, in nanoseconds; `values` has None
    where a fact needs no value. While the rows of one outcome are being written, only those that it `stands`
    on are there: they come all together, or, if an interrupt falls between them, not at all.
    """

    __slots__ = ("at", "codes", "stands", "took", "values")

    def __init__(self, codes: list[int], at: list[int], took: list[int], values: list[object]) -> None:
        self.codes = codes
        self.at = at
        self.took = took
        self.values = values
        self.stands: int | None = None

    def __len__(self) -> int:
        # An interrupt may fall between two of the four appends: what is not whole is not there.
        whole = min(len(self.codes), len(self.at), len(self.took), len(self.values))
        return whole if self.stands is None else min(whole, self.stands)

    def add(self, code: int, at: int, took: int, value: object) -> None:
        """Write one row."""
        self.codes.append(code)
        self.at.append(at)
        self.took.append(took)
        self.values.append(value)

    def columns(self, since: int = 0) -> Columns:
        """Copies of the columns, from that row to the last that is whole."""
        whole = len(self)
        return self.codes[since:whole], self.at[since:whole], self.took[since:whole], self.values[since:whole]

    def copy(self) -> "Trail":
        """The rows that are whole."""
        return Trail(*self.columns())

    def rows(self, since: int = 0) -> Iterator[Row]:
        """The rows as fact, index, at, took, value."""
        for position in range(since, len(self)):
            code = self.codes[position]
            yield (
                Fact(code & MASK),
                code >> BITS,
                self.at[position],
                self.took[position],
                self.values[position],
            )


@final
class ExecutionState:
    """Where an execution stands, what it has done, and how long everything took."""

    # What every step touches has a slot; the rest is there only when it is not as it is by default.
    __slots__ = (
        "__dict__",
        "cursor",
        "execution_id",
        "index",
        "phase",
        "program",
        "strained",
        "trail",
        "value",
    )

    number: int = 0
    """Attempts made of what is being done now."""
    spent: int = 0
    """Those of them that count against its budget."""
    began: int | None = None
    """When the first of them began, in microseconds."""
    doubt: bool = False
    """Whether one of them may have happened."""
    wake_at: int | None = None
    """Nothing is done before this time, in microseconds."""
    deadline: int | None = None
    """Until when the open question can be answered, in microseconds."""
    answer: Answer | None = None
    """The answer that the gate's body has still to decide on."""
    failure: Failure | None = None
    """Why the run is (to be) rolled back."""
    stuck: Failure | None = None
    """What nothing can be done about without a person."""
    frames: tuple[object, ...] = ()
    """The contexts that wait for a `put`."""
    past_return: int | None = None
    """The index of an irreversible step that is done."""

    def __init__(self, program: Program, execution_id: str, trail: Trail) -> None:
        self.program = program
        self.execution_id = execution_id
        self.trail = trail
        self.phase = NEW
        self.index = program.start
        self.value: object = None
        self.cursor = 0  # the row whose completion is being undone
        self.strained = False  # whether one of the first seven above is not as it is by default

    # ---- views ----------------------------------------------------------------------------------

    @property
    def status(self) -> Status:
        """How it stands, for an index of executions."""
        if self.stuck is not None:
            return Status.STUCK
        forward = self.phase is FORWARD
        if forward and self.wake_at is None and self.program.asks[self.index] is None:
            return RUNNING  # most often, and told without a call
        if self.asked or self.asleep:
            return PAUSED
        return RUNNING if forward else STATUSES[self.phase]

    @property
    def at_index(self) -> int:
        """The index of what is done now: in a rollback, of the step that is being undone."""
        return self.trail.codes[self.cursor] >> BITS if self.phase is UNDOING else self.index

    @property
    def here(self) -> Instruction:
        """The instruction of what is done now; there is none at the end."""
        return self.program.instructions[self.at_index]

    @property
    def path(self) -> str | None:
        """The path of what is done now; None if nothing is any more."""
        over = self.phase is Phase.ROLLED_BACK or self.at_index >= self.program.end
        return None if over else self.here.path

    @property
    def asked(self) -> bool:
        """Whether a question is open."""
        return (
            self.phase is FORWARD
            and self.stuck is None
            and self.answer is None
            and self.program.asks[self.index] is not None
        )

    @property
    def asleep(self) -> bool:
        """Whether a time is waited for; what was cut off is not asleep, it can go on at once."""
        return self.wake_at is not None and self.trail.codes[-1] & MASK != Fact.INTERRUPTED

    @property
    def sleeping(self) -> Sleep:
        """What is waited for, if a time is."""
        if self.phase is FORWARD and self.here.op is Op.SLEEP:
            return WAITING
        match Fact(self.trail.codes[-1] & MASK):
            case Fact.POSTPONED:
                return NOT_YET
            case Fact.INTERRUPTED:
                return CUT_OFF
            case _:
                return BACKING_OFF

    @property
    def budget(self) -> Retry:
        """How often what is done now may be attempted."""
        one = self.here
        if self.phase is UNDOING:
            return one.undoing.retry if one.undoing else ONCE
        if self.phase is SETTLING:
            return one.settling.retry if one.settling else ONCE
        return one.retry or ONCE

    @property
    def free(self) -> bool:
        """Whether something can still happen without a person."""
        return self.stuck is None and self.phase in LIVE

    @property
    def busy(self) -> bool:
        """Whether a body is due or being called: not asleep, not asked, not stuck, not over."""
        return self.wake_at is None and self.free and not self.asked

    @property
    def going(self) -> bool:
        """Whether that body is one of the way forward."""
        return self.phase is FORWARD and self.busy

    @property
    def cancelled(self) -> Failure | None:
        """What somebody asked for, where a person has to say first whether what is in doubt has happened."""
        asked = self.failure or self.stuck
        return asked if self.stuck_ahead and asked is not None and asked.kind == "cancelled" else None

    @property
    def stuck_ahead(self) -> bool:
        """Whether a person has to decide about a step on the way forward."""
        return self.stuck is not None and self.phase is not UNDOING

    @property
    def stuck_back(self) -> bool:
        """Whether one has to decide about an undo."""
        return self.stuck is not None and self.phase is UNDOING

    @property
    def executed(self) -> int:
        """How many bodies of steps, reads and gates have given their result."""
        return sum(1 for _ in self.completed())

    @property
    def retry_count(self) -> int:
        """How many attempts beyond the first what stands now has had."""
        return max(0, self.number - 1)

    @property
    def started_at(self) -> datetime | None:
        """When it was started."""
        for fact, _, at, _, _ in self.trail.rows():
            if fact is Fact.STARTED:
                return moment(at)
        return None

    @property
    def updated_at(self) -> datetime | None:
        """When the last thing happened."""
        return moment(self.trail.at[len(self.trail) - 1]) if len(self.trail) else None

    @property
    def step_timings(self) -> Sequence[StepTiming]:
        """Every call of a body, undo or settle, in order."""
        return tuple(timings(self.program, self.trail.rows()))

    @property
    def events(self) -> Sequence[object]:
        """What bodies emitted, in order."""
        return tuple(value for fact, _, _, _, value in self.trail.rows() if fact is Fact.EMITTED)

    def expired(self, at: int) -> bool:
        """Whether the open question's deadline has passed, and that means something."""
        return self.deadline is not None and at // 1000 >= self.deadline and not isinstance(self.here.expiry, Stay)

    def timing_for(self, path: str, *, is_compensation: bool = False) -> StepTiming | None:
        """The last call of that step's body, or of its undo."""
        found = None
        for timing in self.step_timings:
            if timing.path == path and timing.is_compensation == is_compensation:
                found = timing
        return found

    def completed(self) -> Iterator[int]:
        """The indexes of the steps, reads and gates that gave a result, in that order."""
        for fact, index, _, _, _ in self.trail.rows():
            if fact in COMPLETIONS and self.program.instructions[index].kind not in CONTEXT:
                yield index

    def copy(self) -> "ExecutionState":
        """One that can go on while this one stays."""
        other = ExecutionState(self.program, self.execution_id, self.trail.copy())
        other.phase = self.phase
        other.index = self.index
        other.value = self.value
        other.cursor = self.cursor
        other.strained = self.strained
        other.__dict__.update(self.__dict__)
        return other

    def __repr__(self) -> str:
        return f"<ExecutionState {self.execution_id} {self.status.value} at {self.path or 'the end'}>"
