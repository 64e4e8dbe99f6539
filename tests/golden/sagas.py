"""The sagas of the golden runs: every kind of instruction, of step and of value."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import nan
from typing import Any
from uuid import UUID

from attrs import evolve, frozen

from resaga import (
    Action,
    Attempt,
    Default,
    DidNotHappen,
    Hook,
    Reject,
    Rejected,
    Retry,
    Saga,
    branch,
    gate,
    only,
    read,
    step,
    wait,
    when,
    within,
)
from tests.golden.stage import Stage
from tests.golden.values import HOOKS, VALUES, WEIGHT, Weight

AnySaga = Saga[Any, Any, Any]


@frozen
class Order:
    """What is bought."""

    id: str
    cents: int
    lines: tuple[str, ...] = ()


@frozen
class Held:
    """The money is held."""

    order: Order
    hold: UUID


@frozen
class NeedsManager:
    """Somebody has to allow it."""

    held: Held
    limit: Decimal


@frozen
class Cleared:
    """It is allowed."""

    held: Held
    by: str


@frozen
class Charged:
    """The money is taken."""

    cleared: Cleared
    receipt: str
    at: datetime


@frozen
class Approval:
    """The manager's answer."""

    ok: bool
    by: str
    notes: Mapping[str, str] = {}


def checkout(stage: Stage) -> AnySaga:
    """Reserve, perhaps ask, charge: with doubt, settling and the point of no return."""

    @step(retry=Retry(3, delay=timedelta(seconds=90)))
    def reserve(order: Order, attempt: Attempt) -> Held:
        del attempt
        stage.meet("reserve")
        return Held(order, UUID(int=order.cents))

    def find(order: Order, attempt: Attempt) -> Held | DidNotHappen:
        del attempt
        stage.meet("find")
        return DidNotHappen() if order.id.endswith("none") else Held(order, UUID(int=7))

    def release(held: Held) -> None:
        del held
        stage.meet("release")

    @read
    def policy(held: Held) -> NeedsManager | Cleared:
        stage.meet("policy")
        return NeedsManager(held, Decimal("500.00")) if held.order.cents > 50_000 else Cleared(held, "policy")

    @gate
    def approval(asked: NeedsManager, answer: Approval) -> Cleared:
        stage.meet("approval")
        if not answer.ok:
            raise Rejected(f"declined by {answer.by}", code="declined")
        return Cleared(asked.held, answer.by)

    @step
    def charge(cleared: Cleared) -> Charged:
        stage.meet("charge")
        return Charged(cleared, "R-" + cleared.held.order.id, datetime(2100, 1, 1, tzinfo=UTC))

    @read
    def show(charged: Charged) -> str:
        stage.meet("show")
        return charged.receipt

    held = reserve.settled_by(find).undone_by(release, retry=Retry(2, delay=timedelta(seconds=2)))
    return Saga("checkout", held >> policy >> only(NeedsManager, approval) >> charge.irreversible() >> show)


@frozen
class Trip:
    """A trip, as far as it is booked."""

    name: str
    booked: tuple[str, ...] = ()


def trip(stage: Stage, expiry: Reject | Default[bool]) -> AnySaga:
    """Bookings with timers, a deadline, blocks of the same name, and what is kept."""

    def book(what: str, retry: Retry | None = None) -> Action[Trip, Trip]:
        @step(name=what, retry=retry)
        def does(trip: Trip) -> Trip:
            stage.meet(what)
            return evolve(trip, booked=(*trip.booked, what))

        return does

    def cancel(trip: Trip) -> None:
        stage.meet(f"cancel {trip.booked[-1]}")

    @gate(deadline=timedelta(days=2), expiry=expiry)
    def confirm(trip: Trip, yes: bool) -> Trip:  # noqa: FBT001 - an answer
        stage.meet("confirm")
        if not yes:
            raise Rejected("no")
        return trip

    hotel = book("hotel", retry=Retry(3, delay=timedelta(seconds=10), jitter=0.5)).undone_by(cancel)
    return Saga(
        f"trip-{type(expiry).__name__.lower()}",
        book("flight").undone_by(cancel, retry=Retry(2, delay=timedelta(minutes=1)))
        >> wait(timedelta(days=1), name="overnight")
        >> hotel.named("abroad")
        >> book("insurance").kept("it ends by itself")
        >> confirm
        >> wait(timedelta(hours=1))
        >> book("pay").irreversible()
        >> book("thank").irreversible(),
        version=3,
    )


