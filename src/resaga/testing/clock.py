"""A clock for tests: it stands still until it is told to go on, and nothing waits for it."""

from datetime import UTC, datetime, timedelta
from typing import Final, final

from resaga.core.timing import EPOCH, moment

MICROSECOND: Final = timedelta(microseconds=1)
NEW_YEAR: Final = datetime(2030, 1, 1, tzinfo=UTC)


@final
class FakeClock:
    """The clock of a test, to be handed to `start(clock=…)`, `resume(clock=…)` and the other verbs.

    Sleeping moves it on at once.

    >>> clock = FakeClock()
    >>> clock.sleep(90)
    >>> clock.now.isoformat()
    '2030-01-01T00:01:30+00:00'
    """

    __slots__ = ("_monotonic", "_wall")

    def __init__(self, now: datetime = NEW_YEAR) -> None:
        self._wall = (now - EPOCH) // MICROSECOND * 1000
        self._monotonic = 0

    @property
    def now(self) -> datetime:
        """What the clock on the wall shows."""
        return moment(self._wall)

    def advance(self, span: timedelta) -> None:
        """Let time pass."""
        self._pass(span // MICROSECOND * 1000)

    def jump(self, span: timedelta) -> None:
        """Set the clock on the wall forward, or back, while no time passes."""
        self._wall += span // MICROSECOND * 1000

    def wall(self) -> int:
        """Nanoseconds since 1970, UTC."""
        return self._wall

    def monotonic(self) -> int:
        """Nanoseconds that passed since it was made."""
        return self._monotonic

    def sleep(self, seconds: float, /) -> None:
        """Let that time pass at once."""
        self._pass(round(seconds * 1_000_000) * 1000)

    async def sleep_async(self, seconds: float, /) -> None:
        """Let that time pass at once."""
        self.sleep(seconds)

    def _pass(self, nanoseconds: int) -> None:
        self._wall += nanoseconds
        self._monotonic += nanoseconds
