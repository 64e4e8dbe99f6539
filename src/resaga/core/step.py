"""Steps: bodies that change the world, and how each is taken back; and reads, which change nothing."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import update_wrapper
from typing import Any, Generic, Never, Protocol, TypeAlias, TypeVar, cast, final, overload

from resaga.core.attempt import Attempt
from resaga.core.block import Async, Irreversible, Read, Step, Sync, no_block
from resaga.core.body import UNSAID, Body, body, is_text
from resaga.core.errors import InvalidBody, InvalidOption, ResagaError
from resaga.core.failure import clipped
from resaga.core.meet import meets
from resaga.core.node import Doing, Kind, Settling, Undoing
from resaga.core.retry import PATIENT, Retry
from resaga.core.signals import DidNotHappen
from resaga.core.spelling import display

A = TypeVar("A", contravariant=True)
B = TypeVar("B", covariant=True)
X = TypeVar("X")
Y = TypeVar("Y")

Does: TypeAlias = Callable[[X], Y] | Callable[[X, Attempt], Y]
DoesAsync: TypeAlias = Callable[[X], Awaitable[Y]] | Callable[[X, Attempt], Awaitable[Y]]
Undo: TypeAlias = Callable[[Y], None] | Callable[[Y, Attempt], None]
UndoAsync: TypeAlias = Callable[[Y], Awaitable[None]] | Callable[[Y, Attempt], Awaitable[None]]

WITH_ATTEMPT = ("its context", "an Attempt")


class _Unfinished:
    """A body that changes the world, of which nobody has said yet how it is taken back."""

    __slots__ = ("__dict__", "doing")

    def __init__(self, doing: Doing) -> None:
        self.doing = doing
        update_wrapper(cast("Callable[..., object]", self), doing.body.function)

    @property
    def unfinished(self) -> str:
        """The step's name, for the error that says what is missing."""
        return self.doing.body.name

    def __rshift__(self, other: Never) -> Never:
        """Refuse to be joined, for those who call without a type checker."""
        raise no_block(self)

    def _settled(self, settle: object, retry: Retry, timeout: timedelta | None) -> Doing:
        settling = Settling(acting(settle, depth=4), checked(retry))
        return self.doing.replaced(settling=settling, timeout=None if timeout is None else span("timeout", timeout))

    def _undone(self, undo: object, retry: Retry) -> Doing:
        undoing = Undoing(acting(undo, depth=4), checked(retry))
        return self.doing.replaced(kind=Kind.UNDONE, undoing=undoing)

    def _kept(self, why: object) -> Doing:
        if not isinstance(why, str) or not why.strip():
            raise InvalidOption(
                f"step {self.unfinished!r}: .kept(…) needs the reason why nothing is undone, for the rollback plan."
            )
        return self.doing.replaced(kind=Kind.KEPT, reason=clipped(why))

    def _final(self) -> Doing:
        return self.doing.replaced(kind=Kind.IRREVERSIBLE)


@final
class Action(_Unfinished, Generic[A, B]):
    """A body that changes the world; not a block until it is said how it is taken back.

    Called, it is the plain function that it wraps.
    """

    __slots__ = ()

    def settled_by(
        self: "Action[X, Y]",
        settle: Callable[[X, Attempt], Y | DidNotHappen],
        /,
        *,
        retry: Retry = PATIENT,
    ) -> "Action[X, Y]":
        """Say how one finds out, or makes sure, whether an attempt in doubt has happened."""
        return Action(self._settled(settle, retry, None))

    @overload
    def undone_by(self, undo: UndoAsync[B], /, *, retry: Retry = ...) -> Step[A, B, Async]: ...
    @overload
    def undone_by(self, undo: Undo[B], /, *, retry: Retry = ...) -> Step[A, B, Sync]: ...
    def undone_by(self, undo: object, /, *, retry: Retry = PATIENT) -> Step[A, B, Any]:
        """Say what takes back its result; it must be idempotent by `attempt.key`."""
        return Step(self._undone(undo, retry))

    def kept(self, why: str, /) -> Step[A, B, Sync]:
        """Say that nothing can or need be undone, and why; a rollback shows the reason."""
        return Step(self._kept(why))

    def irreversible(self) -> Irreversible[A, B, Sync]:
        """Say that this is the point of no return."""
        return Irreversible(self._final())

    def __call__(self, context: A, *attempt: Attempt) -> B:
        """Call the plain function."""
        return cast("B", self.doing.body.called(context, *attempt))


@final
class AsyncAction(_Unfinished, Generic[A, B]):
    """An async body that changes the world; not a block until it is said how it is taken back.

    Called, it is the plain coroutine function that it wraps.
    """

    __slots__ = ()

    def settled_by(
        self: "AsyncAction[X, Y]",
        settle: Callable[[X, Attempt], Awaitable[Y | DidNotHappen]],
        /,
        *,
        timeout: timedelta | None = None,
        retry: Retry = PATIENT,
    ) -> "AsyncAction[X, Y]":
        """Say how one finds out whether an attempt in doubt has happened; only then it may time out."""
        return AsyncAction(self._settled(settle, retry, timeout))

    def undone_by(self, undo: UndoAsync[B] | Undo[B], /, *, retry: Retry = PATIENT) -> Step[A, B, Async]:
        """Say what takes back its result; it must be idempotent by `attempt.key`."""
        return Step(self._undone(undo, retry))

    def kept(self, why: str, /) -> Step[A, B, Async]:
        """Say that nothing can or need be undone, and why; a rollback shows the reason."""
        return Step(self._kept(why))

    def irreversible(self) -> Irreversible[A, B, Async]:
        """Say that this is the point of no return."""
        return Irreversible(self._final())

    def __call__(self, context: A, *attempt: Attempt) -> Awaitable[B]:
        """Call the plain coroutine function."""
        return cast("Awaitable[B]", self.doing.body.called(context, *attempt))


