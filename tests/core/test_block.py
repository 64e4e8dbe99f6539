"""Blocks: what comes of `>>`, and what may not stand beside it."""

import operator
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from resaga import Block, Gate, Irreversible, Neutral, Read, Saga, Sealed, Step, Wait, gate, read, step, wait
from resaga.core.block import Arrow
from resaga.core.errors import InvalidBody, InvalidName, MissingUndo


@read
def look(context: int) -> int:
    return context


@step
def hold(context: int) -> int:
    return context


@gate
def ask(context: int, answer: int) -> int:
    return answer


pause = wait(timedelta(days=1))
undone = hold.kept("a test")
final = hold.irreversible()


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        (look, Read),
        (undone, Step),
        (final, Irreversible),
        (ask, Gate),
        (pause, Wait),
        (pause >> pause, Wait),
        (look >> pause, Neutral),
        (pause >> look, Neutral),
        (look >> ask, Neutral),
        (look >> undone, Block),
        (undone >> look, Block),
        (undone >> pause, Block),
        (pause >> undone, Block),
        (undone >> final, Sealed),
        (look >> final, Sealed),
        (final >> look, Sealed),
        (final >> pause, Sealed),
        (pause >> final, Sealed),
        (final >> final, Sealed),
        (look.named("a"), Neutral),
        (undone.named("a"), Block),
        (final.named("a"), Sealed),
    ],
)
def test_a_chain_is_what_its_parts_leave_to_undo(block: Arrow, kind: type) -> None:
    """What the types say of a joint, it is at run time too."""
    assert type(block) is kind
    assert repr(block) == f"<{kind.__name__}>"


def test_a_block_is_equal_to_itself_only() -> None:
    """No chain is compared or shown part by part: one of 100,000 steps would recurse."""
    assert look >> ask != look >> ask
    assert repr(look >> ask) == "<Neutral>"


unsaid: Any = hold
"""A step of which nobody has said how it is taken back, as untyped callers see it."""

UNSAID: list[Callable[[], object]] = [
    lambda: look >> unsaid,
    lambda: unsaid >> look,
    lambda: unsaid >> undone,
    lambda: undone >> unsaid,
    lambda: final >> unsaid,
    lambda: unsaid >> final,
    lambda: pause >> unsaid,
    lambda: unsaid >> pause,
    lambda: unsaid >> unsaid,
    lambda: Saga("s", unsaid),
]


@pytest.mark.parametrize("wrong", UNSAID)
def test_a_step_of_which_nobody_said_how_it_is_taken_back(wrong: Callable[[], object]) -> None:
    """On either side of a joint, and alone: the message names the step and the three ways."""
    said = r"step 'hold' is taken back; add \.undone_by\(…\), \.kept\(\"why\"\) or \.irreversible\(\)"
    with pytest.raises(MissingUndo, match=said) as caught:
        wrong()
    assert caught.value.path == "hold"


@pytest.mark.parametrize("other", [None, 3, "look", len])
def test_what_is_no_block_is_refused(other: Any) -> None:  # noqa: ANN401 - of any wrong type
    """It is shown, and what makes a block is said."""
    for left, right in ((look, other), (other, look), (pause, other), (other, final)):
        with pytest.raises(InvalidBody, match="is no block; decorate it with @read, @step or @gate"):
            operator.rshift(left, right)


@pytest.mark.parametrize("block", [look, undone, final])
def test_the_name_of_a_block_may_stand_in_a_path(block: Any) -> None:  # noqa: ANN401 - of any block
    """Slashes join names."""
    with pytest.raises(InvalidName, match="'a/b' is no name"):
        block.named("a/b")
