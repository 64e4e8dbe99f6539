"""Values of a trip, of classes that can be changed and that cannot."""

from typing import Any, Final

from attrs import Factory, define, frozen

from resaga import Saga
from resaga.testing import FakeClock
from tests.loops import AnyExecution
from tests.steps import AnyBlock


@define
class Cart:
    items: list[str] = Factory(list)
    cents: float = 0.0


@frozen
class Still:
    cents: float


CLOCK: Final = FakeClock()


def go(block: AnyBlock, context: object) -> AnyExecution:
    saga: Saga[Any, Any, Any] = Saga("shop", block)
    return saga.new(context).start(clock=CLOCK)
