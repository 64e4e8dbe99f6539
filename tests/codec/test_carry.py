"""A document of a changed program: its rows find their places, or the error says what has changed."""

from typing import Any

import pytest
from attrs import frozen

from resaga import DidNotHappen, Interrupted, Paused, Saga, gate, only, read, step, when
from resaga.core.attempt import Attempt
from resaga.core.compatibility import Verdict
from resaga.errors import BlobCorrupt, ProgramChanged
from tests.codec.documents import AnySaga, changed, opened


@frozen
class Order:
    id: str
    cents: int


@frozen
class Cleared:
    order: Order


@gate
def approval(order: Order, yes: bool) -> Order:  # noqa: FBT001 - an answer
    return order


@read
def check(order: Order) -> Order:
    return order


def large(order: Order) -> bool:
    return order.cents > 100


def paused(saga: AnySaga) -> bytes:
    """The document of a run that is paused at its gate."""
    run: Any = saga.new(Order("A", 1)).start()
    assert isinstance(run, Paused)
    return run.dump()


def test_what_is_added_behind_does_not_matter() -> None:
    """Nor does a condition that is added before, if the run could have come by it."""
    blob = paused(Saga("moving", check >> approval))
    for saga in (
        Saga("moving", check >> approval >> check.named("then")),
        Saga("moving", check >> when(large, check.named("more")) >> approval),
    ):
        loaded = saga.load(blob)
        assert isinstance(loaded, Paused)
        assert loaded.state.path == "approval"
        again = loaded.dump()
        assert opened(again)["listing"] == list(saga.program.rows)
        assert saga.load(again).dump() == again
        told = saga.codec.compatibility(blob)
        assert told.verdict is Verdict.COMPATIBLE


def test_what_was_done_must_still_be_there() -> None:
    """Otherwise the error says what became of it, and nothing is loaded."""
    blob = paused(Saga("moving", check >> approval))
    saga = Saga("moving", approval)
    with pytest.raises(ProgramChanged) as caught:
        saga.load(blob)
    assert [change.path for change in caught.value.changes] == ["check"]
    told = saga.codec.compatibility(blob)
    assert (told.verdict, told.changes) == (caught.value.verdict, caught.value.changes)


def test_a_value_that_does_not_fit_any_more_is_a_change() -> None:
    """Of the step that gave it, of the first context, of an answer or of an event."""

    @frozen
    class Wider:
        id: str
        cents: int
        note: str = ""

    @gate(name="approval")
    def wider(order: Wider, yes: bool) -> Wider:  # noqa: FBT001 - an answer
        return order

    old, new = Saga("moving", approval), Saga("moving", wider)
    blob = paused(old)
    assert isinstance(new.load(blob), Paused)  # a field with a default was added
    odd = changed(blob, values=[{"id": 5, "cents": 1}])
    with pytest.raises(ProgramChanged) as caught:
        new.load(odd)
    assert "re-typed in its first context" in str(caught.value)
    asked: Any = old.load(blob)
    answered = changed(asked.answer(approval, True).dump(), values=[{"id": "A", "cents": 1}, [5, None]])
    with pytest.raises(ProgramChanged) as caught:
        new.load(answered)
    assert "re-typed in its answer" in str(caught.value)


def test_who_is_in_doubt_needs_the_settle_that_was_promised() -> None:
    """Without it nobody can find out any more."""

    @step
    def charge(order: Order) -> Order:
        raise OSError

    def find(order: Order, attempt: Attempt) -> Order | DidNotHappen:
        raise KeyboardInterrupt

    def saga(*, settled: bool) -> AnySaga:
        action: Any = charge.settled_by(find) if settled else charge
        return Saga("moving", action.kept("it is a test"))

    new = saga(settled=True).new(Order("A", 1))
    with pytest.raises(KeyboardInterrupt):
        new.start()
    blob = new.interrupted.dump()
    assert isinstance(saga(settled=True).load(blob), Interrupted)
    with pytest.raises(ProgramChanged) as caught:
        saga(settled=False).load(blob)
    assert caught.value.verdict is Verdict.IMPOSSIBLE
    assert "settle" in str(caught.value)


def test_two_ways_that_are_as_likely_are_none() -> None:
    """The error says that it cannot be told."""

    @read
    def clear(order: Order) -> Order | Cleared:
        return order

    @read
    def unpack(cleared: Cleared) -> Order:
        return cleared.order

    blob = paused(Saga("moving", check >> approval))
    with pytest.raises(ProgramChanged):
        Saga("moving", clear >> only(Cleared, unpack) >> approval).load(blob)


@pytest.mark.parametrize("listing", [["gate approval"], [""], ["odd approval 01234567"], ["gate  01234567"]])
def test_a_listing_that_is_none_is_refused(listing: list[str]) -> None:
    """It is looked at only if the fingerprint is another one, but then closely."""
    saga = Saga("moving", approval)
    for members in ({"listing": listing}, {"index": 2}, {"index": -1}):
        with pytest.raises(BlobCorrupt, match="listing") as caught:
            saga.load(changed(paused(saga), fingerprint="0" * 16, **members))
        assert caught.value.path == "$.listing"