class Stepping(Protocol):
    """What `@step(…)` gives: the decorator itself."""

    @overload
    def __call__(self, does: DoesAsync[X, Y], /) -> AsyncAction[X, Y]: ...  # type: ignore[overload-overlap]  # a coroutine function is a function on paper
    @overload
    def __call__(self, does: Does[X, Y], /) -> Action[X, Y]: ...


@overload
def step(does: DoesAsync[X, Y], /) -> AsyncAction[X, Y]: ...  # type: ignore[overload-overlap]  # a coroutine function is a function on paper
@overload
def step(does: Does[X, Y], /) -> Action[X, Y]: ...
@overload
def step(
    *,
    name: str | None = ...,
    retry: Retry | None = ...,
    key_life: timedelta | None = ...,
    takes: object = ...,
    gives: object = ...,
) -> Stepping: ...
def step(  # noqa: PLR0913 - each is an independent word of one decorator
    does: object = None,
    /,
    *,
    name: str | None = None,
    retry: Retry | None = None,
    key_life: timedelta | None = None,
    takes: object = UNSAID,
    gives: object = UNSAID,
) -> object:
    """Make a body that changes the world; then say how it is taken back.

    `name` fixes its path against renaming. `retry` allows further attempts; on an irreversible step it
    also says that repeating the key is harmless. `key_life` is how long the world honours a key
    (24 hours unless told). `takes` and `gives` stand in for annotations.
    """

    def decorate(does: object, depth: int = 2) -> Action[Any, Any] | AsyncAction[Any, Any]:
        one = acting(does, name=name, takes=takes, gives=gives, depth=depth + 1)
        doing = Doing(
            one,
            Kind.UNDONE,
            retry=None if retry is None else checked(retry),
            key_life=None if key_life is None else span("key_life", key_life),
        )
        return AsyncAction(doing) if one.awaits else Action(doing)

    return decorate if does is None else decorate(does, 3)


class Reading(Protocol):
    """What `@read(…)` gives: the decorator itself."""

    @overload
    def __call__(self, does: DoesAsync[X, Y], /) -> Read[X, Y, Async]: ...  # type: ignore[overload-overlap]  # a coroutine function is a function on paper
    @overload
    def __call__(self, does: Does[X, Y], /) -> Read[X, Y, Sync]: ...


class ReadingInTime(Protocol):
    """What `@read(timeout=…)` gives: only a coroutine can be given up."""

    def __call__(self, does: DoesAsync[X, Y], /) -> Read[X, Y, Async]:
        """Make a read that is given up in time."""
        ...


@overload
def read(does: DoesAsync[X, Y], /) -> Read[X, Y, Async]: ...  # type: ignore[overload-overlap]  # a coroutine function is a function on paper
@overload
def read(does: Does[X, Y], /) -> Read[X, Y, Sync]: ...
@overload
def read(
    *,
    timeout: timedelta,
    name: str | None = ...,
    retry: Retry | None = ...,
    takes: object = ...,
    gives: object = ...,
) -> ReadingInTime: ...
@overload
def read(*, name: str | None = ..., retry: Retry | None = ..., takes: object = ..., gives: object = ...) -> Reading: ...
def read(  # noqa: PLR0913 - each is an independent word of one decorator
    does: object = None,
    /,
    *,
    timeout: timedelta | None = None,
    name: str | None = None,
    retry: Retry | None = None,
    takes: object = UNSAID,
    gives: object = UNSAID,
) -> object:
    """Make a body without effect: it may run again freely, and there is nothing to undo."""

    def decorate(does: object, depth: int = 2) -> Read[Any, Any, Any]:
        one = acting(does, name=name, takes=takes, gives=gives, depth=depth + 1)
        if timeout is not None and not one.awaits:
            raise InvalidOption(f"read {one.name!r}: a blocking body cannot be given up in time; make it async.")
        return Read(
            Doing(
                one,
                Kind.READ,
                retry=None if retry is None else checked(retry),
                timeout=None if timeout is None else span("timeout", timeout),
            )
        )

    return decorate if does is None else decorate(does, 3)


def acting(
    function: object,
    *,
    name: str | None = None,
    takes: object = UNSAID,
    gives: object = UNSAID,
    depth: int,
) -> Body:
    """Read the function of a step, a read, an undo or a settle; a second parameter is an `Attempt`."""
    one = body(function, WITH_ATTEMPT, optional=1, name=name, takes=takes, gives=gives, depth=depth)
    for annotation in one.parameters[1:]:
        if not is_text(annotation) and not meets(Attempt, annotation):
            raise InvalidBody(
                f"{one.name!r} would be given an Attempt as its second argument, not {display(annotation)};"
                " all else is part of the context, or of the object whose method it is."
            )
    return one


def checked(retry: object) -> Retry:
    """A retry policy that is one."""
    if not isinstance(retry, Retry):
        raise InvalidOption(f"retry={retry!r} is no Retry; write retry=Retry(attempts=3).")
    return retry


def span(what: str, value: object, wrong: type[ResagaError] = InvalidOption) -> timedelta:
    """A span of time that is not nothing."""
    if not isinstance(value, timedelta) or value <= timedelta(0):
        raise wrong(f"{what}={value!r} is no span of time; give a timedelta above zero.")
    return value
