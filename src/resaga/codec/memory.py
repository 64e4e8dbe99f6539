"""What was coded just now, so that a context that holds the one before is not coded through and through."""

from collections.abc import Mapping
from typing import Final, TypeAlias, cast, final

Pair: TypeAlias = tuple[object, object, object]
"""What was given to a coder, what it made of it, and by which shape."""

NOTHING: Final[Pair] = (object(), None, None)


@final
class Memory:
    """One direction's memory: only of records whose shape is immutable, told apart by identity.

    `latest` is the record that was finished last; `held` the one that whoever codes a column of values has asked
    to be remembered. A pair is read and written as a whole, so that threads cannot mix two.
    """

    __slots__ = ("held", "latest")

    def __init__(self) -> None:
        self.held = self.latest = NOTHING

    def hold(self, given: object) -> None:
        """Remember the latest record if it is this, or the only member of this; else forget."""
        latest = self.latest
        if latest[0] is given or (type(given) is dict and _only(given) is latest[0]):
            self.held = latest
        else:
            self.held = NOTHING

    def forget(self) -> None:
        """Keep nothing of anybody's values."""
        self.held = self.latest = NOTHING


def _only(plain: object) -> object:
    members = cast("Mapping[str, object]", plain)
    return next(iter(members.values())) if len(members) == 1 else None
