"""The runtimes' verbs: what each says, records and refuses, wherever an execution stands."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from resaga import Attempt, Completed, New, Paused, Retry, RolledBack, Saga, Stuck, read, step
from resaga.core import errors
from resaga.runtime import BlockingRuntime
from resaga.runtime.life import WORKER
from resaga.stores import Append
from resaga.stores.sqlite import SqliteStore
from tests.runtime.runtimes import made
from tests.runtime.shop import (
    CALLS,
    CHECKOUT,
    NAP,
    OTHER,
    A,
    Order,
    Shop,
    approval,
    charge,
    paused,
    price,
    release,
    reserve,
)

pytestmark = pytest.mark.usefixtures("both_runtimes")


def unpay(receipt: str) -> None:
    CALLS.append("unpay")


def stuck(shop: Shop) -> None:
    """In the undo of its reservation."""
    paused(shop, "kept")
    shop.runtime.cancel(A, "enough")
    while shop.runtime.get(A).status != "stuck":
        shop.clock.advance(timedelta(minutes=2))
        shop.runtime.tick()


# ---- beginning -----------------------------------------------------------------------------------


def test_the_same_with_other_tags_is_another() -> None:
    """Whoever gives no tags asks for none in particular."""
    shop = Shop()
    shop.runtime.submit(CHECKOUT, Order(A), id=A, tags=("b", "a"))
    shop.runtime.submit(CHECKOUT, Order(A), id=A, tags=("a", "b"))
    shop.runtime.run(CHECKOUT, Order(A), id=A)
    for again in (shop.runtime.submit, shop.runtime.run):
        with pytest.raises(errors.AlreadyExists, match=r"it has the tags \('a', 'b'\)"):
            again(CHECKOUT, Order(A), id=A, tags=("c",))


def test_run_twice_is_run_once() -> None:
    """The same id with the same context is the same execution."""
    shop = Shop()
    paused(shop)
    paused(shop)
    assert CALLS == ["reserve", "price"]


def test_what_is_stuck_is_cancelled() -> None:
    """A person still says what came of it; whatever that is, all is taken back, unless nothing can be."""
    shop = Shop()

    @step(takes=str, gives=str)
    def doubtful(paid: str) -> str:
        raise OSError

    saga: Any = Saga("doubtful", charge.undone_by(unpay) >> doubtful.irreversible())
    runtime = shop.another(saga)
    for id_ in ("B", "C"):
        assert isinstance(runtime.run(saga, Order(id_), id=id_), Stuck)
        runtime.cancel(id_, "enough", by="ann")
        runtime.cancel(id_, "enough")
        with pytest.raises(errors.NotStuckThere, match="'doubtful' was cancelled, so it is not tried again"):
            runtime.retry(id_)
    runtime.skip("B", "it has not happened", by="bob")
    assert isinstance(runtime.resume(saga, "B"), RolledBack)
    assert runtime.load(saga, "B").failure.message == "enough (ann)"
    runtime.mark_done("C", "paid", by="bob")
    assert isinstance(runtime.resume(saga, "C"), Completed)
    after: Any = Saga("after", charge.irreversible() >> doubtful.irreversible())
    runtime = shop.another(after)
    assert isinstance(runtime.run(after, Order("D"), id="D"), Stuck)
    with pytest.raises(errors.PastNoReturn, match="is done and cannot be taken back"):
        runtime.cancel("D", "enough")


def test_a_cancel_that_comes_before_it_is_stuck_is_kept() -> None:
    """It was accepted while the step was tried, and what is said then takes all back."""
    shop = Shop()

    @step
    def lost(order: Order) -> Order:
        shop.another(saga).cancel(A, "enough", by="ann")
        raise OSError

    def find(order: Order, attempt: Attempt) -> Order:
        raise OSError

    saga: Any = Saga("lost", lost.settled_by(find, retry=Retry(1)).undone_by(release) >> charge.irreversible())
    runtime = shop.another(saga)
    assert isinstance(runtime.run(saga, Order(A), id=A), Stuck)
    runtime.mark_done(A, Order(A), by="bob")
    assert isinstance(runtime.resume(saga, A), RolledBack)
    assert CALLS == ["release"]


def test_a_cancel_while_it_only_reads() -> None:
    """What has no effect and is known to nobody does not complete an execution that was cancelled before."""
    shop = Shop()

    @read
    def looking(order: Order) -> Order:
        shop.another(saga).cancel(A, "enough", by="ann")
        return order

    saga: Any = Saga("looking", reserve.undone_by(release) >> looking >> price.named("then") >> price)
    outcome = shop.another(saga).run(saga, Order(A), id=A)
    assert isinstance(outcome, RolledBack)
    assert CALLS == ["reserve", "price", "price", "release"]
    assert [one.what for one in shop.another(saga).events(A)] == ["created", "started", "returned", "failed", "undone"]


def test_what_a_runtime_gives_is_to_look_at() -> None:
    """Whoever asks it to go on is told who can."""
    shop = Shop()
    there = shop.runtime.run(CHECKOUT, Order(A), id=A)
    with pytest.raises(errors.AlreadyUsed, match="is a runtime's, and only to look at: say that to the runtime"):
        there.answer(approval, True)
    with pytest.raises(errors.AlreadyUsed, match="only to look at"):
        shop.runtime.load(CHECKOUT, A).cancel("enough")


def test_run_with_something_else() -> None:
    """Another context under the same id is refused, and so is another saga."""
    shop = Shop()
    paused(shop)
    with pytest.raises(errors.AlreadyExists):
        shop.runtime.run(CHECKOUT, Order(A, "other"), id=A)
    with pytest.raises(errors.AlreadyExists):
        shop.runtime.run(NAP, Order(A), id=A)
    with pytest.raises(errors.AlreadyExists):
        shop.runtime.submit(NAP, Order(A), id=A)
    assert CALLS == ["reserve", "price"]


def test_run_of_what_was_submitted() -> None:
    """It is the same execution; nothing is in doubt, as nothing was called."""
    shop = Shop()
    saga: Any = Saga("pay", charge.irreversible())
    runtime = shop.another(saga)
    runtime.submit(saga, Order(A), id=A)
    assert isinstance(runtime.run(saga, Order(A), id=A), Completed)
    assert CALLS == ["charge"]


def test_submit() -> None:
    """It is kept and nothing is called; once for each id; whoever drives what is due begins with it."""
    shop = Shop()
    assert shop.runtime.submit(CHECKOUT, Order(A), id=A, tags=("vip",)) == A
    assert shop.runtime.submit(CHECKOUT, Order(A), id=A) == A
    assert isinstance(shop.runtime.load(CHECKOUT, A), New)
    assert CALLS == []
    assert shop.another().tick() == 1
    assert shop.runtime.get(A).status == "paused"


def test_many_are_due() -> None:
    """More than a page, among what nobody here knows: each is driven once."""
    shop = Shop()
    for number in range(130):
        shop.another(OTHER).submit(OTHER, Order("O"), id=f"O-{number}")
        shop.runtime.submit(NAP, Order("N"), id=f"N-{number}")
    assert shop.runtime.tick() == 130
    assert CALLS.count("reserve") == 130
    assert shop.runtime.tick() == 0
    assert len(list(shop.runtime.find(status="paused"))) == 130
    assert len(list(shop.runtime.find(saga="other/1"))) == 130


@pytest.mark.parametrize("commits", [True, False])
def test_submit_in_a_transaction(tmp_path: Path, commits: bool) -> None:  # noqa: FBT001 - a parameter
    """It is kept with the rows of the caller, or not at all; twice in it is once."""
    path = tmp_path / "shop.db"
    with made(SqliteStore(path), [CHECKOUT]) as runtime:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            runtime.submit(CHECKOUT, Order(A), id=A, connection=connection)
        with pytest.raises(errors.AlreadyExists):
            runtime.submit(CHECKOUT, Order(A, "other"), id=A, connection=connection)
        connection.execute("COMMIT" if commits else "ROLLBACK")
        connection.close()
        assert [head.id for head in runtime.find()] == [A] * commits


def test_submit_in_a_transaction_of_what_is_no_database() -> None:
    """A store in memory can be part of nobody's transaction."""
    with pytest.raises(errors.InvalidArgument):
        Shop().runtime.submit(CHECKOUT, Order(A), connection=object())


