"""What was coded just now, so that a context that holds the one before is not coded through and through."""

from typing import Final, TypeAlias, final

Pair: TypeAlias = tuple[object, object, object]
"""What was given to a coder, what it made of it, and by which shape."""

NOTHING: Final[Pair] = (object(), None, None)


@final
class Memory:
    """One direction's memory: only of records whose shape is immutable, told apart by identity.

    `latest` is the record that was finished last; `held` the one that whoever codes a column of values keeps of
    the context before. A pair is read and written as a whole, so that threads cannot mix two.
    """

    __slots__ = ("held", "latest")

    def __init__(self) -> None:
        self.held = self.latest = NOTHING

    def forget(self) -> None:
        """Keep nothing of anybody's values."""
        self.held = self.latest = NOTHING
