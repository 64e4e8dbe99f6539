"""The values of the trail's rows, each as its fact says."""

from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeAlias, final

from resaga.codec.coder import Coder, Coders
from resaga.codec.limits import INTEGER_MOST
from resaga.codec.scalars import Step
from resaga.codec.unfit import Unfit, unfit
from resaga.core.fact import BITS, COMPLETIONS, MASK, Fact, Mark, Postponement, Setback, Skip
from resaga.core.failure import KINDS, Failure
from resaga.core.outcome import Answer
from resaga.core.program import Program
from resaga.core.shape import Shape

CONTEXTS: Final = frozenset({Fact.CREATED, *map(Fact, COMPLETIONS)})
"""The facts whose value is a context, which the next context may refer to."""

SILENT: Final = frozenset(
    {
        Fact.CHOSE_YES,
        Fact.CHOSE_NO,
        Fact.WOKE,
        Fact.STARTED,
        Fact.INTERRUPTED,
        Fact.DID_NOT_HAPPEN,
        Fact.UNDONE,
    }
)
"""The facts without a value."""

# As plain ints: members of an enumeration have another hash.
CONTEXT_CODES: Final = frozenset(int(fact) for fact in CONTEXTS)
SILENT_CODES: Final = frozenset(int(fact) for fact in SILENT)

Way: TypeAlias = Callable[[Step, Any], object]
"""One direction of a fact's value, given that direction of the user's own value in it."""


@final
class FactCoder:
    """Writes and reads the values of a program's trails."""

    def __init__(self, program: Program, coders: Coders) -> None:
        self.program = program
        results = [_coder(coders, one.gives) for one in program.instructions]
        answers = [_coder(coders, one.asks) for one in program.instructions]
        first, events, none = (_coder(coders, one) for one in (program.takes, _event(program), None))
        self.gives: list[Step] = [one.encode for one in results]
        self._own: list[list[Coder] | Coder] = [none] * len(Fact)
        for fact in COMPLETIONS:
            self._own[fact] = results
        self._own[Fact.ANSWERED], self._own[Fact.CREATED], self._own[Fact.EMITTED] = answers, first, events

    def shape(self, fact: Fact, index: int) -> Shape | None:
        """The shape of the value, or of the value inside it, that is the user's."""
        match fact:
            case Fact.CREATED:
                return self.program.takes
            case Fact.RETURNED | Fact.SETTLED | Fact.MARKED | Fact.MARKED_TO_UNDO:
                return self.program.instructions[index].gives
            case Fact.ANSWERED:
                return self.program.instructions[index].asks
            case Fact.EMITTED:
                return _event(self.program)
            case _:
                return None

    def encode(self, code: int, value: Any) -> object:  # noqa: ANN401 - of the type that the fact says
        """The plain value of a row that is not silent."""
        fact = code & MASK
        own = self._own[fact]
        return WRITE[fact]((own[code >> BITS] if isinstance(own, list) else own).encode, value)

    def decode(self, code: int, plain: object) -> object:
        """The value of a row; raises whatever the user's types raise if it does not fit."""
        fact = code & MASK
        own = self._own[fact]
        return READ[fact]((own[code >> BITS] if isinstance(own, list) else own).decode, plain)


def _coder(coders: Coders, shape: Shape | None) -> Coder:
    if shape is not None:
        return coders.of(shape)
    none = Coder()
    none.encode = none.decode = nothing
    return none


def nothing(value: object) -> object:
    """What is done with the value of what has none."""
    raise Unfit(f"there is no value here, but {type(value).__name__}")


def _plain_failure(failure: Failure) -> list[str | None]:
    return [failure.path, failure.kind, _text(failure.message), _text_or_none(failure.code)]


def _failure(plain: object) -> Failure:
    path, kind, message, code = _parts(plain, _text, _kind, _text, _text_or_none)
    return Failure(path, kind, message, code)


def _until(time: int | None) -> int | None:
    """A time, or the last that can be written: either is later than any calendar knows."""
    return None if time is None else min(time, INTEGER_MOST)


def _kind(plain: object) -> object:
    if plain not in KINDS:
        raise Unfit("it is no kind of failure")
    return plain


