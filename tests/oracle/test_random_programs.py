"""T02: random programs with nested blocks, up to five faults and clocks that jump (T19)."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Final, NamedTuple

import pytest

from tests.oracle.choices import Chance
from tests.oracle.random_programs import Author
from tests.oracle.simulation import DECADE, Drive, Simulation, blocking
from tests.oracle.small_scope import awaiting
from tests.oracle.witness import Witness
from tests.seeds import reseed, seeds

FAULTS: Final = 5
SPANS: Final = (timedelta(seconds=1), timedelta(hours=1), timedelta(days=2), DECADE)
JUMPS: Final = (*SPANS, *(-span for span in SPANS))


class Trace(NamedTuple):
    """What one seed led to."""

    listing: str
    calls: tuple[object, ...]
    rows: tuple[object, ...]


def trace(random: Random, drive: Drive, *, awaits: bool = False, timeouts: bool = False) -> Trace:
    """Write a program, run it once, and tell of it."""
    author = Author(random, awaits=awaits, timeouts=timeouts)
    saga = author.saga()
    witness = Witness(saga.codec, author.world, author.following, frozen=author.first.junk is None)
    simulation = Simulation(saga.codec, witness, Chance(random), random.randrange(FAULTS + 1), drive, jumps=JUMPS)
    try:
        state = simulation.run(author.start())
    except Exception as error:
        error.add_note(saga.listing(author.world.state))
        raise
    calls = tuple(
        (call.role.value, call.name, repr(call.value), fate.value)
        for call, fate in zip(author.world.calls, author.world.fated, strict=True)
    )
    return Trace(saga.listing(), calls, tuple((*row[:3], repr(row[4])) for row in state.trail.rows()))


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop for many runs."""
    made = asyncio.new_event_loop()
    yield made
    made.close()


@pytest.mark.proof
def test_no_random_program_breaks_a_promise() -> None:
    """Each one ends, and I1 to I13 hold in each of its states."""
    for seed in seeds(15_000):
        with reseed(seed) as random:
            trace(random, blocking)


@pytest.mark.proof
def test_no_random_program_with_timeouts_breaks_a_promise(loop: asyncio.AbstractEventLoop) -> None:
    """The same in the awaiting loop, where bodies hang and are given up."""
    drive = awaiting(loop)
    for seed in seeds(5_000):
        with reseed(seed) as random:
            trace(random, drive, awaits=True, timeouts=True)


@pytest.mark.proof
def test_the_same_seed_leads_to_the_same_trace() -> None:
    """Nothing but the seed decides: no hash, no clock, no identity."""
    for seed in seeds(1_000):
        with reseed(seed) as random, reseed(seed) as other:
            assert trace(random, blocking) == trace(other, blocking)


@pytest.mark.proof
def test_both_loops_leave_the_same_trail(loop: asyncio.AbstractEventLoop) -> None:
    """The loops are twins."""
    drive = awaiting(loop)
    for seed in seeds(1_000):
        with reseed(seed) as random, reseed(seed) as other:
            one, two = trace(random, blocking), trace(other, drive, awaits=True)
            assert (one.calls, one.rows) == (two.calls, two.rows)
