"""Gates: typed questions that an execution waits at."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final, Protocol, TypeVar, overload

from resaga.core.block import Async, Gate, Sync
from resaga.core.body import UNSAID, body
from resaga.core.errors import InvalidOption
from resaga.core.node import Default, Expiry, Questioning, Reject, Stay
from resaga.core.step import span

X = TypeVar("X")
Y = TypeVar("Y")
R = TypeVar("R")
D = TypeVar("D")
STAY: Final = Stay()


class Gating(Protocol):
    """What `@gate(…)` gives: the decorator itself."""

    @overload
    def __call__(self, decide: Callable[[X, R], Awaitable[Y]], /) -> Gate[X, Y, R, Async]: ...  # type: ignore[overload-overlap]  # a coroutine function is a function on paper
    @overload
    def __call__(self, decide: Callable[[X, R], Y], /) -> Gate[X, Y, R, Sync]: ...


class GatingInTime(Protocol[D]):
    """What `@gate(…, expiry=Default(answer))` gives: the decorator of a gate that asks for such an answer."""

    @overload
    def __call__(self, decide: Callable[[X, D], Awaitable[Y]], /) -> Gate[X, Y, D, Async]: ...  # type: ignore[overload-overlap]  # a coroutine function is a function on paper
    @overload
    def __call__(self, decide: Callable[[X, D], Y], /) -> Gate[X, Y, D, Sync]: ...


@overload
def gate(decide: Callable[[X, R], Awaitable[Y]], /) -> Gate[X, Y, R, Async]: ...  # type: ignore[overload-overlap]  # a coroutine function is a function on paper
@overload
def gate(decide: Callable[[X, R], Y], /) -> Gate[X, Y, R, Sync]: ...
@overload
def gate(
    *,
    deadline: timedelta,
    expiry: Default[D],
    name: str | None = ...,
    takes: object = ...,
    asks: object = ...,
    gives: object = ...,
) -> GatingInTime[D]: ...
@overload
def gate(
    *,
    name: str | None = ...,
    deadline: timedelta | None = ...,
    expiry: Reject | Stay = ...,
    takes: object = ...,
    asks: object = ...,
    gives: object = ...,
) -> Gating: ...
def gate(  # noqa: PLR0913 - each is an independent word of one decorator
    decide: object = None,
    /,
    *,
    name: str | None = None,
    deadline: timedelta | None = None,
    expiry: Expiry = STAY,
    takes: object = UNSAID,
    asks: object = UNSAID,
    gives: object = UNSAID,
) -> object:
    """Make a question: the execution pauses, and `decide(context, answer)` gives the next context.

    Without a `deadline` the question stays open. With one, `expiry` says what its passing means:
    `Reject()`, `Default(answer)` or `Stay()`; by default it stays open all the same.
    """
    if not isinstance(expiry, Reject | Default | Stay):
        raise InvalidOption(f"expiry={expiry!r}: give Reject(), Default(answer) or Stay().")
    if deadline is None and not isinstance(expiry, Stay):
        raise InvalidOption(f"expiry={expiry!r} without a deadline never comes; give deadline=timedelta(…).")

    def decorate(decide: object, depth: int = 2) -> Gate[Any, Any, Any, Any]:
        one = body(decide, ("its context", "the answer"), name=name, takes=takes, gives=gives, asks=asks, depth=depth)
        return Gate(Questioning(one, None if deadline is None else span("deadline", deadline), expiry))

    return decorate if decide is None else decorate(decide, 3)
