"""What happened, as others may be told."""

from datetime import timedelta
from typing import Any, get_args

import pytest

from resaga import NotYet, Saga, step
from resaga.core.fact import Fact
from resaga.runtime.event import Event, Happened
from resaga.runtime.options import STATUSES
from resaga.runtime.standing import AnyStatus, Standing
from resaga.testing import FakeClock
from tests.runtime.shop import CHECKOUT, NAP, Order, Shop, approval

pytestmark = pytest.mark.usefixtures("both_runtimes")


def test_the_events_of_an_execution() -> None:
    """They are its trail without the values; asked for again they are the same, whether it was folded or not."""
    shop = Shop()
    began = shop.clock.now
    shop.runtime.run(CHECKOUT, Order("A"), id="A")
    shop.clock.advance(timedelta(hours=1))
    first = shop.runtime.events("A")
    shop.runtime.answer("A", approval, True, by="ann")
    then = shop.runtime.events("A")
    assert then[: len(first)] == first
    assert [(event.what, event.path) for event in then] == [
        ("created", "reserve"),
        ("started", "reserve"),
        ("returned", "reserve"),
        ("returned", "price"),
        ("answered", "approval"),
    ]
    assert [event.id for event in then] == [f"A:{row}" for row in range(1, 6)]
    assert then[0] == Event("A:1", "created", "reserve", began, timedelta(0))
    assert then[-1].at == began + timedelta(hours=1)
    assert all(not hasattr(event, "value") for event in then)


@pytest.mark.parametrize(
    ("decides", "decided"),
    [
        (lambda runtime: runtime.retry("A", by="cat"), ("retried", "cat", None)),
        (lambda runtime: runtime.skip("A", "it may stay", by="dan"), ("skipped", "dan", "it may stay")),
        (lambda runtime: runtime.mark_done("A", by="eve"), ("undone_by_hand", "eve", None)),
    ],
)
def test_who_said_what(decides: Any, decided: tuple[str, ...]) -> None:  # noqa: ANN401 - of either runtime
    """Whoever answered, and what was said when something went wrong, was left or was cancelled, can be read again."""
    shop = Shop()
    shop.runtime.run(CHECKOUT, Order("A", "kept"), id="A")
    shop.runtime.answer("A", approval, True, by="ann")
    shop.runtime.resume(CHECKOUT, "A")
    shop.runtime.cancel("A", "enough", by="bob")
    while shop.runtime.get("A").status != "stuck":
        shop.clock.advance(timedelta(minutes=2))
        shop.runtime.resume(CHECKOUT, "A")
    decides(shop.runtime)
    told = {(event.what, event.by, event.why) for event in shop.runtime.events("A")}
    assert told >= {
        ("answered", "ann", None),
        ("failed", None, "second cancelled: enough (bob)"),
        ("setback", None, "reserve failed [ValueError]: not now"),
        ("stuck", None, "reserve failed [ValueError]: not now"),
        decided,
    }


def test_why_it_was_put_off() -> None:
    """The words of the body."""
    shop = Shop()

    @step
    def later(order: Order) -> Order:
        raise NotYet("the bank sleeps", again=timedelta(hours=1))

    saga: Any = Saga("later", later.kept("it is a test"))
    runtime = shop.another(saga)
    runtime.run(saga, Order("P"), id="P")
    assert [event.why for event in runtime.events("P") if event.what == "postponed"] == ["the bank sleeps"]


def test_the_words_are_all_there() -> None:
    """Types know every fact, and every status that can be asked for."""
    assert list(get_args(Happened)) == [fact.name.lower() for fact in Fact]
    assert set(get_args(AnyStatus)) == set(STATUSES)


def test_how_long_it_took() -> None:
    """As long as the clock says."""
    shop = Shop()
    clock: FakeClock = shop.clock
    shop.runtime.run(NAP, Order("N"), id="N")
    clock.advance(timedelta(hours=2))
    shop.runtime.tick()
    events = shop.runtime.events("N")
    assert [event.what for event in events] == ["created", "started", "returned", "woke", "returned"]
    assert events[3].at - events[2].at == timedelta(hours=2)
    assert events[-1].path == "price"


def test_what_is_found() -> None:
    """It says what it was found by, and when it is due as people know times; of the store it tells nothing."""
    shop = Shop()
    shop.runtime.run(NAP, Order("N"), id="N", tags=("vip", "eu"))
    found = Standing("N", "nap", 1, "paused", ("eu", "vip"), shop.clock.now + timedelta(hours=1))
    assert list(shop.runtime.find(saga="nap/1")) == list(shop.runtime.paused()) == [found]
    shop.runtime.run(CHECKOUT, Order("C"), id="C")
    assert [one.wake_at for one in shop.runtime.find(saga="checkout/1")] == [None]


def test_who_stands_how() -> None:
    """Each is found where one would look for it."""
    shop = Shop()
    shop.runtime.run(CHECKOUT, Order("paused"), id="paused")
    shop.runtime.submit(CHECKOUT, Order("new"), id="new")
    shop.runtime.run(CHECKOUT, Order("kept", "kept"), id="stuck")
    shop.runtime.cancel("stuck", "enough")
    while shop.runtime.get("stuck").status != "stuck":
        shop.clock.advance(timedelta(minutes=2))
        shop.runtime.resume(CHECKOUT, "stuck")
    shop.runtime.run(CHECKOUT, Order("over"), id="over")
    shop.runtime.cancel("over", "enough")
    shop.runtime.resume(CHECKOUT, "over")
    runtime = shop.runtime
    found = {name: [head.id for head in getattr(runtime, name)()] for name in ("running", "paused", "stuck", "history")}
    assert found == {"running": ["new"], "paused": ["paused"], "stuck": ["stuck"], "history": ["over"]}
