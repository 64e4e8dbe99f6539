"""A function of the user's, and what its signature says."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from types import FunctionType, SimpleNamespace
from typing import (
    Annotated,
    Any,
    Final,
    ForwardRef,
    Literal,
    final,
    get_args,
    get_origin,
    get_type_hints,
)

from resaga.core import limits
from resaga.core.attempt import Attempt
from resaga.core.errors import InvalidBody, InvalidName, NeedsAttempt, UnresolvedAnnotation, UntypedStep
from resaga.core.execution_id import CHARACTERS
from resaga.core.names import names_seen_from
from resaga.core.value import Value

Function = Callable[..., Any]

UNSAID: Final = inspect.Parameter.empty
POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
RETURNED: Final = "it returns"
UNRESOLVED: Final = (NameError, AttributeError, SyntaxError, TypeError)
"""What comes of evaluating an annotation whose names are not there."""


@final
class Body(Value):
    """A function, how it is called, and the annotations of its parameters and its result.

    An annotation is `UNSAID` where there is none, and still text where it could not be resolved yet.
    """

    function: Function
    name: str
    parameters: tuple[object, ...]
    gives: object
    awaits: bool
    names: Mapping[str, object]

    @property
    def takes(self) -> object:
        """The annotation of the context that goes in."""
        return self.parameters[0]

    @property
    def wants_attempt(self) -> bool:
        """Whether it is told of the attempt."""
        return len(self.parameters) > 1

    def called(self, *arguments: object) -> Any:  # noqa: ANN401 - whatever it gives
        """Call the plain function, as a unit test does; an `Attempt` that it does not take is left out."""
        wanted = len(self.parameters)
        if len(arguments) < wanted:
            raise NeedsAttempt(
                f"{self.name!r} takes an Attempt; in a unit test give it one:"
                f" {self.name}(context, attempt({self.name!r})), with resaga.testing.attempt.",
                path=self.name,
            )
        return self.function(*arguments[:wanted])

    def said(self, annotation: object, what: str, path: str, names: Mapping[str, object]) -> object:
        """An annotation that must be there."""
        if annotation is UNSAID:
            raise UntypedStep(
                f"{path!r} does not say what {what}; annotate {title(self.function)},"
                f" or give {'gives' if what == RETURNED else 'takes'}=… .",
                path=path,
            )
        return self.resolved(annotation, path, names)

    def resolved(self, annotation: object, path: str, names: Mapping[str, object]) -> object:
        """An annotation, resolved now if it was text; `names` are those seen where the saga is made."""
        if not is_text(annotation):
            return annotation
        try:
            return _evaluated(annotation, self.function, {**names, **self.names})
        except UNRESOLVED as error:
            raise UnresolvedAnnotation(
                f"the annotation {annotation!r} of {path!r} cannot be resolved ({error}); import its names"
                " at run time (not only under `if TYPE_CHECKING`), or give takes=…, gives=… .",
                path=path,
                annotation=str(annotation),
            ) from None


def body(  # noqa: PLR0913 - one place reads every kind of body
    function: object,
    called_with: tuple[str, ...],
    *,
    optional: int = 0,
    name: str | None = None,
    takes: object = UNSAID,
    gives: object = UNSAID,
    asks: object = UNSAID,
    depth: int = 2,
) -> Body:
    """Read a function that is called with these arguments, of which it may leave out the last `optional`.

    It was defined `depth` frames up, which is where its local names are.
    """
    if not callable(function) or isinstance(function, type):
        raise InvalidBody(f"{function!r} is no function; a body is a function or a bound method.")
    annotations: Mapping[str, object] = getattr(_innermost(function), "__annotations__", {})
    is_any_text = any(map(is_text, annotations.values()))
    names: Mapping[str, object] = names_seen_from(depth) if is_any_text else {}
    hints = {name: _now(annotation, function, names) for name, annotation in annotations.items()}
    parameters = _parameters(function, hints)
    if not len(called_with) - optional <= len(parameters) <= len(called_with):
        raise InvalidBody(
            f"{title(function)} has {len(parameters)} parameters; it is called with"
            f" {' and '.join(called_with)}" + (", of which it may leave out the last." if optional else ".")
        )
    told = [hints.get(parameter, UNSAID) for parameter in parameters]
    given = hints.get("return", UNSAID)
    if takes is not UNSAID:
        told[0] = takes
    if asks is not UNSAID:
        told[1] = asks
    return Body(
        function=function,
        name=valid_name(title(function) if name is None else name),
        parameters=tuple(told),
        gives=_awaited(given) if gives is UNSAID else gives,
        awaits=awaits(function) or _awaited(given) is not given,
        names=names,
    )


def awaits(function: Function) -> bool:
    """Whether calling it gives something to await."""
    inner = inspect.unwrap(function)
    call = getattr(inner, "__call__", None)  # noqa: B004 - an object with an async __call__ is one
    return inspect.iscoroutinefunction(inner) or inspect.iscoroutinefunction(call)


def title(function: Function) -> str:
    """What a function is called; an object that can be called is called as its class."""
    if isinstance(function, partial):
        return title(function.func)
    return str(getattr(function, "__name__", type(function).__name__))


def is_text(annotation: object) -> bool:
    """Whether an annotation, or a part of it, is still text."""
    if isinstance(annotation, str | ForwardRef):
        return True
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return False
    return any(map(is_text, arguments[:1] if origin is Annotated else arguments))


def valid_name(name: object) -> str:
    """A name that may stand in a path."""
    if not isinstance(name, str) or not 1 <= len(name) <= limits.NAME_LENGTH or not CHARACTERS.issuperset(name):
        hint = "; a lambda has none: write a function" if name == "<lambda>" else ""
        raise InvalidName(
            f"{name!r} is no name: 1 to {limits.NAME_LENGTH} characters of letters, digits, '_', '-', '.'{hint}."
        )
    return name


def _parameters(function: Function, hints: Mapping[str, object]) -> list[str]:
    """The names of those that are given something: what has no default, and an `Attempt`."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise InvalidBody(f"{function!r} has no signature that can be read; wrap it in a function.") from None
    needed = [one for one in parameters if one.default is UNSAID]
    if any(one.kind is inspect.Parameter.KEYWORD_ONLY for one in needed):
        raise InvalidBody(f"{title(function)} has a keyword-only parameter without a default; nobody gives it.")
    return [
        one.name
        for one in parameters
        if one.kind in POSITIONAL and (one.default is UNSAID or _is_attempt(hints.get(one.name)))
    ]


