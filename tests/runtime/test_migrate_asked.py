"""What was asked of an execution before it was migrated, and is not honoured yet."""

from datetime import timedelta
from typing import Any, Final

import pytest

from resaga import Answered, Completed, Gate, Paused, RolledBack, Saga, Stuck, gate, step, wait
from resaga.core import errors
from tests.runtime.newer import BODY, MIGRATION, NEWER, kept, same, score
from tests.runtime.places import Place, place
from tests.runtime.shop import (
    CALLS,
    CHECKOUT,
    A,
    Died,
    Order,
    Shop,
    approval,
    charge,
    paused,
    price,
    release,
    reserve,
    second,
)

__all__ = ["place"]

pytestmark = pytest.mark.usefixtures("both_runtimes")


@gate(name="chief")
def chief(order: Order, why: str) -> Order:
    CALLS.append(f"chief {why}")
    return order


def why(ok: bool) -> str:  # noqa: FBT001 - an answer
    return f"said {ok}"


WITH_CHIEF: Final[Any] = Saga("checkout", BODY >> approval >> chief >> charge.irreversible(), version=2)
WITHOUT: Final[Any] = Saga("checkout", BODY >> approval >> charge.irreversible(), version=2)


def answered_early(place: Place, gate: Gate[Any, Any, Any, Any] = second) -> None:
    """It waits at the first gate, and the second one is answered."""
    old = place.process(CHECKOUT)
    old.run(CHECKOUT, Order(A), id=A)
    old.answer(A, gate, True, by="ann")
    assert len(place.kept(A).entries) == 1
    CALLS.clear()


def test_an_answer_that_came_early(place: Place) -> None:
    """It is not asked for again."""
    answered_early(place)
    runtime = place.process(NEWER)
    assert isinstance(runtime.migrate(MIGRATION, A), Paused)
    with pytest.raises(errors.Conflict):
        runtime.answer(A, second, True)
    runtime.answer(A, approval, True)
    assert runtime.tick() == 1
    assert isinstance(runtime.load(NEWER, A), Completed)


def test_an_early_answer_to_what_has_another_name(place: Place) -> None:
    """It is the answer to what its gate has become, converted."""
    answered_early(place)
    runtime = place.process(WITH_CHIEF)
    migration = WITH_CHIEF.migration(CHECKOUT).supply(score).using(same)
    runtime.migrate(migration.step(second, chief).answered(why), A)
    runtime.answer(A, approval, True)
    assert runtime.tick() == 1
    assert CALLS == ["approval", "chief said True", "charge"]


def test_an_early_answer_to_what_is_gone() -> None:
    """Somebody says that it is; else it is refused, as is one that does not fit."""
    shop = Shop()
    paused(shop)
    shop.runtime.answer(A, second, True)
    runtime = shop.another(WITHOUT)
    migration = WITHOUT.migration(CHECKOUT).supply(score).using(same)
    with pytest.raises(errors.ProgramChanged, match="second was removed with the answer"):
        runtime.migrate(migration, A)
    chiefs = WITH_CHIEF.migration(CHECKOUT).supply(score).using(same).step(second, chief)
    with pytest.raises(errors.ProgramChanged, match="chief was re-typed in its answer"):
        shop.another(WITH_CHIEF).migrate(chiefs, A)
    runtime.migrate(migration.drop(second, "nobody asks"), A)
    assert kept(shop).entries == ()
    runtime.answer(A, approval, True)
    assert isinstance(runtime.resume(WITHOUT, A), Completed)


def test_an_early_answer_where_its_gate_is_reached_by_that() -> None:
    """It is taken in at once: whoever drives what is due goes on with it, and a second one comes too late."""
    shop = Shop()
    old: Any = Saga("slow", reserve.undone_by(release) >> wait(timedelta(days=30)) >> approval)
    new: Any = Saga("slow", reserve.undone_by(release) >> approval, version=2)
    runtime = shop.another(old, new)
    runtime.run(old, Order(A), id=A)
    runtime.answer(A, approval, True, by="ann")
    assert isinstance(runtime.migrate(new.migration(old), A), Answered)
    with pytest.raises(errors.Conflict):
        runtime.answer(A, approval, False, by="bob")
    assert runtime.tick() == 1
    assert isinstance(runtime.load(new, A), Completed)


@gate(name="second")
def other(order: Order, why: str) -> Order:
    return order


SHORT: Final[Any] = reserve.undone_by(release) >> price >> approval


@pytest.mark.parametrize("old", [Saga("checkout", SHORT >> other), Saga("checkout", SHORT)])
def test_an_early_answer_that_a_deploy_has_made_void(old: Any) -> None:  # noqa: ANN401 - a Saga
    """It is as if it had not been given, in the new saga too."""
    shop = Shop()
    paused(shop)
    shop.runtime.answer(A, second, True)
    new: Any = Saga("checkout", SHORT >> other, version=2)
    shop.another(new).migrate(new.migration(old), A)
    assert kept(shop).entries == ()


def test_a_cancel_that_was_not_heard() -> None:
    """It is taken in by whoever migrates: what was begun is in doubt, and then it is rolled back."""
    shop = Shop()

    @step
    def deadly(order: Order) -> Order:
        shop.another(old).cancel(A, "enough", by="ann")
        raise Died

    old: Any = Saga("deadly", reserve.undone_by(release) >> deadly.undone_by(release))
    new: Any = Saga("deadly", reserve.undone_by(release) >> deadly.undone_by(release) >> price, version=2)
    shop.runtime = shop.another(old)
    with pytest.raises(Died):
        shop.runtime.run(old, Order(A), id=A)
    shop.die()
    runtime = shop.another(new)
    stuck = runtime.migrate(new.migration(old), A)
    assert isinstance(stuck, Stuck)
    runtime.skip(A, "it has not happened", by="ann")
    assert runtime.tick() == 1
    outcome = runtime.load(new, A)
    assert isinstance(outcome, RolledBack)
    assert outcome.failure.message == "enough (ann)"
