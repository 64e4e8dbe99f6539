"""Answers: early, late, twice, wrong, and to whom."""

from typing import Any

import pytest

from resaga import Completed, Paused, Saga, gate, when
from resaga.core import errors
from tests.runtime.runtimes import made
from tests.runtime.shop import CALLS, CHECKOUT, A, Order, Shop, approval, paused, price, second

pytestmark = pytest.mark.usefixtures("both_runtimes")


def test_an_early_answer_is_kept() -> None:
    """It is used when its gate is reached, also if the execution rests before that."""
    shop = Shop()
    shop.runtime.submit(CHECKOUT, Order(A), id=A)
    shop.runtime.answer(A, second, True, by="ann")
    shop.runtime.tick()
    assert shop.runtime.get(A).path == "approval"
    shop.runtime.answer(A, approval, True)
    shop.another().tick()
    assert isinstance(shop.runtime.load(CHECKOUT, A), Completed)
    assert CALLS == ["reserve", "price", "approval", "second", "charge"]


def test_a_second_answer() -> None:
    """It is a conflict: before the gate, at it, and behind it."""
    shop = Shop()
    paused(shop)
    shop.runtime.answer(A, second, True)
    with pytest.raises(errors.Conflict):
        shop.runtime.answer(A, second, False)
    shop.runtime.answer(A, approval, True)
    with pytest.raises(errors.Conflict):
        shop.runtime.answer(A, approval, False)
    shop.runtime.resume(CHECKOUT, A)
    with pytest.raises(errors.Conflict):
        shop.runtime.answer(A, approval, True)


def test_an_answer_to_the_next_gate_while_one_is_decided() -> None:
    """What was answered at the first gate is no reason to refuse the answer to the second."""
    shop = Shop()
    paused(shop)
    shop.runtime.answer(A, approval, True)
    shop.runtime.answer(A, second, True)
    assert isinstance(shop.runtime.resume(CHECKOUT, A), Completed)


@pytest.mark.parametrize("early", [True, False])
def test_an_answer_of_the_wrong_type(early: bool) -> None:  # noqa: FBT001 - a parameter
    """It is refused, whether its gate is reached or not, and nothing is recorded."""
    shop = Shop()
    paused(shop)
    wrong: Any = "yes"
    with pytest.raises(errors.WrongAnswer):
        shop.runtime.answer(A, second if early else approval, wrong)
    stored = shop.store.read(A)
    assert stored is not None
    assert stored.entries == ()


def test_an_answer_to_no_gate_of_it() -> None:
    """A gate of another saga is none."""

    @gate
    def foreign(order: Order, ok: bool) -> Order:  # noqa: FBT001 - an answer
        return order

    shop = Shop()
    paused(shop)
    with pytest.raises(errors.NotAsked):
        shop.runtime.answer(A, foreign, True)


def test_one_gate_twice() -> None:
    """Each place of it has an answer of its own, and whoever answers says which: one that comes twice is for one."""
    saga: Any = Saga("twice", approval.named("first") >> approval.named("then"))
    shop = Shop()
    runtime = shop.another(saga)
    runtime.run(saga, Order(A), id=A)
    said = r"'approval' is asked at 'first/approval' and at 'then/approval'; say which by path=…\."
    with pytest.raises(errors.NotAsked, match=said):
        runtime.answer(A, approval, True)
    with pytest.raises(errors.NotAsked, match=r"'approval' is not asked at 'last', but at 'first/approval' and"):
        runtime.answer(A, approval, True, path="last")
    runtime.answer(A, approval, True, path="first/approval")
    with pytest.raises(errors.Conflict, match="'first/approval' has its answer already"):
        runtime.answer(A, approval, True, path="first/approval")
    assert isinstance(runtime.resume(saga, A), Paused)
    runtime.answer(A, approval, True, path="then/approval")
    assert isinstance(runtime.resume(saga, A), Completed)


def test_an_answer_to_what_is_cancelled() -> None:
    """It is told why nobody asks any more."""
    shop = Shop()
    paused(shop)
    shop.runtime.cancel(A, "enough", by="ann")
    with pytest.raises(errors.Conflict, match=r"cancelled: enough \(ann\), so it is rolled back"):
        shop.runtime.answer(A, approval, True)


def test_a_gate_that_has_the_name_of_a_condition() -> None:
    """An answer to it may come early all the same."""

    def condition(order: Order) -> bool:
        return True

    condition.__name__ = "second"
    saga: Any = Saga("named", when(condition, price) >> approval >> second)
    shop = Shop()
    runtime = shop.another(saga)
    runtime.run(saga, Order(A), id=A)
    runtime.answer(A, second, True)
    runtime.answer(A, approval, True)
    assert isinstance(runtime.resume(saga, A), Completed)


def test_an_early_answer_while_a_deploy_is_taken_in() -> None:
    """Whoever takes it over writes a document of its own program; what is said just before that is behind it."""
    body: Any = price >> approval >> second
    old: Any = Saga("three", body >> approval.named("last"))
    new: Any = Saga("three", body >> approval.named("last") >> price.named("then"))
    shop = Shop()
    before = shop.another(old)
    before.run(old, Order(A), id=A)
    before.answer(A, approval, True, path="approval")

    class Slow:
        """Somebody answers before the first append."""

        def __init__(self) -> None:
            self.inner = shop.store.twin()
            self.says = True

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
            return getattr(self.inner, name)

        def append(self, batch: Any, /) -> Any:  # noqa: ANN401 - as the store has it
            if self.says and batch[0].status != "worker":
                self.says = False
                shop.another(old).answer(A, approval, True, path="last/approval")
            return self.inner.append(batch)

    assert isinstance(made(Slow(), [new], clock=shop.clock).resume(new, A), Paused)
    after = shop.another(new)
    after.answer(A, second, True)
    assert isinstance(after.resume(new, A), Completed)
