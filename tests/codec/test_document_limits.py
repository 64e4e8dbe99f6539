"""The document's limits: how deep, how large and how long it may be, when it is dumped and when it is loaded."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import frozen

from resaga import Completed, New, Saga, read
from resaga.codec import limits
from resaga.errors import BlobError, BlobTooLarge, NotStorable
from resaga.testing import FakeClock
from tests.codec.documents import BLOB, NUMBERS, changed, closed, document, keeper, opened


@frozen
class Node:
    value: int
    next: "Node | None" = None


def nested(depth: int) -> Any:  # noqa: ANN401 - plain JSON
    """A list in a list in a list."""
    plain: Any = []
    for _ in range(depth - 1):
        plain = [plain]
    return plain


def chain(length: int) -> Node:
    """Nodes one inside the other."""
    node = Node(0)
    for value in range(1, length):
        node = Node(value, node)
    return node


def test_a_document_is_nested_at_most_a_hundred_deep() -> None:
    """Whether it is made by hand or by us: one limit, both ways."""
    deepest = limits.DEPTH - limits.AROUND
    for depth, error in ((deepest, "it is not int"), (deepest + 1, "deeper"), (240, "deeper")):
        with pytest.raises(BlobError, match=error):
            NUMBERS.load(document(NUMBERS, [nested(depth)]))
    nodes = keeper(Node)
    assert isinstance(nodes.load(nodes.new(chain(deepest)).dump()), New)
    for length in (deepest + 1, 253, 255, 400):
        with pytest.raises(NotStorable, match="deep"):
            nodes.new(chain(length)).dump()
        with pytest.raises(NotStorable, match="deep"):
            nodes.codec.copy(nodes.program.takes, chain(length))


def test_contexts_that_grow_into_each_other_meet_the_same_limit() -> None:
    """References keep the document flat, but what they stand for counts."""

    @read
    def longer(node: Node) -> Node:
        return Node(node.value + 1, node)

    def growing(steps: int) -> Saga[Node, Node, Any]:
        chain: Any = longer.named("s0")
        for number in range(1, steps):
            chain = chain >> longer.named(f"s{number}")
        return Saga("growing", chain)

    deepest = limits.DEPTH - limits.AROUND
    fits, grows = growing(deepest - 1), growing(deepest)
    blob = fits.new(Node(0)).start().dump()
    done = fits.load(blob)
    assert isinstance(done, Completed)
    assert done.dump() == blob
    with pytest.raises(NotStorable, match="deep"):
        grows.new(Node(0)).start().dump()
    plain = opened(blob)
    odd = document(
        grows,
        [*plain["values"], {"value": 99, "next": {"$": []}}],
        [*plain["codes"], (deepest - 1) << 5],
        status="completed",
        index=deepest,
    )
    with pytest.raises(BlobTooLarge, match="deeper than 100") as caught:
        grows.load(odd)
    assert caught.value.path == f"$.values[{deepest}]"


def test_a_value_is_at_most_a_mebibyte_both_ways() -> None:
    """With its quotes."""
    texts = keeper(str)
    most = limits.VALUE_BYTES - 2
    assert texts.load(texts.new("a" * most).dump()).state.value == "a" * most
    with pytest.raises(NotStorable, match="1,048,576"):
        texts.new("a" * (most + 1)).dump()
    with pytest.raises(NotStorable, match="1,048,576"):
        texts.codec.copy(texts.program.takes, "a" * (most + 1))
    with pytest.raises(BlobTooLarge, match="1,048,576") as caught:
        texts.load(document(texts, ["a" * (most + 1)]))
    assert caught.value.path == "$.values[0]"


def test_a_value_has_at_most_a_hundred_thousand_parts() -> None:
    """Objects and lists; a bracket in a text is none."""
    rows = keeper(tuple[tuple[int, ...], ...])
    assert isinstance(rows.new(((),) * (limits.VALUE_PARTS - 1)).start().dump(), bytes)
    more = ((),) * limits.VALUE_PARTS
    with pytest.raises(NotStorable, match="more than 100,000 objects and lists"):
        rows.new(more).dump()
    with pytest.raises(NotStorable, match="more than 100,000 objects and lists"):
        rows.codec.copy(rows.program.takes, more)
    texts = keeper(str)
    assert texts.codec.copy(texts.program.takes, "[" * 200_000) == "[" * 200_000


def test_a_document_is_at_most_16_mebibytes_both_ways() -> None:
    """With its references at full size, so that what is dumped can be loaded."""
    many = keeper(str, steps=20)
    half = "a" * 500_000
    run = many.new(half).start()
    blob = run.dump()
    assert len(blob) < 600_000
    assert many.load(blob).dump() == blob
    whole = "a" * 900_000
    with pytest.raises(NotStorable, match="16,777,216"):
        many.new(whole).start().dump()
    with pytest.raises(BlobTooLarge, match="16,777,216"):
        many.load(blob.replace(half.encode(), b"") + b" " * limits.BLOB_BYTES)
    plain = opened(blob)
    with pytest.raises(BlobTooLarge, match="16,777,216"):
        many.load(closed({**plain, "values": [whole, *plain["values"][1:]]}))


def test_a_listing_has_at_most_a_hundred_thousand_lines() -> None:
    """As many as a program can have."""
    with pytest.raises(BlobTooLarge, match="100,000"):
        NUMBERS.load(changed(BLOB, listing=["a b c"] * 100_001))


def test_a_time_that_lies_centuries_from_the_one_before_cannot_be_written() -> None:
    """A clock that jumps like that is wrong; the execution is still there."""
    clock = FakeClock()
    new = NUMBERS.new(5, clock=clock)
    clock.advance(timedelta(days=600 * 365))
    done = new.start(clock=clock)
    with pytest.raises(NotStorable, match=r"centuries from the one before it; is the clock wrong\?"):
        done.dump()
    assert isinstance(done, Completed)
    assert done.result == 5
