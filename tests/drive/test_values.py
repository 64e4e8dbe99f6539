"""Values handed on: nobody who is given one can change what is recorded."""

from collections.abc import Set as AbstractSet
from typing import Any

from attrs import define, frozen

from resaga import (
    Attempt,
    Completed,
    DidNotHappen,
    Paused,
    Rejected,
    Retry,
    RolledBack,
    Saga,
    Stuck,
    gate,
    only,
    read,
    step,
    when,
    within,
)
from tests.drive.trips import Cart, Still, go


@define
class Trip:
    cart: Cart


@frozen
class Seats:
    numbers: AbstractSet[int]


def undo_nothing(context: object) -> None:
    pass


# ---- mutable ones ------------------------------------------------------------------------------------------


def test_a_set_is_not_taken_for_one_that_cannot_change() -> None:
    """Where the annotation promises no more than `Set`, what is recorded is a frozen one."""
    seats = {1, 2}
    undone: list[AbstractSet[int]] = []

    @step
    def hold(cart: Cart) -> Seats:
        return Seats(seats)

    @read
    def empty(held: Seats) -> Seats:
        seats.clear()
        raise Rejected

    def release(held: Seats) -> None:
        undone.append(held.numbers)

    outcome = go(hold.undone_by(release) >> empty, Cart())
    assert isinstance(outcome, RolledBack)
    assert undone == [frozenset({1, 2})]


def test_a_body_cannot_change_what_it_was_given() -> None:
    """It has a copy of its own, in a step, its settle and its undo, each time it is called."""
    seen: list[tuple[str, list[str]]] = []

    def spoil(name: str, cart: Cart) -> None:
        seen.append((name, cart.items[:]))
        cart.items.append(name)

    @step
    def a(cart: Cart) -> Cart:
        return Cart(["kept"])

    def undo_a(cart: Cart) -> None:
        spoil("undo", cart)
        if len(seen) < 6:
            raise OSError

    @step(retry=Retry(2))
    def b(cart: Cart) -> Cart:
        spoil("do", cart)
        raise OSError

    def settle_b(cart: Cart, attempt: Attempt) -> Cart | DidNotHappen:
        spoil("settle", cart)
        return DidNotHappen()

    block = a.undone_by(undo_a, retry=Retry(9)) >> b.settled_by(settle_b).undone_by(undo_nothing)
    outcome = go(block, Cart())
    assert isinstance(outcome, RolledBack)
    assert seen == [(name, ["kept"]) for name in ("do", "do", "settle", "undo", "undo", "undo")]


def test_nobody_can_change_what_was_given_later() -> None:
    """Who keeps a reference to its input or its result keeps that of a copy."""
    held: list[Cart] = []

    @step
    def a(cart: Cart) -> Cart:
        held.append(cart)
        cart.items.append("a")
        held.append(cart)
        return cart

    @gate
    def ask(cart: Cart, answer: Cart) -> Cart:
        held.extend((cart, answer))
        answer.items.append("ask")
        held.append(answer)
        return answer

    saga = Saga("shop", a.undone_by(undo_nothing) >> ask)
    first, answer = Cart(["first"]), Cart(["answer"])
    new = saga.new(first)
    held.append(first)
    paused = new.start()
    assert isinstance(paused, Paused)
    held.append(answer)
    outcome = paused.answer(ask, answer).resume()
    assert isinstance(outcome, Completed)
    before = outcome.dump()
    for cart in held:
        cart.items.append("changed")
    assert outcome.dump() == before
    assert (outcome.result.items, new.state.value) == (["answer", "ask"], Cart(["first"]))


def test_a_condition_cannot_change_what_it_looks_at() -> None:
    """Though it should not try."""

    def meddles(cart: Cart) -> bool:
        cart.items.append("test")
        return True

    @read
    def a(cart: Cart) -> Cart:
        return cart

    @step
    def b(cart: Cart) -> Cart:
        return Cart([*cart.items, "b"])

    outcome = go(when(meddles, b.kept("so")) >> a >> when(meddles, a.named("again")), Cart())
    assert isinstance(outcome, Completed)
    assert outcome.result.items == ["b"]


