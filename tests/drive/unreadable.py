"""Exceptions that cannot be read, or not by all of their names."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from resaga import NotYet, Rejected


def refuses(*_: object) -> Any:  # noqa: ANN401 - it gives nothing
    raise ZeroDivisionError


def without(base: Any, *names: str) -> Any:  # noqa: ANN401 - a class of exceptions, final or not
    """A class of which these names cannot be read."""
    return type("Odd", (base,), dict.fromkeys(names, property(refuses, lambda *_: None)))


def orphan(base: Any) -> Any:  # noqa: ANN401 - as above
    """A class that never calls its parent's `__init__`."""
    return type("Orphan", (base,), {"__init__": lambda *_: None})


def again(span: Any) -> Exception:  # noqa: ANN401 - what does not belong there
    error = NotYet("later")
    error.again = span
    return error


def noted(notes: object) -> Exception:
    error = ValueError("x")
    error.__notes__ = notes  # type: ignore[assignment]  # what does not belong there
    return error


class Nameless(type):
    def __getattribute__(cls, name: str) -> Any:  # noqa: ANN401 - of any of its names
        return refuses() if name == "__name__" else super().__getattribute__(name)


class Unnamed(Exception, metaclass=Nameless):
    pass


def ring() -> Exception:
    """Two, each the cause of the other, of which none lets go of its frames by itself."""
    kind = without(Exception, "with_traceback", "__context__")
    one, other = kind("one"), kind("other")
    try:
        try:
            raise other
        except kind:
            raise one from other
    except kind:
        other.__cause__ = one
    return one  # type: ignore[no-any-return]  # an exception


UNREADABLE: Final[dict[str, tuple[Callable[[], Exception], str]]] = {
    "NotYet without its parent": (orphan(NotYet), "failed"),
    "NotYet without a reason": (without(NotYet, "reason"), "failed"),
    "NotYet without a time": (without(NotYet, "again"), "failed"),
    "NotYet, a text later": (lambda: again("5"), "failed"),
    "NotYet, a number later": (lambda: again(5), "failed"),
    "NotYet, earlier": (lambda: again(timedelta(-1)), "failed"),
    "Rejected without its parent": (orphan(Rejected), "rejected"),
    "Rejected without words": (without(Rejected, "message", "code"), "rejected"),
    "with_traceback": (without(Exception, "with_traceback"), "failed"),
    "traceback": (without(Exception, "__traceback__"), "failed"),
    "cause": (without(Exception, "__cause__"), "failed"),
    "context": (without(Exception, "__context__"), "failed"),
    "class": (without(Exception, "__class__"), "failed"),
    "notes": (without(Exception, "__notes__"), "failed"),
    "no notes": (lambda: noted(None), "failed"),
    "one note": (lambda: noted(5), "failed"),
    "a ring": (ring, "failed"),
    "name": (Unnamed, "failed"),
    "parts": (lambda: without(ExceptionGroup, "exceptions")("two", [OSError(1)]), "failed"),
    "dict": (without(Exception, "__dict__"), "failed"),
}
"""How each is made, and the kind of failure that it is all the same."""
