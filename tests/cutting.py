"""Where a test may cut off what it looks at by a signal."""

from pathlib import Path
from types import FrameType
from typing import Final

import resaga

OURS: Final = str(Path(resaga.__file__).parent)


def may_cut(frame: FrameType | None) -> bool:
    """Only in what is ours, or is called from there; not in what measures the coverage of it.

    Cut off there that keeps its own lock, and nobody can go on.
    """
    while frame is not None:
        if Path(frame.f_code.co_filename).parent.name == "coverage":
            return False
        if frame.f_code.co_filename.startswith(OURS):
            return True
        frame = frame.f_back
    return False
