"""One execution in a world that breaks, driven by the real loops until it ends.

Each call of a body is a point where a fault may happen, and so is each rest. The *nature* of a step (it
rejects, it fails whenever it is tried) is no fault; errors out of the blue, interrupts, deaths of the
process, requests to cancel and jumps of the clock are, and there are only so many of them.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final, TypeAlias, final

from resaga.codec import Codec
from resaga.core import machine
from resaga.core.decision import Ask, Decision, Halt
from resaga.core.errors import NotStorable
from resaga.core.failure import Failure
from resaga.core.instruction import Op
from resaga.core.node import EFFECTS, Kind
from resaga.core.outcome import Answer, Cancelled, MarkedDone, Outcome, Retried, Skipped
from resaga.core.replay import cut_off
from resaga.core.state import ExecutionState, Phase
from resaga.drive.blocking import drive
from tests.oracle.choices import Choices
from tests.oracle.moment import Moment, People
from tests.oracle.witness import Witness
from tests.worlds import Call, Cut, Death, Fate, Role, World

RESUMES: Final = 50
"""So often a run may be resumed before it ends."""

DECADE: Final = timedelta(days=3653)
JUMPS: Final = (DECADE, -DECADE)
"""What a clock may be set by."""

ID: Final = "x"

Drive: TypeAlias = Callable[[ExecutionState, World, Codec], Decision]

NATURES: Final = (Fate.GIVES, Fate.RAISES, Fate.REJECTS, Fate.NOT_YET)
"""What may be the matter with a step: nothing; it fails every time; it says no; it says not yet, once."""

MENDED: Final = (Fate.GIVES, Fate.REJECTS)
"""What it may be after a person has looked at it once; after that, nothing."""

READING: Final = (Fate.RAISES, Fate.CUT, Fate.DIES)
"""The faults of a body that has no effect."""

DOING: Final = (*READING, Fate.CUT_AFTER, Fate.DIES_AFTER)
"""The faults of a body whose exceptions say that nothing happened."""

PROVING_NOTHING: Final = (*DOING, Fate.RAISES_AFTER, Fate.RAISES_LATE)
GIVEN_UP: Final = (*PROVING_NOTHING, Fate.HANGS, Fate.HANGS_AFTER, Fate.HANGS_LATE, Fate.SWALLOWS)
UNDOING: Final = (*DOING, Fate.RAISES_AFTER, Fate.REJECTS, Fate.NOT_YET)
SETTLING: Final = (*READING, Fate.REJECTS, Fate.NOT_YET)
SURVIVED: Final = {Fate.DIES: Fate.CUT, Fate.DIES_AFTER: Fate.CUT_AFTER}
"""What is left of a death where a live value cannot be stored: nothing but the process can go on."""


class Found(BaseException):
    """What is wrong, found in the midst of a call, where a loop would take it for a failure of the body."""


def blocking(state: ExecutionState, world: World, codec: Codec) -> Decision:
    """The blocking loop."""
    return drive(state, world.clock, codec.copy)


@final
class Simulation:
    """One run: the world's fates, and the people around it."""

    def __init__(  # noqa: PLR0913 - what a run depends on, all of it
        self,
        codec: Codec,
        witness: Witness,
        choices: Choices,
        faults: int,
        drive: Drive = blocking,
        *,
        jumps: tuple[timedelta, ...] = JUMPS,
    ) -> None:
        self.codec = codec
        self.program = codec.program
        self.witness = witness
        self.world = witness.world
        self.choices = choices
        self.faults = faults
        self.drive = drive
        self.jumps = jumps
        self.natures: Mapping[str, tuple[Fate, ...]] = {}
        self.blob = b""  # the last document
        self.intended = True  # whether the process died behind an intent
        self.mended: frozenset[str] = frozenset()  # the gates that say yes from now on, once somebody had to help
        self.resumes = 0
        self.expected: Call | None = None  # what has to be called where a run is gone on with

    def run(self, context: object = 0) -> ExecutionState:
        """Drive it to its end."""
        self.world.begin(self.fate)
        self.witness.begin()
        return self._driven(machine.create(self.program, ID, context, self.world.clock.wall()))

    def go_on(self, since: Moment) -> ExecutionState:
        """Drive it to its end from there, with other choices."""
        self.world.go_back(since.world, self.fate)
        self.witness.go_back(since.seen)
        self.resumes, self.expected = since.resumes, since.call
        self.faults, self.natures, self.blob, self.intended, self.mended = since.people
        state = self._driven(since.state.copy(), since.decision)
        assert self.expected is None, f"it did not come to {self.expected} again"
        return state

    def _driven(self, state: ExecutionState, decision: Decision | None = None) -> ExecutionState:
        """Its end; a decision is what a loop has come to already."""
        world = self.world
        for resumes in range(self.resumes, RESUMES):
            self.resumes, world.state = resumes, state
            try:
                decision = decision or self.drive(state, world, self.codec)
            except Found as found:
                raise found.args[0] from None
            except Cut:
                self._skewed()
                state = cut_off(self.program, state, world.clock.wall())
            except Death:
                self._skewed()
                state = self._reborn()
            else:
                if state.phase in (Phase.COMPLETED, Phase.ROLLED_BACK):
                    self.witness.ended(state)
                    return state
                self.witness.grown(state)
                state = self._rest(state, decision)
            decision = None
            self._seen(state)
        raise AssertionError(f"I13: not over after {RESUMES} resumes")

    def _pass_by(self, decision: Decision | None, call: Call | None = None) -> None:
        """A choice comes now: a moment that other schedules can go on from."""
        if self.choices.known:
            return

        def here(choices: int) -> Moment:
            people = People(self.faults, self.natures, self.blob, self.intended, self.mended)
            state = self._state()
            world, seen = self.world.memory(), self.witness.seen(state)
            return Moment(choices, self.resumes, state.copy(), world, seen, people, decision, call)

        self.choices.pass_by(here)

    # ---- the world ------------------------------------------------------------------------------

    def fate(self, call: Call) -> Fate:
        """What becomes of a call: what is in its nature, or a fault."""
        try:
            if self.expected is not None:
                self._met_again(call)
            return self._fate(call)
        except Exception as error:  # noqa: BLE001 - whatever is wrong
            raise Found(error) from None

    def _fate(self, call: Call) -> Fate:
        state = self._state()
        self._seen(state)
        natures = self._natures(call)
        faults = self._faults(call, state) if self.faults else ()
        boundary = 1 if self.faults else 0
        if len(natures) + boundary == 1:
            return natures[0]
        self._pass_by(None, call)
        choice = self.choices.pick(len(natures), len(faults) + boundary)
        if choice < len(natures):
            self._are(call.name, Fate.GIVES if natures[choice] is Fate.NOT_YET else natures[choice])
            return natures[choice]
        self.faults -= 1
        if choice == len(natures) + len(faults):
            if self._dumped(state, intended=False):
                raise Death
            return natures[0]
        fate = faults[choice - len(natures)]
        if fate in SURVIVED and not self._dumped(state, intended=True):
            return SURVIVED[fate]
        return fate

    def _met_again(self, call: Call) -> None:
        """Where a run is gone on with, it has to come to the call that it came to before."""
        before, self.expected = self.expected, None
        assert _told(call) == _told(before), f"gone on with, it came to {call}, not to {before}"

    def _are(self, name: str, *natures: Fate) -> None:
        """From now on a step has one of these natures."""
        self.natures = {**self.natures, name: natures}

    def _natures(self, call: Call) -> tuple[Fate, ...]:
        if call.role is not Role.DO:
            return (Fate.GIVES,)
        return self.natures.get(call.name, NATURES)

    def _faults(self, call: Call, state: ExecutionState) -> tuple[Fate, ...]:
        match call.role:
            case Role.UNDO:
                return UNDOING
            case Role.SETTLE:
                return SETTLING
            case Role.DO if state.here.kind in EFFECTS:
                if state.here.timeout is not None:
                    return GIVEN_UP
                proves = state.here.settling is None and state.here.kind is not Kind.IRREVERSIBLE
                final = state.here.immutable or state.here.kind is Kind.IRREVERSIBLE
                junk = () if final else (Fate.GIVES_JUNK,)  # behind it nothing but a rollback can go on
                return (*(DOING if proves else PROVING_NOTHING), *junk)
            case _:
                return READING

    def _dumped(self, state: ExecutionState, *, intended: bool) -> bool:
        """Whether there is a document to go on with."""
        try:
            self.blob = self.codec.dump(state)
        except NotStorable:
            return False
        self.intended = intended
        return True

    def _reborn(self) -> ExecutionState:
        """Another process, with the last document: an intent without an outcome is an interrupt."""
        state = self.codec.load(self.blob)
        return cut_off(self.program, state, self.world.clock.wall()) if self.intended else state

    def _seen(self, state: ExecutionState) -> None:
        if not self.choices.known:
            self.witness.see(state)

    def _skewed(self) -> None:
        """Whoever goes on has another clock, perhaps."""
        choice = self.choices.pick(1, len(self.jumps)) if self.faults else 0
        if choice:
            self.faults -= 1
            self.world.clock.jump(self.jumps[choice - 1])

    def _state(self) -> ExecutionState:
        assert self.world.state is not None
        return self.world.state

    # ---- the people -----------------------------------------------------------------------------

    def _rest(self, state: ExecutionState, decision: Decision) -> ExecutionState:
        """Somebody comes, or time passes."""
        self._pass_by(decision)
        if isinstance(decision, Halt):
            return self._help(state)
        faults = 1 + len(self.jumps) if self.faults else 0
        if not isinstance(decision, Ask):
            cancel = 1 if faults and state.past_return is None else 0
            choice = self.choices.pick(1, faults + cancel) if faults else 0
            if choice > faults:
                self.faults -= 1
                return self._told(state, Cancelled(Failure("x", "cancelled", "enough")))
            state = self._disturbed(state, choice - 1)
            self._wait(state.wake_at)
            return state
        mended = state.here.path in self.mended
        ways = 1 if mended else 2 + (state.past_return is None)
        expires = state.deadline is not None and not mended
        choice = self.choices.pick(ways + expires, faults) if ways + expires + faults > 1 else 0
        if choice >= ways + expires:
            state = self._disturbed(state, choice - ways - expires)
        elif expires and choice == ways:
            self._wait(state.deadline)
        if state.expired(self.world.clock.wall()):
            return state
        if choice == 2 and ways == 3:
            return self._told(state, Cancelled(Failure("x", "cancelled", "enough")))
        return self._told(state, Answer(choice != 1, "ann"))

    def _disturbed(self, state: ExecutionState, how: int) -> ExecutionState:
        """The process dies while nothing happens, or the clock is set."""
        if how < 0:
            return state
        self.faults -= 1
        if how == 0:
            return self._reborn() if self._dumped(state, intended=False) else state
        self.world.clock.jump(self.jumps[how - 1])
        return state

    def _help(self, state: ExecutionState) -> ExecutionState:
        """Stuck: mend what is broken there and try again, or look how things stand and say so."""
        self.world.land()
        only_truth = state.phase is Phase.FORWARD and state.cancelled is not None
        outcome = self._truth(state) if only_truth or self.choices.pick(2) == 1 else None
        path = state.here.path
        self._are(path.rpartition("/")[2], *((Fate.GIVES,) if path in self.mended else MENDED))
        self.mended |= {path}
        return self._told(state, outcome or Retried("ann"))

    def _truth(self, state: ExecutionState) -> Outcome | None:
        here, there = state.here, self.world.there
        name = here.path.rpartition("/")[2]
        if state.phase is Phase.UNDOING:
            if name in there:
                return Skipped("it may stay", "ann")
            return MarkedDone(None, "ann")
        if here.op is Op.CHOOSE:
            return None
        if name in there or state.past_return is not None:
            if here.kind in EFFECTS:
                there.add(name)
            return MarkedDone(self.witness.following(state), "ann")
        return Skipped("it did not happen", "ann")

    def _told(self, state: ExecutionState, outcome: Outcome) -> ExecutionState:
        machine.advance(self.program, state, outcome, self.world.clock.wall(), 0)
        return state

    def _wait(self, until: int | None) -> None:
        """Let time pass until then, if that lies ahead."""
        left = 0 if until is None else until - self.world.clock.wall() // 1000
        if left > 0:
            self.world.clock.advance(timedelta(microseconds=left))


def _told(call: Call | None) -> tuple[object, ...]:
    """A call without the attempt itself, which is another one each time."""
    if call is None or call.attempt is None:
        return (call,)
    return (*call[:3], call.row, call.attempt.number, call.attempt.path, call.attempt.work)
