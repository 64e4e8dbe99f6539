"""What the tests of the runtime share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.runtimes import both_in_time, both_runtimes, none_is_left

__all__ = ["both_in_time", "both_runtimes", "none_is_left", "quick_path"]

MEMORY = Path("/dev/shm")  # noqa: S108 - a directory is made in it that is nobody else's


@pytest.fixture
def quick_path() -> Iterator[Path]:
    """A directory where nothing is slow to sync, if there is one: for what is synced thousands of times."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        yield Path(name)
