"""A disk that is slow to sync, as a hard disk or a network's is: a library is preloaded that lets each sync wait."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.preloads import COMPILER, compiled

SOURCE: Final = Path(__file__).with_suffix(".c")


def on_slow_disk(milliseconds: float, module: str, arguments: Sequence[str]) -> int:
    """Run that module where each sync takes so much longer; gives what it ends with."""
    if COMPILER is None:
        sys.exit("a slow disk is made by a C compiler, on Linux")
    with tempfile.TemporaryDirectory() as folder:
        library = compiled(SOURCE, Path(folder))
        slow = os.environ | {"LD_PRELOAD": str(library), "SLOW_DISK_US": str(int(milliseconds * 1000))}
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(command, env=slow, check=False).returncode  # noqa: S603 - our own code
