"""Gates: typed questions."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import frozen

from resaga import Default, Gate, Reject, Saga, Stay, gate
from resaga.core.block import Arrow
from resaga.core.errors import InvalidBody, InvalidOption
from resaga.core.node import Questioning

DAY = timedelta(days=1)


@frozen
class Asked:
    id: str


@frozen
class Approval:
    ok: bool


def approve(asked: Asked, answer: Approval) -> Asked:
    return asked


def asking(made: Arrow) -> Questioning:
    assert isinstance(made, Gate)
    return made.node


def test_a_question_stays_open() -> None:
    """Nothing is approved, or declined, by accident."""
    node = asking(gate(approve))
    assert node.deadline is None
    assert isinstance(node.expiry, Stay)
    assert (node.body.parameters, node.body.gives) == ((Asked, Approval), Asked)
    assert isinstance(asking(gate(deadline=DAY)(approve)).expiry, Stay)


@pytest.mark.parametrize("expiry", [Reject(), Reject("too late"), Stay()])
def test_a_deadline_takes_a_declared_way(expiry: Reject | Stay) -> None:
    """As if somebody had declined, or not at all."""
    node = asking(gate(deadline=DAY, expiry=expiry)(approve))
    assert (node.deadline, node.expiry) == (DAY, expiry)


def test_a_deadline_may_give_the_answer() -> None:
    """One that the gate asks for."""
    node = asking(gate(deadline=DAY, expiry=Default(Approval(ok=False)))(approve))
    assert node.expiry == Default(Approval(ok=False))


def test_a_gate_called_is_the_plain_function() -> None:
    """So that a unit test needs no saga."""
    made = gate(approve)
    assert made(Asked("1"), Approval(ok=True)) == Asked("1")
    assert made.__name__ == "approve"


def test_the_options_of_a_gate() -> None:
    """A name against renaming, and types against annotations."""
    node = asking(gate(name="ask", takes=str, asks=bool, gives=int)(approve))
    assert (node.body.name, node.body.parameters, node.body.gives) == ("ask", (str, bool), int)


def test_local_types_of_annotations_that_are_text_are_found() -> None:
    """Decorated plainly, and with options."""

    class Local: ...

    def decide(asked: "Local", answer: "Local") -> "Local":
        return answer

    for made in (gate(decide), gate(name="decide")(decide)):
        assert asking(made).body.parameters == (Local, Local)


def test_a_decision_takes_the_context_and_the_answer() -> None:
    """No more and no less."""
    untyped: Any = gate
    with pytest.raises(InvalidBody, match="it is called with its context and the answer"):
        untyped(lambda asked: asked)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"expiry": None}, r"expiry=None: give Reject\(\), Default\(answer\) or Stay\(\)"),
        ({"expiry": Reject}, "give Reject"),
        ({"expiry": Reject()}, r"without a deadline never comes; give deadline=timedelta\(…\)"),
        ({"expiry": Default(3)}, "without a deadline never comes"),
        ({"deadline": timedelta(0)}, "deadline=.* is no span of time"),
        ({"deadline": 3}, "deadline=3 is no span of time"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], why: str) -> None:
    """What is wrong, and what to give instead."""
    with pytest.raises(InvalidOption, match=why):
        gate(**options)(approve)


@pytest.mark.parametrize("answer", [3, None, Asked("1")])
def test_a_default_answer_is_one_that_the_gate_asks_for(answer: object) -> None:
    """It is checked when the saga is made, not when nobody has answered."""
    untyped: Any = gate(deadline=DAY, expiry=Default(answer))
    with pytest.raises(InvalidOption, match="'approve' asks for Approval, so its expiry cannot be"):
        Saga("s", untyped(approve))
