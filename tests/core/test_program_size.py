"""How long and how deep a program may be, and what that costs."""

import sys
from typing import Any

import pytest

from resaga import Block, branch, read
from resaga.core import limits
from resaga.core.errors import TooLarge
from tests.core.sale import is_large, kept, look, made, undone, when_untyped


def test_a_path_has_a_limit() -> None:
    """Eight names of sixty-four letters fill it."""
    block: Any = look
    for _ in range(8):
        block = block.named("x" * limits.NAME_LENGTH)
    with pytest.raises(TooLarge, match="is longer than 512 characters; nest fewer names"):
        made(block)


def numbered(count: int) -> list[Block[int, int]]:
    return [read(name=f"step-{number}")(_same) for number in range(count)]


def _same(number: int) -> int:
    return number


def left(steps: list[Block[int, int]]) -> Block[int, int]:
    """((a >> b) >> c) >> d."""
    block = steps[0]
    for one in steps[1:]:
        block = block >> one
    return block


def right(steps: list[Block[int, int]]) -> Block[int, int]:
    """A >> (b >> (c >> d))."""
    block = steps[-1]
    for one in reversed(steps[:-1]):
        block = one >> block
    return block


@pytest.mark.parametrize("nested", [left, right])
def test_a_long_chain_needs_no_recursion(nested: Any) -> None:  # noqa: ANN401 - one of two
    """Ten times deeper than Python's stack, nested either way."""
    assert made(nested(numbered(10_000))).end == 10_000


def test_a_deep_nest_needs_no_recursion() -> None:
    """Conditions in conditions, ten thousand deep."""
    block: Any = look
    for _ in range(10_000):
        block = when_untyped(is_large, block)
    assert made(block).end == 10_001


@pytest.mark.parametrize("nested", [left, right])
def test_the_work_for_a_step_does_not_grow_with_the_chain(nested: Any) -> None:  # noqa: ANN401 - one of two
    """Composing and compiling ten times as many makes ten times as many calls; `nox -s bench` says what they take."""
    steps = numbered(4_000)

    def calls(count: int) -> int:
        seen: list[str] = []
        sys.setprofile(lambda frame, event, of: seen.append(event))
        try:
            made(nested(steps[:count]))
        finally:
            sys.setprofile(None)
        return seen.count("call") + seen.count("c_call")

    assert calls(4_000) / calls(400) <= 10.01


@pytest.mark.proof
@pytest.mark.parametrize("nested", [left, right])
def test_a_hundred_thousand_steps_are_the_most(nested: Any) -> None:  # noqa: ANN401 - one of two
    """They compile, nested either way; one more is refused."""
    steps = numbered(limits.STEPS + 1)
    assert made(nested(steps[:-1])).end == limits.STEPS
    with pytest.raises(TooLarge, match="more than 100,000 instructions; run parts of it as sagas"):
        made(nested(steps))


def test_more_instructions_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jumps count too."""
    monkeypatch.setattr(limits, "STEPS", 3)
    assert made(look >> undone >> kept).end == 3
    with pytest.raises(TooLarge):
        made(branch(is_large, look.named("a"), look.named("b")))
