"""A saga that runs another one as a step."""

from typing import Any

import pytest
from attrs import frozen

from resaga import Completed, Paused, Rejected, RolledBack, Saga, gate, run_saga, step
from resaga.core.attempt import Attempt
from resaga.core.errors import DuplicatePath, InvalidBody, InvalidName, InvalidOption, InvalidStepOrder


@frozen
class Order:
    id: str


@frozen
class Paid:
    receipt: str


@frozen
class Seen:
    what: str


CALLS: list[str] = []


@step
def hold(order: Order) -> Order:
    CALLS.append("hold")
    return order


def let_go(order: Order) -> None:
    CALLS.append("let go")


@gate
def approval(order: Order, ok: bool) -> Order:  # noqa: FBT001 - an answer
    if not ok:
        raise Rejected("no")
    return order


@step
def pay(order: Order, attempt: Attempt) -> Paid:
    CALLS.append("pay")
    attempt.emit(Seen(attempt.key))
    return Paid(f"r-{order.id}")


def pay_back(paid: Paid) -> None:
    CALLS.append("pay back")


@step
def ship(paid: Paid) -> Paid:
    CALLS.append("ship")
    if paid.receipt == "r-bad":
        raise ValueError("no such address")
    return paid


PAYMENT = Saga("payment", hold.undone_by(let_go) >> approval >> pay.undone_by(pay_back), emits=(Seen,))
SHOP = Saga("shop", run_saga(PAYMENT) >> ship.kept("it comes back by itself"), emits=(Seen,))
A: Any = "A-1"


def answered(id_: str, *, ok: bool = True) -> Any:  # noqa: ANN401 - an Outcome
    CALLS.clear()
    paused = SHOP.new(Order(id_)).start()
    assert isinstance(paused, Paused)
    assert paused.why.path == "payment/approval"
    again = SHOP.load_paused(paused.dump())
    return again.answer(approval, ok).resume()


def test_it_goes_on_with_its_result() -> None:
    """The child's gate is answered in the execution that runs it."""
    done = answered("1")
    assert isinstance(done, Completed)
    assert done.result == Paid("r-1")
    assert [timing.path for timing in done.state.step_timings] == [
        "payment/hold",
        "payment/approval",
        "payment/pay",
        "ship",
    ]


def test_what_takes_back_the_whole_takes_it_back() -> None:
    """In exact reverse, into the child and out of it."""
    assert isinstance(answered("bad"), RolledBack)
    assert CALLS == ["hold", "pay", "ship", "pay back", "let go"]


def test_a_child_that_rejects() -> None:
    """It takes itself back, and the parent what came before."""
    assert isinstance(answered("1", ok=False), RolledBack)
    assert CALLS == ["hold", "let go"]


def test_twice_under_two_names() -> None:
    """Each has paths, and so keys, of its own."""
    twice = Saga("twice", run_saga(SAME, name="one") >> run_saga(SAME, name="two"))
    assert [one.path for one in twice.program.instructions] == ["one/hold", "two/hold"]
    with pytest.raises(DuplicatePath):
        Saga("twice", run_saga(SAME) >> run_saga(SAME))


SAME = Saga("same", hold.undone_by(let_go))
SEALED = Saga("sealed", hold.undone_by(let_go) >> pay.irreversible(), emits=(Seen,))


def test_one_that_is_past_return() -> None:
    """It is refused where an undo would be needed, and nothing that needs one may follow it."""
    with pytest.raises(
        InvalidStepOrder, match="saga 'sealed' cannot be taken back once its step 'pay' is done"
    ) as told:
        run_saga(SEALED)
    assert (told.value.path, told.value.after) == ("sealed", "pay")
    Saga("last", hold.undone_by(let_go) >> run_saga(SEALED, irreversible=True), emits=(Seen,))
    behind: Any = run_saga(SEALED, irreversible=True)
    with pytest.raises(InvalidStepOrder):
        Saga("not-last", behind >> ship.kept("it comes back by itself"), emits=(Seen,))


def test_what_it_emits() -> None:
    """The parent has to say that it may, as each saga says what it emits."""
    with pytest.raises(InvalidOption, match="its child 'payment' emits Seen"):
        Saga("shop", run_saga(PAYMENT))


def test_what_is_no_saga() -> None:
    """A block is joined as it is."""
    block: Any = ship.kept("it comes back by itself")
    with pytest.raises(InvalidBody, match=r"run_saga\(…\) was given a Step; give it a Saga"):
        run_saga(block)


def test_its_name() -> None:
    with pytest.raises(InvalidName):
        run_saga(PAYMENT, name="no/name")
