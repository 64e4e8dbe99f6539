"""SIGTERM, as a worker hears it: an interrupt, which undoes nothing."""

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

_stops: Final[list[Callable[[], object]]] = []
_before: Final[list[Any]] = []


@contextmanager
def on_sigterm(stop: Callable[[], object]) -> Generator[None, None, None]:
    """Call that when the process is told to end; whoever listened before is told, too.

    Only the main thread can listen, and not where a listener stands that Python knows nothing of. Then nothing is
    heard, and whoever began it has to end it.
    """
    before = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or before is None:
        yield
        return
    try:  # from the first line on: a listener that is left behind would keep the process from ending
        if not _stops:
            _before.append(before)
            signal.signal(signal.SIGTERM, _heard)
        _stops.append(stop)
        yield
    finally:
        if stop in _stops:
            _stops.remove(stop)
        if not _stops and _before:
            signal.signal(signal.SIGTERM, _before.pop())


def _heard(number: int, frame: FrameType | None) -> None:
    for stop in tuple(_stops):
        stop()
    for before in _before:
        if callable(before):
            before(number, frame)
