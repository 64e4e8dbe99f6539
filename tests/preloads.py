"""Libraries that are preloaded, to make of a disk what it is not: they are compiled where they are needed."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

COMPILER: Final = shutil.which("cc") if sys.platform == "linux" else None
"""What compiles them; without it, or elsewhere, there are none."""


def compiled(source: Path, folder: Path) -> Path:
    """The library of that source, in that folder."""
    library = folder / f"{source.stem}.so"
    subprocess.run([str(COMPILER), "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library
