"""`migrate`: what is kept becomes an execution of a newer saga, and what cannot stays as it is."""

from datetime import timedelta
from typing import Any, Final

import pytest

from resaga import Answered, Attempt, Completed, Paused, Reject, RolledBack, Saga, gate, step
from resaga.core import errors
from tests.runtime.newer import MIGRATION, NEWER, score
from tests.runtime.places import Place, place
from tests.runtime.runtimes import AnyRuntime
from tests.runtime.shop import (
    CALLS,
    CHECKOUT,
    NAP,
    A,
    Died,
    Order,
    Shop,
    approval,
    paused,
    price,
    release,
    reserve,
    second,
)

__all__ = ["place"]

pytestmark = pytest.mark.usefixtures("both_runtimes")

DAY: Final = timedelta(days=1)


def refused(where: Shop, error: type[Exception], runtime: AnyRuntime, migration: Any = MIGRATION, id_: Any = A) -> None:  # noqa: ANN401
    """By such an error, and nothing has changed."""
    before = where.store.read(A)
    with pytest.raises(error):
        runtime.migrate(migration, id_)
    assert where.store.read(A) == before


# ---- what comes over -----------------------------------------------------------------------------


def test_what_is_paused(place: Place) -> None:
    """It waits at the same gate of the new saga, with its tags; nothing is called, and it goes on there."""
    place.process(CHECKOUT).run(CHECKOUT, Order(A), id=A, tags=("vip",))
    runtime = place.process(NEWER)
    CALLS.clear()
    there = runtime.migrate(MIGRATION, A)
    assert isinstance(there, Paused)
    assert there.state.path == "approval"
    assert CALLS == []
    assert [(one.id, one.saga, one.version, one.status) for one in runtime.find(tag="vip")] == [
        (A, "checkout", 2, "paused")
    ]
    assert not place.kept(A).entries
    with pytest.raises(errors.AlreadyUsed):
        there.cancel("to look at only")
    runtime.answer(A, approval, True)
    runtime.answer(A, second, True)
    assert runtime.tick() == 1
    assert isinstance(runtime.load(NEWER, A), Completed)
    assert CALLS == ["approval", "second", "charge"]


def test_what_is_over() -> None:
    """Completed or rolled back, it is so in the new saga."""
    shop = Shop()
    paused(shop)
    shop.runtime.cancel(A, "enough")
    shop.runtime.tick()
    runtime = shop.another(NEWER)
    assert isinstance(runtime.migrate(MIGRATION, A), RolledBack)
    assert [(one.saga, one.version) for one in runtime.history()] == [("checkout", 2)]
    assert runtime.tick() == 0


def test_a_deadline_counts_from_when_the_run_came_there() -> None:
    """As the new saga has it."""

    @gate(name="approval", deadline=DAY, expiry=Reject())
    def soon(order: Order, ok: bool) -> Order:  # noqa: FBT001 - an answer
        return order

    shop = Shop()
    paused(shop)
    came = shop.clock.now
    shop.clock.advance(timedelta(hours=1))
    newer: Any = Saga("checkout", reserve.undone_by(release) >> price >> soon, version=2)
    runtime = shop.another(newer)
    runtime.migrate(newer.migration(CHECKOUT), A)
    assert runtime.get(A).wake_at == came + DAY
    assert runtime.tick(came + DAY) == 1
    assert isinstance(runtime.load(newer, A), RolledBack)


def test_what_was_answered(place: Place) -> None:
    """It is due there."""
    old = place.process(CHECKOUT)
    old.run(CHECKOUT, Order(A), id=A)
    old.answer(A, approval, True, by="ann")
    runtime = place.process(NEWER)
    assert isinstance(runtime.migrate(MIGRATION, A), Answered)
    assert runtime.tick() == 1
    assert runtime.get(A).path == "second"


