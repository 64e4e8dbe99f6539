"""An exception that is kept: without the frames that it came through, which a note tells of instead.

A traceback holds every frame up to the caller's, whose variables hold the execution, whose trail holds the
exception: a knot that only the garbage collector unties, with all that those variables hold.
"""

from contextlib import suppress
from types import TracebackType
from typing import Final, cast

HERE: Final = __name__.rpartition(".")[0]


def loosened(error: Exception) -> Exception:
    """The same exception, holding nothing but its own values, its causes and its parts.

    What it came in the midst of is let go as well: that may be an exception of the caller's, still under way.
    """
    left: list[BaseException] = [error]
    while left:
        one = left.pop()
        if one.__traceback__ is None:  # never raised, or met before
            continue
        _note(one, one.__traceback__)
        one.with_traceback(None)
        BaseException.__setattr__(one, "__context__", None)  # a frozen dataclass would refuse this
        if one.__cause__ is not None:
            left.append(one.__cause__)
        if isinstance(one, BaseExceptionGroup):
            left.extend(cast("BaseExceptionGroup[BaseException]", one).exceptions)
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
        with suppress(Exception):
            error.add_note(told)
