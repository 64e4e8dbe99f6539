"""What somebody else does at the very moment: every append and every look may come second."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from resaga import Completed, Retry, RolledBack, Saga, step
from resaga.core import errors
from resaga.runtime.life import WORKER, Life
from resaga.stores.memory import MemoryStore
from resaga.stores.store import Append
from tests.runtime.runtimes import AnyRuntime, made
from tests.runtime.shop import CALLS, CHECKOUT, NAP, OTHER, Order, Shop, approval, charge, release, reserve, second

pytestmark = pytest.mark.usefixtures("both_runtimes")

A: Any = "A-1"


class Meddling:
    """A store where somebody is faster, once."""

    def __init__(self, inner: MemoryStore, meddle: Callable[[], object], *, signs: bool = False) -> None:
        self.inner = inner
        self.meddle: Callable[[], object] | None = meddle
        self.signs = signs

    def append(self, batch: Sequence[Append], /) -> list[bool]:
        if (batch[0].status == WORKER) == self.signs:
            self.now()
        return self.inner.append(batch)

    def delete(self, id: str, revision: int, write_id: bytes | None = None, /) -> bool:
        self.now()
        return self.inner.delete(id, revision, write_id)

    def now(self) -> None:
        meddle, self.meddle = self.meddle, None
        if meddle is not None:
            meddle()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self.inner, name)


def meddled(shop: Shop, meddle: Callable[[], object], *sagas: Any, signs: bool = False) -> AnyRuntime:  # noqa: ANN401
    return made(Meddling(shop.store, meddle, signs=signs), sagas or (CHECKOUT, NAP), clock=shop.clock)


def test_an_answer_after_a_cancel() -> None:
    """The cancel was recorded first, so there is nothing to answer any more."""
    shop = Shop()
    shop.runtime.run(CHECKOUT, Order(A), id=A)
    slow = meddled(shop, lambda: shop.runtime.cancel(A, "enough"))
    with pytest.raises(errors.Conflict):
        slow.answer(A, approval, True)
    shop.runtime.tick()
    assert isinstance(shop.runtime.load(CHECKOUT, A), RolledBack)


def test_an_answer_after_another_ones() -> None:
    """One that is kept for a later gate is no reason to refuse this one: both are there."""
    shop = Shop()
    shop.runtime.run(CHECKOUT, Order(A), id=A)
    meddled(shop, lambda: shop.runtime.answer(A, second, True)).answer(A, approval, True)
    assert isinstance(shop.runtime.resume(CHECKOUT, A), Completed)


def test_an_answer_that_was_early_when_it_was_given() -> None:
    """Its gate was reached meanwhile, and nobody drives it any more: it is found all the same."""
    shop = Shop()
    shop.runtime.submit(CHECKOUT, Order(A), id=A)
    meddled(shop, shop.runtime.tick).answer(A, approval, True)
    assert shop.runtime.tick() == 1
    assert shop.runtime.get(A).path == "second"


def test_a_cancel_after_an_answer() -> None:
    """The answer was recorded first, and it is rolled back all the same."""
    shop = Shop()
    shop.runtime.run(CHECKOUT, Order(A), id=A)
    meddled(shop, lambda: shop.runtime.answer(A, approval, True)).cancel(A, "enough")
    shop.runtime.tick()
    assert isinstance(shop.runtime.load(CHECKOUT, A), RolledBack)


def test_an_answer_that_is_not_needed_any_more() -> None:
    """It was kept for a gate that a rollback does not come to, and is forgotten."""
    shop = Shop()
    shop.runtime.run(CHECKOUT, Order(A), id=A)
    shop.runtime.answer(A, second, True)
    shop.runtime.cancel(A, "enough")
    shop.runtime.tick()
    stored = shop.store.read(A)
    assert stored is not None
    assert (stored.status, stored.entries) == ("rolled back", ())


def stuck(shop: Shop) -> Any:  # noqa: ANN401 - a saga of any types
    saga: Any = Saga("lost", reserve.undone_by(release) >> charge.irreversible())
    shop.runtime = shop.another(saga)
    shop.runtime.run(saga, Order(A, "lost"), id=A)
    return saga


VERBS: list[Callable[[AnyRuntime], None]] = [
    lambda runtime: runtime.retry(A),
    lambda runtime: runtime.skip(A, "so be it", by="ann"),
    lambda runtime: runtime.mark_done(A, "receipt", by="ann"),
]


@pytest.mark.parametrize("slow", VERBS)
@pytest.mark.parametrize("fast", VERBS)
def test_two_people_decide(slow: Callable[[AnyRuntime], None], fast: Callable[[AnyRuntime], None]) -> None:
    """The first decision counts, and the second is told that there is nothing to decide."""
    shop = Shop()
    saga = stuck(shop)
    with pytest.raises(errors.NotStuckThere):
        slow(meddled(shop, lambda: fast(shop.runtime), saga))


def test_a_delete_after_a_cancel() -> None:
    """It is forgotten wherever it stands."""
    shop = Shop()
    shop.runtime.run(CHECKOUT, Order(A), id=A)
    meddled(shop, lambda: shop.runtime.cancel(A, "enough")).delete(A)
    assert list(shop.runtime.find()) == []


def test_it_is_deleted_and_begun_again() -> None:
    """What was driven is lost to the one that has its id now, and does not write into that."""
    shop = Shop()

    def again() -> None:
        shop.runtime.delete(A)
        shop.runtime.submit(NAP, Order(A), id=A)

    shop.runtime.run(CHECKOUT, Order(A), id=A)
    shop.runtime.answer(A, approval, True)
    with pytest.raises(errors.Conflict, match="deleted"):
        meddled(shop, again).resume(CHECKOUT, A)
    assert shop.runtime.get(A).saga == "nap"


def test_it_is_begun_twice_at_once_and_deleted() -> None:
    """Whoever found it there, and then not, begins it."""
    shop = Shop()

    class Flashing(Meddling):
        """What was begun a moment ago is gone when it is looked for."""

        def append(self, batch: Sequence[Append], /) -> list[bool]:
            applied = super().append(batch)
            if batch[0].status != WORKER and not applied[0]:
                shop.runtime.delete(A)
            return applied

    store = Flashing(shop.store, lambda: shop.runtime.submit(NAP, Order(A, "other"), id=A))
    runtime = made(store, [NAP], clock=shop.clock)
    assert runtime.run(NAP, Order(A), id=A).status.value == "paused"


def test_an_early_answer_while_it_comes_to_rest() -> None:
    """It is heard before the execution rests, and so it goes on."""
    shop = Shop()
    saga: Any = Saga("one", reserve.undone_by(release) >> approval)
    other = shop.another(saga)

    class Late(Meddling):
        def append(self, batch: Sequence[Append], /) -> list[bool]:
            if batch[0].status == "paused":
                self.now()
            return self.inner.append(batch)

    runtime = made(Late(shop.store, lambda: other.answer(A, approval, True)), [saga], clock=shop.clock)
    assert isinstance(runtime.run(saga, Order(A), id=A), Completed)


@pytest.mark.parametrize("asks", [False, True])
def test_half_of_a_batch_was_applied(asks: bool) -> None:  # noqa: FBT001 - a parameter
    """The rest of it comes behind that half, and behind what somebody asked for then."""
    shop = Shop()

    class Halving(Meddling):
        """A store that writes the first of several, and fails, once."""

        def append(self, batch: Sequence[Append], /) -> list[bool]:
            if len(batch) > 1 and self.meddle is not None:
                self.inner.append(batch[:1])
                self.now()
                raise errors.StoreUnreachable("It is away.", where="here", code="")
            return self.inner.append(batch)

    def ask() -> None:
        if asks:
            shop.runtime.answer(A, second, True)

    runtime = made(Halving(shop.store, ask), [CHECKOUT], clock=shop.clock)
    assert runtime.run(CHECKOUT, Order(A), id=A).status.value == "paused"
    shop.runtime.answer(A, approval, True)
    shop.runtime.tick()
    assert CALLS[:3] == ["reserve", "price", "approval"]
    assert CALLS[3:] == (["second", "charge"] if asks else [])


class Cut:
    """A clock at which sleeping is interrupted."""

    def __init__(self, inner: Any) -> None:  # noqa: ANN401 - a FakeClock
        self.inner = inner

    def sleep(self, seconds: float, /) -> None:
        raise KeyboardInterrupt

    async def sleep_async(self, seconds: float, /) -> None:
        raise KeyboardInterrupt

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the clock has it
        return getattr(self.inner, name)


def test_it_sleeps_in_a_process_that_lives() -> None:
    """Who lives looks after its own; when it is dead, others do, unless they do not know the saga."""

    @step(retry=Retry(2, delay=timedelta(seconds=1)))
    def fails(order: Order) -> Order:
        CALLS.append("fails")
        raise ValueError("no")

    saga: Any = Saga("asleep", reserve.undone_by(release) >> fails.kept("it harms nobody"))
    shop = Shop()
    clock: Any = Cut(shop.clock)
    runtime = made(shop.store, [saga], clock=clock)
    with pytest.raises(KeyboardInterrupt):
        runtime.run(saga, Order(A), id=A)
    shop.clock.advance(timedelta(seconds=2))
    assert shop.another(saga).tick() == 0
    runtime._life._over.set()
    shop.clock.advance(timedelta(seconds=31))
    assert shop.another(OTHER).tick() == 0
    assert shop.another(saga).tick() == 1
    assert CALLS == ["reserve", "fails", "fails", "release"]


def test_what_was_left_is_deleted() -> None:
    """A tick does not stumble over it."""
    shop = Shop()
    with pytest.raises(KeyboardInterrupt):
        shop.runtime.run(NAP, Order(A, "interrupt"), id=A)
    shop.runtime.delete(A)
    assert shop.runtime.tick() == 0


def test_a_sign_that_was_taken_for_dead() -> None:
    """It is made again before anything else is taken up."""
    shop = Shop()
    life = Life(shop.store, shop.clock)
    name = life.owner()
    shop.clock.advance(timedelta(minutes=1))
    assert shop.runtime.tick() == 0  # and it tidied up
    assert shop.store.read(name) is None
    assert life.owner() == name
    sign = shop.store.read(name)
    assert sign is not None
    assert sign.wake_at == shop.clock.wall() + 30_000_000_000
    life.end(leaves=False)
    assert shop.store.read(name) is None


def test_a_sign_that_somebody_else_wrote() -> None:
    """An append that failed was applied: the next one goes behind it."""
    shop = Shop()
    life = Life(shop.store, shop.clock)
    name = life.owner()
    sign = shop.store.read(name)
    assert sign is not None
    shop.store.append([Append(name, 2, b"", b"", "", WORKER, sign.wake_at, name)])
    shop.clock.advance(timedelta(minutes=1))
    assert life.owner() == name
    life.end(leaves=True)
    left = shop.store.read(name)
    assert left is not None
    assert left.wake_at == 0


def test_a_sign_of_a_parent() -> None:
    """In a child that was forked it is another's: neither ended nor used."""
    shop = Shop()
    life = Life(shop.store, shop.clock)
    name = life.owner()
    life._over.set()
    life._home = 0
    life.end(leaves=False)
    assert shop.store.read(name) is not None
    assert life.owner() != name
    life.end(leaves=False)


def test_nothing_was_owned() -> None:
    """A runtime that owned nothing leaves nothing."""
    shop = Shop()
    shop.runtime.close()
    assert shop.store.find() == []


class Over:
    """An event that is waited for once, and may be set by somebody else while it is waited for the lock."""

    def __init__(self, *, is_set: bool) -> None:
        self.waited = 0
        self.is_set = lambda: is_set

    def wait(self, seconds: float) -> bool:
        self.waited += 1
        return self.waited > 1


@pytest.mark.parametrize("ended", [False, True])
def test_a_beat(ended: bool) -> None:  # noqa: FBT001 - a case
    """A sign is renewed; not if it was ended meanwhile."""
    shop = Shop()
    life = Life(shop.store, shop.clock)
    life.owner()
    over: Any = Over(is_set=ended)
    life._beat(over)
    assert [head.revision for head in shop.store.find()] == [1 if ended else 2]
    life.end(leaves=False)
    assert shop.store.find() == []
