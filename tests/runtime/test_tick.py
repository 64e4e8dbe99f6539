"""`tick` as if it were another time, and `recover`: what is driven then, by which clock, and how often."""

import inspect
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest

from resaga import Completed, Paused, Reject, Retry, RolledBack, Saga, gate, read, step, wait
from resaga.core import errors
from resaga.runtime import BlockingRuntime, Runtime
from resaga.runtime.life import WORKER
from resaga.testing import FakeClock
from tests.runtime.places import Place, place
from tests.runtime.shop import CALLS, CHECKOUT, NAP, A, Died, Order, Shop, approval, price, release, reserve

__all__ = ["place"]

pytestmark = pytest.mark.usefixtures("both_runtimes")

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


def at(runtime: Any, id_: str = A) -> list[datetime]:  # noqa: ANN401 - either of them
    """When what happened to it is said to have happened."""
    return [event.at for event in runtime.events(id_)]


# ---- another time --------------------------------------------------------------------------------


def test_a_timer_wakes(place: Place) -> None:
    """At the time that is told, and not a moment before; that time is written; no clock is set by it."""
    runtime, now = place.process(NAP), place.clock.now
    assert isinstance(runtime.run(NAP, Order(A), id=A), Paused)
    assert runtime.tick(now + HOUR - timedelta(microseconds=1)) == 0
    assert runtime.tick() == 0
    assert runtime.tick(now + HOUR) == 1
    assert isinstance(runtime.load(NAP, A), Completed)
    assert set(at(runtime)) == {now, now + HOUR}
    assert place.clock.now == now


def test_a_deadline_passes() -> None:
    """As it would at that time."""

    @gate(deadline=DAY, expiry=Reject())
    def soon(order: Order, ok: bool) -> Order:  # noqa: FBT001 - an answer
        return order

    shop = Shop()
    saga: Any = Saga("soon", reserve.undone_by(release) >> soon)
    runtime = shop.another(saga)
    runtime.run(saga, Order(A), id=A)
    assert runtime.tick(shop.clock.now + HOUR) == 0
    assert runtime.tick(now=shop.clock.now + DAY) == 1
    assert isinstance(runtime.load(saga, A), RolledBack)


def test_a_retry_comes() -> None:
    """What waits before it tries again has waited for long enough."""
    fates = iter([ValueError("not now")])

    @read(retry=Retry(2, delay=HOUR))
    def later(order: Order) -> Order:
        for error in fates:
            raise error
        return order

    shop = Shop()
    saga: Any = Saga("later", later)
    runtime = shop.another(saga)
    assert isinstance(runtime.run(saga, Order(A), id=A), Paused)
    assert runtime.tick() == 0
    assert runtime.tick(shop.clock.now + 2 * HOUR) == 1
    assert isinstance(runtime.load(saga, A), Completed)


def test_time_goes_on_from_there() -> None:
    """What takes an hour has taken it, and what is waited for is counted from then."""
    shop = Shop()

    @read
    def slow(order: Order) -> Order:
        shop.clock.advance(HOUR)
        return order

    saga: Any = Saga("slow", slow >> wait(HOUR) >> price)
    runtime, then = shop.another(saga), shop.clock.now + DAY
    runtime.submit(saga, Order(A), id=A)
    assert runtime.tick(then) == 1
    assert at(runtime)[-1] == then + HOUR
    assert runtime.get(A).wake_at == then + 2 * HOUR
    assert runtime.tick(then + HOUR) == 0
    assert runtime.tick(then + 2 * HOUR) == 1


def test_it_is_nobodys_death() -> None:
    """Who drives something drives it still, however late it is said to be; nor does anybody sign for that time."""
    shop = Shop()
    with pytest.raises(KeyboardInterrupt):
        shop.runtime.run(CHECKOUT, Order(A, "interrupt"), id=A)
    other = shop.another()
    other.submit(NAP, Order("B"), id="B")
    assert other.tick(shop.clock.now + 2 * DAY) == 1
    assert CALLS == ["reserve", "reserve"]
    signs = [head.wake_at for head in shop.store.find() if head.status == WORKER]
    assert len(signs) == 2
    assert all(sign is not None and sign <= shop.clock.wall() + 30_000_000_000 for sign in signs)


def test_a_time_before_what_was_written(place: Place) -> None:
    """It is as on a clock that was set back: what came later is not due, and what is driven all the same is sound."""
    runtime, now = place.process(NAP, CHECKOUT), place.clock.now
    runtime.submit(CHECKOUT, Order("B"), id="B")
    with pytest.raises(KeyboardInterrupt):
        runtime.run(NAP, Order(A, "interrupt"), id=A)
    assert runtime.tick(now - DAY) == 1  # what it had left itself
    assert at(runtime)[-1] == now - DAY
    assert runtime.get("B").status == "new"
    assert isinstance(runtime.load(NAP, A), Paused)
    assert place.process(NAP, CHECKOUT).tick(now + HOUR) == 2
    assert isinstance(runtime.load(NAP, A), Completed)