def test_what_a_dead_process_was_in() -> None:
    """It is in doubt, and called again with the same key."""
    keys: list[str] = []

    @step
    def deadly(order: Order, attempt: Attempt) -> Order:
        keys.append(attempt.key)
        if len(keys) == 1:
            raise Died
        return order

    shop = Shop()
    old: Any = Saga("deadly", deadly.kept("it is a test"))
    new: Any = Saga("deadly", deadly.kept("it is a test") >> price, version=2)
    shop.runtime = shop.another(old)
    with pytest.raises(Died):
        shop.runtime.run(old, Order(A), id=A)
    refused(shop, errors.Conflict, shop.another(new), new.migration(old))
    shop.die()
    runtime = shop.another(new)
    assert runtime.migrate(new.migration(old), A).state.doubt
    cut = runtime.events(A)[-1]
    assert (cut.what, cut.at) == ("interrupted", shop.clock.now)
    assert runtime.tick() == 1
    assert isinstance(runtime.load(new, A), Completed)
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_what_is_in_quarantine() -> None:
    """It stays there, and a person can take it up again in the new saga."""
    shop = Shop()
    with pytest.raises(Died):
        shop.runtime.run(NAP, Order(A, "deadly"), id=A)
    while shop.runtime.get(A).status != "quarantined":
        shop.die()
        try:
            shop.runtime.tick()
        except Died:
            continue
    new: Any = Saga("nap", reserve.undone_by(release) >> score, version=2)
    runtime = shop.another(new)
    runtime.migrate(new.migration(NAP), A)
    assert [(one.saga, one.version, one.status) for one in runtime.stuck()] == [("nap", 2, "quarantined")]
    assert runtime.tick() == 0
    runtime.retry(A)
    with pytest.raises(Died):
        runtime.tick()


# ---- what is refused -----------------------------------------------------------------------------


def test_what_cannot_be_migrated() -> None:
    """Each with its own error, and it stays as it was."""
    shop = Shop()
    paused(shop)
    runtime = shop.another(NEWER, CHECKOUT)
    refused(shop, errors.NoSuchExecution, runtime, id_="B")
    refused(shop, errors.NoSuchExecution, runtime, id_=None)
    refused(shop, errors.InvalidArgument, runtime, migration=NEWER)
    refused(shop, errors.InvalidArgument, runtime, migration=NEWER.migration(CHECKOUT).supply(score))
    refused(shop, errors.ProgramChanged, runtime, migration=NEWER.migration(CHECKOUT))
    refused(shop, errors.WrongSaga, runtime, migration=NEWER.migration(NAP))
    refused(shop, errors.UnknownSaga, shop.another(CHECKOUT))
    other: Any = Saga("checkout", price, version=2)
    refused(shop, errors.UnknownSaga, shop.another(other))
    runtime.migrate(MIGRATION, A)
    refused(shop, errors.WrongSaga, runtime)


def test_what_is_being_driven() -> None:
    """By another process or by this one, it is theirs; and they go on."""
    shop = Shop()
    runtimes: list[AnyRuntime] = []

    @step
    def doing(order: Order) -> Order:
        for runtime in runtimes:
            refused(shop, errors.Conflict, runtime, new.migration(old))
        CALLS.append("doing")
        return order

    old: Any = Saga("doing", doing.kept("it is a test") >> price)
    new: Any = Saga("doing", doing.kept("it is a test"), version=2)
    driving = shop.another(old, new)
    runtimes += [shop.another(new)] if hasattr(driving, "inner") else [driving, shop.another(new)]
    assert isinstance(driving.run(old, Order(A), id=A), Completed)
    assert CALLS == ["doing", "price"]


def test_what_was_left_here() -> None:
    """It may have happened here what nobody else knows of: it goes on first."""
    shop = Shop()
    with pytest.raises(KeyboardInterrupt):
        shop.runtime.run(CHECKOUT, Order(A, "interrupt"), id=A)
    refused(shop, errors.Conflict, shop.another(NEWER))
    assert shop.runtime.recover() == 1
    assert isinstance(shop.another(NEWER).migrate(MIGRATION, A), Paused)
