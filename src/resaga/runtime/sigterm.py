"""SIGTERM, as a worker hears it: an interrupt, which undoes nothing."""

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def on_sigterm(stop: Callable[[], object]) -> Generator[None, None, None]:
    """Call that when the process is told to end; whoever listened before is told, too.

    Only the main thread can listen. In another one nothing is heard, and whoever began it has to end it.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        stop()
        if callable(before):
            before(number, frame)

    before = signal.getsignal(signal.SIGTERM)
    try:
        signal.signal(signal.SIGTERM, handle)
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
