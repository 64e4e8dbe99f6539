"""A world for sagas to act on: it does what its script says, and keeps a ledger of every call.

    world = World({"charge": [Fate.RAISES, Fate.GIVES], "undo reserve": [Fate.NOT_YET]})

Effects count once for each step, as under an idempotency key; one that comes late lands during the call after
the next, unless a settle or an undo forestalls it. `tests.steps` makes the steps that act on a world.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, NamedTuple, TypeAlias, final

from resaga.core.attempt import Attempt
from resaga.core.signals import NotYet, Rejected
from resaga.core.state import ExecutionState
from resaga.testing import FakeClock

TICK: Final = timedelta(milliseconds=1)
"""How long every call takes, unless another time is given."""


@final
class Role(Enum):
    """What a body is called for."""

    DO = "do"
    UNDO = "undo"
    SETTLE = "settle"
    DECIDE = "decide"
    TEST = "test"


@final
class Fate(Enum):
    """What becomes of a call. AFTER: its effect is there; LATE: its effect will be there."""

    GIVES = "gives"
    GIVES_JUNK = "gives what cannot be stored"
    RAISES = "raises"
    RAISES_AFTER = "raises after"
    RAISES_LATE = "raises late"
    REJECTS = "rejects"
    NOT_YET = "not yet"
    HANGS = "hangs"
    HANGS_AFTER = "hangs after"
    HANGS_LATE = "hangs late"
    SWALLOWS = "gives although it was given up"
    CUT = "cut"
    CUT_AFTER = "cut after"
    DIES = "dies"
    DIES_AFTER = "dies after"


EFFECTIVE: Final = (
    Fate.GIVES,
    Fate.GIVES_JUNK,
    Fate.RAISES_AFTER,
    Fate.HANGS_AFTER,
    Fate.SWALLOWS,
    Fate.CUT_AFTER,
    Fate.DIES_AFTER,
)
LATE: Final = (Fate.RAISES_LATE, Fate.HANGS_LATE)
HANGING: Final = (Fate.HANGS, Fate.HANGS_AFTER, Fate.HANGS_LATE)


class Broken(Exception):
    """What a body raises that fails."""


class Cut(BaseException):
    """An interrupt of the process, as KeyboardInterrupt and CancelledError are."""


class Death(BaseException):
    """The process ends here: whoever catches this may use nothing but the last document."""


class Call(NamedTuple):
    """One call that arrived: of whose body, with what, and how many rows the trail had then."""

    role: Role
    name: str
    value: object
    attempt: Attempt | None
    row: int


Fates: TypeAlias = Callable[[Call], Fate]


class Memory(NamedTuple):
    """All that a world knew at one moment, beside the execution that acts on it."""

    now: datetime
    calls: tuple[Call, ...]
    fated: tuple[Fate, ...]
    there: frozenset[str]
    late: Mapping[str, int]


@final
class World:
    """The ledger, and the fates of the calls to come."""

    def __init__(self, script: Mapping[str, Sequence[Fate]] | Fates | None = None, tick: timedelta = TICK) -> None:
        self.fates: Fates = script if callable(script) else scripted(script or {})
        self.tick = tick
        self.clock = FakeClock()
        self.state: ExecutionState | None = None
        self.calls: list[Call] = []
        self.fated: list[Fate] = []
        self.there: set[str] = set()
        self.late: dict[str, int] = {}  # and during which call each effect lands

    def begin(self, fates: Fates) -> None:
        """Forget everything, for another run of the same saga."""
        self.fates = fates
        self.clock = FakeClock()
        self.state = None
        self.calls, self.fated = [], []
        self.there, self.late = set(), {}

    def memory(self) -> Memory:
        """What can be gone back to."""
        return Memory(self.clock.now, tuple(self.calls), tuple(self.fated), frozenset(self.there), dict(self.late))

    def go_back(self, then: Memory, fates: Fates) -> None:
        """Forget what has happened since, for another run from there on."""
        self.fates = fates
        self.clock = FakeClock(then.now)
        self.calls, self.fated = list(then.calls), list(then.fated)
        self.there, self.late = set(then.there), dict(then.late)

    def count(self, name: str, role: Role = Role.DO) -> int:
        """How often that body was called."""
        return sum(1 for call in self.calls if call.name == name and call.role is role)

    def order(self) -> list[str]:
        """The calls in order, in words as a script has them."""
        return [words(call.role, call.name) for call in self.calls]

    def land(self) -> None:
        """Let every late effect come now."""
        self.there |= set(self.late)
        self.late = {}

    # ---- being called ---------------------------------------------------------------------------

    def called(self, role: Role, name: str, value: object, attempt: Attempt | None = None) -> Fate:
        """Meet one call's fate; gives it if the body is to give something."""
        fate = self._meet(role, name, value, attempt)
        if fate in HANGING:
            raise AssertionError(f"{name!r} blocks, so nobody can give it up")
        return _ended(fate)

    async def called_async(self, role: Role, name: str, value: object, attempt: Attempt | None = None) -> Fate:
        """The same for a body that can be given up."""
        fate = self._meet(role, name, value, attempt)
        if fate in HANGING:
            await asyncio.Event().wait()
        if fate is Fate.SWALLOWS:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                return Fate.GIVES
        return _ended(fate)

    def _meet(self, role: Role, name: str, value: object, attempt: Attempt | None) -> Fate:
        if self.late:
            self._come_late()
        row = len(self.state.trail) if self.state is not None else 0
        call = Call(role, name, value, attempt, row)
        fate = self.fates(call)
        self.calls.append(call)
        self.fated.append(fate)
        if self.tick:
            self.clock.advance(self.tick)
        if role is Role.DO:
            if fate in EFFECTIVE:
                self.there.add(name)
            elif fate in LATE:
                self.late[name] = len(self.calls) + 1
        elif role is Role.UNDO:
            if fate in EFFECTIVE:
                self.there.discard(name)
                self.late.pop(name, None)  # its barrier
        elif role is Role.SETTLE:
            self.late.pop(name, None)
        return fate

    def _come_late(self) -> None:
        now = len(self.calls)
        self.there |= {name for name, call in self.late.items() if call <= now}
        self.late = {name: call for name, call in self.late.items() if call > now}


def words(role: Role, name: str) -> str:
    """A call as a script says it: reserve, undo reserve, settle reserve, test reserve."""
    return name if role in (Role.DO, Role.DECIDE) else f"{role.value} {name}"


def scripted(script: Mapping[str, Sequence[Fate]]) -> Fates:
    """Each call meets its script's next fate; what no script tells of goes well."""
    coming: dict[str, Iterator[Fate]] = {said: iter(fates) for said, fates in script.items()}

    def fate(call: Call) -> Fate:
        return next(coming.get(words(call.role, call.name), iter(())), Fate.GIVES)

    return fate


def _ended(fate: Fate) -> Fate:
    match fate:
        case Fate.RAISES | Fate.RAISES_AFTER | Fate.RAISES_LATE:
            raise Broken("it broke")
        case Fate.REJECTS:
            raise Rejected("no", code="no")
        case Fate.NOT_YET:
            raise NotYet("later", again=timedelta(hours=1))
        case Fate.CUT | Fate.CUT_AFTER:
            raise Cut
        case Fate.DIES | Fate.DIES_AFTER:
            raise Death
        case _:
            return fate
