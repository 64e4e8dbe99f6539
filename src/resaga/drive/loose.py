"""An exception that is kept: without the frames that it came through, which a note tells of instead.

A traceback holds every frame up to the caller's, whose variables hold the execution, whose trail holds the
exception: a knot that only the garbage collector unties, with all that those variables hold.
"""

from contextlib import suppress
from types import TracebackType
from typing import Any, Final

HERE: Final = __name__.rpartition(".")[0]

TRACEBACK: Final[Any] = vars(BaseException)["__traceback__"]
CAUSE: Final[Any] = vars(BaseException)["__cause__"]
CONTEXT: Final[Any] = vars(BaseException)["__context__"]
PARTS: Final[Any] = vars(BaseExceptionGroup)["exceptions"]
"""What Python itself keeps of an exception, whatever a class of somebody's makes of these names."""


def loosened(error: Exception) -> Exception:
    """The same exception, holding nothing but its own values, its causes and its parts.

    What it came in the midst of is let go as well: that may be an exception of the caller's, still under way.
    """
    left: list[BaseException] = [error]
    while left:
        one = left.pop()
        traceback: TracebackType | None = TRACEBACK.__get__(one)
        if traceback is None:  # never raised, or met before
            continue
        with suppress(Exception):  # it may refuse all attributes, as a frozen dataclass does, or have odd notes
            _note(one, traceback)
        TRACEBACK.__set__(one, None)
        CONTEXT.__set__(one, None)
        cause: BaseException | None = CAUSE.__get__(one)
        if cause is not None:
            left.append(cause)
        if issubclass(type(one), BaseExceptionGroup):
            left.extend(PARTS.__get__(one))
    return error


def _note(error: BaseException, traceback: TracebackType | None) -> None:
    """Say where it was raised, in the words of Python's own tracebacks."""
    lines = ["Traceback of the attempt (most recent call last):"]
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if not str(traceback.tb_frame.f_globals.get("__name__")).startswith(HERE):
            lines.append(f'  File "{code.co_filename}", line {traceback.tb_lineno}, in {code.co_name}')
        traceback = traceback.tb_next
    told = "\n".join(lines)
    if told not in getattr(error, "__notes__", ()):  # one that is raised again and again is told of once
        error.add_note(told)