def _is_attempt(annotation: object) -> bool:
    return Attempt in (annotation, *get_args(annotation))


def _is_partial(function: object) -> bool:
    return isinstance(function, partial)


def _innermost(function: object) -> object:
    """The function that was written, inside of what was put around it: its annotations and globals count."""
    while True:
        around = "func" if _is_partial(function) else "__wrapped__"
        inner = getattr(function, around, None) or getattr(function, "__func__", None)
        if inner is None:
            inner = getattr(type(function), "__call__", None)  # noqa: B004 - of an object that can be called
            if not isinstance(inner, FunctionType):
                return function
        function = inner


def _now(annotation: object, function: Function, names: Mapping[str, object]) -> object:
    """An annotation, resolved if it can be now; otherwise as it is."""
    if is_text(annotation):
        with suppress(*UNRESOLVED):
            return _evaluated(annotation, function, names)
    return annotation


def _evaluated(annotation: object, function: Function, names: Mapping[str, object]) -> object:
    told = SimpleNamespace(__annotations__={"it": annotation})
    known = getattr(_innermost(function), "__globals__", {})
    return get_type_hints(told, known, dict(names), include_extras=True)["it"]


def _awaited(annotation: object) -> object:
    """What comes of awaiting a result that is annotated as something to await."""
    origin = get_origin(annotation)
    if isinstance(origin, type) and issubclass(origin, Awaitable):
        return get_args(annotation)[-1]
    return annotation
