"""Other processes, made by forking: they have what the test has, and can be killed."""

import os
import sys
import traceback
from collections.abc import Callable
from typing import Final

KILLED: Final = 9
FAILED: Final = 1


def begin(work: Callable[[], object]) -> int:
    """Let a child do that; its process id."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 - a child must never come back into the test
            traceback.print_exc(file=sys.__stderr__)
            os._exit(FAILED)
        os._exit(0)
    return child


def end(child: int) -> int:
    """Wait for it; with which status it ended."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run(work: Callable[[], object]) -> int:
    """Let a child do that, and wait for it."""
    return end(begin(work))
