"""What is held against every state that a run comes to, and against its whole story at the end."""

from collections.abc import Callable, Sequence
from copy import copy, deepcopy
from operator import attrgetter
from typing import Final, NamedTuple, TypeAlias, final

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


class Rows(NamedTuple):
    """The rows that were seen last; they are never altered."""

    codes: Sequence[int]
    at: Sequence[int]
    took: Sequence[int]
    values: Sequence[object]


class Seen(NamedTuple):
    """What was seen of a run, and the story as far as it was told."""

    rows: Rows
    history: History


@final
class Witness:
    """Sees the states of many runs of one program, and proves of one in every so many what holds of all."""

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
        self._image: Callable[[list[object]], list[object]] = copy if frozen else deepcopy
        self._ends = 0
        self._loaded: dict[bytes, Registers] = {}
        self.begin()

    def begin(self) -> None:
        """Another run."""
        self.rows = Rows([], [], [], [])
        self.history = History(self.program, self.world)

    def seen(self, state: ExecutionState) -> Seen:
        """All that it has seen of the run up to now; nothing of that is looked at again in a run that goes on there."""
        self.grown(state)
        return Seen(self.rows, self.history.copy())

    def go_back(self, then: Seen) -> None:
        """Another run that began as one did up to then."""
        self.rows, self.history = then.rows, then.history.copy()

    def see(self, state: ExecutionState) -> None:
        """I10: a state survives a dump; and its registers are a fold of its trail."""
        self._turn += 1
        if self._turn % self.every == 0:
            self._prove(state, registers(state))

    def grown(self, state: ExecutionState) -> None:
        """I1, I9: the trail only grows, and what was added is the story of what has happened."""
        trail, seen = state.trail, len(self.rows.codes)
        rows = Rows(trail.codes[:], trail.at[:], trail.took[:], self._image(trail.values))
        if rows != self.rows:
            before = tuple(column[:seen] for column in rows)
            assert before == self.rows, "I1: a recorded row was lost or altered"
            self.rows = rows
        self.history.tell(trail)

    def _prove(self, state: ExecutionState, now: Registers) -> None:
        try:
            blob = self.codec.dump(state)
        except NotStorable:  # a live value, to be undone
            again = registers(replay(self.program, state.execution_id, state.trail.rows()))
            assert again == now, f"the registers {now} are not the fold of their trail: {again}"
            return
        again = self._loaded.get(blob) or self._load(blob)
        assert again == now, f"I10: loaded, the registers {now} are {again}"

    def _load(self, blob: bytes) -> Registers:
        """What the registers are in a document's execution, which is the same for the same bytes."""
        loaded = self.codec.load(blob)  # which replays the trail
        assert self.codec.dump(loaded) == blob, "I10: loaded and dumped again, the document is another"
        self._loaded[blob] = registers(loaded)
        return self._loaded[blob]

    def ended(self, state: ExecutionState) -> None:
        """Its end is one that nothing moves, and its story holds."""
        self.grown(state)
        self.see(state)
        self.world.land()
        self.history.end(state)
        self._ends += 1
        if self._ends % self.every == 0:
            self.history.views(state)
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