def test_taking_out_and_putting_back_cannot_change_the_context() -> None:
    """A `put` may well change the context that it is given, and give that: it is a copy."""
    undone: list[Trip] = []

    @step
    def plan(trip: Trip) -> Trip:
        return Trip(Cart(["plan"]))

    def undo_plan(trip: Trip) -> None:
        undone.append(trip)

    @step
    def pack(cart: Cart) -> Cart:
        return Cart([*cart.items, "pack"])

    def get(trip: Trip) -> Cart:
        trip.cart.items.append("get")
        return trip.cart

    def put(trip: Trip, cart: Cart) -> Trip:
        cart.items.append("put")
        trip.cart = cart
        return trip

    @read
    def never(trip: Trip) -> Trip:
        raise Rejected

    packed = within(pack.undone_by(undo_nothing), get, put)
    outcome = go(plan.undone_by(undo_plan) >> packed, Trip(Cart()))
    assert isinstance(outcome, Completed)
    assert outcome.result == Trip(Cart(["plan", "get", "pack", "put"]))
    assert isinstance(go(plan.undone_by(undo_plan) >> packed >> never, Trip(Cart())), RolledBack)
    assert undone == [Trip(Cart(["plan"]))]


def test_what_a_person_says_is_copied_too() -> None:
    """The result that a step in doubt is said to have had."""

    @step
    def pay(cart: Cart) -> Cart:
        raise OSError

    def drop_all(cart: Cart) -> bool:
        cart.items.clear()
        return True

    @read
    def look(cart: Cart) -> Cart:
        return cart

    saga = Saga("shop", pay.irreversible() >> when(drop_all, look))
    stuck = saga.new(Cart()).start()
    assert isinstance(stuck, Stuck)
    result = Cart(["paid"])
    marked = stuck.mark_done(result, by="ann")
    result.items.clear()
    outcome = marked.resume()
    assert isinstance(outcome, Completed)
    assert outcome.result == Cart(["paid"])


def test_an_event_cannot_be_changed_behind_its_attempt() -> None:
    """It leaves as it was when the body was over."""
    held: list[Cart] = []

    @step
    def a(context: int, attempt: Attempt) -> int:
        event = Cart(["emitted"])
        held.append(event)
        attempt.emit(event)
        event.cents = 7.0
        return context

    saga: Saga[int, int, Any] = Saga("shop", a.kept("so"), emits=(Cart,))
    outcome = saga.new(1).start()
    held[0].items.clear()
    assert outcome.state.events == (Cart(["emitted"], 7.0),)


def test_who_is_asked_cannot_change_what_it_is_about() -> None:
    """The question has a copy of the context."""

    @gate
    def ask(cart: Cart, answer: bool) -> Cart:  # noqa: FBT001 - an answer
        return cart

    paused = Saga("shop", ask).new(Cart(["here"])).start()
    assert isinstance(paused, Paused)
    question = paused.asked(ask)
    assert question is not None
    question.context.items.clear()
    outcome = paused.answer(ask, True).resume()
    assert isinstance(outcome, Completed)
    assert outcome.result == Cart(["here"])


# ---- immutable ones ----------------------------------------------------------------------------------------


def test_what_cannot_change_is_handed_on_as_it_is() -> None:
    """Nobody pays for a copy of it."""
    first, second = Still(1.0), Still(2.0)
    seen: list[object] = []

    @read
    def a(context: Still) -> Still:
        seen.append(context)
        return second

    def yes(context: Still) -> bool:
        seen.append(context)
        return True

    outcome = go(when(yes, a) >> only(Still, a.named("again")), first)
    assert all(one is other for one, other in zip(seen, [first, first, second], strict=True))
    assert outcome.result is second
