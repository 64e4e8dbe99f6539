"""Sagas that are legal: clean under mypy and pyright, and refused by no definition."""

from datetime import timedelta
from typing import NamedTuple, assert_type

from attrs import frozen

from resaga import (
    Action,
    Async,
    AsyncAction,
    Attempt,
    Block,
    Default,
    DidNotHappen,
    Gate,
    Irreversible,
    Neutral,
    Read,
    Reject,
    Rejected,
    Retry,
    Saga,
    Sealed,
    Step,
    Sync,
    Wait,
    branch,
    gate,
    only,
    read,
    step,
    wait,
    when,
    within,
)

DAY = timedelta(days=1)


@frozen
class Order:
    id: str
    amount: int


@frozen
class Held:
    order: Order
    hold: str


@frozen
class Approval:
    by: str
    ok: bool


@frozen
class NeedsManager:
    held: Held


@frozen
class Cleared:
    held: Held
    by: str


@frozen
class Charged:
    receipt: str


# ---- bodies: plain and async, with and without an Attempt --------------------------------------------------


@read
def in_stock(order: Order) -> Order:
    return order


@read(timeout=timedelta(seconds=1))
async def score(order: Order) -> Order:
    return order


@step(retry=Retry(3))
def reserve(order: Order) -> Held:
    return Held(order, "h")


def release(held: Held) -> None: ...
def release_anything(held: object) -> None: ...


def find_hold(order: Order, attempt: Attempt) -> Held | DidNotHappen:
    return DidNotHappen()


@step
async def reserve_async(order: Order, attempt: Attempt) -> Held:
    return Held(order, attempt.key)


async def release_async(held: Held, attempt: Attempt) -> None: ...


async def find_hold_async(order: Order, attempt: Attempt) -> Held | DidNotHappen:
    return DidNotHappen()


@step
def notify(held: Held) -> Held:
    return held


@read
def policy(held: Held) -> NeedsManager | Cleared:
    return NeedsManager(held)


@gate
def approval(asked: NeedsManager, answer: Approval) -> Cleared:
    if not answer.ok:
        raise Rejected("declined", code="declined")
    return Cleared(asked.held, answer.by)


@step
def charge(cleared: Cleared, attempt: Attempt) -> Charged:
    return Charged(attempt.key)


@step
async def charge_async(cleared: Cleared) -> Charged:
    return Charged("r")


async def find_charge(cleared: Cleared, attempt: Attempt) -> Charged | DidNotHappen:
    return DidNotHappen()


@read
def mail(charged: Charged) -> Charged:
    return charged


assert_type(reserve, Action[Order, Held])
assert_type(reserve_async, AsyncAction[Order, Held])
assert_type(reserve(Order("1", 2)), Held)
assert_type(charge(Cleared(Held(Order("1", 2), "h"), "ann"), Attempt(path="charge")), Charged)

# ---- how a step is taken back ------------------------------------------------------------------------------

assert_type(reserve.undone_by(release), Step[Order, Held, Sync])
assert_type(reserve.undone_by(release_anything), Step[Order, Held, Sync])
assert_type(reserve.undone_by(release_async), Step[Order, Held, Async])
assert_type(reserve.undone_by(release, retry=Retry(5)), Step[Order, Held, Sync])
assert_type(reserve.settled_by(find_hold).undone_by(release), Step[Order, Held, Sync])
held_in_time = reserve_async.settled_by(find_hold_async, timeout=timedelta(seconds=5)).undone_by(release_async)
assert_type(held_in_time, Step[Order, Held, Async])
assert_type(reserve_async.undone_by(release), Step[Order, Held, Async])
assert_type(reserve_async.kept("a hold lapses by itself"), Step[Order, Held, Async])
assert_type(notify.kept("a notice can't be unsent"), Step[Held, Held, Sync])
assert_type(charge.irreversible(), Irreversible[Cleared, Charged, Sync])
charged_in_time = charge_async.settled_by(find_charge, timeout=timedelta(seconds=5)).irreversible()
assert_type(charged_in_time, Irreversible[Cleared, Charged, Async])
assert_type(policy, Read[Held, NeedsManager | Cleared, Sync])
assert_type(score, Read[Order, Order, Async])
assert_type(policy(Held(Order("1", 2), "h")), NeedsManager | Cleared)

# ---- gates -------------------------------------------------------------------------------------------------

assert_type(approval, Gate[NeedsManager, Cleared, Approval, Sync])
assert_type(approval(NeedsManager(Held(Order("1", 2), "h")), Approval("ann", ok=True)), Cleared)


@gate(deadline=DAY, expiry=Default(Approval("nobody", ok=False)))
def asked_in_time(asked: NeedsManager, answer: Approval) -> Cleared:
    return Cleared(asked.held, answer.by)


@gate(deadline=DAY, expiry=Default[Approval | None](None))
def asked_at_all(asked: NeedsManager, answer: Approval | None) -> Cleared:
    return Cleared(asked.held, "nobody" if answer is None else answer.by)


@gate(deadline=DAY, expiry=Reject())
async def asked_async(asked: NeedsManager, answer: Approval) -> Cleared:
    return Cleared(asked.held, answer.by)


assert_type(asked_in_time, Gate[NeedsManager, Cleared, Approval, Sync])
assert_type(asked_at_all, Gate[NeedsManager, Cleared, Approval | None, Sync])
assert_type(asked_async, Gate[NeedsManager, Cleared, Approval, Async])


async def call_async_bodies() -> None:
    """As a unit test does."""
    assert_type(await score(Order("1", 2)), Order)
    assert_type(await asked_async(NeedsManager(Held(Order("1", 2), "h")), Approval("ann", ok=True)), Cleared)


