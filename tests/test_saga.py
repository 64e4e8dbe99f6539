"""Sagas: what is said where one is made, and what is refused there."""

from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest
from attrs import frozen

from resaga import Hook, Saga, gate, read, step, wait, when
from resaga.core import limits
from resaga.core.errors import (
    EmptySaga,
    InvalidArgument,
    InvalidBody,
    InvalidName,
    InvalidOption,
    MissingUndo,
    NotPaused,
    UnsupportedType,
    WrongSaga,
)

DAY = timedelta(days=1)


@frozen
class Order:
    id: str


class Money:
    """A type of the user's own."""


@read
def look(order: Order) -> Order:
    return order


@step
def notify(order: Order) -> Order:
    return order


@gate
def ask(order: Order, answer: bool) -> Order:  # noqa: FBT001 - the answer is a bool
    return order


@read
def price(order: Order) -> Money:
    return Money()


def forget(order: Order) -> None: ...


def is_new(order: Order) -> bool:
    return True


untyped: Any = Saga


def test_a_saga_has_a_name_and_a_version() -> None:
    """By which documents and stores know it."""
    saga = Saga("checkout", look, version=3)
    assert (saga.name, saga.version) == ("checkout", 3)
    assert repr(saga) == "<Saga 'checkout' v3: 1 instructions>"
    assert Saga("checkout", look).version == 1


def test_steps_are_counted_by_kind() -> None:
    """What is done is counted, not how one gets there."""
    saga = Saga(
        "checkout",
        look
        >> wait(DAY)
        >> when(is_new, notify.kept("x"))
        >> ask
        >> notify.undone_by(forget).named("again")
        >> notify.irreversible().named("last"),
    )
    assert saga.steps_by_kind() == {
        "read": 1,
        "wait": 1,
        "kept": 1,
        "gate": 1,
        "undone": 1,
        "irreversible": 1,
    }


def test_a_saga_can_be_read() -> None:
    """As a list, or as a drawing."""
    saga = Saga("checkout", look >> ask)
    assert saga.listing().splitlines()[2:] == ["   0  perform  look  read", "   1  ask      ask   gate"]
    assert "i0 --> i1" in saga.mermaid()


def test_a_type_of_one_s_own_needs_a_hook() -> None:
    """The hook says how it is stored."""
    with pytest.raises(UnsupportedType, match=r"price: a value of type Money .* or give Saga\(…, hooks="):
        Saga("checkout", price)
    assert Saga("checkout", price, hooks=(Hook(Money, int, lambda _: 0, lambda _: Money()),)).program.end == 1


def test_two_hooks_of_one_class_are_refused() -> None:
    """One of them would never be asked."""
    hooks = (Hook(Money, int, lambda _: 0, lambda _: Money()), Hook(Money, str, lambda _: "", lambda _: Money()))
    with pytest.raises(InvalidOption, match="two of its hooks are for one class"):
        Saga("checkout", price, hooks=hooks)


def test_what_is_no_saga_or_execution_is_refused() -> None:
    """With a word for what belongs there."""
    saga = untyped("checkout", look >> ask)
    with pytest.raises(InvalidArgument, match=r"listing\(…\) was given a str; give it an execution"):
        saga.listing("A-1")
    with pytest.raises(InvalidArgument, match=r"migration\(…\) was given a Read; give it the older Saga"):
        saga.migration(look)


def test_local_names_are_seen_where_the_saga_is_made() -> None:
    """Even those that came after the step."""

    @read
    def then(context: "Later") -> "Later":
        return context

    @frozen
    class Later:
        value: int

    assert Saga("checkout", then).program.end == 1


@pytest.mark.parametrize("empty", [None, wait(DAY), wait(DAY) >> wait(DAY)])
def test_a_saga_has_a_step(empty: object) -> None:
    """A wait is none."""
    with pytest.raises(EmptySaga, match="'checkout' has no step; give it at least one: a @read, a @step"):
        untyped("checkout", empty)


def test_a_saga_has_a_block() -> None:
    """A step of which nobody said how it is taken back is none, nor is a function."""
    with pytest.raises(MissingUndo, match="nobody said how step 'notify' is taken back"):
        untyped("checkout", notify)
    with pytest.raises(InvalidBody, match="is no block; decorate it with"):
        untyped("checkout", is_new)


@pytest.mark.parametrize("name", ["", "a/b", "x" * (limits.NAME_LENGTH + 1), None])
def test_the_name_of_a_saga_may_stand_in_a_document(name: object) -> None:
    """Letters, digits, underscore, hyphen and dot."""
    with pytest.raises(InvalidName, match="is no name"):
        untyped(name, look)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"version": 0}, "version=0 is no whole number from 1 to 2,147,483,647"),
        ({"version": 2**31}, "is no whole number from 1 to 2,147,483,647"),
        ({"version": True}, "version=True is no whole number"),
        ({"version": "1"}, "version='1' is no whole number"),
        ({"hooks": [1]}, r"hooks=\[1\] is no tuple of Hook"),
        ({"hooks": (Money,)}, "is no tuple of Hook"),
        ({"emits": Order}, "is no tuple of classes"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], why: str) -> None:
    """What is wrong, and of which saga."""
    with pytest.raises(InvalidOption, match=f"saga 'checkout': .*{why}"):
        untyped("checkout", look, **options)


def test_what_is_emitted_can_be_stored() -> None:
    """It leaves by the same journal as everything else."""
    with pytest.raises(UnsupportedType):
        Saga("checkout", look, emits=(Money,))


@pytest.mark.parametrize("execution_id", ["a", "A-1.2_3", "x" * limits.ID_LENGTH])
def test_an_id_is_one_that_every_store_can_keep(execution_id: str) -> None:
    """Letters, digits, underscore, hyphen and dot."""
    assert Saga("checkout", look).new(Order("1"), id=execution_id).id == execution_id


@pytest.mark.parametrize("execution_id", ["", "a/b", "ä", "x" * (limits.ID_LENGTH + 1), 3])
def test_another_id_is_refused(execution_id: object) -> None:
    """File systems and headers are not asked for more."""
    with pytest.raises(InvalidArgument, match="is no id: 1 to 128 characters"):
        untyped("checkout", look).new(Order("1"), id=execution_id)


def test_what_is_loaded_as_paused_is_paused() -> None:
    """What is in another state is refused, and which one that is."""
    saga = Saga("checkout", look >> ask)
    new = saga.new(Order("1"), id="x")
    with pytest.raises(NotPaused, match=r"execution 'x' is new, not paused; saga\.load\(…\) gives it") as caught:
        saga.load_paused(new.dump())
    assert caught.value.status == "new"
    assert saga.load_paused(new.start().dump()).id == "x"


def test_only_its_own_executions_are_listed() -> None:
    """Another saga's stands somewhere else."""

    @read
    def other(number: int) -> int:
        return number

    theirs = Saga("theirs", other).new(0).start()
    with pytest.raises(WrongSaga, match="is of <Program theirs"):
        Saga("ours", other >> other.named("again")).listing(theirs)


def test_a_listing_cannot_be_forged() -> None:
    """What an exception says stays on its line."""

    @read
    def fails(number: int) -> int:
        raise ValueError(f"{number}\n  1  perform  fake  \x1b[31m")

    saga = Saga("loud", fails)
    assert len(saga.listing(saga.new(0).start()).splitlines()) == 4


def test_the_types_are_published() -> None:
    """A type checker looks into a package only if that says so."""
    assert files("resaga").joinpath("py.typed").is_file()
