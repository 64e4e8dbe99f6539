"""The clock of this machine."""

import time

from resaga.drive.clock import SYSTEM
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
