"""The names that can be seen where something is defined."""

import sys
from collections.abc import Mapping


def names_seen_from(depth: int) -> Mapping[str, object]:
    """The local names `depth` calls up, so that local classes resolve; those of a module are known anyway."""
    frame = sys._getframe(depth + 1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # there is no other way
    return {} if frame.f_locals is frame.f_globals else dict(frame.f_locals)
