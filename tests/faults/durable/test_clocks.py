"""T19: clocks that jump, stand still or differ between processes: nothing is lost or doubled, or lasts less than 0."""

from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Final, final

import pytest

from resaga import Completed, RolledBack
from resaga.core.errors import TooLate
from resaga.stores.store import Store
from resaga.testing import FakeClock
from tests.faults.scenarios import SCENARIOS
from tests.loops import AnyExecution
from tests.runtime.rig import ID, Rig, end
from tests.runtime.runtimes import AnyRuntime, made
from tests.seeds import reseed, seeds
from tests.worlds import Fate

pytestmark = [pytest.mark.faults, pytest.mark.usefixtures("both_in_time")]

ALL: Final = {name: one for name, one in SCENARIOS.items() if not one.timed}
SECOND: Final = 1_000_000_000
DAY: Final = 86_400 * SECOND
JUMPS: Final = (SECOND, 31 * SECOND, 3_600 * SECOND, DAY, 400 * DAY, 3_652 * DAY)
"""Forward, or back."""

WILD_VISITS: Final = 15
"""After so many the clocks are what clocks should be."""

VISITS: Final = 80
PATIENCE: Final = timedelta(days=8_000)
"""Longer than from the one end of what the clocks have shown to the other."""


@final
class Wild:
    """The clock of one process: it is off by something else each time it is looked at, or always by the same."""

    def __init__(self, inner: FakeClock, chance: Random) -> None:
        self.inner = inner
        self.chance = chance
        self.mode = chance.choice(("jumps", "jumps at times", "skewed", "frozen"))
        self.off = self.jump()
        self.stands = inner.wall() + self.off
        self.monotonic, self.sleep, self.sleep_async = inner.monotonic, inner.sleep, inner.sleep_async

    def jump(self) -> int:
        return self.chance.choice((-1, 1)) * self.chance.choice(JUMPS)

    def wall(self) -> int:
        if self.mode == "calm":
            return self.inner.wall()
        if self.mode == "frozen":
            return self.stands
        if self.mode == "jumps" or (self.mode == "jumps at times" and self.chance.random() < 0.1):
            self.off = self.jump()
        return self.inner.wall() + self.off


def wild(name: str, chance: Random) -> None:
    """One scenario, in which a process may die, by processes of which each has a clock of its own."""
    scenario = ALL[name]
    rig = Rig(scenario, None, chance.randrange(6), dies_in=chance.choice((Fate.DIES, Fate.DIES_AFTER)))
    rig.shaky.met = True  # a conflict is no surprise where one clock takes another's process for dead
    clocks: list[Wild] = []

    def process(store: Store) -> AnyRuntime:
        clocks.append(Wild(rig.world.clock, chance))
        return made(store, [rig.saga], clock=clocks[-1])

    rig.process = process  # type: ignore[method-assign]  # each has a clock of its own
    end(rig.runtime)
    rig.runtime = process(rig.shaky)
    for visit in range(VISITS):
        if visit == WILD_VISITS:
            rig.world.clock.advance(PATIENCE)
        if visit >= WILD_VISITS:
            for clock in clocks:
                clock.mode = "calm"
        elif chance.random() < 0.3:  # another process is asked
            end(rig.runtime)
            rig.runtime = process(rig.shaky)
        if step_on(rig):
            return
    raise AssertionError("the clocks are as they should be, and it does not end")


def step_on(rig: Rig) -> bool:
    """One visit; whether it is over."""
    if rig.kept.read(ID) is None:
        rig.visit(lambda: rig.runtime.run(rig.saga, rig.scenario.context.kind(), id=ID))
        return False
    outcome: AnyExecution = rig.runtime.load(rig.saga, ID)
    assert all(took >= 0 for _, _, _, took, _ in outcome.state.trail.rows()), "a negative duration"
    if isinstance(outcome, Completed | RolledBack):
        end(rig.runtime)
        rig.judge(outcome)
        return True
    with suppress(TooLate):  # so the clock says, and the next visit sees what comes of that
        rig.visit(lambda: rig.help(outcome))
    rig.visit(rig.runtime.tick)
    return False


def test_a_few_wild_clocks() -> None:
    """Enough to see that something is broken."""
    for number, name in enumerate(ALL):
        with reseed(number) as chance:
            wild(name, chance)


@pytest.mark.proof
def test_many_wild_clocks() -> None:
    """Whatever the clocks show, a run is as lawful as ever; once they are right, it ends."""
    names = sorted(ALL)
    for seed in seeds(20_000):
        with reseed(seed) as chance:
            wild(chance.choice(names), chance)