def test_a_value_is_as_others_will_read_it() -> None:
    """What a body is given is what another process would read, not the very object that the one before gave."""
    shop = Shop()
    seen: list[Order] = []

    @step
    def gives(order: Order) -> Order:
        seen.append(Order("new"))
        return seen[-1]

    @step
    def takes(order: Order) -> Order:
        seen.append(order)
        return order

    saga: Any = Saga("values", gives.kept("it is a test") >> takes.kept("it is a test"))
    assert isinstance(shop.another(saga).run(saga, Order(A), id=A), Completed)
    assert seen[0] == seen[1]
    assert seen[0] is not seen[1]


# ---- cancelling ----------------------------------------------------------------------------------


def test_cancel_what_has_not_begun() -> None:
    """It is rolled back, and nothing was called."""
    shop = Shop()
    shop.runtime.submit(CHECKOUT, Order(A), id=A)
    shop.runtime.cancel(A, "enough", by="ann")
    shop.runtime.tick()
    outcome = shop.runtime.load(CHECKOUT, A)
    assert isinstance(outcome, RolledBack)
    assert outcome.failure.message == "enough (ann)"
    assert CALLS == []


def test_cancel_what_is_paused_and_again() -> None:
    """It is rolled back; while it is, and after that, another cancel changes nothing."""
    shop = Shop()
    paused(shop)
    shop.runtime.cancel(A, "enough")
    shop.runtime.cancel(A, "enough")
    shop.runtime.tick()
    shop.runtime.cancel(A, "enough")
    assert isinstance(shop.runtime.load(CHECKOUT, A), RolledBack)
    assert CALLS[2:] == ["release"]


