"""A small shop, with a ledger of what its bodies were called for."""

from datetime import timedelta
from typing import Any, Final

from attrs import frozen

from resaga import Paused, Saga, gate, read, step, wait
from resaga.stores.memory import MemoryStore
from resaga.testing import FakeClock
from tests.runtime.runtimes import AnyRuntime, made

A: Final[Any] = "A-1"
CALLS: Final[list[str]] = []
"""What was called, in this process."""


@frozen
class Order:
    id: str
    note: str = ""


class Died(BaseException):
    """The process ends here."""


@step
def reserve(order: Order) -> Order:
    CALLS.append("reserve")
    if order.note == "deadly":
        raise Died
    if order.note == "interrupt" and CALLS.count("reserve") == 1:
        raise KeyboardInterrupt
    return order


def release(order: Order) -> None:
    CALLS.append("release")
    if order.note == "kept" and CALLS.count("release") < 11:
        raise ValueError("not now")


@read
def price(order: Order) -> Order:
    CALLS.append("price")
    return order


@gate
def approval(order: Order, ok: bool) -> Order:  # noqa: FBT001 - an answer
    CALLS.append("approval")
    return order


@gate
def second(order: Order, ok: bool) -> Order:  # noqa: FBT001 - an answer
    CALLS.append("second")
    return order


@step
def charge(order: Order) -> str:
    CALLS.append("charge")
    if order.note == "lost":
        raise ValueError("no answer")
    return f"receipt {order.id}"


CHECKOUT: Final = Saga("checkout", reserve.undone_by(release) >> price >> approval >> second >> charge.irreversible())
NAP: Final = Saga("nap", reserve.undone_by(release) >> wait(timedelta(hours=1)) >> price)
OTHER: Final = Saga("other", price >> approval)


class Shop:
    """A store, a clock, and runtimes on them."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = MemoryStore()
        self.runtime = self.another()
        CALLS.clear()

    def another(self, *sagas: Any) -> AnyRuntime:  # noqa: ANN401 - of any types
        """Another process."""
        return made(self.store.twin(), sagas or (CHECKOUT, NAP), clock=self.clock)

    def die(self) -> None:
        """The process of the runtime is gone; another one comes when the lease is over."""
        self.runtime._life._over.set()
        self.runtime = self.another()
        self.clock.advance(timedelta(seconds=31))


def paused(shop: Shop, note: str = "") -> None:
    """One execution there waits at its first gate."""
    assert isinstance(shop.runtime.run(CHECKOUT, Order(A, note), id=A), Paused)
