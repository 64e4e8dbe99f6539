"""Wait, when, branch, only, within: ways to put blocks together beside `>>`."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from resaga import Block, Neutral, Sealed, Wait, branch, only, read, step, wait, when, within
from resaga.core.block import Arrow
from resaga.core.body import Body
from resaga.core.errors import InvalidBody, InvalidName, InvalidOption, MissingUndo
from resaga.core.node import Either, Inside, Waiting


@read
def look(context: int) -> int:
    return context


@step
def hold(context: int) -> int:
    return context


def positive(context: int) -> bool:
    return context > 0


def first(pair: tuple[int, int]) -> int:
    return pair[0]


def with_first(pair: tuple[int, int], one: int) -> tuple[int, int]:
    return (one, pair[1])


kept = hold.kept("a test")
final = hold.irreversible()
pause = wait(timedelta(days=1))


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        (when(positive, pause), Neutral),
        (when(positive, look), Neutral),
        (when(positive, kept), Block),
        (when(positive, final), Sealed),
        (only(int, look), Neutral),
        (only(int, kept), Block),
        (only(int, final), Sealed),
        (branch(positive, look, look), Neutral),
        (branch(positive, look, kept), Block),
        (branch(positive, kept, look), Block),
        (branch(positive, final, look), Sealed),
        (branch(positive, kept, final), Sealed),
        (within(look, first, with_first), Neutral),
        (within(kept, first, with_first), Block),
        (within(final, first, with_first), Sealed),
    ],
)
def test_a_combination_is_what_its_parts_leave_to_undo(block: Arrow, kind: type) -> None:
    """What the types say of it, it is at run time too."""
    assert type(block) is kind


def test_a_wait_has_a_length_and_perhaps_a_name() -> None:
    """Of zero or more: a wait that is computed may be over at once."""
    assert isinstance(pause, Wait)
    for made, name in [(wait(timedelta(0)), None), (wait(timedelta(0), name="cooling-off"), "cooling-off")]:
        node = made.node
        assert isinstance(node, Waiting)
        assert (node.duration, node.name) == (timedelta(0), name)


@pytest.mark.parametrize("duration", [timedelta(-1), 60, None])
def test_a_wait_is_a_span_of_time(duration: Any) -> None:  # noqa: ANN401 - of any wrong type
    """A number does not say of what."""
    with pytest.raises(InvalidOption, match=r"wait\(.*\): give a timedelta of zero or more"):
        wait(duration)


def test_the_name_of_a_wait_may_stand_in_a_path() -> None:
    """Slashes join names."""
    with pytest.raises(InvalidName, match="'a/b' is no name"):
        wait(timedelta(1), name="a/b")


def test_a_condition_is_listed_by_its_name() -> None:
    """A lambda has none."""
    for test, name in [(positive, "positive"), (lambda context: context > 0, "test")]:
        node = when(test, look).node
        assert isinstance(node, Either)
        assert isinstance(node.test, Body)
        assert node.test.name == name


def test_local_types_of_annotations_that_are_text_are_found() -> None:
    """In conditions, and in the functions of `within`."""

    class Local: ...

    def test(context: "Local") -> bool:
        return context is not None

    def put(context: "Local", result: int) -> "Local":
        return context

    def get(context: "Local") -> int:
        return 0 if context is None else 1

    here = read(name="here", takes=Local, gives=Local)(lambda context: context)
    for block in (when(test, here), branch(test, here, here)):
        assert isinstance(block.node, Either)
        assert isinstance(block.node.test, Body)
        assert block.node.test.takes is Local
    inside = within(look, get, put).node
    assert isinstance(inside, Inside)
    assert (inside.get.takes, inside.put.takes, inside.put.gives) == (Local, Local, Local)


def test_the_functions_of_within_are_called_get_and_put() -> None:
    """What `put` gives may be said beside it."""
    untyped: Any = within
    block = untyped(look, lambda pair: pair[0], lambda pair, one: (one, pair[1]), gives=tuple[int, int])
    node = block.node
    assert isinstance(node, Inside)
    assert (node.get.name, node.put.name, node.put.gives) == ("get", "put", tuple[int, int])


unsaid: Any = hold
"""A step of which nobody has said how it is taken back, as untyped callers see it."""

UNSAID: list[Callable[[], object]] = [
    lambda: when(positive, unsaid),
    lambda: only(int, unsaid),
    lambda: branch(positive, unsaid, look),
    lambda: branch(positive, look, unsaid),
    lambda: within(unsaid, first, with_first),
]


@pytest.mark.parametrize("wrong", UNSAID)
def test_a_step_inside_is_taken_back_like_any_other(wrong: Callable[[], object]) -> None:
    """The message is the same as at a joint."""
    with pytest.raises(MissingUndo, match="nobody said how step 'hold' is taken back"):
        wrong()


async def positive_async(context: int) -> bool:
    return context > 0


only_untyped: Any = only
when_untyped: Any = when
within_untyped: Any = within


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lambda: only_untyped("int", look), r"only\('int', …\): give the class of the case"),
        (lambda: only_untyped(int | str, look), "give the class of the case that the block is for"),
        (lambda: when_untyped(True, look), "True is no function"),
        (lambda: when_untyped(with_first, look), "has 2 parameters; it is called with the context"),
        (lambda: when_untyped(positive_async, look), "positive_async must be awaited, .* not done here"),
        (lambda: within_untyped(look, positive_async, with_first), "must be awaited.*in a @read before"),
        (lambda: within_untyped(look, first, first), "called with the context and the block's result"),
        (lambda: when_untyped(positive, 3), "3 is no block"),
    ],
)
def test_what_stands_beside_a_block_only_looks(wrong: Callable[[], object], why: str) -> None:
    """A condition, a `get` and a `put` are functions of so many arguments, and are not awaited."""
    with pytest.raises(InvalidBody, match=why):
        wrong()