def test_cancel_what_runs() -> None:
    """It is taken in before the next call, and what was just done is undone."""
    shop = Shop()

    @step
    def doing(order: Order) -> Order:
        CALLS.append("doing")
        shop.another(saga).cancel(A, "enough", by="ann")
        shop.another(saga).cancel(A, "enough")
        return order

    saga: Any = Saga("doing", doing.undone_by(release) >> price)
    outcome = shop.another(saga).run(saga, Order(A), id=A)
    assert isinstance(outcome, RolledBack)
    assert CALLS == ["doing", "release"]


def test_cancel_too_late() -> None:
    """What is completed, or past return, is not cancelled."""
    shop = Shop()
    refused: list[type[Exception]] = []

    @read
    def after(receipt: str) -> str:
        try:
            shop.another(saga).cancel(A, "enough")
        except errors.PastNoReturn as error:
            refused.append(type(error))
        return receipt

    saga: Any = Saga("late", charge.irreversible() >> after)
    runtime = shop.another(saga)
    assert isinstance(runtime.run(saga, Order(A), id=A), Completed)
    with pytest.raises(errors.PastNoReturn):
        runtime.cancel(A, "enough")
    assert refused == [errors.PastNoReturn]


def test_cancel_in_the_last_body() -> None:
    """Asked for while the last thing is done that cannot be taken back, it comes too late, and is forgotten."""
    shop = Shop()

    @step
    def last(order: Order) -> Order:
        shop.another(saga).cancel(A, "enough")
        return order

    saga: Any = Saga("last", last.irreversible())
    assert isinstance(shop.another(saga).run(saga, Order(A), id=A), Completed)
    stored = shop.store.read(A)
    assert stored is not None
    assert (stored.status, stored.entries) == ("completed", ())


# ---- what a person decides -----------------------------------------------------------------------


def test_retry() -> None:
    """What it is stuck in is tried again by whoever drives what is due."""
    shop = Shop()
    stuck(shop)
    CALLS.append("release")  # and now it is ready
    shop.runtime.retry(A, by="ann")
    shop.runtime.tick()
    assert isinstance(shop.runtime.load(CHECKOUT, A), RolledBack)


