"""The clock of this machine."""

import time

from resaga.drive.clock import SYSTEM, Shifted
from resaga.testing import FakeClock
from tests.loops import awaited


def test_the_wall_clock_counts_from_1970() -> None:
    """In nanoseconds, as the machine does."""
    assert time.time_ns() - SYSTEM.wall() < 60_000_000_000
    assert SYSTEM.wall() <= SYSTEM.wall()


def test_what_lasts_is_measured_by_a_clock_that_never_goes_back() -> None:
    """And both sleeps let at least that time pass on it."""
    before = SYSTEM.monotonic()
    SYSTEM.sleep(0.001)
    between = SYSTEM.monotonic()
    assert between - before >= 1_000_000
    awaited(SYSTEM.sleep_async(0))
    assert SYSTEM.monotonic() >= between


def test_a_shifted_clock_goes_on_from_another_time() -> None:
    """As the one behind it does, which is not set by that; what lasts, lasts as long."""
    clock = FakeClock()
    shifted = Shifted(clock, 5_000)
    before = clock.wall(), clock.monotonic()
    assert (shifted.wall(), shifted.monotonic()) == (5_000, before[1])
    shifted.sleep(1)
    awaited(shifted.sleep_async(1))
    assert shifted.wall() == 5_000 + 2_000_000_000
    assert (clock.wall(), shifted.monotonic()) == (before[0] + 2_000_000_000, before[1] + 2_000_000_000)
