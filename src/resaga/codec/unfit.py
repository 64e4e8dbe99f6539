"""What does not fit, why, and where in a value: without the value."""

from collections.abc import Collection, Iterator
from operator import length_hint
from typing import Final

TOO_DEEP: Final = "it is nested too deep"


class Unfit(Exception):
    """A value is not one of its kind, or cannot be written; the text says why and shows nothing of it.

    `way` leads to the part that it is about, from the inside outward: each container that it passes through
    adds the step from itself to the part.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
        self.way: list[str] = []

    @property
    def place(self) -> str:
        """The way from the outside inward."""
        return "".join(reversed(self.way))


def unfit(error: Exception, step: str = "") -> Unfit:
    """What was raised for a value, one step further out; nothing of what others said of the value is kept."""
    if isinstance(error, Unfit):
        wrong = error
    elif isinstance(error, RecursionError):
        wrong = Unfit(TOO_DEEP)
    else:  # constructors, validators and hooks of the user's raise what they like
        wrong = Unfit(f"it is refused with {type(error).__name__}")
    if step:
        wrong.way.append(step)
    return wrong


def step_to(whole: Collection[object], left: Iterator[object]) -> str:
    """The step to the member that an iteration has just given.

    A key of a mapping is data, and is not shown: `{2}` is the third member of an object.
    """
    position = len(whole) - length_hint(left) - 1
    return f"{{{position}}}" if isinstance(whole, dict) else f"[{position}]"
