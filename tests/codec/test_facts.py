"""The values of the trail's rows, as their facts say; each wrong one is refused at its place."""

from typing import Any

import pytest

from resaga import Attempt, Rejected, Saga, Stuck, gate, read, step
from resaga.codec import Codec
from resaga.core.fact import BITS, Fact, Mark, Postponement, Setback, Skip
from resaga.core.failure import Failure
from resaga.core.outcome import Answer
from resaga.errors import BlobError, BlobMismatch, NotStorable
from tests.codec.documents import AnySaga, changed, opened, untyped
from tests.codec.goldens import GOLDEN

FAILURE = ["s", "failed", "it broke", "Broken"]


@gate
def approval(number: int, yes: bool) -> int:  # noqa: FBT001 - an answer
    return number


@step
def act(number: int, attempt: Attempt) -> int:
    attempt.emit("done")
    return number


def _asking() -> AnySaga:
    return Saga("asking", approval >> act.kept("it is a test"), emits=(str, int))


ASKING = _asking()
CODEC = ASKING.codec


def decoded(fact: Fact, plain: object, index: int = 0) -> Any:  # noqa: ANN401 - as the fact says
    """The value of a row."""
    return CODEC.facts.decode(index << BITS | fact, plain)


def encoded(fact: Fact, value: object, index: int = 0) -> object:
    """The plain value of a row."""
    return CODEC.facts.encode(index << BITS | fact, value)


@pytest.mark.parametrize(
    ("fact", "value", "plain"),
    [
        (Fact.CREATED, 5, 5),
        (Fact.RETURNED, 5, 5),
        (Fact.SETTLED, 5, 5),
        (Fact.ANSWERED, Answer(value=True), [True, None]),
        (Fact.ANSWERED, Answer(value=False, by="ann"), [False, "ann"]),
        (Fact.MARKED, Mark(5, "ann"), [5, "ann"]),
        (Fact.SETBACK, Setback(Failure("s", "failed", "no", "E"), 7), [["s", "failed", "no", "E"], 7]),
        (Fact.DOUBTED, Setback(Failure("s", "timed_out", ""), None), [["s", "timed_out", "", None], None]),
        (Fact.POSTPONED, Postponement("later", 7), ["later", 7]),
        (Fact.POSTPONED, Postponement("", None), ["", None]),
        (Fact.SETTLING, None, None),
        (Fact.SETTLING, Failure("s", "expired", ""), ["s", "expired", "", None]),
        (Fact.FAILED, Failure("s", "cancelled", "", "c"), ["s", "cancelled", "", "c"]),
        (Fact.STUCK, Failure("s", "rejected", "no"), ["s", "rejected", "no", None]),
        (Fact.RETRIED, None, None),
        (Fact.RETRIED, "ann", "ann"),
        (Fact.SKIPPED, Skip("old", "ann"), ["old", "ann"]),
        (Fact.UNDONE_BY_HAND, "ann", "ann"),
        (Fact.EMITTED, "done", {"str": "done"}),
    ],
)
def test_the_value_of_a_fact_is_written_as_the_format_page_says(fact: Fact, value: object, plain: object) -> None:
    """And is read again as the same."""
    assert encoded(fact, value) == plain
    assert decoded(fact, plain) == value


@pytest.mark.parametrize(
    ("fact", "plain"),
    [
        (Fact.RETURNED, "5"),
        (Fact.ANSWERED, True),
        (Fact.ANSWERED, [True]),
        (Fact.ANSWERED, [True, None, None]),
        (Fact.ANSWERED, [1, None]),
        (Fact.ANSWERED, [True, 5]),
        (Fact.MARKED, [5, None]),
        (Fact.MARKED, ["5", "ann"]),
        (Fact.SETBACK, [FAILURE, "7"]),
        (Fact.SETBACK, [FAILURE, -1]),
        (Fact.SETBACK, [FAILURE, 2**63]),
        (Fact.SETBACK, [FAILURE, True]),
        (Fact.SETBACK, [FAILURE, 7.0]),
        (Fact.SETBACK, [None, 7]),
        (Fact.DOUBTED, [["s", "odd", "", None], 7]),
        (Fact.DOUBTED, [["s", ["failed"], "", None], 7]),
        (Fact.DOUBTED, [[5, "failed", "", None], 7]),
        (Fact.DOUBTED, [["s", "failed", None, None], 7]),
        (Fact.DOUBTED, [["s", "failed", "", 5], 7]),
        (Fact.DOUBTED, [["s", "failed", ""], 7]),
        (Fact.POSTPONED, [None, 7]),
        (Fact.POSTPONED, {"reason": "later"}),
        (Fact.FAILED, None),
        (Fact.STUCK, "no"),
        (Fact.SETTLING, []),
        (Fact.RETRIED, 5),
        (Fact.SKIPPED, ["old", None]),
        (Fact.SKIPPED, [None, "ann"]),
        (Fact.UNDONE_BY_HAND, None),
        (Fact.EMITTED, "done"),
        (Fact.EMITTED, {"float": 1.0}),
        (Fact.UNDONE, None),
        (Fact.WOKE, 5),
    ],
)
def test_another_value_than_the_fact_says_is_refused(fact: Fact, plain: object) -> None:
    """Nothing of it is guessed."""
    with pytest.raises(Exception, match=r"^it |^this fact has no value"):
        decoded(fact, plain)


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        (Fact.ANSWERED, Answer(value=True, by=untyped(5))),
        (Fact.MARKED, Mark(5, untyped(None))),
        (Fact.SKIPPED, Skip("old", untyped(5))),
        (Fact.POSTPONED, Postponement(untyped(5), None)),
        (Fact.FAILED, Failure("s", "failed", untyped(5))),
        (Fact.FAILED, Failure("s", "failed", "", untyped(5))),
        (Fact.RETRIED, 5),
        (Fact.UNDONE_BY_HAND, 5),
        (Fact.EMITTED, 5.0),
    ],
)
def test_what_could_not_be_read_is_not_written(fact: Fact, value: object) -> None:
    """A name that is no text, a reason that is none."""
    with pytest.raises(Exception, match=r"^it is"):
        encoded(fact, value)


