"""What a body may say instead of returning a context: not yet; no; it did not happen."""

from datetime import timedelta
from typing import final

from resaga.core.errors import InvalidOption


@final
class NotYet(Exception):
    """Raised by a body, an undo or a settle: not now; pause here and come back.

    It says that nothing has happened so far which an undo would be needed for.
    """

    def __init__(self, reason: str = "", *, again: timedelta | None = None) -> None:
        if again is not None and not (isinstance(again, timedelta) and again >= timedelta(0)):
            raise InvalidOption(f"NotYet(again={again!r}): give a timedelta of zero or more.")
        super().__init__(reason)
        self.reason = reason
        self.again = again


class Rejected(Exception):
    """Raised by a body or a gate: no, and nothing happened. Never retried."""

    def __init__(self, message: str = "", *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@final
class DidNotHappen:
    """Returned by a settle: the attempt in doubt left no effect, and will leave none."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DidNotHappen)

    def __hash__(self) -> int:
        return hash(DidNotHappen)

    def __repr__(self) -> str:
        return "DidNotHappen()"
