"""References: what equals the context before is not written again; what they lead to counts at full size."""

from typing import Any

import pytest
from attrs import frozen

from resaga import Completed, Saga, read
from resaga.codec import limits
from resaga.codec.reference import Sources, Targets, measured
from resaga.errors import BlobCorrupt, BlobError, BlobTooLarge
from tests.codec.documents import AnySaga, document, keeper, opened

LONG = "a text of more than thirty-two bytes"
LONGER = LONG + LONG


@frozen
class Order:
    id: str
    note: str


@frozen
class Held:
    order: Order
    hold: int


@frozen
class Small:
    held: Held


@frozen
class Large:
    held: Held


def _chain() -> AnySaga:
    @read
    def hold(order: Order) -> Held:
        return Held(order, 1)

    @read
    def size(held: Held) -> Small | Large:
        return Large(held)

    @read
    def unpack(sized: Small | Large) -> Held:
        return sized.held

    @read
    def again(held: Held) -> tuple[Order, Order]:
        return held.order, held.order

    return Saga("chain", hold >> size >> unpack >> again)


CHAIN = _chain()
DONE = [5, 6, 0, 32, 64, 96]
"""The codes of a run through the chain."""


def loaded(*values: object) -> Any:  # noqa: ANN401 - what the run gave
    """The results of a run whose document has these values."""
    blob = document(CHAIN, values, DONE, status="completed", index=4)
    done = CHAIN.load(blob)
    assert isinstance(done, Completed)
    return done.state.trail.values


def test_a_context_and_its_fields_are_referred_to() -> None:
    """The whole, a field, and a field of the one case of a union."""
    run = CHAIN.new(Order("A", LONG)).start()
    blob = run.dump()
    assert opened(blob)["values"] == [
        {"id": "A", "note": LONG},
        {"order": {"$": []}, "hold": 1},
        {"Large": {"held": {"$": []}}},
        {"$": ["Large", "held"]},
        [{"$": ["order"]}, {"$": ["order"]}],
    ]
    again = CHAIN.load(blob)
    assert isinstance(again, Completed)
    assert again.result == (Order("A", LONG), Order("A", LONG))
    assert again.dump() == blob


def test_what_is_written_in_full_is_read_too() -> None:
    """A reference is a saving, not a duty."""
    order = {"id": "A", "note": LONG}
    held = {"order": order, "hold": 1}
    values = loaded(order, held, {"Large": {"held": held}}, held, [order, order])
    assert values[-1] == (Order("A", LONG), Order("A", LONG))


@pytest.mark.parametrize(
    ("kind", "value", "second"),
    [
        (str, "a" * 29, "a" * 29),
        (str, "a" * 30, {"$": []}),
        (tuple[str, ...], ("a" * 27,), ["a" * 27]),
        (tuple[str, ...], ("a" * 28,), {"$": []}),
    ],
)
def test_what_is_shorter_than_32_bytes_is_written_again(kind: object, value: object, second: object) -> None:
    """Its quotes and brackets included; a reference would save nothing."""
    saga = keeper(kind)
    assert opened(saga.new(value).start().dump())["values"][1] == second


@pytest.mark.parametrize(
    ("before", "after", "short"),
    [
        ({"a": LONG, "b": 1}, {"c": LONG}, {"c": {"$": ["a"]}}),
        ([LONG, LONGER], [LONGER], [{"$": [1]}]),
        ({"a": [LONG, 1]}, {"a": [LONG, True]}, {"a": [{"$": ["a", 0]}, True]}),
        ({"a": [LONG, 1], "b": 1}, {"a": [LONG, 1.0]}, {"a": [LONG, 1.0]}),
        ({"a": LONG, "b": 1}, {"b": 1, "a": LONG}, {"b": 1, "a": {"$": ["a"]}}),
        ([[LONG, 1], [LONG, 2]], [[LONG, 2]], [[LONG, 2]]),
        (LONG, LONG, {"$": []}),
        (5, LONG, LONG),
        ({"a": {"b": {"c": LONG}}}, {"b": {"c": LONG}}, {"$": ["a"]}),
        ({"a": {"b": {"c": LONG}}}, {"c": LONG}, {"$": ["a", "b"]}),
        ({"a": {"b": {"c": LONG}}}, LONG, LONG),
        ({"a": {"b": LONG}, "x": 0}, {"b": LONG}, {"$": ["a"]}),
        ({"a": {"b": LONG}, "x": 0}, LONG, LONG),
        ({"$$": LONG}, [LONG], [{"$": ["$$"]}]),
        ({"$int": "9" * 40}, {"$int": "9" * 40}, {"$": []}),
    ],
)
def test_only_what_is_written_alike_is_referred_to(before: object, after: object, short: object) -> None:
    """One equals True and 1.0, but is written otherwise; another order of members is another text."""
    targets, sources = Targets(), Sources()
    targets.turn(before, measured(before, {}))
    sources.turn(before)
    made = targets.shortened(after)
    assert made == short
    assert repr(made) == repr(short)
    assert repr(sources.resolved(made)) == repr(after)
    assert (sources.added, sources.brackets) == (targets.spared, targets.brackets)


