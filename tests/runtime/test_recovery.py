"""What goes on after a deploy, after a death, after a close: by whoever comes next."""

import os
import time
from datetime import timedelta
from typing import Any

import pytest

from resaga import Completed, Paused, Saga, Stuck, gate, read, step, when
from resaga.core import errors
from resaga.runtime import BlockingRuntime
from resaga.runtime.life import WORKER
from tests.runtime.runtimes import made
from tests.runtime.shop import (
    CALLS,
    CHECKOUT,
    NAP,
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

pytestmark = pytest.mark.usefixtures("both_runtimes")

A: Any = "A-1"


def never(order: Order) -> bool:
    return False


# ---- a deploy ------------------------------------------------------------------------------------


def test_a_program_that_changed_too_much() -> None:
    """A tick leaves it alone and goes on with its neighbours."""
    shop = Shop()
    shop.runtime.submit(CHECKOUT, Order(A), id=A)
    shop.runtime.submit(NAP, Order("B"), id="B")
    stored = shop.store.read(A)

    @read
    def number(context: int) -> int:
        return context

    changed: Any = Saga("checkout", number)
    assert shop.another(changed, NAP).tick() == 1
    assert shop.store.read(A) == stored
    with pytest.raises(errors.ProgramChanged):
        shop.another(changed).resume(changed, A)


def test_a_program_that_changed_a_little() -> None:
    """It goes on with what another one wrote, and with the answers that were kept."""
    shop = Shop()
    paused(shop)
    shop.runtime.answer(A, second, True)
    body: Any = reserve.undone_by(release) >> price >> approval >> second >> price.named("again")
    longer: Any = Saga("checkout", body >> charge.irreversible())
    new = shop.another(longer)
    new.answer(A, approval, True, by="ann")
    assert isinstance(new.resume(longer, A), Completed)
    assert CALLS == ["reserve", "price", "approval", "second", "price", "charge"]


def test_a_kept_answer_that_fits_no_more() -> None:
    """It is as if it had not been given: its gate, which asks for something else now, is waited at."""
    shop = Shop()
    paused(shop)
    shop.runtime.answer(A, second, True)

    @gate(name="second")
    def other(order: Order, why: str) -> Order:
        CALLS.append(why)
        return order

    changed: Any = Saga("checkout", reserve.undone_by(release) >> price >> approval >> other >> charge.irreversible())
    new = shop.another(changed)
    new.answer(A, approval, True)
    assert isinstance(new.resume(changed, A), Paused)
    assert new.get(A).path == "second"
    new.answer(A, other, "because")
    assert isinstance(new.resume(changed, A), Completed)
    assert CALLS == ["reserve", "price", "approval", "because", "charge"]


def test_a_deploy_among_deaths() -> None:
    """What a new program writes behind an old one's journal can be read by the next process."""
    shop = Shop()

    @step
    def deadly(order: Order) -> Order:
        CALLS.append("deadly")
        if CALLS.count("deadly") < 4:
            raise Died
        return order

    body: Any = reserve.undone_by(release) >> deadly.kept("it harms nobody")
    old: Any = Saga("deadly", body)
    new: Any = Saga(
        "deadly", reserve.undone_by(release) >> when(never, price) >> deadly.kept("no harm") >> price.named("then")
    )
    for saga in (old, new, new):
        shop.runtime = shop.another(saga)
        with pytest.raises(Died):
            shop.runtime.run(saga, Order(A), id=A)
        shop.die()
    shop.runtime = shop.another(new)
    assert shop.runtime.tick() == 1
    assert isinstance(shop.runtime.load(new, A), Completed)
    assert CALLS == ["reserve", "deadly", "deadly", "deadly", "deadly", "price"]


# ---- processes that die --------------------------------------------------------------------------


def test_a_crash_loop(caplog: pytest.LogCaptureFixture) -> None:
    """T31: what killed five is put aside, its 100 neighbours finish, and a person can take it up again."""
    shop = Shop()
    with pytest.raises(Died):
        shop.runtime.run(NAP, Order(A, "deadly"), id=A)
    for number in range(100):
        shop.runtime.submit(NAP, Order(str(number)), id=f"N-{number}")
    deaths = 1
    for _ in range(10):
        shop.die()
        try:
            shop.runtime.tick()
        except Died:
            deaths += 1
    assert deaths == 5
    assert shop.runtime.get(A).status == "quarantined"
    assert len(list(shop.runtime.find(status="paused"))) == 100
    stored = shop.store.read(A)
    assert [one.message for one in caplog.records if "call retry('A-1')" in one.message] != []
    with pytest.raises(errors.Quarantined, match="died while they drove it"):
        shop.runtime.resume(NAP, A)
    with pytest.raises(errors.NotStuckThere, match=r"is quarantined, not stuck in a step; say retry\('A-1'\)"):
        shop.runtime.skip(A, "leave it", by="ann")
    assert shop.store.read(A) == stored
    shop.runtime.retry(A)
    with pytest.raises(Died):
        shop.runtime.tick()


def test_an_interrupt() -> None:
    """It passes through, nothing is undone, and the same process can go on at once."""
    shop = Shop()
    with pytest.raises(KeyboardInterrupt):
        shop.runtime.run(CHECKOUT, Order(A, "interrupt"), id=A)
    assert CALLS == ["reserve"]
    with pytest.raises(errors.Conflict):
        shop.another().resume(CHECKOUT, A)
    assert shop.runtime.tick() == 1
    assert CALLS == ["reserve", "reserve", "price"]


def test_a_death_among_the_living() -> None:
    """Who has looked at all not long ago finds what it drove, as soon as its lease is over."""
    shop = Shop()
    other = shop.another()
    assert other.tick() == 0
    with pytest.raises(KeyboardInterrupt):
        shop.runtime.run(NAP, Order(A, "interrupt"), id=A)
    assert other.tick() == 0
    shop.die()
    assert other.tick() == 1
    assert CALLS == ["reserve", "reserve"]


def test_what_is_left_by_a_close() -> None:
    """Others can go on with it at once; a runtime that leaves nothing leaves no sign of life either."""
    shop = Shop()
    with pytest.raises(KeyboardInterrupt), shop.another() as runtime:
        runtime.run(CHECKOUT, Order(A, "interrupt"), id=A)
    assert shop.runtime.tick() == 1
    assert shop.runtime.tick() == 0  # the sign of whoever left it is not needed any more
    shop.runtime.close()
    assert [head.id for head in shop.store.find()] == [A]


def test_what_is_driven_by_one_of_whom_there_is_no_sign() -> None:
    """He was taken for dead when he drove nothing, began something, and died: who comes next finds it all the same."""
    shop = Shop()
    with pytest.raises(KeyboardInterrupt):
        shop.runtime.run(CHECKOUT, Order(A, "interrupt"), id=A)
    sign = next(head for head in shop.store.find() if head.status == WORKER)
    assert shop.store.delete(sign.id, sign.revision)
    shop.die()
    assert shop.runtime.tick() == 1
    assert CALLS == ["reserve", "reserve", "price"]
    assert shop.runtime.tick() == 0


def test_it_was_deleted_meanwhile() -> None:
    """Whoever was driving it has lost it; and a tick is not held up by it."""
    shop = Shop()

    @step
    def deleting(order: Order) -> Order:
        shop.another(saga).delete(A)
        return order

    saga: Any = Saga("gone", deleting.kept("it harms nobody") >> price)
    runtime = shop.another(saga)
    with pytest.raises(errors.Conflict):
        runtime.run(saga, Order(A), id=A)
    assert runtime.tick() == 0


def test_a_value_that_cannot_be_written() -> None:
    """Its step is in doubt, for a person to decide; it is not called again and again."""
    shop = Shop()
    junk = "\ud800"

    @step
    def odd(order: Order) -> str:
        CALLS.append("odd")
        return junk

    saga: Any = Saga("odd", reserve.undone_by(release) >> odd.kept("it harms nobody"))
    runtime = shop.another(saga)
    outcome: Any = runtime.run(saga, Order(A), id=A)
    assert isinstance(outcome, Stuck)
    assert (type(outcome.why).__name__, outcome.failure.kind) == ("InDoubt", "unwritable")
    runtime.mark_done(A, "even", by="ann")
    assert isinstance(runtime.resume(saga, A), Completed)
    assert CALLS == ["reserve", "odd"]


def test_an_interrupt_kills_nobody() -> None:
    """However often a person cuts it off here, it is not put aside."""
    shop = Shop()

    @step
    def slow(order: Order) -> Order:
        CALLS.append("slow")
        if len(CALLS) < 8:
            raise KeyboardInterrupt
        return order

    saga: Any = Saga("slow", slow.kept("it harms nobody"))
    runtime = BlockingRuntime(shop.store, [saga], clock=shop.clock)
    for _ in range(7):
        with pytest.raises(KeyboardInterrupt):
            runtime.run(saga, Order(A), id=A)
    assert isinstance(runtime.run(saga, Order(A), id=A), Completed)
    assert [event.what for event in runtime.events(A)].count("interrupted") == 7


def test_it_beats() -> None:
    """As long as a process lives its sign is renewed."""
    shop = Shop()
    runtime = made(shop.store, [NAP], clock=shop.clock, lease=timedelta(milliseconds=3))
    runtime.run(NAP, Order(A), id=A)

    def revision() -> int:
        return next(head.revision for head in shop.store.find() if head.status == WORKER)

    until = time.monotonic() + 10
    while revision() < 3 and time.monotonic() < until:
        os.sched_yield()
    assert revision() >= 3
    runtime.close()


# ---- clocks that differ --------------------------------------------------------------------------


class Ahead:
    """A store whose clock is an hour ahead."""

    def __init__(self, shop: Shop) -> None:
        self.inner = shop.store.twin()
        self.wall_ns = lambda: shop.clock.wall() + 3_600_000_000_000

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self.inner, name)


def test_a_store_whose_clock_is_ahead() -> None:
    """Signs of life go by that one, but nothing is due before our own says so."""
    shop = Shop()
    runtime = made(Ahead(shop), [NAP], clock=shop.clock)
    assert isinstance(runtime.run(NAP, Order(A), id=A), Paused)
    assert runtime.tick() == 0
    shop.clock.advance(timedelta(hours=1))
    assert runtime.tick() == 1
    assert isinstance(runtime.load(NAP, A), Completed)
