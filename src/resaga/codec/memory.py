"""What was coded just now, so that a context that holds the one before is not coded through and through."""

from typing import Any, Final, TypeAlias, final

from resaga.codec.scalars import Step
from resaga.core.shape import Shape

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

    def through(self, step: Step, shape: Shape) -> Step:
        """The step of a record, which need not be taken again for the one that is held."""

        def remembered(given: Any) -> object:  # noqa: ANN401 - whatever the step is given
            held = self.held
            if given is held[0] and shape is held[2]:
                return held[1]
            made: object = step(given)
            self.latest = (given, made, shape)
            return made

        return remembered

    def forget(self) -> None:
        """Keep nothing of anybody's values."""
        self.held = self.latest = NOTHING
