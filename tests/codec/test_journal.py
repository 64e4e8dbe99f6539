"""The entries of a journal: what is written is read again, and whatever else is there is a `BlobError`."""

import json
import zlib
from collections.abc import Sequence
from itertools import pairwise, product
from typing import Any

import pytest
from attrs import frozen

from resaga import Saga, gate, read, step
from resaga.codec import journal, limits
from resaga.codec.document import opened as document_of
from resaga.core.errors import BlobCorrupt, BlobError, BlobTooLarge, NotStorable
from resaga.core.outcome import Answer
from resaga.core.replay import replay
from resaga.core.state import ExecutionState
from resaga.testing import FakeClock

LONG = "long enough to be referred to " * 20


@frozen
class Cart:
    text: str
    note: str = ""


@step
def fill(cart: Cart) -> Cart:
    return Cart(cart.text, cart.text)


@read
def look(cart: Cart) -> Cart:
    return Cart(cart.text, cart.note)


@gate
def ask(cart: Cart, ok: bool) -> Cart:  # noqa: FBT001 - an answer
    return cart


SAGA: Any = Saga("cart", fill.kept("it harms nobody") >> look >> look.named("again") >> ask)
STEP: list[Any] = [journal.STEP, "m", "running", 0, None, True, 0, [1], [1], [1], []]


def paused(text: str = LONG) -> ExecutionState:
    state: ExecutionState = SAGA.new(Cart(text), id="x", clock=FakeClock()).start(clock=FakeClock()).state
    return state


def entries(state: ExecutionState, cuts: Sequence[int]) -> tuple[bytes, list[bytes]]:
    """The document up to the first cut, and the entries between the others."""
    states = []
    for cut in (*cuts, len(state.trail)):
        rows = list(state.trail.rows())[:cut]
        states.append(replay(SAGA.program, "x", rows))
    raws = [
        SAGA.codec.entry(after, len(before.trail), mark="m", intent=False, takeovers=0)
        for before, after in pairwise(states)
    ]
    return SAGA.codec.dump(states[0]), raws


@pytest.mark.parametrize("text", [LONG, "short"])
@pytest.mark.parametrize("cuts", [(1,), (1, 2), (2, 3, 4), (1, 2, 3, 4, 5), (1, 4), (5,)])
def test_however_it_is_cut(cuts: tuple[int, ...], text: str) -> None:
    """A document and the entries behind it tell what one document tells, with references inside each."""
    state = paused(text)
    snapshot, raws = entries(state, cuts)
    restored = SAGA.codec.restored(snapshot, raws)
    assert list(restored.state.trail.rows()) == list(state.trail.rows())
    assert SAGA.codec.dump(restored.state) == SAGA.codec.dump(state)
    assert (restored.intent, restored.takeovers, restored.requests, restored.carried) == (False, 0, [], False)


def test_a_value_that_cannot_be_written_alone() -> None:
    """It is named as in a document."""
    state = paused("short")
    state.trail.values[2] = Cart("short", 1.5)  # type: ignore[arg-type]
    for entries_of in (lambda: entries(state, (2, 3)), lambda: SAGA.codec.dump(state)):
        with pytest.raises(NotStorable) as caught:
            entries_of()
        assert caught.value.path == "fill.note"


def test_what_the_last_entry_waits_for_is_what_its_rows_say() -> None:
    """As in a document: otherwise it is damaged."""
    snapshot, raws = entries(paused(), (1,))
    *members, _ = json.loads(raws[0])
    assert members[4] == {"for": "answer", "path": "ask", "until": None}
    members[4] = None
    with pytest.raises(BlobCorrupt) as caught:
        SAGA.codec.restored(snapshot, [journal.sealed(members)])
    assert caught.value.path == "$.waits"


def test_requests_stand_between() -> None:
    """They are told in order, and an answer in them comes back as it was given."""
    state = paused()
    snapshot, raws = entries(state, (1, 3))
    answer = SAGA.codec.answering(3, Answer(True, "ann"))
    restored = SAGA.codec.restored(snapshot, [raws[0], SAGA.codec.cancelling("enough"), *raws[1:], answer])
    cancel, answered = restored.requests
    assert cancel == journal.Request(journal.CANCEL, ["enough"])
    assert SAGA.codec.answer_of(3, answered) == Answer(True, "ann")


@pytest.mark.parametrize(
    ("index", "plain"), [(3, ["yes", None]), (3, True), (3, [True]), (0, [True, None]), (2, [True, None])]
)
def test_an_answer_that_does_not_fit(index: int, plain: object) -> None:
    """Its gate asks for something else now, or it is no gate: it is none."""
    assert SAGA.codec.answer_of(index, journal.Request(journal.ANSWER, ["ask", plain])) is None


def test_beginnings_are_compared_as_values() -> None:
    """Equal contexts are written alike, in whatever order a mapping has its keys."""

    @read
    def same(context: dict[str, int]) -> dict[str, int]:
        return context

    saga: Any = Saga("mapping", same)
    one, other, odd = ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1, "b": 3})
    first, second, third = (saga.codec.beginning(saga.new(each).state) for each in (one, other, odd))
    assert first == second != third


@pytest.mark.parametrize(
    "members",
    [
        [],
        ["step"],
        STEP[:-1],
        ["stop", *STEP[1:]],
        [*STEP[:3], "0", *STEP[4:]],
        [*STEP[:4], [], *STEP[5:]],
        [*STEP[:7], [True], *STEP[8:]],
        [*STEP[:7], [1, 2], *STEP[8:]],
        ["cancel", []],
        ["cancel", [1]],
        ["cancel", ["a", "b"]],
        ["answer", ["a"]],
        ["dance", ["a"]],
        ["cancel", {"a": 1}],
        [1, ["a"]],
    ],
)
def test_what_is_no_entry(members: list[Any]) -> None:
    """It has not the members of one."""
    with pytest.raises(BlobCorrupt):
        journal.opened(journal.sealed(members))


def test_every_cut_and_flip_is_found() -> None:
    """Whatever is changed is found by the checksum, or by the text that would have been written."""
    raw = journal.sealed(STEP)
    for length in range(len(raw)):
        with pytest.raises(BlobError):
            journal.opened(raw[:length])
    for at, bit in product(range(len(raw)), range(8)):
        changed = raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :]
        with pytest.raises(BlobError):
            journal.opened(changed)


@pytest.mark.parametrize("body", [b'["step", 1]', b"[nothing]", b"[1e400]", b"]"])
def test_json_of_somebody_else(body: bytes) -> None:
    """With a checksum that fits, it is still not what is written here."""
    with pytest.raises(BlobCorrupt):
        journal.opened(body[:-1] + b',"%08x"]' % zlib.crc32(body))


def test_too_much() -> None:
    """Size, depth and rows have limits."""
    nested: Any = []
    for _ in range(limits.DEPTH):
        nested = [nested]
    for entry in (journal.sealed([nested]), b" " * (limits.BLOB_BYTES + 1)):
        with pytest.raises(BlobTooLarge):
            journal.opened(entry)
    many = [0] * (limits.ROWS + 1)
    rows = journal.Step("m", "running", 0, None, False, 0, many, many, many, [])
    with pytest.raises(BlobTooLarge):
        journal.lengthened(document_of(SAGA.codec.dump(paused())), [rows], 0)
