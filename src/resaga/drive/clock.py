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


@final
class Shifted:
    """A clock that shows another time, and goes on from there as the one behind it does."""

    __slots__ = ("_behind", "_shift")

    def __init__(self, behind: Clock, now: int) -> None:
        self._behind = behind
        self._shift = now - behind.wall()

    def wall(self) -> int:
        """Nanoseconds since 1970, UTC."""
        return self._behind.wall() + self._shift

    def monotonic(self) -> int:
        """See `Clock`."""
        return self._behind.monotonic()

    def sleep(self, seconds: float, /) -> None:
        """See `Clock`."""
        self._behind.sleep(seconds)

    async def sleep_async(self, seconds: float, /) -> None:
        """See `Clock`."""
        await self._behind.sleep_async(seconds)


SYSTEM: Final = SystemClock()
