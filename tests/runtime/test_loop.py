"""What a loop does although nothing is to be called."""

from datetime import timedelta
from typing import Any

import pytest

from resaga import Completed, Retry, Saga, step, wait
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


def test_a_wait_for_nothing() -> None:
    """It is over at once: nobody sleeps."""
    saga: Any = Saga("nothing", reserve.undone_by(release) >> wait(timedelta(0)) >> price)
    shop = Shop()
    began = shop.clock.now
    assert isinstance(shop.another(saga).run(saga, Order("A-1")), Completed)
    assert shop.clock.now == began
