"""The two loops behind the same verbs, and an event loop in which no time passes for real.

@both
def test_…(loop: Loop) -> None:
    world = World()
    outcome = loop.start(Saga("shop", loop.steps(world).undone("reserve")).new(0), world.clock)
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, Final, TypeAlias, TypeVar, final

import pytest
from attrs import frozen

from resaga.drive.clock import Clock
from tests.steps import NUMBER, Context, Steps
from tests.worlds import World

T = TypeVar("T")

AnyExecution: TypeAlias = Any
"""An execution of which the types, and the state, are known only while a test runs."""

AnyContext: TypeAlias = Any
"""A context of which the type is known only while a test runs."""


@final
class Hasty(asyncio.SelectorEventLoop):
    """Nobody waits in it: when all sleep, it is at once the time when the first one wakes."""

    def __init__(self) -> None:
        selector: Any = selectors.DefaultSelector()
        super().__init__(selector)
        self._now = 0.0
        select = selector.select

        def at_once(seconds: float | None) -> Any:  # noqa: ANN401 - what a selector gives
            if seconds is None:
                raise AssertionError("nothing will ever happen in this loop any more")
            self._now += max(0.0, seconds)
            return select(0)

        selector.select = at_once

    def time(self) -> float:
        """Seconds since it was made, if one believes those who slept."""
        return self._now


def awaited(coroutine: Coroutine[Any, Any, T]) -> T:
    """What comes of it, in an event loop of its own."""
    with asyncio.Runner(loop_factory=Hasty) as runner:
        return runner.run(coroutine)


@final
@frozen
class Loop:
    """One of the two loops."""

    awaits: bool

    def steps(self, world: World, context: Context = NUMBER, *, emits: bool = False) -> Steps:
        """Makes steps with bodies for this loop."""
        return Steps(world, context, awaits=self.awaits, emits=emits)

    def start(self, new: AnyExecution, clock: Clock) -> AnyExecution:
        """Start it."""
        return awaited(new.start_async(clock=clock)) if self.awaits else new.start(clock=clock)

    def resume(self, execution: AnyExecution, clock: Clock) -> AnyExecution:
        """Resume it."""
        return awaited(execution.resume_async(clock=clock)) if self.awaits else execution.resume(clock=clock)

    def retry(self, stuck: AnyExecution, clock: Clock, by: str | None = None) -> AnyExecution:
        """Try again what it is stuck in."""
        return awaited(stuck.retry_async(by=by, clock=clock)) if self.awaits else stuck.retry(by=by, clock=clock)


BLOCKING: Final = Loop(awaits=False)
AWAITING: Final = Loop(awaits=True)

both: Final = pytest.mark.parametrize("loop", [BLOCKING, AWAITING], ids=["blocking", "awaiting"])
"""A truth of both loops."""