@pytest.mark.parametrize(
    "reference",
    [
        {"$": ["nothing"]},
        {"$": ["order", "id"]},
        {"$": ["hold", 0]},
        {"$": [0]},
        {"$": [True]},
        {"$": [None]},
        {"$": [["order"]]},
        {"$": [-1]},
        {"$": "order"},
        {"$": None},
        {"$": {"order": 1}},
        {"$": ["order"], "x": 1},
        {"$": [], "$x": 1},
        {"x": 1, "$": []},
    ],
    ids=repr,
)
def test_a_reference_leads_to_the_context_or_one_of_its_fields(reference: object) -> None:
    """And is written in one way only."""
    order = {"id": "A", "note": LONG}
    held = {"order": order, "hold": 1}
    with pytest.raises(BlobError):
        loaded(order, held, {"Large": {"held": reference}}, held, [order, order])


@pytest.mark.parametrize("step", [-1, 2, "0", 1.0])
def test_a_reference_into_a_list_is_a_position_in_it(step: object) -> None:
    """Counted from its start."""
    texts = keeper(tuple[str, ...], steps=2)
    plain = [LONG, LONGER]
    codes, more = [5, 6, 0, 32], {"status": "completed", "index": 2}
    blob = document(texts, [plain, plain, [{"$": [1]}]], codes, **more)
    assert texts.load(blob).state.value == (LONGER,)
    with pytest.raises(BlobCorrupt):
        texts.load(document(texts, [plain, plain, [{"$": [step]}]], codes, **more))


def test_the_first_context_can_refer_to_nothing() -> None:
    """There is none before it."""
    with pytest.raises(BlobCorrupt, match="reference"):
        loaded({"$": ["id"]}, {}, {}, {}, [])
    with pytest.raises(BlobError):
        loaded({"$": []}, {}, {}, {}, [])


def test_references_that_double_again_and_again_are_refused() -> None:
    """A small document would be a large execution."""

    @frozen
    class Pair:
        left: "Pair | None" = None
        right: "Pair | None" = None

    steps = 60
    pairs = keeper(Pair, steps=steps)
    both: Any = {"left": {"$": []}, "right": {"$": []}}
    values: Any = [{"left": None, "right": None}] + [both] * steps
    codes = [5, 6] + [number << 5 for number in range(steps)]
    with pytest.raises(BlobTooLarge, match="1,048,576"):
        pairs.load(document(pairs, values, codes, status="completed", index=steps))


def test_many_large_references_are_refused() -> None:
    """All of them together count against the limit of the document."""
    steps = 40
    texts = keeper(str, steps=steps)
    values: Any = ["a" * 900_000] + [{"$": []}] * steps
    codes = [5, 6] + [number << 5 for number in range(steps)]
    blob = document(texts, values, codes, status="completed", index=steps)
    assert len(blob) < limits.VALUE_BYTES
    with pytest.raises(BlobTooLarge, match="16,777,216"):
        texts.load(blob)


def test_a_value_counts_what_it_refers_to_each_time() -> None:
    """Twice fits into the limit of a value, three times does not, though it is in memory once."""
    texts = keeper(tuple[str, ...])
    text = "a" * 500_000

    def blob(times: int) -> bytes:
        return document(texts, [[text], [{"$": [0]}] * times], [5, 6, 0], status="completed", index=1)

    assert texts.load(blob(2)).state.value == (text, text)
    with pytest.raises(BlobTooLarge, match="1,048,576"):
        texts.load(blob(3))


def test_a_reference_into_the_depth_is_refused_although_its_value_would_fit() -> None:
    """Otherwise what a document refers to would have to be searched for."""
    order = {"id": "A", "note": LONG}
    held = {"order": order, "hold": 1}
    deep = {"order": {"id": "A", "note": {"$": ["order", "note"]}}, "hold": 1}
    with pytest.raises(BlobCorrupt, match="into the depth"):
        loaded(order, held, {"Large": {"held": deep}}, held, [order, order])
