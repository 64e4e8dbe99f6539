"""How often an attempt is repeated, and after how long."""

from datetime import timedelta
from typing import Final, NamedTuple, final

from resaga.core import limits
from resaga.core.errors import InvalidOption

MICROSECOND: Final = timedelta(microseconds=1)


class _Budget(NamedTuple):
    attempts: int
    delay: timedelta
    factor: float
    max_delay: timedelta
    jitter: float
    on: tuple[type[Exception], ...]


@final
class Retry(_Budget):
    """A budget of attempts, the delay between them, and the exceptions that are worth another.

    `delay` is before the second attempt; each further one is `factor` times longer, up to `max_delay`.
    `jitter` takes away up to that share of a delay; how much is derived from the key, so that
    a delay is the same whenever it is computed.
    """

    __slots__ = ()

    def __new__(  # noqa: PLR0913 - each is an independent word of one policy
        cls,
        attempts: int = 3,
        *,
        delay: timedelta = timedelta(0),
        factor: float = 2.0,
        max_delay: timedelta = timedelta(minutes=1),
        jitter: float = 0.0,
        on: tuple[type[Exception], ...] = (Exception,),
    ) -> "Retry":
        """Refuse what is no policy."""
        self = super().__new__(cls, attempts, delay, factor, max_delay, jitter, on)
        wrong = _wrong(self)
        if wrong:
            raise InvalidOption(f"{self!r}: {wrong}.")
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[int], dict[str, object]]:
        """How a copy is made: all but the first field are given by name."""
        attempts, *_ = self
        return (attempts,), {name: value for name, value in self._asdict().items() if name != "attempts"}

    def delay_after(self, attempt: int, chance: float) -> int:
        """Microseconds to wait after that attempt (from 1); `chance` is in [0, 1)."""
        longest = self.max_delay // MICROSECOND
        delay = self.delay // MICROSECOND
        if delay == 0:
            return 0
        try:
            grown = min(longest, int(delay * self.factor ** (attempt - 1)))
        except OverflowError:
            grown = longest
        return int(grown * (1 - self.jitter * chance))


def _wrong(retry: _Budget) -> str | None:
    if type(retry.attempts) is not int or not 1 <= retry.attempts <= limits.ATTEMPTS:
        return f"attempts must be a whole number from 1 to {limits.ATTEMPTS:,}"
    if not all(isinstance(one, timedelta) and one >= timedelta(0) for one in (retry.delay, retry.max_delay)):
        return "delay and max_delay must be timedeltas of zero or more"
    if not isinstance(retry.factor, int | float) or not retry.factor >= 1:
        return "factor must be a number of 1 or more"
    if not isinstance(retry.jitter, int | float) or not 0 <= retry.jitter <= 1:
        return "jitter must be a number from 0 to 1"
    if not isinstance(retry.on, tuple) or not all(_is_exception(kind) for kind in retry.on):
        return "on must be a tuple of classes that derive from Exception"
    return None


def _is_exception(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Exception)


ONCE: Final = Retry(1)
"""What a step gets that was given no `retry=`."""

PATIENT: Final = Retry(10, delay=timedelta(seconds=1), max_delay=timedelta(seconds=60))
"""What an undo and a settle get by default: ten attempts, exponential to a minute."""