def test_a_time_beyond_64_bits_is_written_as_the_last_that_fits() -> None:
    """Both are later than any calendar knows."""
    assert encoded(Fact.POSTPONED, Postponement("", 2**70)) == ["", 2**63 - 1]
    assert encoded(Fact.SETBACK, Setback(Failure("s", "failed", ""), 2**70)) == [
        ["s", "failed", "", None],
        2**63 - 1,
    ]


def test_an_instruction_without_a_result_has_no_value() -> None:
    """A timer cannot return, whatever a document says."""

    @read
    def look(number: int) -> int:
        return number

    saga: AnySaga = Saga("plain", look)
    facts = saga.codec.facts
    for plain in ("x", None):
        with pytest.raises(Exception, match="no value here"):
            facts.decode(Fact.EMITTED, plain)
    with pytest.raises(Exception, match="no value here"):
        facts.encode(Fact.EMITTED, "x")
    with pytest.raises(Exception, match="no value here"):
        facts.decode(Fact.ANSWERED, [True, None])


# ---- in documents -----------------------------------------------------------------------------------------


def test_the_place_of_a_wrong_value_is_named_in_the_document() -> None:
    """By its position among the values, and what is inside of it."""
    paused: Any = ASKING.new(5).start()
    blob = paused.answer(approval, True, by="ann").resume().dump()
    values = opened(blob)["values"]
    assert values == [5, [True, "ann"], 5, {"str": "done"}, 5]
    for position, wrong, place in (
        (0, "5", "$.values[0]"),
        (1, [1, "ann"], "$.values[1][0]"),
        (1, [True, 5], "$.values[1][1]"),
        (1, [True], "$.values[1]"),
        (2, True, "$.values[2]"),
        (3, {"str": 5}, "$.values[3].str"),
        (3, {"float": 5.0}, "$.values[3]"),
        (4, None, "$.values[4]"),
    ):
        odd = [wrong if index == position else value for index, value in enumerate(values)]
        with pytest.raises(BlobMismatch) as caught:
            ASKING.load(changed(blob, values=odd))
        assert caught.value.path == place
        assert str(caught.value).startswith(f"{place}: this value does not fit, because ")


def test_a_wrong_failure_is_named_down_to_its_part() -> None:
    """As any other value."""
    saga, blob = GOLDEN["checkout-reserve-rejected-1"]
    values = opened(blob)["values"]
    assert values[1] == ["reserve", "rejected", "no money", "funds"]
    with pytest.raises(BlobMismatch) as caught:
        saga.load(changed(blob, values=[values[0], ["reserve", "rejected", 5, "funds"]]))
    assert caught.value.path == "$.values[1][2]"


def test_every_value_of_every_golden_document_may_be_anything_and_only_a_blob_error_comes() -> None:
    """Each value replaced by each odd one, with the right checksum."""
    odd: tuple[object, ...] = (None, True, 5, -1, 1.5, "", "x", [], [None], {}, {"$": []}, {"x": 1}, 2**63)
    for saga, blob in GOLDEN.values():
        values = opened(blob)["values"]
        for position, other in [(position, other) for position in range(len(values)) for other in odd]:
            spoiled = changed(blob, values=[*values[:position], other, *values[position + 1 :]])
            try:
                again = saga.load(spoiled)
            except BlobError:
                continue
            assert saga.load(again.dump()).dump() == again.dump()


# ---- what cannot be dumped --------------------------------------------------------------------------------


def test_a_person_whose_name_is_no_text_makes_no_document() -> None:
    """It could not be read again; the execution itself is unharmed."""
    paused: Any = ASKING.new(5).start()
    state = paused.state.copy()
    state.trail.codes.append(Fact.ANSWERED)
    state.trail.at.append(state.trail.at[-1])
    state.trail.took.append(0)
    state.trail.values.append(Answer(value=True, by=untyped(5)))
    codec: Codec = ASKING.codec
    with pytest.raises(NotStorable, match=r"approval: .* what was said with it") as caught:
        codec.dump(state)
    assert caught.value.path == "approval"


def test_a_failure_of_which_the_code_is_no_text_makes_no_document() -> None:
    """It names the step that it is about."""

    @step
    def pay(number: int) -> int:
        raise Rejected("no")

    saga: AnySaga = Saga("paying", pay.irreversible())
    done = saga.new(5).start()
    assert not isinstance(done, Stuck)
    state = done.state.copy()
    state.trail.values[-1] = Failure("pay", "rejected", "no", untyped(5))
    with pytest.raises(NotStorable, match="what was said of it") as caught:
        saga.codec.dump(state)
    assert caught.value.path == "pay"


def test_an_event_that_cannot_be_stored_is_named_by_its_step() -> None:
    """The value itself is not shown."""

    @step
    def tell(number: int, attempt: Attempt) -> int:
        attempt.emit("\ud800")
        return number

    told = Saga("telling", tell.kept("it is a test"), emits=(str,)).new(1).start()
    with pytest.raises(NotStorable, match=r"tell: .* surrogate"):
        told.dump()
