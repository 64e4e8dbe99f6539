"""Blocks: typed arrows from a context to a context, put one after the other by `>>`.

What the type checker sees is here; what is compiled is the `node` inside. `Block` can be rolled back,
`Sealed` is past the point of no return, `Neutral` leaves nothing to undo and so is both.
"""

from collections.abc import Awaitable
from typing import Any, Generic, Never, TypeVar, cast, final, overload

from typing_extensions import TypeVar as TypeVarWithDefault

from resaga.core.attempt import Attempt
from resaga.core.body import Body, Function, valid_name
from resaga.core.errors import InvalidBody, MissingUndo
from resaga.core.node import Chain, Doing, Named, Node, Questioning


class Async:
    """The mode of a block of which something must be awaited."""


class Sync(Async):
    """The mode of a block that may be run blocking; it may be awaited too."""


A = TypeVar("A", contravariant=True)
B = TypeVar("B", covariant=True)
C = TypeVar("C")
X = TypeVar("X")
Y = TypeVar("Y")
R = TypeVar("R", contravariant=True)
M = TypeVarWithDefault("M", bound=Async, default=Async, covariant=True)
M2 = TypeVar("M2", bound=Async)


class Arrow:
    """Anything that stands between two `>>`."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node

    def __rrshift__(self, other: Never) -> Never:
        """Refuse what is no block; two blocks are joined by the left one."""
        raise no_block(other)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


@final
class Wait(Arrow):
    """A durable timer, or several; it fits between any two steps."""

    __slots__ = ()

    @overload
    def __rshift__(self, other: "Wait") -> "Wait": ...
    @overload
    def __rshift__(self, other: "Neutral[X, Y, M2]") -> "Neutral[X, Y, M2]": ...
    @overload
    def __rshift__(self, other: "Block[X, Y, M2]") -> "Block[X, Y, M2]": ...
    @overload
    def __rshift__(self, other: "Sealed[X, Y, M2]") -> "Sealed[X, Y, M2]": ...
    def __rshift__(self, other: Any) -> Any:
        """First the wait, then the other."""
        return _joined(self, other)


class Block(Arrow, Generic[A, B, M]):
    """Can be rolled back."""

    __slots__ = ()

    @overload
    def __rshift__(self, other: Wait) -> "Block[A, B, M]": ...
    @overload
    def __rshift__(self, other: "Block[B, C, M2]") -> "Block[A, C, M | M2]": ...
    @overload
    def __rshift__(self, other: "Sealed[B, C, M2]") -> "Sealed[A, C, M | M2]": ...
    def __rshift__(self, other: Any) -> Any:
        """Do this, then the other."""
        return _joined(self, other)

    def named(self, name: str) -> "Block[A, B, M]":
        """The same with paths that begin with this name, so that it can be used more than once."""
        return Block(Named(valid_name(name), self.node))


class Sealed(Arrow, Generic[A, B, M]):
    """Past the point of no return: only what needs no undo may follow."""

    __slots__ = ()

    @overload
    def __rshift__(self, other: Wait) -> "Sealed[A, B, M]": ...
    @overload
    def __rshift__(self, other: "Sealed[B, C, M2]") -> "Sealed[A, C, M | M2]": ...
    def __rshift__(self, other: Any) -> Any:
        """Do this, then the other."""
        return _joined(self, other)

    def named(self, name: str) -> "Sealed[A, B, M]":
        """The same with paths that begin with this name, so that it can be used more than once."""
        return Sealed(Named(valid_name(name), self.node))


class Neutral(Block[A, B, M], Sealed[A, B, M]):
    """Leaves nothing to undo, so it may stand on both sides of the point of no return."""

    __slots__ = ()

    # Each parent's joints are all there, but a checker finds the other parent's among them.
    @overload  # type: ignore[override]  # as said above
    def __rshift__(self, other: Wait) -> "Neutral[A, B, M]": ...
    @overload
    def __rshift__(self, other: "Neutral[B, C, M2]") -> "Neutral[A, C, M | M2]": ...
    @overload
    def __rshift__(self, other: "Block[B, C, M2]") -> "Block[A, C, M | M2]": ...
    @overload
    def __rshift__(self, other: "Sealed[B, C, M2]") -> "Sealed[A, C, M | M2]": ...
    def __rshift__(self, other: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]  # as said above
        """Do this, then the other."""
        return _joined(self, other)

    def named(self, name: str) -> "Neutral[A, B, M]":
        """The same with paths that begin with this name, so that it can be used more than once."""
        return Neutral(Named(valid_name(name), self.node))


class Wrapping(Arrow):
    """A block of one body. In a unit test it is called as the plain function that it wraps."""

    __slots__ = ()

    @property
    def _body(self) -> Body:
        return cast("Doing | Questioning", self.node).body

    @property
    def __wrapped__(self) -> Function:
        """The plain function, for whoever inspects it."""
        return self._body.function

    @property
    def __name__(self) -> str:
        return self._body.name


@final
class Read(Neutral[A, B, M], Wrapping):
    """A body without effect: it may run again freely, and there is nothing to undo.

    Called, it is the plain function that it wraps.
    """

    __slots__ = ()

    @overload
    def __call__(self: "Read[X, Y, Sync]", context: X, *attempt: Attempt) -> Y: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]  # Sync goes first
    @overload
    def __call__(self: "Read[X, Y, Async]", context: X, *attempt: Attempt) -> Awaitable[Y]: ...
    def __call__(self: "Read[X, Y, Any]", context: X, *attempt: Attempt) -> object:
        """Call the plain function."""
        return self._body.called(context, *attempt)


@final
class Step(Block[A, B, M]):
    """A body with an effect that can be taken back, or need not be."""

    __slots__ = ()


@final
class Irreversible(Sealed[A, B, M]):
    """The point of no return."""

    __slots__ = ()


@final
class Gate(Neutral[A, B, M], Wrapping, Generic[A, B, R, M]):
    """A typed question; the execution pauses until a typed answer is there.

    Called, it is the plain function that it wraps.
    """

    __slots__ = ()
    node: Questioning

    @overload
    def __call__(self: "Gate[X, Y, C, Sync]", context: X, answer: C, /) -> Y: ...  # type: ignore[overload-overlap]  # pyright: ignore[reportOverlappingOverload]  # Sync goes first
    @overload
    def __call__(self: "Gate[X, Y, C, Async]", context: X, answer: C, /) -> Awaitable[Y]: ...
    def __call__(self: "Gate[X, Y, C, Any]", context: X, answer: C, /) -> object:
        """Call the plain function."""
        return self._body.called(context, answer)


def _joined(left: object, right: object) -> Any:  # noqa: ANN401 - which class it is depends on both sides
    chain = Chain(node_of(left), node_of(right))
    return Wait(chain) if isinstance(left, Wait) and isinstance(right, Wait) else like(left, right)(chain)


def like(*blocks: object) -> type[Any]:
    """The narrowest class of block that all of them fit."""
    if all(isinstance(one, Neutral | Wait) for one in blocks):
        return Neutral
    return Block if all(isinstance(one, Block | Wait) for one in blocks) else Sealed


def node_of(arrow: object) -> Node:
    """What is compiled of a block, or the reason why it is none."""
    if not isinstance(arrow, Arrow):
        raise no_block(arrow)
    return arrow.node


def no_block(other: object) -> MissingUndo | InvalidBody:
    """The error for what stands where a block should."""
    name = getattr(other, "unfinished", None)
    if name is not None:
        return MissingUndo(
            f'nobody said how step {name!r} is taken back; add .undone_by(…), .kept("why") or .irreversible().',
            path=name,
        )
    return InvalidBody(f"{other!r} is no block; decorate it with @read, @step or @gate.")