@frozen
class Weighed:
    """The event that something was weighed."""

    weight: Weight


@frozen
class Sent:
    """The event that something was sent."""

    to: str
    stops: Sequence[int] = ()


@frozen
class Parcel:
    """What is sent, with a weight of somebody else's class."""

    weight: Weight
    to: str
    tags: frozenset[str] = frozenset()
    stops: Mapping[int, str] = {}


def parcel(stage: Stage) -> AnySaga:
    """Conditions, an inner context, events and a hook."""

    @step
    def weigh(weight: Weight, attempt: Attempt) -> Weight:
        attempt.emit(Weighed(weight))
        stage.meet("weigh")
        return Weight(weight.grams + 1)

    @step
    def send(parcel: Parcel, attempt: Attempt) -> Parcel:
        attempt.emit(Weighed(parcel.weight))
        attempt.emit(Sent(parcel.to, tuple(parcel.stops)))
        stage.meet("send")
        return evolve(parcel, tags=parcel.tags | {"sent"})

    @step
    def carry(parcel: Parcel) -> Parcel:
        stage.meet("carry")
        return parcel

    @read
    def stamp(parcel: Parcel) -> Parcel:
        stage.meet("stamp")
        return evolve(parcel, tags=parcel.tags | {"stamped", "heavy"})

    def back(parcel: Parcel) -> None:
        del parcel
        stage.meet("back")

    def inner(parcel: Parcel) -> Weight:
        return parcel.weight

    def outer(parcel: Parcel, weight: Weight) -> Parcel:
        return evolve(parcel, weight=weight)

    def far(parcel: Parcel) -> bool:
        stage.meet("far")
        return bool(parcel.stops)

    def heavy(parcel: Parcel) -> bool:
        return parcel.weight.grams > 1_000

    return Saga(
        "parcel",
        within(weigh.kept("a scale is only read"), inner, outer)
        >> when(heavy, stamp)
        >> branch(far, send.undone_by(back), carry.undone_by(back))
        >> stamp.named("last"),
        hooks=(WEIGHT,),
        emits=(Weighed, Sent),
    )


def spoil(stage: Stage) -> AnySaga:
    """Values that can be changed, and one that cannot be stored."""

    @step
    def keep(numbers: list[float]) -> list[float]:
        stage.meet("keep")
        numbers.append(0.25)
        return numbers

    def forget(numbers: list[float]) -> None:
        stage.meet("forget")
        numbers.clear()

    @read
    def divide(numbers: list[float]) -> list[float]:
        stage.meet("divide")
        return [nan] if len(numbers) == 1 else [number / 2 for number in numbers]

    return Saga("spoil", keep.undone_by(forget) >> divide)


def slow(stage: Stage) -> AnySaga:
    """An async body that is given up, and how it is found out what became of it."""

    @step(retry=Retry(2))
    async def call(number: int) -> int:
        stage.meet("call")
        if number < 0:
            await asyncio.Event().wait()
        return number + 1

    async def ask(number: int, attempt: Attempt) -> int | DidNotHappen:
        del attempt
        stage.meet("ask")
        return DidNotHappen() if number == -1 else number

    async def hang_up(number: int) -> None:
        del number
        stage.meet("hang up")

    @read
    async def listen(number: int) -> int:
        stage.meet("listen")
        return number

    given_up = call.settled_by(ask, timeout=timedelta(milliseconds=1))
    return Saga("slow", given_up.undone_by(hang_up) >> listen)


def keeper(name: str) -> AnySaga:
    """A saga that hands on one value twice, so that the second is a reference if it is worth one."""
    kind, _ = VALUES[name]

    @read(takes=kind, gives=kind)
    def keep(value: Any) -> Any:  # noqa: ANN401 - of that type
        return value

    hooks: tuple[Hook, ...] = HOOKS
    return Saga(f"value-{name}", keep.named("once") >> keep.named("twice"), hooks=hooks)