def _parts(plain: Any, *steps: Step) -> list[Any]:  # noqa: ANN401 - checked in the next line
    if type(plain) is not list or len(plain) != len(steps):
        raise Unfit(f"it is not a list of {len(steps)}")
    parts: list[Any] = []
    for position, (step, part) in enumerate(zip(steps, plain, strict=True)):
        try:
            parts.append(step(part))
        except Exception as error:  # noqa: BLE001 - one of the parts may be the user's
            raise unfit(error, f"[{position}]") from None
    return parts


def _text(plain: object) -> str:
    if type(plain) is not str:
        raise Unfit("it is not text")
    return plain


def _text_or_none(plain: object) -> str | None:
    return None if plain is None else _text(plain)


def _time(plain: object) -> int | None:
    if plain is not None and (type(plain) is not int or not 0 <= plain <= INTEGER_MOST):
        raise Unfit("it is no time")
    return plain


def _as_it_is(own: Step, value: object) -> object:
    return own(value)


def _read_answer(own: Step, plain: object) -> Answer:
    value, by = _parts(plain, own, _text_or_none)
    return Answer(value, by)


def _read_mark(own: Step, plain: object) -> Mark:
    value, by = _parts(plain, own, _text)
    return Mark(value, by)


def _read_setback(_: Step, plain: object) -> Setback:
    failure, until = _parts(plain, _failure, _time)
    return Setback(failure, until)


def _read_postponement(_: Step, plain: object) -> Postponement:
    reason, until = _parts(plain, _text, _time)
    return Postponement(reason, until)


def _read_skip(_: Step, plain: object) -> Skip:
    reason, by = _parts(plain, _text, _text)
    return Skip(reason, by)


def _no_value(*_: object) -> NoReturn:
    raise Unfit("this fact has no value")


WAYS: Final[dict[Fact, tuple[Way, Way]]] = {
    Fact.RETURNED: (_as_it_is, _as_it_is),
    Fact.ANSWERED: (lambda own, value: [own(value.value), _text_or_none(value.by)], _read_answer),
    Fact.CREATED: (_as_it_is, _as_it_is),
    Fact.SETBACK: (lambda _, value: [_plain_failure(value.failure), _until(value.until)], _read_setback),
    Fact.DOUBTED: (lambda _, value: [_plain_failure(value.failure), _until(value.until)], _read_setback),
    Fact.POSTPONED: (lambda _, value: [_text(value.reason), _until(value.until)], _read_postponement),
    Fact.SETTLING: (
        lambda _, value: None if value is None else _plain_failure(value),
        lambda _, plain: None if plain is None else _failure(plain),
    ),
    Fact.SETTLED: (_as_it_is, _as_it_is),
    Fact.FAILED: (lambda _, value: _plain_failure(value), lambda _, plain: _failure(plain)),
    Fact.STUCK: (lambda _, value: _plain_failure(value), lambda _, plain: _failure(plain)),
    Fact.RETRIED: (lambda _, value: _text_or_none(value), lambda _, plain: _text_or_none(plain)),
    Fact.SKIPPED: (lambda _, value: [_text(value.reason), _text(value.by)], _read_skip),
    Fact.MARKED: (lambda own, value: [own(value.value), _text(value.by)], _read_mark),
    Fact.MARKED_TO_UNDO: (lambda own, value: [own(value.value), _text(value.by)], _read_mark),
    Fact.EMITTED: (_as_it_is, _as_it_is),
    Fact.UNDONE_BY_HAND: (lambda _, value: _text(value), lambda _, plain: _text(plain)),
}
"""How the value of each fact that has one is written and read, given how the user's own in it is.

A table and not a `match`: in the time to look up two members of an enumeration a value is written.
"""
WRITE: Final[list[Way]] = [WAYS[fact][0] if fact in WAYS else _no_value for fact in Fact]
READ: Final[list[Way]] = [WAYS[fact][1] if fact in WAYS else _no_value for fact in Fact]


def _event(program: Program) -> Shape | None:
    """The shape of one event."""
    return None if program.events is None else program.events.item
