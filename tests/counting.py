"""Counts what work costs in calls of functions: the same on every machine, and however busy it is."""

import sys
from collections.abc import Callable


def counted(work: Callable[[], object]) -> int:
    """How many functions are called for it."""
    count = 0

    def call(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(call)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