# ---- joints ------------------------------------------------------------------------------------------------

neutral = in_stock >> in_stock
undoable = in_stock >> reserve.undone_by(release)
sealed = charge.irreversible() >> mail
assert_type(neutral, Neutral[Order, Order, Sync])
assert_type(undoable, Block[Order, Held, Sync])
assert_type(sealed, Sealed[Cleared, Charged, Sync])
assert_type(neutral >> undoable, Block[Order, Held, Sync])
assert_type(score >> undoable, Block[Order, Held, Sync | Async])
assert_type(approval >> sealed, Sealed[NeedsManager, Charged, Sync])
assert_type(undoable.named("hold"), Block[Order, Held, Sync])
assert_type(sealed.named("pay"), Sealed[Cleared, Charged, Sync])
assert_type(neutral.named("look"), Neutral[Order, Order, Sync])

assert_type(wait(DAY), Wait)
assert_type(wait(DAY) >> wait(DAY), Wait)
assert_type(wait(DAY) >> in_stock, Neutral[Order, Order, Sync])
assert_type(wait(DAY) >> undoable, Block[Order, Held, Sync])
assert_type(wait(DAY) >> sealed, Sealed[Cleared, Charged, Sync])
assert_type(in_stock >> wait(DAY), Neutral[Order, Order, Sync])
assert_type(undoable >> wait(DAY), Block[Order, Held, Sync])
assert_type(sealed >> wait(DAY), Sealed[Cleared, Charged, Sync])

# ---- when, branch, only, within: of a neutral block, of one that can be undone, of a sealed one ------------


def is_large(order: Order) -> bool:
    return order.amount > 100


def is_held(held: Held) -> bool:
    return held.hold != ""


def is_final(charged: Charged) -> bool:
    return charged.receipt != ""


@step
def refund(charged: Charged) -> Charged:
    return charged


assert_type(when(is_large, wait(DAY)), Neutral[Order, Order, Sync])
assert_type(when(is_large, in_stock), Neutral[Order, Order, Sync])
assert_type(when(is_held, notify.kept("no")), Block[Held, Held, Sync])
assert_type(when(is_final, refund.irreversible()), Sealed[Charged, Charged, Sync])
assert_type(when(is_large, score), Neutral[Order, Order, Async])

assert_type(branch(is_large, in_stock, score), Neutral[Order, Order, Sync | Async])
assert_type(branch(is_large, reserve.undone_by(release), undoable), Block[Order, Held, Sync])
assert_type(branch(is_final, mail, refund.irreversible()), Sealed[Charged, Charged, Sync])
assert_type(branch(is_final, refund.kept("no"), mail), Block[Charged, Charged, Sync])
assert_type(branch(is_large, reserve.undone_by(release), in_stock), Block[Order, Held | Order, Sync])

assert_type(only(NeedsManager, approval), Neutral[NeedsManager | Cleared, Cleared, Sync])
assert_type(only(Order, undoable), Block[Order | Held, Held, Sync])
assert_type(only(Cleared, charge.irreversible()), Sealed[Cleared | Charged, Charged, Sync])


class Basket(NamedTuple):
    order: Order
    held: Held | None


def order_of(basket: Basket) -> Order:
    return basket.order


def with_order(basket: Basket, order: Order) -> Basket:
    return basket._replace(order=order)


def with_held(basket: Basket, held: Held) -> Basket:
    return basket._replace(held=held)


def cleared_of(held: Held) -> Cleared:
    return Cleared(held, "ann")


def receipt_of(held: Held, charged: Charged) -> Charged:
    return charged


assert_type(within(in_stock, order_of, with_order), Neutral[Basket, Basket, Sync])
assert_type(within(undoable, order_of, with_held), Block[Basket, Basket, Sync])
assert_type(within(sealed, cleared_of, receipt_of), Sealed[Held, Charged, Sync])

# ---- sagas -------------------------------------------------------------------------------------------------

checkout = Saga(
    "checkout",
    in_stock
    >> wait(DAY)
    >> reserve.undone_by(release)
    >> notify.kept("a notice can't be unsent")
    >> policy
    >> only(NeedsManager, approval)
    >> charge.irreversible()
    >> wait(timedelta(days=7))
    >> mail,
)
assert_type(checkout, Saga[Order, Charged, Sync])
early: Saga[Order, Held, Sync] = Saga("early", wait(DAY) >> reserve.undone_by(release))
slow: Saga[Order, Charged, Async] = Saga(
    "slow",
    score >> held_in_time >> policy >> only(NeedsManager, approval) >> charged_in_time,
)
assert_type(Saga("packed", within(undoable, order_of, with_held)), Saga[Basket, Basket, Sync])
assert_type(Saga("looked", in_stock), Saga[Order, Order, Sync])
awaitable: Saga[Order, Held, Async] = early


# ---- steps that are bound methods ---------------------------------------------------------------------------


class Bank:
    """The way to bring in clients: steps are bound methods."""

    def hold(self, order: Order, attempt: Attempt) -> Held:
        return Held(order, attempt.key)

    async def hold_async(self, order: Order) -> Held:
        return Held(order, "h")

    def release(self, held: Held) -> None: ...

    def saga(self) -> Saga[Order, Held, Sync]:
        return Saga("hold", step(self.hold).undone_by(self.release))

    def saga_async(self) -> Saga[Order, Held, Async]:
        return Saga("hold", step(self.hold_async).undone_by(self.release))


assert_type(step(Bank().hold), Action[Order, Held])
assert_type(step(retry=Retry(2))(Bank().hold_async), AsyncAction[Order, Held])
Bank().saga()
Bank().saga_async()
