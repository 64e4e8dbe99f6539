"""Every schedule of every small program, each held against the oracle."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import timedelta
from random import Random
from typing import Final, NamedTuple, final

from resaga.codec import Codec
from resaga.core.decision import Decision
from resaga.core.state import ExecutionState
from resaga.drive.awaiting import drive_async
from tests.oracle.choices import Prefix, every_schedule
from tests.oracle.programs import KINDS, KINDS_IN_TIME, Make, small_programs, small_saga
from tests.oracle.simulation import Drive, Simulation, blocking
from tests.oracle.witness import Witness
from tests.steps import Steps
from tests.worlds import Call, Fate, World

SCOPES: Final = (
    ("blocking", 1, 2),
    ("blocking", 2, 1),
    ("blocking", 2, 2),
    ("blocking", 3, 1),
    ("awaiting", 2, 1),
)
"""Which loop, how many steps, and how many faults."""

THOROUGH: Final = 2
"""Programs of so many steps with one fault have each state dumped and loaded; others every so many."""
SAMPLE: Final = 8
LARGE: Final = 3
"""Programs of so many steps leave the rare kinds out."""

LINES: Final = 30
"""As much of a story is told, from its end."""


@final
class Job(NamedTuple):
    """All schedules of one program."""

    loop: str
    row: tuple[str, ...]
    faults: int


def jobs() -> list[Job]:
    """All of them, in an order in which the first few are as good a sample as any."""
    found = [
        Job(loop, row, faults)
        for loop, length, faults in SCOPES
        for row in small_programs(_kinds(loop), length, rare=length < LARGE)
    ]
    Random(1).shuffle(found)  # noqa: S311 - it has to be the same each time
    return found


def run(job: Job) -> int:
    """How many schedules it has; raises if one of them breaks a promise."""
    with Bench(job) as bench:
        return every_schedule(bench.schedule) if bench.valid else 0


def again(loop: str, row: tuple[str, ...], faults: int, made: tuple[int, ...]) -> None:
    """One schedule once more, and what is told of it when it breaks a promise."""
    with Bench(Job(loop, row, faults)) as bench:
        bench.schedule(Prefix(made))
        print(bench.story())  # noqa: T201 - asked for by a person


@final
class Bench:
    """A program, a world, and a loop to run schedules on."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.world = World(tick=timedelta(0))
        steps = Steps(self.world, awaits=job.loop == "awaiting")
        self.saga = small_saga(_kinds(job.loop), job.row, steps)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.drive: Drive = blocking

    def __enter__(self) -> "Bench":
        if self.job.loop == "awaiting":
            self.loop = asyncio.new_event_loop()
            self.drive = awaiting(self.loop)
        if self.saga is not None:
            few = len(self.job.row) <= THOROUGH and self.job.faults == 1
            self.witness = Witness(self.saga.codec, self.world, _following, 1 if few else SAMPLE)
        return self

    def __exit__(self, *_: object) -> None:
        if self.loop is not None:
            self.loop.close()

    @property
    def valid(self) -> bool:
        """Whether it is a program at all."""
        return self.saga is not None

    def schedule(self, choices: Prefix) -> None:
        """Run one."""
        assert self.saga is not None
        simulation = Simulation(self.saga.codec, self.witness, choices, self.job.faults, self.drive)
        try:
            if choices.since is None:
                simulation.run()
            else:
                simulation.go_on(choices.since)
        except Exception as error:
            here = f"again({self.job.loop!r}, {self.job.row}, {self.job.faults}, {tuple(choices.made)})"
            error.add_note(f'again: python -c "from tests.oracle.small_scope import again; {here}"')
            error.add_note(self.story())
            raise

    def story(self) -> str:
        """What was called, and what the trail says."""
        calls = [f"  {call.role.value} {call.name}({call.value}) {fate.value}" for call, fate in self.told()]
        rows = [] if self.world.state is None else [f"  {row}" for row in self.world.state.trail.rows()]
        return "\n".join(["calls", *calls[-LINES:], "trail", *rows[-LINES:]])

    def happened(self) -> tuple[object, ...]:
        """All of it, to be compared."""
        state = self.world.state
        assert state is not None
        calls = [(call.role, call.name, call.value, call.row, fate) for call, fate in self.told()]
        return calls, list(state.trail.rows()), self.world.there

    def told(self) -> Iterator[tuple[Call, Fate]]:
        """Each call with its fate."""
        return zip(self.world.calls, self.world.fated, strict=True)


def awaiting(loop: asyncio.AbstractEventLoop) -> Drive:
    """The awaiting loop, on that event loop."""

    def drive(state: ExecutionState, world: World, codec: Codec) -> Decision:
        return loop.run_until_complete(drive_async(state, world.clock, codec.copy))

    return drive


def _kinds(loop: str) -> Mapping[str, Make]:
    return KINDS if loop == "blocking" else KINDS_IN_TIME


def _following(state: ExecutionState) -> object:
    assert isinstance(state.value, int)
    return state.value + 1
