"""Migrations as they are written: typed words for what has become of the steps of an older saga.

    reopened = (
        checkout.migration(checkout_v1)
        .first(with_currency)
        .step(reserve_v1, reserve).using(held)
        .supply(score).using(unknown_score)
        .drop(audit_v1, "nobody reads it")
        .load(blob)
    )

Each word gives another migration and leaves the one that it is said to as it was. What a function is used
for is said before the function is given: only so can a type checker tell that the function does not fit.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeAlias, TypeVar, final, overload

from resaga.codec.conversion import Conversion, Convert, places, title
from resaga.core.block import Arrow, Gate, Irreversible, Read, Step
from resaga.core.errors import InvalidArgument, InvalidOption
from resaga.core.node import Kind
from resaga.core.state import ExecutionState

X0 = TypeVar("X0")
X = TypeVar("X")
L = TypeVar("L", covariant=True)
A = TypeVar("A")
B = TypeVar("B")
B0 = TypeVar("B0")
R = TypeVar("R")
R0 = TypeVar("R0")
P = TypeVar("P")
Q = TypeVar("Q")

Open: TypeAlias = Callable[[ExecutionState], L]
"""Gives the typed execution of a state."""

Done: TypeAlias = Read[P, Q, Any] | Step[P, Q, Any] | Irreversible[P, Q, Any]
"""A single body, and not a question."""


class Migration(Generic[X0, X, L]):
    """What becomes of executions of an older saga, of another version or another name, in a newer one.

    Steps that have kept their path and kind, and whose values can be read as they are, need no word, nor
    do timers, conditions and `within`. A document of which something is left unsaid raises `ProgramChanged`,
    which names it.
    """

    __slots__ = ("_open", "conversion")

    def __init__(self, conversion: Conversion, open: Open[L]) -> None:  # noqa: A002 - it opens an execution
        self.conversion = conversion
        self._open = open

    def first(self, convert: Callable[[X0], X], /) -> "Migration[X0, X, L]":
        """Say what the first context becomes."""
        return Migration(self.conversion.replaced(first=_function("first", convert)), self._open)

    @overload
    def step(
        self, old: Gate[Any, B0, R0, Any], new: Gate[Any, B, R, Any], /
    ) -> "Answering[X0, X, L, B0, B, R0, R]": ...
    @overload
    def step(self, old: Done[Any, B0], new: Done[Any, B], /) -> "Becoming[X0, X, L, B0, B]": ...
    def step(self, old: Arrow, new: Arrow, /) -> Any:  # as the overloads say
        """Say which step an old one has become, under another name or with another type.

        Its key is derived from its path and from the saga's name. Under another name, a step in doubt is refused, and
        one that is done with an undo that takes an `Attempt` is, too, unless `rekeyed` is said.
        """
        conversion = self.conversion
        before, after = places(conversion.old, old), places(conversion.new, new)
        if len(before) != len(after):
            raise InvalidOption(
                f"{title(old)} stands {len(before)} times in the old saga, {title(new)} {len(after)} times in"
                " the new one; what is used again in another place needs a block of its own."
            )
        kinds = {
            program.instructions[index].kind
            for program, indexes in ((conversion.old.program, before), (conversion.new.program, after))
            for index in indexes
        }
        if len(kinds) > 1:
            told = " and ".join(sorted(kind.value for kind in kinds))
            raise InvalidOption(
                f"{title(old)} cannot become {title(new)}: they are {told}, which is not taken back alike."
            )
        said = {**conversion.places, **dict(zip(before, after, strict=True))}
        verb: Any = Answering if kinds == {Kind.GATE} else Becoming
        return verb(conversion.replaced(places=said), self._open, before)

    def supply(self, new: Done[A, B], /) -> "Supplying[X0, X, L, A, B]":
        """Say what the result is of a step that was added before where an execution stands.

        The step is taken for done: its body is not called, its undo will be. A gate cannot be supplied,
        since nobody was asked.
        """
        made = places(self.conversion.new, new)
        if self.conversion.new.program.instructions[made[0]].kind is Kind.GATE:
            raise InvalidOption(f"{title(new)} cannot be supplied: nobody was asked.")
        return Supplying(self.conversion, self._open, made)

    def drop(self, old: Done[Any, Any] | Gate[Any, Any, Any, Any], why: str, /) -> "Migration[X0, X, L]":
        """Say that a step is gone for good, and why; one that is done and has an undo cannot be dropped."""
        if not isinstance(why, str) or not why.strip():
            raise InvalidOption(f"drop({title(old)}, …): say why nothing of it is needed any more.")
        gone = dict.fromkeys(places(self.conversion.old, old), why)
        return Migration(self.conversion.replaced(dropped={**self.conversion.dropped, **gone}), self._open)

    def rekeyed(self) -> "Migration[X0, X, L]":
        """Say that no undo asks for the `key_of_doing` of a step that has another name now, or finds nothing by it."""
        return Migration(self.conversion.replaced(rekeyed=True), self._open)

    def load(self, blob: bytes, /) -> L:
        """The execution of the new saga that a document of the old one becomes."""
        return self._open(self.conversion.load(blob))

    def __repr__(self) -> str:
        old, new = self.conversion.old.program, self.conversion.new.program
        return f"<Migration of {old.name!r} v{old.version} to {new.name!r} v{new.version}>"


class Becoming(Migration[X0, X, L], Generic[X0, X, L, B0, B]):
    """A migration that has just said what a step has become."""

    __slots__ = ("_indexes",)

    def __init__(self, conversion: Conversion, open: Open[L], indexes: list[int]) -> None:  # noqa: A002 - as above
        super().__init__(conversion, open)
        self._indexes = indexes

    def using(self, convert: Callable[[B0], B], /) -> Migration[X0, X, L]:
        """Say how a result of the old step becomes one of the new step; undos get what this gives."""
        return Migration(self._converting(convert), self._open)

    def _converting(self, convert: Convert) -> Conversion:
        results = {**self.conversion.results, **dict.fromkeys(self._indexes, _function("using", convert))}
        return self.conversion.replaced(results=results)


@final
class Answering(Becoming[X0, X, L, B0, B], Generic[X0, X, L, B0, B, R0, R]):
    """A migration that has just said what a gate has become."""

    __slots__ = ()

    def answered(self, convert: Callable[[R0], R], /) -> "Answering[X0, X, L, B0, B, R0, R]":
        """Say how an answer to the old question becomes one to the new question."""
        answers = {**self.conversion.answers, **dict.fromkeys(self._indexes, _function("answered", convert))}
        return Answering(self.conversion.replaced(answers=answers), self._open, self._indexes)


@final
class Supplying(Generic[X0, X, L, A, B]):
    """A migration that is about to say what the result of a new step is."""

    __slots__ = ("_conversion", "_open", "_places")

    def __init__(self, conversion: Conversion, open: Open[L], places: list[int]) -> None:  # noqa: A002 - as above
        self._conversion = conversion
        self._open = open
        self._places = places

    def using(self, make: Callable[[A], B], /) -> Migration[X0, X, L]:
        """Say what the new step would have given, of the context that it would have been given."""
        makes = {**self._conversion.makes, **dict.fromkeys(self._places, _function("using", make))}
        return Migration(self._conversion.replaced(makes=makes), self._open)


def _function(word: str, given: Convert) -> Convert:
    """What was given, if it can be called."""
    if not callable(given):
        raise InvalidArgument(f"{word}(…) was given a {type(given).__name__}; give it a function.")
    return given
