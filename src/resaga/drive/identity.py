"""Ids for executions that were given none: no two are alike, in whatever process they are made.

A process draws a long random number once and counts on from it: to ask the system each time takes longer than a step.
"""

import os
import sys
from itertools import count
from typing import Final, final


@final
class Identity:
    """What is this process's own."""

    __slots__ = ("_count", "_process")

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Be another process: a child must not count on from where its parent does."""
        self._process = os.urandom(10).hex()
        self._count = count()

    def fresh(self) -> str:
        """An id that was never given before."""
        return f"{self._process}{next(self._count):012x}"


IDENTITY: Final = Identity()

if sys.platform != "win32":  # pragma: no branch - there are no forks there
    os.register_at_fork(after_in_child=IDENTITY.renew)
