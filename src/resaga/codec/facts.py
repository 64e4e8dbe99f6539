"""The values of the trail's rows, each as its fact says."""

from collections.abc import Callable
from typing import Any, Final, final

from resaga.codec.coder import Coders
from resaga.codec.limits import INTEGER_MOST
from resaga.codec.scalars import Step
from resaga.codec.unfit import Unfit, unfit
from resaga.core.fact import BITS, MASK, Fact, Mark, Postponement, Setback, Skip
from resaga.core.failure import KINDS, Failure
from resaga.core.outcome import Answer
from resaga.core.program import Program
from resaga.core.shape import Shape

CONTEXTS: Final = frozenset({Fact.CREATED, Fact.RETURNED, Fact.SETTLED, Fact.MARKED})
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

Write = Callable[[Any], object]


@final
class FactCoder:
    """Writes and reads the values of a program's trails."""

    def __init__(self, program: Program, coders: Coders) -> None:
        self.program = program
        self.gives: list[Write] = [
            coders.of(one.gives).encode if one.gives is not None else nothing for one in program.instructions
        ]
        self._coders = coders

    def shape(self, fact: Fact, index: int) -> Shape | None:
        """The shape of the value, or of the value inside it, that is the user's."""
        match fact:
            case Fact.CREATED:
                return self.program.takes
            case Fact.RETURNED | Fact.SETTLED | Fact.MARKED:
                return self.program.instructions[index].gives
            case Fact.ANSWERED:
                return self.program.instructions[index].asks
            case Fact.EMITTED:
                return self.program.events
            case _:
                return None

    def encode(self, code: int, value: Any) -> object:  # noqa: ANN401 - of the type that the fact says
        """The plain value of a row that is not silent."""
        fact, index = Fact(code & MASK), code >> BITS
        shape = self.shape(fact, index)
        own: Step = nothing if shape is None else self._coders.of(shape).encode
        match fact:
            case Fact.ANSWERED:
                return [own(value.value), _text_or_none(value.by)]
            case Fact.MARKED:
                return [own(value.value), _text(value.by)]
            case Fact.CREATED | Fact.RETURNED | Fact.SETTLED | Fact.EMITTED:
                return own(value)
            case Fact.SETBACK | Fact.DOUBTED:
                return [_plain_failure(value.failure), _until(value.until)]
            case Fact.POSTPONED:
                return [_text(value.reason), _until(value.until)]
            case Fact.FAILED | Fact.STUCK | Fact.SETTLING:
                return None if value is None else _plain_failure(value)
            case Fact.SKIPPED:
                return [_text(value.reason), _text(value.by)]
            case _:
                return _text_or_none(value)  # a person's name

    def decode(self, code: int, plain: object) -> object:  # noqa: C901 - one case for each fact
        """The value of a row; raises whatever the user's types raise if it does not fit."""
        fact, index = Fact(code & MASK), code >> BITS
        shape = self.shape(fact, index)
        own: Step = nothing if shape is None else self._coders.of(shape).decode
        match fact:
            case Fact.CREATED | Fact.RETURNED | Fact.SETTLED | Fact.EMITTED:
                return own(plain)
            case Fact.ANSWERED:
                value, by = _parts(plain, own, _text_or_none)
                return Answer(value, by)
            case Fact.MARKED:
                value, by = _parts(plain, own, _text)
                return Mark(value, by)
            case Fact.SETBACK | Fact.DOUBTED:
                failure, until = _parts(plain, _failure, _time)
                return Setback(failure, until)
            case Fact.POSTPONED:
                reason, until = _parts(plain, _text, _time)
                return Postponement(reason, until)
            case Fact.SETTLING:
                return None if plain is None else _failure(plain)
            case Fact.FAILED | Fact.STUCK:
                return _failure(plain)
            case Fact.SKIPPED:
                reason, by = _parts(plain, _text, _text)
                return Skip(reason, by)
            case Fact.UNDONE_BY_HAND:
                return _text(plain)
            case Fact.RETRIED:
                return _text_or_none(plain)
            case _:
                raise Unfit("this fact has no value")


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
