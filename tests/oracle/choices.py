"""Choices that a schedule makes: all of them in turn, or some by chance."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Final, Protocol, final

FAULT_SHARE: Final = 0.15
"""How often chance picks a fault where one may happen."""
QUIET_SHARE: Final = 0.7
"""How often it does not look for another way at all."""


class Choices(Protocol):
    """Decides, again and again, which of several ways to go."""

    def pick(self, ways: int, faults: int = 0) -> int:
        """One of that many ways, or one of the faults behind them; the first way is the quiet one."""
        ...

    @property
    def known(self) -> bool:
        """Whether another schedule has been this way before."""
        ...


@final
class Prefix:
    """Goes a given way as far as that says, then the quiet one; remembers where it could have left it."""

    __slots__ = ("given", "made", "sizes")

    def __init__(self, given: tuple[int, ...]) -> None:
        self.given = given
        self.made: list[int] = []
        self.sizes: list[int] = []

    def pick(self, ways: int, faults: int = 0) -> int:
        """The next of the given choices, or 0."""
        place = len(self.made)
        choice = self.given[place] if place < len(self.given) else 0
        self.made.append(choice)
        self.sizes.append(ways + faults)
        return choice

    @property
    def known(self) -> bool:
        """Whether it still goes the given way."""
        return len(self.made) < len(self.given)

    def others(self) -> Iterator[tuple[int, ...]]:
        """The prefixes of the schedules that leave this one behind what was given."""
        for place in range(len(self.given), len(self.made)):
            for other in range(1, self.sizes[place]):
                yield (*self.made[:place], other)


@final
class Chance:
    """Goes by chance, mostly without faults."""

    __slots__ = ("random",)

    def __init__(self, random: Random) -> None:
        self.random = random

    def pick(self, ways: int, faults: int = 0) -> int:
        """Mostly the quiet way, sometimes another, and now and then a fault."""
        if faults and self.random.random() < FAULT_SHARE:
            return ways + self.random.randrange(faults)
        return 0 if self.random.random() < QUIET_SHARE else self.random.randrange(ways)

    @property
    def known(self) -> bool:
        """Chance remembers nothing."""
        return False


def every_schedule(run: Callable[[Prefix], object]) -> int:
    """Run every schedule that its choices lead to, each once; how many there were."""
    waiting: list[tuple[int, ...]] = [()]
    count = 0
    while waiting:
        choices = Prefix(waiting.pop())
        run(choices)
        count += 1
        waiting.extend(choices.others())
    return count
