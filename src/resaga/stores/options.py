"""What a store is told: looked at where it is told, and refused in words of the one who told it."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from resaga.core.errors import InvalidArgument

LONGEST_PATIENCE: Final = 86_400
"""Seconds: a day."""


def place_of(path: str | os.PathLike[str]) -> Path:
    """Where on a disk it is, from the root."""
    with suppress(TypeError, ValueError):  # no path at all, or in letters that no path has
        if b"\0" not in os.fsencode(Path(path)):
            return Path(path).absolute()
    raise InvalidArgument(f"{path!r:.80} is no path; give a text or a pathlib.Path, as in '/var/shop'.")


def url_of(url: str) -> str:
    """A text; whether anything is there, its driver knows."""
    if not isinstance(url, str):
        raise InvalidArgument(
            f"a {type(url).__name__} is no URL; give a text, as in 'postgresql://user@host:5432/shop'."
        )
    return url


def patience_of(seconds: float) -> float:
    """How long to wait for others."""
    if not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST_PATIENCE:
        said = f"give a number of seconds from 0 to {LONGEST_PATIENCE:,}"
        raise InvalidArgument(f"patience_seconds={seconds!r:.80}: {said}.")
    return seconds
