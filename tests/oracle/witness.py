"""What is held against every state that a run comes to, and against its whole story at the end."""

from collections.abc import Callable
from copy import deepcopy
from operator import attrgetter
from typing import Final, TypeAlias, final

from resaga.codec import Codec
from resaga.core import machine
from resaga.core.errors import IllegalTransition, NotStorable, ResagaError
from resaga.core.failure import Failure
from resaga.core.outcome import (
    Answer,
    Chose,
    Expired,
    Failed,
    Interrupted,
    Later,
    MarkedDone,
    NothingHappened,
    Outcome,
    Refused,
    Retried,
    Returned,
    Skipped,
    Started,
    Unstorable,
    Woke,
)
from resaga.core.replay import replay
from resaga.core.state import ExecutionState
from tests.oracle.history import History
from tests.worlds import World

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
"""Everything that a state says beside its trail; a test holds this list against the class."""

BOOM: Final = Failure("x", "failed", "boom")

OUTCOMES: Final[tuple[Outcome, ...]] = (
    Started(),
    Returned(0),
    Unstorable(0, BOOM),
    Chose(yes=True),
    Refused(BOOM),
    Failed(BOOM),
    Interrupted(),
    Later("", None),
    NothingHappened(),
    Woke(),
    Answer(value=True),
    Expired(),
    Retried(),
    Skipped("x", "ann"),
    MarkedDone(0, "ann"),
)
"""All that could be said to an execution, apart from a request to cancel it, which may come at any time."""

Registers: TypeAlias = tuple[object, ...]


registers: Final[Callable[[ExecutionState], Registers]] = attrgetter(*REGISTERS)


@final
class Witness:
    """Sees the states of many runs of one program, and proves of every so manieth what holds of all."""

    def __init__(
        self,
        codec: Codec,
        world: World,
        following: Callable[[ExecutionState], object],
        every: int = 1,
        *,
        frozen: bool = True,
    ) -> None:
        self.codec = codec
        self.program = codec.program
        self.world = world
        self.following = following
        self.every = every
        self._turn = 0
        self._image: Callable[[object], object] = _itself if frozen else deepcopy
        self._ends = 0
        self._codes: list[int] = []
        self._at: list[int] = []
        self._values: list[object] = []

    def begin(self) -> None:
        """Another run."""
        self._codes, self._at, self._values = [], [], []

    def see(self, state: ExecutionState) -> None:
        """I10: a state survives a dump; and its registers are a fold of its trail."""
        self._turn += 1
        if self._turn % self.every == 0:
            self._prove(state, registers(state))

    def grown(self, state: ExecutionState) -> None:
        """I1, I9: the trail only grows."""
        trail, seen = state.trail, len(self._codes)
        values = list(map(self._image, trail.values))
        before = (trail.codes[:seen], trail.at[:seen], values[:seen])
        assert before == (self._codes, self._at, self._values), "I1: a recorded row was lost or altered"
        self._codes, self._at, self._values = trail.codes[:], trail.at[:], values

    def _prove(self, state: ExecutionState, now: Registers) -> None:
        try:
            blob = self.codec.dump(state)
        except NotStorable:  # a live value, to be undone
            again = registers(replay(self.program, state.execution_id, state.trail.rows()))
            assert again == now, f"the registers {now} are not the fold of their trail: {again}"
            return
        loaded = self.codec.load(blob)  # which replays the trail
        assert registers(loaded) == now, f"I10: loaded, the registers {now} are {registers(loaded)}"
        assert self.codec.dump(loaded) == blob, "I10: loaded and dumped again, the document is another"

    def ended(self, state: ExecutionState) -> None:
        """Its end is one that nothing moves, and its story holds."""
        self.grown(state)
        self.see(state)
        self.world.land()
        history = History(self.program, self.world, state)
        history.tell()
        self._ends += 1
        if self._ends % self.every == 0:
            history.views()
            self._absorbed(state)

    def _absorbed(self, state: ExecutionState) -> None:
        rows = len(state.trail)
        for outcome in OUTCOMES:
            try:
                machine.advance(self.program, state, outcome, state.trail.at[-1], 0)
            except IllegalTransition:
                continue
            except ResagaError as error:
                raise AssertionError(f"I11: {outcome} at the end gives {error!r}") from None
            raise AssertionError(f"I11: {outcome} was taken in at the end")
        assert len(state.trail) == rows, "I11: the end was moved"


def _itself(value: object) -> object:
    return value
