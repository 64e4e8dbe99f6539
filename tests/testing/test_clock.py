from datetime import UTC, datetime, timedelta

from resaga import Completed, Paused, Saga, read, wait
from resaga.testing import FakeClock
from tests.loops import awaited


@read
def look(number: int) -> int:
    return number + 1


def test_it_stands_still_until_it_is_told_to_go_on() -> None:
    clock = FakeClock()
    before = clock.now, clock.wall(), clock.monotonic()
    assert (clock.now, clock.wall(), clock.monotonic()) == before
    clock.advance(timedelta(seconds=2))
    assert clock.now - before[0] == timedelta(seconds=2)
    assert clock.wall() - before[1] == clock.monotonic() - before[2] == 2_000_000_000


def test_it_begins_where_one_says() -> None:
    then = datetime(2001, 2, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert FakeClock(then).now == then


def test_the_wall_can_be_set_while_no_time_passes() -> None:
    clock = FakeClock()
    wall = clock.wall()
    clock.jump(timedelta(days=-1))
    assert wall - clock.wall() == 86_400_000_000_000
    assert clock.monotonic() == 0


def test_nobody_waits_for_a_sleep() -> None:
    clock = FakeClock()
    clock.sleep(3600)
    awaited(clock.sleep_async(3600))
    assert clock.monotonic() == 7_200_000_000_000


def test_an_execution_believes_it() -> None:
    clock = FakeClock()
    paused = Saga("slow", look >> wait(timedelta(days=7)) >> look.named("again")).new(1).start(clock=clock)
    assert isinstance(paused, Paused)
    clock.advance(timedelta(days=7))
    assert isinstance(paused.resume(clock=clock), Completed)
