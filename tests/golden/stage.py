"""What the golden runs act on: a clock that each call moves on, and a script of what becomes of each call."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import final

from resaga.testing import FakeClock

Fate = BaseException | None


class Cut(BaseException):
    """The process is interrupted."""


class Broken(Exception):
    """A body fails."""


@final
class Stage:
    """Every call takes a little longer than the one before; what no script tells of goes well."""

    def __init__(self, script: Mapping[str, Sequence[Fate]]) -> None:
        # An interrupt is written at the time of the real clock or of the last row, whichever is later.
        self.clock = FakeClock(datetime(2100, 1, 1, tzinfo=UTC))
        self._script: dict[str, Iterator[Fate]] = {name: iter(fates) for name, fates in script.items()}
        self._calls = 0

    def meet(self, name: str) -> None:
        """Meet the fate of one call of that body."""
        self._calls += 1
        self.clock.advance(timedelta(microseconds=1_000 + self._calls))
        fate = next(self._script.get(name, iter(())), None)
        if fate is not None:
            raise fate
