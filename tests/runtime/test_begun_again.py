"""An execution is deleted while somebody still drives it, or looks at it, and another one begins under its id."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from resaga import Completed, RolledBack, Saga, step
from resaga.core import errors
from resaga.stores.store import Append, Stored
from tests.runtime.newer import MIGRATION, NEWER
from tests.runtime.places import Place, place
from tests.runtime.runtimes import AnyRuntime, made
from tests.runtime.shop import CALLS, CHECKOUT, NAP, A, Died, Order, approval, charge, price, second

__all__ = ["place"]

pytestmark = pytest.mark.usefixtures("both_runtimes")

ONE, TWO = Order(A, "one"), Order(A, "two")


def holding(meanwhile: Callable[[], object]) -> Any:  # noqa: ANN401 - a saga of any types
    """The checkout; while it reserves for the first order, that happens."""

    @step
    def hold(order: Order) -> Order:
        CALLS.append(f"hold {order.note}")
        if order == ONE:
            meanwhile()
        elif DEADLY and CALLS.count("hold two") == 1:
            raise Died
        return order

    def let_go(order: Order) -> None:
        CALLS.append(f"let go {order.note}")

    return Saga("checkout", hold.undone_by(let_go) >> price >> approval >> second >> charge.irreversible())


DEADLY: list[bool] = []
"""Whether the first who holds for the second order dies of it."""


@pytest.fixture(autouse=True)
def nobody_dies() -> None:
    DEADLY.clear()


def killed(runtime: AnyRuntime) -> None:
    """Its process dies while it drives what there is."""
    DEADLY.append(True)
    with pytest.raises(Died):
        runtime.tick()
    runtime._life._over.set()


AHEAD: dict[str, list[Callable[[AnyRuntime], object]]] = {
    "begun": [],
    "as-far-by-a-request": [lambda new: new.answer(A, approval, True)],
    "farther-by-requests": [lambda new: new.answer(A, approval, True), lambda new: new.answer(A, second, True)],
    "as-far-by-one-who-died": [killed],
    "paused": [lambda new: new.tick()],
    "cancelled": [lambda new: new.cancel(A, "enough")],
}


@pytest.mark.parametrize("ahead", AHEAD.values(), ids=AHEAD)
def test_who_drove_the_old_one_does_nothing_to_the_new_one(
    place: Place, ahead: list[Callable[[AnyRuntime], object]]
) -> None:
    """However far that has come: none of its entries is another's, and all that was done for it is its own."""

    def begun_again() -> None:
        new = place.process(saga)
        new.delete(A)
        new.submit(saga, TWO, id=A)
        for each in ahead:
            each(new)

    saga = holding(begun_again)
    late = made(place.store(), [saga], clock=place.clock)
    with suppress(errors.Conflict):  # who awaits is given what came of the new one
        late.run(saga, ONE, id=A)
    place.clock.advance(timedelta(seconds=31))
    anybody = place.process(saga)
    anybody.tick()
    if anybody.get(A).status != "rolled back":
        for each in (approval, second):
            with suppress(errors.Conflict):
                anybody.answer(A, each, True)
        anybody.tick()
    one = anybody.load(saga, A)
    assert one.state.trail.values[0] == TWO
    assert CALLS[0] == "hold one"
    if isinstance(one, Completed):
        assert CALLS[-1] == "charge"
        assert {"hold one", "let go one"}.intersection(CALLS[1:]) == set()
        assert "hold two" in CALLS
    else:
        assert isinstance(one, RolledBack)
        assert CALLS == ["hold one"]


class Overtaken:
    """A store at which somebody else is faster, once."""

    def __init__(self, inner: Any, meanwhile: Callable[[], object]) -> None:  # noqa: ANN401 - a Store
        self.inner = inner
        self.meanwhile: Callable[[], object] | None = meanwhile

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self.inner, name)

    def append(self, batch: Sequence[Append], /) -> Sequence[bool]:
        if batch[0].status != "worker" and self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        applied: Sequence[bool] = self.inner.append(batch)
        return applied