def test_any_time_that_a_store_can_look_for(place: Place) -> None:
    """From the first to the last one; what is due later than that is looked at then."""
    late: Any = Saga("late", wait(timedelta(days=365 * 200)) >> price)
    ages: Any = Saga("ages", wait(timedelta(days=365 * 1_000)) >> price)
    runtime = place.process(late, ages)
    for saga in (late, ages):
        assert isinstance(runtime.run(saga, Order(A), id=saga.name), Paused)
    assert runtime.tick(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert runtime.tick(datetime(2262, 4, 11, 23, 47, 16, 854775, tzinfo=UTC)) == 1
    assert isinstance(runtime.load(late, "late"), Completed)
    assert isinstance(runtime.load(ages, "ages"), Paused)


NO_TIMES: Final[Any] = (
    datetime(2030, 1, 1),  # noqa: DTZ001 - that is it
    date(2030, 1, 1),
    0,
    "2030-01-01",
    datetime.min.replace(tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC),
)


@pytest.mark.parametrize("now", NO_TIMES)
def test_what_is_no_time(now: Any) -> None:  # noqa: ANN401 - as untyped callers have it
    """Nor is one of which nobody knows where, or that no store can look for: nothing is driven."""
    shop = Shop()
    shop.runtime.submit(NAP, Order(A), id=A)
    with pytest.raises(errors.InvalidArgument, match="now="):
        shop.runtime.tick(now)
    assert CALLS == []


def test_what_was_cut_off_is_found_out_then() -> None:
    """That time is written for it."""
    shop = Shop()
    with pytest.raises(KeyboardInterrupt):
        shop.runtime.run(NAP, Order(A, "interrupt"), id=A)
    shop.die()
    then = shop.clock.now + HOUR
    assert shop.runtime.tick(then) == 1
    assert [event.at for event in shop.runtime.events(A) if event.what == "interrupted"] == [then]


# ---- what was under way --------------------------------------------------------------------------


def test_what_is_recovered(place: Place) -> None:
    """What somebody was driving who died, once; what has not begun, and what waits for its time, is left to `tick`."""
    dead = place.process(NAP, CHECKOUT)
    dead.submit(CHECKOUT, Order("new"), id="new")
    dead.run(NAP, Order("asleep"), id="asleep")
    CALLS.clear()
    with pytest.raises(KeyboardInterrupt):
        dead.run(NAP, Order(A, "interrupt"), id=A)
    other, another = place.process(NAP, CHECKOUT), place.process(NAP, CHECKOUT)
    assert other.recover() == 0, "it lives"
    dead._life._over.set()
    place.clock.advance(HOUR)
    assert other.recover() == 1
    assert another.recover() == 0
    assert CALLS == ["reserve", "reserve"]
    assert place.process(NAP, CHECKOUT).tick() == 2


def test_tick_does_both() -> None:
    """What it has driven needs nobody else."""
    shop = Shop()
    shop.runtime.submit(CHECKOUT, Order("new"), id="new")
    with pytest.raises(KeyboardInterrupt):
        shop.runtime.run(NAP, Order(A, "interrupt"), id=A)
    shop.die()
    assert shop.runtime.tick() == 2
    assert shop.another().recover() == 0
    assert CALLS.count("reserve") == 3


def test_what_was_let_go_of() -> None:
    """Nobody need wait for a lease, whoever let go: one that was closed, or this one itself."""
    shop = Shop()
    with pytest.raises(KeyboardInterrupt), shop.another() as runtime:
        runtime.run(CHECKOUT, Order(A, "interrupt"), id=A)
    assert shop.runtime.recover() == 1
    CALLS.clear()
    with pytest.raises(KeyboardInterrupt):
        shop.runtime.run(CHECKOUT, Order("B", "interrupt"), id="B")
    assert shop.runtime.recover() == 1
    assert shop.runtime.recover() == 0
    assert shop.another().tick() == 0


def test_what_was_answered_is_under_way() -> None:
    """It is not told from what was let go of."""
    shop = Shop()
    shop.runtime.run(CHECKOUT, Order(A), id=A)
    shop.runtime.answer(A, approval, True)
    assert shop.another().recover() == 1
    assert shop.another().recover() == 0


def test_a_death_while_it_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a retry: it was being driven, too."""

    def dies(clock: FakeClock, seconds: float) -> None:
        raise Died

    @step(retry=Retry(2, delay=timedelta(milliseconds=500)))
    def again(order: Order) -> Order:
        CALLS.append("again")
        if len(CALLS) == 1:
            raise ValueError("not now")
        return order

    shop = Shop()
    saga: Any = Saga("again", again.kept("it is a test"))
    runtime = shop.another(saga)
    with monkeypatch.context() as patch:
        patch.setattr(FakeClock, "sleep", dies)
        with pytest.raises(Died):
            runtime.run(saga, Order(A), id=A)
    runtime._life._over.set()
    shop.clock.advance(timedelta(seconds=31))
    assert shop.another(saga).recover() == 1
    assert CALLS == ["again", "again"]


def test_many_are_recovered_once_each() -> None:
    """However few go on at once: what is found in two ways is told once."""
    shop = Shop()
    for number in range(130):
        with pytest.raises(KeyboardInterrupt):
            shop.runtime.run(NAP, Order(A, "interrupt"), id=f"N-{number}")
        CALLS.clear()
    CALLS.append("reserve")
    shop.die()
    other = shop.runtime
    few: dict[str, Any] = {} if isinstance(other, BlockingRuntime) else {"at_once": 1}
    assert other.recover(**few) == 130
    assert CALLS.count("reserve") == 131
    assert other.tick(**few) == 0


# ---- both alike ----------------------------------------------------------------------------------


def test_the_runtimes_have_the_same_verbs() -> None:
    """Said alike; what the awaiting one can be told besides is how many it drives at once."""

    def verbs(kind: type) -> dict[str, list[str]]:
        public = ((name, one) for name, one in inspect.getmembers(kind, callable) if not name.startswith("_"))
        return {
            name: [p for p in inspect.signature(one).parameters if p not in ("at_once", "threads")]
            for name, one in public
        }

    awaiting = verbs(Runtime)
    del awaiting["handle"]  # who blocks has nothing to wait for
    assert awaiting == verbs(BlockingRuntime)
