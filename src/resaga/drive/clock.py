"""Time, as the loops see it: an argument."""

import time
from typing import Final, Protocol, final


class Clock(Protocol):
    """What a driver asks of time. Nanoseconds where it says so; the sleeps take seconds."""

    def wall(self) -> int:
        """Nanoseconds since 1970, UTC: for deadlines."""
        ...

    def monotonic(self) -> int:
        """Nanoseconds that never go back: for durations."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Return after that time."""
        ...

    async def sleep_async(self, seconds: float, /) -> None:
        """Return after that time, and let others work meanwhile."""
        ...


@final
class SystemClock:
    """The clock of this machine."""

    __slots__ = ()

    wall = staticmethod(time.time_ns)
    monotonic = staticmethod(time.perf_counter_ns)
    sleep = staticmethod(time.sleep)

    async def sleep_async(self, seconds: float, /) -> None:
        """Sleep in the running event loop."""
        import asyncio  # noqa: PLC0415 - who never awaits does not load it

        await asyncio.sleep(seconds)


SYSTEM: Final = SystemClock()
