"""Ways to put blocks together beside `>>`: wait, when, branch, only, within."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar, overload

from resaga.core.block import Async, Block, Neutral, Sealed, Sync, Wait, like, node_of
from resaga.core.body import UNSAID, Body, body, title, valid_name
from resaga.core.errors import InvalidBody, InvalidOption
from resaga.core.node import Either, Inside, Waiting

C = TypeVar("C")
D = TypeVar("D")
X = TypeVar("X")
Y = TypeVar("Y")
Z = TypeVar("Z")
M2 = TypeVar("M2", bound=Async)
M3 = TypeVar("M3", bound=Async)


def wait(duration: timedelta, /, *, name: str | None = None) -> Wait:
    """A durable timer: the execution goes on when that time has passed."""
    if not isinstance(duration, timedelta) or duration < timedelta(0):
        raise InvalidOption(f"wait({duration!r}): give a timedelta of zero or more.")
    return Wait(Waiting(duration, None if name is None else valid_name(name)))


@overload
def when(test: Callable[[X], bool], block: Wait, /) -> Neutral[X, X, Sync]: ...
@overload
def when(test: Callable[[X], bool], block: Neutral[X, X, M2], /) -> Neutral[X, X, M2]: ...
@overload
def when(test: Callable[[X], bool], block: Block[X, X, M2], /) -> Block[X, X, M2]: ...
@overload
def when(test: Callable[[X], bool], block: Sealed[X, X, M2], /) -> Sealed[X, X, M2]: ...
def when(test: object, block: object, /) -> object:
    """The block if the test says so; else the context goes on as it is."""
    return like(block)(Either(_test(test), node_of(block), None))


@overload
def only(kind: type[X], block: Neutral[X, Y, M2], /) -> Neutral[X | Y, Y, M2]: ...
@overload
def only(kind: type[X], block: Block[X, Y, M2], /) -> Block[X | Y, Y, M2]: ...
@overload
def only(kind: type[X], block: Sealed[X, Y, M2], /) -> Sealed[X | Y, Y, M2]: ...
def only(kind: type, block: object, /) -> object:
    """The block for one case of a union; the other case goes on as it is."""
    if not isinstance(kind, type):
        raise InvalidBody(f"only({kind!r}, …): give the class of the case that the block is for.")
    return like(block)(Either(kind, node_of(block), None))


@overload
def branch(
    test: Callable[[X], bool], yes: Neutral[X, Y, M2], no: Neutral[X, Z, M3], /
) -> Neutral[X, Y | Z, M2 | M3]: ...
@overload
def branch(  # type: ignore[overload-overlap]  # two blocks fit the next overload too; the first that fits is meant
    test: Callable[[X], bool], yes: Block[X, Y, M2], no: Block[X, Z, M3], /
) -> Block[X, Y | Z, M2 | M3]: ...
@overload
def branch(
    test: Callable[[X], bool],
    yes: Block[X, Y, M2] | Sealed[X, Y, M2],
    no: Block[X, Z, M3] | Sealed[X, Z, M3],
    /,
) -> Sealed[X, Y | Z, M2 | M3]: ...
def branch(test: object, yes: object, no: object, /) -> object:
    """One block or the other."""
    return like(yes, no)(Either(_test(test), node_of(yes), node_of(no)))


@overload
def within(
    block: Neutral[X, Y, M2], get: Callable[[C], X], put: Callable[[C, Y], D], /, *, gives: object = ...
) -> Neutral[C, D, M2]: ...
@overload
def within(
    block: Block[X, Y, M2], get: Callable[[C], X], put: Callable[[C, Y], D], /, *, gives: object = ...
) -> Block[C, D, M2]: ...
@overload
def within(
    block: Sealed[X, Y, M2], get: Callable[[C], X], put: Callable[[C, Y], D], /, *, gives: object = ...
) -> Sealed[C, D, M2]: ...
def within(block: object, get: object, put: object, /, *, gives: object = UNSAID) -> object:
    """A block on another context: `get` takes it out of this one, `put` puts its result back.

    What `put` gives is stored, so it needs a return annotation, or `gives=`.
    """
    taken = _beside(get, ("the context",), "get")
    given = _beside(put, ("the context", "the block's result"), "put", gives)
    return like(block)(Inside(node_of(block), taken, given))


def _test(test: object) -> Body:
    name = getattr(test, "__name__", "test")
    return _beside(test, ("the context",), "test" if name == "<lambda>" else name, depth=4)


def _beside(
    function: object, called_with: tuple[str, ...], name: str, gives: object = UNSAID, *, depth: int = 3
) -> Body:
    """A function that only looks: it is called, never awaited."""
    one = body(function, called_with, name=name, gives=gives, depth=depth)
    if one.awaits:
        raise InvalidBody(f"{title(one.function)} must be awaited, which is not done here; do it in a @read before.")
    return one