def overtaken(place: Place, meanwhile: Callable[[], object], *sagas: Any) -> AnyRuntime:  # noqa: ANN401
    return made(Overtaken(place.store(), meanwhile), sagas or (CHECKOUT, NAP), clock=place.clock)


@pytest.mark.parametrize("answers", [[], [approval], [approval, second]], ids=["none", "one", "two"])
@pytest.mark.parametrize("early", [0, 1])
def test_who_was_about_to_go_on_with_the_old_one(place: Place, answers: list[Any], early: int) -> None:
    """What was asked of the new one is no reason to take it for the old one: nothing is called for that."""
    old = place.process(CHECKOUT)
    old.submit(CHECKOUT, ONE, id=A)
    for each in (approval, second)[:early]:
        old.answer(A, each, True)

    def begun_again() -> None:
        old.delete(A)
        old.submit(CHECKOUT, TWO, id=A)
        for each in answers:
            old.answer(A, each, True)
        there.append(place.kept(A))

    there: list[Stored] = []
    with pytest.raises(errors.Conflict, match="deleted"):
        overtaken(place, begun_again).resume(CHECKOUT, A)
    assert there == [place.kept(A)]
    assert CALLS == []


def test_what_is_asked_of_the_old_one_is_not_asked_of_another(place: Place) -> None:
    """An answer to a gate that the new one does not have is refused, and its head stays what it was."""
    old = place.process(CHECKOUT, NAP)
    old.submit(CHECKOUT, ONE, id=A)

    def begun_again() -> None:
        old.delete(A)
        old.submit(NAP, TWO, id=A)
        there.append(place.kept(A))

    there: list[Stored] = []
    with pytest.raises(errors.NotAsked):
        overtaken(place, begun_again).answer(A, approval, True)
    assert there == [place.kept(A)]


def test_who_cancels_cancels_what_is_there(place: Place) -> None:
    """With the undos of the new one, though the old one stood at the same place when it was looked at."""

    def release_it(order: Order) -> None:
        CALLS.append(f"release {order.note}")

    @step
    def take(order: Order) -> Order:
        return order

    saga: Any = Saga("checkout", take.undone_by(release_it) >> approval)
    old = place.process(saga)
    old.run(saga, ONE, id=A)

    def begun_again() -> None:
        old.delete(A)
        old.run(saga, TWO, id=A)

    overtaken(place, begun_again, saga).cancel(A, "enough")
    old.tick()
    assert isinstance(old.load(saga, A), RolledBack)
    assert CALLS == ["release two"]


def test_who_migrates_migrates_what_is_there(place: Place) -> None:
    """Not the old one in its place."""
    old = place.process(CHECKOUT)
    old.run(CHECKOUT, ONE, id=A)

    def begun_again() -> None:
        old.delete(A)
        old.run(CHECKOUT, TWO, id=A)

    runtime = overtaken(place, begun_again, NEWER)
    runtime.migrate(MIGRATION, A)
    assert runtime.load(NEWER, A).state.trail.values[0] == TWO


def test_a_sign_that_was_given_again_is_not_deleted(place: Place) -> None:
    """Who takes one for dead, and was slow, does not delete what it has said since."""
    dead = place.process(NAP)
    dead.run(NAP, ONE, id=A)
    life = dead._life
    (sign,) = place.store().find(status="worker")
    place.clock.advance(timedelta(seconds=31))
    store = place.store()

    class Slow:
        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
            return getattr(store, name)

        def delete(self, id: str, revision: int, write_id: bytes | None = None, /) -> bool:
            if place.kept(id).write_id == sign.write_id:
                assert store.delete(id, revision, write_id)
                assert life.owner() == sign.id
            deleted: bool = store.delete(id, revision, write_id)
            return deleted

    made(Slow(), [NAP], clock=place.clock).tick()
    assert place.kept(sign.id).wake_at == place.clock.wall() + 30_000_000_000
    assert CALLS == ["reserve"]
