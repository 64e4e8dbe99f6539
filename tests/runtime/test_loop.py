"""What a loop does although nothing is to be called."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from resaga import Completed, Retry, RolledBack, Saga, read, step, wait
from resaga.drive.clock import SYSTEM
from resaga.runtime.hands import Hands
from resaga.runtime.held import Held
from resaga.runtime.loop import run
from resaga.stores.memory import MemoryStore
from tests.drive.unreadable import UNREADABLE
from tests.runtime.shop import CALLS, Order, Shop, price, release, reserve

pytestmark = pytest.mark.usefixtures("both_runtimes")

SECOND = timedelta(seconds=1)


def test_a_short_time_is_slept_here() -> None:
    """What is tried again soon is called again in the same run: nobody has to come back for it."""

    @step(retry=Retry(2, delay=SECOND))
    def late(order: Order) -> Order:
        CALLS.append("late")
        if CALLS.count("late") == 1:
            raise ValueError("not yet there")
        return order

    saga: Any = Saga("soon", reserve.undone_by(release) >> late.kept("it harms nobody"))
    shop = Shop()
    began = shop.clock.now
    assert isinstance(shop.another(saga).run(saga, Order("A-1")), Completed)
    assert CALLS == ["reserve", "late", "late"]
    assert shop.clock.now - began == SECOND


class Counted(list[int]):
    """A list that counts how much is taken out of it in slices."""

    taken = 0

    def __getitem__(self, at: Any) -> Any:  # noqa: ANN401 - an index or a slice
        found = super().__getitem__(at)
        self.taken += len(found) if isinstance(at, slice) else 0
        return found


def test_many_reads_in_a_row() -> None:
    """What happened is not looked through again before each: a long run of them would take longer and longer."""

    @read
    def look(text: str) -> str:
        return text

    chain: Any = look.named("r0")
    for number in range(1, 200):
        chain = chain >> look.named(f"r{number}")
    saga: Any = Saga("looking", chain)
    held = Held.created(saga.codec, saga.new("x").state, "me", ())
    codes = held.state.trail.codes = Counted(held.state.trail.codes)
    run(held, SYSTEM, saga.codec.copy, Hands(MemoryStore()))
    assert held.state.status.value == "completed"
    assert codes.taken < 1000


def test_a_wait_for_nothing() -> None:
    """It is over at once: nobody sleeps."""
    saga: Any = Saga("nothing", reserve.undone_by(release) >> wait(timedelta(0)) >> price)
    shop = Shop()
    began = shop.clock.now
    assert isinstance(shop.another(saga).run(saga, Order("A-1")), Completed)
    assert shop.clock.now == began


@pytest.mark.parametrize("make", [make for make, _ in UNREADABLE.values()], ids=UNREADABLE)
def test_an_exception_that_cannot_be_read(make: Callable[[], Exception]) -> None:
    """It is recorded as a failure, and its body is not called again and again."""

    @step
    def raises(order: Order) -> Order:
        CALLS.append("raises")
        raise make()

    saga: Any = Saga("odd", reserve.undone_by(release) >> raises.kept("it harms nobody"))
    shop = Shop()
    runtime = shop.another(saga)
    assert isinstance(runtime.run(saga, Order("A-1"), id="A-1"), RolledBack)
    assert runtime.tick() == 0
    assert runtime.get("A-1").status == "rolled back"
    assert CALLS == ["reserve", "raises", "release"]
