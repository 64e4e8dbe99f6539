"""What a real signal leaves behind that interrupts the store in files wherever it comes."""

import contextlib
import signal
from pathlib import Path
from random import Random
from types import FrameType
from typing import Final

import pytest

from resaga.stores import files
from resaga.stores.files import FilesStore
from tests.stores.entries import step

OPEN: Final = Path("/dev/fd")
INTERRUPTS: Final = 400
CUT: Final = (files.__file__, contextlib.__file__)
"""Where it is cut off: not in what measures this, which would never be the same again."""

pytestmark = [
    # What nothing has a name for yet is closed all the same, and Python says so.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.skipif(not OPEN.is_dir(), reason="counts what is open, in /dev/fd"),
]


def test_a_signal_at_any_moment_leaves_nothing_open(quick_path: Path) -> None:
    """Neither a file nor a directory, nor a lock: not even for as long as somebody keeps the error."""
    store = FilesStore(quick_path / "kept", patience_seconds=0)
    conflict = step(revision=99)
    store.append([step()])
    chance, runs = Random(0), False  # noqa: S311 - the same each time

    def cut(number: int, frame: FrameType | None) -> None:
        if runs and frame is not None and frame.f_code.co_filename in CUT:
            raise KeyboardInterrupt

    handler = signal.signal(signal.SIGALRM, cut)
    interrupted = 0
    before = len(list(OPEN.iterdir()))
    try:
        while interrupted < INTERRUPTS:
            try:
                runs = True
                signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-6, 3e-4))
                store.append([conflict, step(f"B-{interrupted}")])
                store.delete(f"B-{interrupted}", 1)
                runs = False
            except KeyboardInterrupt:  # and it is kept as long as this takes
                runs = False
                interrupted += 1
                assert store.append([conflict]) == [False]
    finally:
        runs = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
    assert len(list(OPEN.iterdir())) == before