@pytest.mark.parametrize("verb", ["skip", "mark_done"])
def test_somebody_decides(verb: str) -> None:
    """What was skipped or marked is not tried again."""
    shop = Shop()
    stuck(shop)
    tried = CALLS.count("release")
    if verb == "skip":
        shop.runtime.skip(A, "so be it", by="ann")
    else:
        shop.runtime.mark_done(A, by="ann")
    shop.runtime.tick()
    assert isinstance(shop.runtime.load(CHECKOUT, A), RolledBack)
    assert CALLS.count("release") == tried


def test_nothing_is_stuck() -> None:
    """Such a decision is refused then."""
    shop = Shop()
    paused(shop)
    verbs: list[Callable[[], None]] = [
        lambda: shop.runtime.retry(A),
        lambda: shop.runtime.skip(A, "so be it", by="ann"),
        lambda: shop.runtime.mark_done(A, by="ann"),
    ]
    for verb in verbs:
        with pytest.raises(errors.NotStuckThere):
            verb()


def test_cancel_waits_for_a_person() -> None:
    """What is stuck stays so."""
    shop = Shop()
    stuck(shop)
    shop.runtime.cancel(A, "enough")
    assert isinstance(shop.runtime.load(CHECKOUT, A), Stuck)


# ---- looking -------------------------------------------------------------------------------------


def test_delete() -> None:
    """It is forgotten, and its id is free."""
    shop = Shop()
    paused(shop)
    shop.runtime.delete(A)
    with pytest.raises(errors.NoSuchExecution):
        shop.runtime.get(A)
    paused(shop, "another")


def test_what_is_not_kept() -> None:
    """Every verb says so; a sign of life is no execution."""
    shop = Shop()
    paused(shop)
    worker = next(head.id for head in shop.store.find() if head.status == WORKER)
    assert [head.id for head in shop.runtime.find()] == [A]
    runtime = shop.runtime
    verbs: list[Callable[[Any], object]] = [
        runtime.get,
        lambda id_: runtime.load(CHECKOUT, id_),
        runtime.delete,
        lambda id_: runtime.resume(CHECKOUT, id_),
        lambda id_: runtime.cancel(id_, "enough"),
    ]
    for verb in verbs:
        for id_ in ("B", worker):
            with pytest.raises(errors.NoSuchExecution):
                verb(id_)


def test_what_is_not_known() -> None:
    """A saga, or a version of it, that was not given is refused by verbs and left alone by the rest."""
    shop = Shop()
    paused(shop)
    other: Any = Saga("checkout", price >> approval, version=2)
    runtime = shop.another(other)
    verbs: list[Callable[[], object]] = [
        lambda: runtime.run(CHECKOUT, Order("B")),
        lambda: runtime.resume(other, A),
        lambda: runtime.load(other, A),
        lambda: runtime.cancel(A, "enough"),
    ]
    for verb in verbs:
        with pytest.raises(errors.UnknownSaga):
            verb()
    runtime.submit(other, Order("A-2"), id="A-2")
    assert runtime.tick() == 1
    assert shop.another(CHECKOUT, other).get(A).version == 1


class Again:
    """A store at which the same execution is begun once more while its first entry is on its way."""

    def __init__(self, shop: Shop) -> None:
        self.inner = shop.store
        self.begin: Callable[[], object] | None = None

    def append(self, batch: Sequence[Append]) -> list[bool]:
        if batch[0].id == A and self.begin is not None:
            begin, self.begin = self.begin, None
            with pytest.raises(errors.Conflict, match="is being driven here already; wait for that"):
                begin()
        return self.inner.append(batch)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self.inner, name)


def test_who_begins_what_is_begun_here_is_told_so() -> None:
    """Also before any of it is kept, as from another thread."""
    shop = Shop()
    store = Again(shop)
    runtime = BlockingRuntime(store, [NAP], clock=shop.clock)
    store.begin = lambda: runtime.run(NAP, Order(A), id=A)
    assert isinstance(runtime.run(NAP, Order(A), id=A), Paused)
    assert store.begin is None
    runtime.close()
