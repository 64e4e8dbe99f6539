"""Who waits for whom: an execution whose body waits for what waits for it would never be done.

Who waits is known by a context variable. It is set once for each that is driven, and holds in the tasks and the threads
that a body begins, too.

Deliberately absent: those that other processes drive, or other runtimes here. Only their leases are known.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from typing import Final, final

from resaga.core.errors import Conflict

WHOSE: Final[ContextVar["Waits | None"]] = ContextVar("resaga waits", default=None)
"""The waits of the execution whose body asks."""


@final
class Waits:
    """What an execution that is driven here waits for: the waits of others, while its bodies wait for those."""

    __slots__ = ("others",)

    def __init__(self) -> None:
        self.others: list[Sequence[Waits]] = []

    def context(self) -> Context:
        """One to drive it in."""
        context = copy_context()
        context.run(WHOSE.set, self)
        return context

    def check(self, id_: str) -> None:
        """Raise if the execution of that id, which these are of, waits for whoever asks."""
        own = WHOSE.get()
        if own is not None and own in self._reached():
            asks = "waits for the body that asks; wait for it elsewhere."
            raise Conflict(f"execution {id_!r} is being driven here already, and {asks}", id=id_)

    def _reached(self) -> set["Waits"]:
        """It, those for which it waits, those for which they wait, and so on."""
        found, left = set[Waits](), [self]
        while left:
            one = left.pop()
            if one not in found:
                found.add(one)
                left += [other for others in one.others for other in others]
        return found


@contextmanager
def waiting(others: Sequence[Waits]) -> Generator[None, None, None]:
    """While whoever asks waits for these; there may be more of them in the end."""
    own = WHOSE.get()
    if own is None:
        yield
        return
    own.others.append(others)
    try:
        yield
    finally:
        own.others = [one for one in own.others if one is not others]
