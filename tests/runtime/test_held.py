"""What somebody else does at the very moment: every append and every look may come second."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from resaga import Answered, Completed, Retry, RolledBack, Saga, step
from resaga.core import errors
from resaga.runtime import BlockingRuntime, life
from resaga.runtime.life import WORKER, Life
from resaga.stores.memory import MemoryStore
from resaga.stores.store import Append
from tests.runtime.newer import MIGRATION, NEWER
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
    one = Life(shop.store, shop.clock)
    name = one.owner()
    shop.clock.advance(timedelta(minutes=1))
    assert shop.runtime.tick() == 0  # and it tidied up
    assert shop.store.read(name) is None
    assert one.owner() == name
    sign = shop.store.read(name)
    assert sign is not None
    assert sign.wake_at == shop.clock.wall() + 30_000_000_000
    one.end(leaves=False)
    assert shop.store.read(name) is None


def test_a_sign_that_somebody_else_wrote() -> None:
    """An append that failed was applied: the next one goes behind it."""
    shop = Shop()
    one = Life(shop.store, shop.clock)
    name = one.owner()
    sign = shop.store.read(name)
    assert sign is not None
    shop.store.append([Append(name, 2, b"", b"", "", WORKER, sign.wake_at, name)])
    shop.clock.advance(timedelta(minutes=1))
    assert one.owner() == name
    one.end(leaves=True)
    left = shop.store.read(name)
    assert left is not None
    assert left.wake_at == 0


def test_a_sign_of_a_parent() -> None:
    """In a child that was forked it is another's: neither ended nor used."""
    shop = Shop()
    one = Life(shop.store, shop.clock)
    name = one.owner()
    one._over.set()
    one._home = 0
    one.end(leaves=False)
    assert shop.store.read(name) is not None
    assert one.owner() != name
    one.end(leaves=False)


def test_nothing_was_owned() -> None:
    """A runtime that owned nothing leaves nothing."""
    shop = Shop()
    shop.runtime.close()
    assert shop.store.find() == []


class Over:
    """An event that is waited for so often, and may be set by somebody else while it is waited for the lock."""

    def __init__(self, times: int = 1, *, is_set: bool = False) -> None:
        self.waits = [*[False] * times, True]
        self.is_set = lambda: is_set

    def wait(self, seconds: float) -> bool:
        return self.waits.pop(0)


@pytest.mark.parametrize("ended", [False, True])
def test_a_beat(ended: bool) -> None:  # noqa: FBT001 - a case
    """A sign is renewed; not if it was ended meanwhile."""
    shop = Shop()
    one = Life(shop.store, shop.clock)
    one.owner()
    over: Any = Over(is_set=ended)
    one._beat(over)
    assert [head.revision for head in shop.store.find()] == [1 if ended else 2]
    one.end(leaves=False)
    assert shop.store.find() == []


def no_memory() -> None:
    raise MemoryError


def test_a_beat_that_fails() -> None:
    """Whatever it was, the next one is given."""
    shop = Shop()
    store: Any = Meddling(shop.store, bool, signs=True)
    one = Life(store, shop.clock)
    one.owner()
    store.meddle = no_memory
    over: Any = Over(2)
    one._beat(over)
    assert [head.revision for head in shop.store.find()] == [2]
    one.end(leaves=False)


def test_no_thread_to_beat_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is owned then, as nobody would see for how long its owner lives; it is as soon as there is one."""

    def no_more(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    shop = Shop()
    with monkeypatch.context() as patched:
        patched.setattr(life, "start_new_thread", no_more)
        with pytest.raises(errors.NoThread, match="signs of life"):
            shop.runtime.run(CHECKOUT, Order(A), id=A)
    assert shop.store.find() == []
    begun = list[object]()
    monkeypatch.setattr(life, "start_new_thread", lambda *_: begun.append("a thread"))
    shop.runtime.run(CHECKOUT, Order(A), id=A)
    assert begun == ["a thread"]


def test_a_sign_that_cannot_be_given() -> None:
    """Its thread does not wait for the next beat."""
    shop = Shop()
    store: Any = Meddling(shop.store, no_memory, signs=True)
    one = Life(store, shop.clock)
    with pytest.raises(MemoryError):
        one.owner()
    assert one._over.is_set()
    assert one.owner()
    one.end(leaves=False)


# ---- an answer of the store that was lost --------------------------------------------------------


def lossy(shop: Shop, meanwhile: Callable[[], object]) -> AnyRuntime:
    """A runtime on a store that applies something, and fails; somebody else is quick."""

    class Lossy(Meddling):
        def append(self, batch: Sequence[Append], /) -> list[bool]:
            applied = self.inner.append(batch)
            if self.meddle and batch[0].status != WORKER:
                self.now()
                raise errors.StoreUnreachable("It was cut off.", where="here", code="")
            return applied

    return made(Lossy(shop.store, meanwhile), (CHECKOUT, NAP), clock=shop.clock)


def test_an_answer_that_was_gone_on_with() -> None:
    """It was applied, and a worker has written a document since: it is told by its row."""
    shop = Shop()
    shop.runtime.run(CHECKOUT, Order(A), id=A)
    lossy(shop, shop.runtime.tick).answer(A, approval, True, by="ann")
    assert shop.runtime.get(A).path == "second"


def test_an_answer_that_was_not_applied() -> None:
    """Somebody else's was, at another moment."""
    shop = Shop()
    shop.runtime.run(CHECKOUT, Order(A), id=A)

    def other() -> None:
        shop.clock.advance(timedelta(seconds=1))
        shop.runtime.answer(A, approval, True)
        shop.runtime.tick()

    with pytest.raises(errors.Conflict, match="has its answer already"):
        meddled(shop, other).answer(A, approval, True)


def test_an_answer_that_was_migrated() -> None:
    """It is of another saga by now, and cannot be compared."""
    shop = Shop()
    shop.runtime.run(CHECKOUT, Order(A), id=A)
    newer = shop.another(NEWER)
    with pytest.raises(errors.UnknownSaga):
        lossy(shop, lambda: newer.migrate(MIGRATION, A)).answer(A, approval, True)
    assert isinstance(newer.load(NEWER, A), Answered)


# ---- threads -------------------------------------------------------------------------------------


def test_what_another_thread_has_begun_meanwhile() -> None:
    """Whoever is done with an execution forgets nothing of whoever drives it then."""
    runtime, seen = BlockingRuntime(MemoryStore(), [CHECKOUT]), list[object]()
    driving = runtime._driving

    class Turns(dict[str, Any]):
        """Another thread's turn comes as soon as it may drive."""

        def __delitem__(self, id_: str) -> None:
            super().__delitem__(id_)
            seen.append(dict(driving._owned))

    driving._held = Turns()
    runtime.run(CHECKOUT, Order(A), id=A)
    assert seen == [{}], "what rests is forgotten before anybody else may drive it"
