"""An execution that is told what happened, outcome by outcome, without a loop."""

from operator import attrgetter
from typing import Final, final

from resaga import Saga
from resaga.core import machine
from resaga.core.decision import Decision
from resaga.core.fact import Fact
from resaga.core.failure import Failure
from resaga.core.outcome import Outcome, Started
from resaga.core.replay import replay
from resaga.core.state import ExecutionState
from tests.steps import AnyBlock, Steps
from tests.worlds import World

SECOND: Final = 1_000_000
"""In microseconds, as deadlines are."""

HOUR: Final = 3600 * SECOND
DAY: Final = 24 * HOUR
BEGIN: Final = 1_900_000_000 * SECOND
"""When every play begins."""

STEPS: Final = Steps(World())
BOOM: Final = Failure("a", "failed", "it broke", "Broken")
NO: Final = Failure("a", "rejected", "no", "no")
SLOW: Final = Failure("a", "timed_out", "no result", "TimeoutError")
ENOUGH: Final = Failure("x", "cancelled", "enough")

REGISTERS: Final = (
    "phase",
    "index",
    "cursor",
    "value",
    "strained",
    "number",
    "spent",
    "began",
    "doubt",
    "wake_at",
    "deadline",
    "answer",
    "failure",
    "stuck",
    "frames",
    "past_return",
)
"""Everything that a state says beside its program, its id and its trail."""

registers: Final = attrgetter(*REGISTERS)


@final
class Play:
    """A state, and the time in microseconds since it was begun."""

    def __init__(self, block: AnyBlock, *, context: object = 0) -> None:
        self.saga = Saga("play", block)
        self.program = self.saga.program
        self.now = 0
        self.state = machine.create(self.program, "p", context, self.at)

    def again(self) -> "Play":
        """Another execution of the same program."""
        other = object.__new__(Play)
        other.saga, other.program, other.now = self.saga, self.program, 0
        other.state = machine.create(self.program, "p", 0, other.at)
        return other

    @property
    def at(self) -> int:
        """The time in nanoseconds."""
        return (BEGIN + self.now) * 1000

    def say(self, *outcomes: Outcome, took: int = 0) -> Decision:
        """Tell it what happened; the first of a new execution is that it was started."""
        decision = None
        for outcome in outcomes:
            decision = machine.advance(self.program, self.state, outcome, self.at, took * 1000)
            self.hold()
        return machine.decide(self.program, self.state) if decision is None else decision

    def write(self, fact: Fact, value: object = None) -> None:
        """Write one row, whatever policy would say."""
        machine.write(self.program, self.state, fact, self.at, 0, value)

    def hold(self) -> None:
        """The registers are a fold of the trail."""
        assert registers(self.replayed()) == registers(self.state)

    def replayed(self) -> ExecutionState:
        """What the trail says."""
        return replay(self.program, self.state.execution_id, self.state.trail.rows())

    @property
    def facts(self) -> list[Fact]:
        """What the trail tells of, from the second row that a start writes on."""
        return [row[0] for row in self.state.trail.rows()][2:]

    @property
    def last(self) -> object:
        """The value of the last row."""
        return self.state.trail.values[-1]


def started(block: AnyBlock) -> Play:
    """A play that has begun."""
    play = Play(block)
    play.say(Started())
    return play
