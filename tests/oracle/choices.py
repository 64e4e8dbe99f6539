"""Choices that a schedule makes: all of them in turn, or some by chance."""

from collections.abc import Callable, Iterator
from random import Random
from typing import TYPE_CHECKING, Final, Protocol, final

if TYPE_CHECKING:
    from tests.oracle.moment import Moment

FAULT_SHARE: Final = 0.15
"""How often chance picks a fault where one may happen."""
QUIET_SHARE: Final = 0.7
"""How often it does not look for another way at all."""


class Choices(Protocol):
    """Decides, again and again, which of several ways to go."""

    def pick(self, ways: int, faults: int = 0) -> int:
        """One of that many ways, or one of the faults behind them; the first way is the quiet one."""
        ...

    def pass_by(self, here: "Callable[[int], Moment]") -> None:
        """Another schedule can go on from here; it is not known yet. Given how many choices were made."""
        ...

    @property
    def known(self) -> bool:
        """Whether another schedule has been this way before."""
        ...


@final
class Prefix:
    """Goes a given way as far as that says, then the quiet one; remembers where it could have left it.

    A moment `since` that lies on the given way is where to begin: what leads to it was run before.
    """

    __slots__ = ("forks", "given", "made", "since")

    def __init__(self, given: tuple[int, ...], since: "Moment | None" = None) -> None:
        self.given = given
        self.since = since
        self.made: list[int] = [] if since is None else list(given[: since.choices])
        self.forks: list[tuple[int, Moment | None]] = []  # at each choice that was not given: how many, and since when

    def pick(self, ways: int, faults: int = 0) -> int:
        """The next of the given choices, or 0."""
        place = len(self.made)
        if place < len(self.given):
            choice = self.given[place]
        else:
            choice = 0
            self.forks.append((ways + faults, self.since))
        self.made.append(choice)
        return choice

    def pass_by(self, here: "Callable[[int], Moment]") -> None:
        """The later, the better."""
        self.since = here(len(self.made))

    @property
    def known(self) -> bool:
        """Whether it still goes the given way."""
        return len(self.made) < len(self.given)

    def others(self) -> "Iterator[Prefix]":
        """The schedules that leave this one behind what was given."""
        for place, (size, since) in enumerate(self.forks, len(self.given)):
            for other in range(1, size):
                yield Prefix((*self.made[:place], other), since)


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

    def pass_by(self, here: "Callable[[int], Moment]") -> None:
        """Chance remembers nothing."""

    @property
    def known(self) -> bool:
        """Nor that."""
        return False


def every_schedule(run: Callable[[Prefix], object]) -> int:
    """Run every schedule that its choices lead to, each once; how many there were."""
    waiting = [Prefix(())]
    count = 0
    while waiting:
        choices = waiting.pop()
        run(choices)
        count += 1
        waiting.extend(choices.others())
    return count
