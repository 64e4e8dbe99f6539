"""Values that cannot be stored: what a body that gives one has done, and what follows."""

from dataclasses import dataclass
from typing import Any

import pytest

from resaga import Attempt, Completed, DidNotHappen, InDoubt, Retry, RolledBack, Saga, Stuck, read, step
from resaga.core.errors import NotStorable
from tests.drive.trips import Cart, Still, go


@dataclass
class Strict:
    """A value that refuses to be made of what it has become."""

    cents: int

    def __post_init__(self) -> None:
        if self.cents < 0:
            raise ValueError("a price is not negative")


def test_a_value_that_cannot_be_stored_did_happen() -> None:
    """Its step is undone with the live value, and is not tried again."""
    calls: list[str] = []
    live: list[object] = []

    @step(retry=Retry(5))
    def a(cart: Cart) -> Cart:
        calls.append("a")
        return Cart(cart.items, float("nan"))

    def undo_a(cart: Cart, attempt: Attempt) -> None:
        calls.append("undo")
        live.append(cart.cents)

    outcome = go(a.undone_by(undo_a), Cart())
    assert isinstance(outcome, RolledBack)
    assert (outcome.failure.kind, outcome.failure.code) == ("unstorable", "NotStorable")
    assert "$.cents" in outcome.failure.message
    assert (calls, [str(one) for one in live]) == (["a", "undo"], ["nan"])
    with pytest.raises(NotStorable):
        outcome.dump()
    assert [one.path for one in outcome.undone] == ["a"]


def test_a_read_that_gives_such_a_value_fails() -> None:
    """There is nothing to undo."""

    @read(retry=Retry(5))
    def a(cart: Cart) -> Cart:
        return Cart(cart.items, float("inf"))

    outcome = go(a, Cart())
    assert isinstance(outcome, RolledBack)
    assert [one.outcome for one in outcome.state.step_timings] == ["unstorable"]


def test_an_irreversible_step_that_gives_such_a_value_is_stuck() -> None:
    """It cannot be taken back, and nobody could load what goes on with it: a person says which result it has."""

    @step
    def a(cart: Cart) -> Cart:
        return Cart(["paid"], float("nan"))

    @read
    def b(cart: Cart) -> Cart:
        return Cart([*cart.items, "seen"])

    saga = Saga("shop", a.irreversible() >> b)
    stuck = saga.new(Cart()).start()
    assert isinstance(stuck, Stuck)
    assert "; a unstorable [NotStorable]: $.cents: this value cannot be stored" in str(stuck.why)
    loaded = saga.load(stuck.dump())
    assert isinstance(loaded, Stuck)
    done = loaded.mark_done(Cart(["paid"]), by="ann").resume()
    assert isinstance(done, Completed)
    assert done.result == Cart(["paid", "seen"])


@pytest.mark.parametrize("found", [Cart(["found"], float("nan")), None], ids=["cannot-be-stored", "forgotten"])
@pytest.mark.parametrize("undoable", [True, False])
def test_a_settle_that_gives_such_a_value_has_found_out_nothing(undoable: bool, found: Cart) -> None:  # noqa: FBT001 - a case
    """A person decides what has happened; it can be dumped until then."""
    undone: list[str] = []

    @step
    def a(cart: Cart) -> Cart:
        raise OSError

    def settle(cart: Cart, attempt: Attempt) -> Cart | DidNotHappen:
        return found

    def undo(cart: Cart) -> None:
        undone.extend(cart.items)

    settled = a.settled_by(settle)
    outcome = go(settled.undone_by(undo) if undoable else settled.irreversible(), Cart())
    assert isinstance(outcome, Stuck)
    assert isinstance(outcome.why, InDoubt)
    assert (outcome.why.failure.kind, outcome.failure.code) == ("unwritable", "OSError")
    assert outcome.dump()
    assert not undone


def test_a_value_that_refuses_to_be_made_again_is_one_of_them() -> None:
    """What its class raises is the reason, and goes no further."""
    undone: list[int] = []

    @step
    def a(price: Strict) -> Strict:
        price.cents = -1
        return price

    def undo(price: Strict) -> None:
        undone.append(price.cents)

    outcome = go(a.undone_by(undo), Strict(1))
    assert isinstance(outcome, RolledBack)
    assert outcome.failure.kind == "unstorable"
    assert undone == [-1]


def test_an_immutable_value_is_looked_into_only_when_it_is_dumped() -> None:
    """Then the error says where, and the execution is as it was."""

    @read
    def a(context: Still) -> Still:
        return Still(float("nan"))

    outcome = go(a, Still(1.0))
    assert isinstance(outcome, Completed)
    with pytest.raises(NotStorable, match="cents"):
        outcome.dump()
    assert str(outcome.result.cents) == "nan"


@pytest.mark.parametrize("odd", [None, 1, b"x", Cart(), (one for one in "x")], ids=lambda odd: type(odd).__name__)
@pytest.mark.parametrize("with_attempt", [False, True])
def test_a_result_of_another_class_did_happen_and_is_taken_back(odd: object, *, with_attempt: bool) -> None:
    """No type checker was asked, or it was misled: the next step never sees it."""
    seen: list[object] = []
    gives: Any = (lambda _, attempt: odd) if with_attempt else (lambda _: odd)
    first = step(name="first", takes=int, gives=str)(gives).undone_by(seen.append)
    second = step(name="second", takes=str, gives=str)(seen.append).kept("never")
    outcome = Saga("odd", first >> second).new(1).start()
    assert isinstance(outcome, RolledBack)
    assert outcome.failure.kind == "unstorable"
    assert seen == [odd]


def test_a_float_may_be_whole_and_a_union_may_be_none() -> None:
    """What can be stored is taken, though its class is looked into."""

    @read
    def half(number: int) -> float:
        return number

    @read
    def none(number: float) -> str | None:
        return None

    outcome = Saga("fine", half >> none).new(4).start()
    assert isinstance(outcome, Completed)
    assert outcome.state.trail.values[2:] == [4, None]
