"""Who migrates while others are at it, on stores that fail, and in processes that die: all of it or nothing."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from resaga import Completed, Paused
from resaga.core import errors
from resaga.stores.store import Append, Head
from tests.runtime.newer import MIGRATION, NEWER, kept
from tests.runtime.places import Place, place
from tests.runtime.runtimes import AnyRuntime, made
from tests.runtime.shop import (
    CALLS,
    CHECKOUT,
    A,
    Died,
    Order,
    Shop,
    approval,
    paused,
    second,
)

__all__ = ["place"]

pytestmark = pytest.mark.usefixtures("both_runtimes")


class Meddled:
    """A store of which the first append of an execution meets something."""

    def __init__(self, inner: Any, before: Callable[[], object], after: Callable[[], object] = bool) -> None:  # noqa: ANN401 - a Store
        self.inner = inner
        self.before = before
        self.after = after
        self.meets = True

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self.inner, name)

    def append(self, batch: Sequence[Append], /) -> Sequence[bool]:
        meets = self.meets and batch[0].status != "worker"
        self.meets = self.meets and not meets
        if meets:
            self.before()
        applied: Sequence[bool] = self.inner.append(batch)
        if meets:
            self.after()
        return applied


# ---- who is faster -------------------------------------------------------------------------------


def test_many_migrate_the_same_one(place: Place) -> None:
    """One of them does, and the others hear that it is done."""
    place.process(CHECKOUT).run(CHECKOUT, Order(A), id=A)
    revision = place.kept(A).revision
    runtimes = [place.process(NEWER) for _ in range(4)]
    barrier = threading.Barrier(4)

    def migrate(runtime: AnyRuntime) -> str:
        barrier.wait(30)
        try:
            return type(runtime.migrate(MIGRATION, A)).__name__
        except errors.WrongSaga as error:
            return type(error).__name__

    with ThreadPoolExecutor(4) as threads:
        came = sorted(threads.map(migrate, runtimes))
    assert came == ["Paused", "WrongSaga", "WrongSaga", "WrongSaga"]
    assert place.kept(A).revision == revision + 1


def test_somebody_else_migrates_it_meanwhile() -> None:
    """Then it is not of the old saga any more."""
    shop = Shop()
    paused(shop)
    store = Meddled(shop.store.twin(), lambda: shop.another(NEWER).migrate(MIGRATION, A))
    with pytest.raises(errors.WrongSaga):
        made(store, [NEWER], clock=shop.clock).migrate(MIGRATION, A)


def test_somebody_drives_it_meanwhile() -> None:
    """It is migrated from where that led; nothing is called twice."""
    shop = Shop()
    paused(shop)
    shop.runtime.answer(A, approval, True)
    store = Meddled(shop.store.twin(), lambda: shop.another(CHECKOUT).tick())
    there = made(store, [NEWER], clock=shop.clock).migrate(MIGRATION, A)
    assert there.state.path == "second"
    assert CALLS == ["reserve", "price", "approval"]


@pytest.mark.parametrize("verb", ["tick", "recover"])
def test_it_is_migrated_before_somebody_drives_it(verb: str) -> None:
    """Who was about to calls nothing."""
    shop = Shop()
    paused(shop)
    shop.runtime.answer(A, approval, True)
    store = Meddled(shop.store.twin(), lambda: shop.another(NEWER).migrate(MIGRATION, A))
    assert getattr(made(store, [CHECKOUT], clock=shop.clock), verb)() == 0
    assert CALLS == ["reserve", "price"]
    assert shop.another(NEWER).tick() == 1
    assert CALLS == ["reserve", "price", "approval"]


def test_somebody_answers_meanwhile() -> None:
    """What was said is there afterwards."""
    shop = Shop()
    paused(shop)
    store = Meddled(shop.store.twin(), lambda: shop.runtime.answer(A, second, True))
    made(store, [NEWER], clock=shop.clock).migrate(MIGRATION, A)
    runtime = shop.another(NEWER)
    runtime.answer(A, approval, True)
    assert isinstance(runtime.resume(NEWER, A), Completed)


def test_a_store_that_writes_one_by_one() -> None:
    """Nobody drives it before all is there that was asked of it."""
    shop = Shop()
    paused(shop)
    shop.runtime.answer(A, second, True)
    shop.runtime.answer(A, approval, True)
    ticks: list[int] = []

    class OneByOne:
        """Somebody else looks for what is due in between."""

        def __init__(self) -> None:
            self.inner = shop.store.twin()

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
            return getattr(self.inner, name)

        def append(self, batch: Sequence[Append], /) -> list[bool]:
            applied: list[bool] = []
            for item in batch:
                if applied:
                    ticks.append(shop.another(NEWER).tick())
                applied += self.inner.append([item])
            return applied

    made(OneByOne(), [NEWER], clock=shop.clock).migrate(MIGRATION, A)
    assert ticks == [0, 0]
    assert shop.another(NEWER).tick() == 1
    assert kept(shop).status == "completed"


# ---- a store that fails --------------------------------------------------------------------------


def away() -> None:
    raise errors.StoreUnreachable("It is away.", where="here", code="")


def dies() -> None:
    raise Died


@pytest.mark.parametrize("early", [False, True])
def test_a_store_that_fails_for_a_moment(place: Place, early: bool) -> None:  # noqa: FBT001 - a parameter
    """Whether it was applied or not, it is migrated once."""
    for fault in ((away, bool), (bool, away)):
        old = place.process(CHECKOUT)
        old.delete(A) if place.kept(A) else None
        old.run(CHECKOUT, Order(A), id=A)
        if early:
            old.answer(A, second, True)
        revision = place.kept(A).revision
        runtime = made(Meddled(place.store(), *fault), [NEWER], clock=place.clock)
        assert isinstance(runtime.migrate(MIGRATION, A), Paused)
        assert place.kept(A).revision == revision + (3 if early else 1)


@pytest.mark.parametrize("early", [False, True])
def test_a_death_in_between(place: Place, early: bool) -> None:  # noqa: FBT001 - a parameter
    """Either the old one stands, or the new one, with all that was asked of it."""
    for fault, saga in (((dies, bool), "checkout/1"), ((bool, dies), "checkout/2")):
        old = place.process(CHECKOUT)
        old.delete(A) if place.kept(A) else None
        old.run(CHECKOUT, Order(A), id=A)
        if early:
            old.answer(A, second, True)
        before: Head = place.kept(A)
        runtime = place.process(CHECKOUT, NEWER)
        store: Any = Meddled(place.store(), *fault)
        with pytest.raises(Died):
            made(store, [NEWER], clock=place.clock).migrate(MIGRATION, A)
        after: Head = place.kept(A)
        assert (after.saga, after.status, after.owner) == (saga, before.status, "")
        runtime.answer(A, approval, True)
        assert runtime.tick() == 1
        assert runtime.get(A).status == ("completed" if early else "paused")
