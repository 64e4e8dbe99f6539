"""Values in documents of an older program: which types may change, and what is said of those that may not."""

from typing import Any

import pytest
from attrs import field, frozen

from resaga import Attempt, Change, Saga, Verdict, gate, read
from resaga.core.compatibility import Reach
from resaga.errors import ProgramChanged
from tests.codec.older import AnySaga


@frozen
class Cart:
    items: int
    note: str = ""


@frozen
class Basket:
    note: str = ""
    items: int = field(kw_only=True)


@frozen
class Full:
    items: int
    note: str = ""
    tip: int = 0


@frozen
class Bare:
    items: int


@frozen
class Priced:
    items: int
    cents: int
    note: str = ""


def few(cart: object, attribute: object, items: int) -> None:
    """What a validator of a newer class refuses."""
    if items > 0:
        raise ValueError("sold out")


@frozen
class Sold:
    items: int = field(validator=few)
    note: str = ""


def carts(kind: Any, *, asks: Any = bool, more: int = 0, emits: tuple[type, ...] = ()) -> AnySaga:  # noqa: ANN401 - types
    """A step and a gate of carts of that class."""

    @read(takes=kind, gives=kind)
    def fill(cart: Any, attempt: Attempt) -> Any:  # noqa: ANN401
        for event in emits:
            attempt.emit(event(1))
        return kind(items=cart.items + 1)

    @gate(takes=kind, asks=asks, gives=kind)
    def approve(cart: Any, answer: Any) -> Any:  # noqa: ANN401
        return cart

    block: Any = fill >> approve
    for number in range(more):
        block = block >> fill.named(f"more{number}")
    return Saga("carts", block, emits=emits)


def paused_cart(emits: tuple[type, ...] = ()) -> bytes:
    return carts(Cart, emits=emits).new(Cart(0)).start().dump()


@pytest.mark.parametrize("kind", [Basket, Full])
def test_a_class_may_be_renamed_reordered_and_get_a_field_with_a_default(kind: type) -> None:
    """Its values are stored by the names of their fields."""
    loaded = carts(kind).load_paused(paused_cart())
    assert loaded.state.value == kind(items=1)


def test_a_field_without_a_default_makes_another_type() -> None:
    """The step that gave such a value is named, and the gate that would get it."""
    told = carts(Priced).compatibility(paused_cart())
    assert [str(change) for change in told.changes] == [
        "fill was re-typed, after it had run",
        "approve was re-typed, where it stands",
    ]


@pytest.mark.parametrize("kind", [Bare, Sold])
def test_a_value_that_does_not_fit_any_more_is_told_as_its_step_re_typed(kind: type) -> None:
    """What can be compared is alike, but a field is gone, or a validator refuses; a value is not shown."""
    newer = carts(kind, more=1)
    with pytest.raises(ProgramChanged) as caught:
        newer.load(carts(Cart).new(Cart(1, "a secret")).start().dump())
    [change] = caught.value.changes
    assert change == Change("re-typed in its first context", "carts", Reach.DONE)
    assert caught.value.verdict is Verdict.NEEDS_MIGRATION
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_which_step_gave_what_does_not_fit_is_told() -> None:
    """If the first context still does."""
    newer = carts(Sold, more=1)
    with pytest.raises(ProgramChanged, match="fill was re-typed, after it had run"):
        newer.load(carts(Cart).new(Cart(0)).start().dump())


@frozen
class Packed:
    number: int


def test_an_answer_that_does_not_fit_any_more_is_told() -> None:
    """Where the run stands, if the gate has not given its result yet."""

    @frozen
    class Yes:
        by: str
        note: str = ""

    @frozen
    class No:
        by: str

    older, newer = carts(Cart, asks=Yes), carts(Cart, asks=No, more=1)
    paused: Any = older.new(Cart(0)).start()
    asked: Any = type("Asked", (), {"node": paused.state.here.node})()
    said = paused.answer(asked, Yes("ann"))
    told = newer.compatibility(said.dump())
    assert told.changes == (Change("re-typed in its answer", "approve", Reach.HERE),)
    told = newer.compatibility(said.resume().dump())
    assert told.changes == (Change("added", "more0/fill", Reach.BEFORE),)


def test_an_event_that_does_not_fit_any_more_is_told() -> None:
    """By the step that emitted it."""
    blob = paused_cart(emits=(Packed,))
    told = carts(Cart, more=1).compatibility(blob)
    assert told.changes == (Change("re-typed in an event", "fill", Reach.DONE),)


def test_a_class_that_is_stored_as_a_tag_cannot_be_renamed() -> None:
    """The cases of a union are told apart by their names."""

    def cases(*kinds: type) -> AnySaga:
        case: Any = kinds[0]

        @read(takes=int, gives=case | int)
        def pick(number: int) -> Any:  # noqa: ANN401
            return case(number)

        @gate(takes=case | int, asks=bool, gives=int)
        def approve(found: object, answer: bool) -> int:  # noqa: FBT001 - an answer
            return 0

        return Saga("cases", pick >> approve)

    blob = cases(Bare).new(1).start().dump()
    assert cases(Packed).compatibility(blob).changes[0] == Change("re-typed", "pick", Reach.DONE)
