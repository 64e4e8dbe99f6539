"""Cutting a run off, at a given line of the engine or at a given await."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from types import FrameType
from typing import Any, Final, TypeAlias, final

import resaga
from tests.worlds import Fate, World

PACKAGE: Final = str(Path(resaga.__file__).parent)
NO_ENGINE: Final = tuple(f"{PACKAGE}/{room}" for room in ("cli", "testing", "saga.py"))

Tracer: TypeAlias = Callable[[FrameType, str, Any], Any]


def is_engine(filename: str) -> bool:
    """Whether that file drives executions."""
    return filename.startswith(PACKAGE) and not filename.startswith(NO_ENGINE)


@final
class Sabotage:
    """Counts the lines of the engine and the awaits of a run, and cuts it off at one of them."""

    def __init__(self, interrupt: type[BaseException] | None = None, *, line: int = 0, turn: int = 0) -> None:
        self.interrupt = interrupt() if interrupt is not None and line else None
        self.line = line
        self.turn = turn
        self.lines = 0
        self.turns = 0
        self.done = False
        self.where = ""
        self.calls = 0  # how many there were when it was cut off
        self.count: Callable[[], int] = lambda: 0

    def __enter__(self) -> "Sabotage":
        self._before = sys.gettrace()
        if not self.done:
            sys.settrace(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _called(self, frame: FrameType, event: str, argument: object) -> Tracer | None:
        return self._line if is_engine(frame.f_code.co_filename) else None

    def _line(self, frame: FrameType, event: str, argument: object) -> Tracer:
        if event == "line":
            self.lines += 1
            if self.lines == self.line and self.interrupt is not None:
                self._strike(f"{frame.f_code.co_filename.removeprefix(PACKAGE)}:{frame.f_lineno}")
                raise self.interrupt
        return self._line

    def turned(self) -> None:
        """The run lets others work; it is cancelled there if that is where it is to be cut off."""
        self.turns += 1
        task = asyncio.current_task()
        if self.turns == self.turn and task is not None:
            self._strike(f"await {self.turn}")
            task.cancel()

    def _strike(self, where: str) -> None:
        self.done, self.where, self.calls = True, where, self.count()


@final
class Turning:
    """Awaits another, and tells of each turn that this takes."""

    def __init__(self, run: Awaitable[Any], turned: Callable[[], None]) -> None:
        self.run = run
        self.turned = turned

    def __await__(self) -> Generator[Any, Any, Any]:
        inner: Any = self.run.__await__()
        error: BaseException | None = None
        while True:
            try:
                turn = inner.send(None) if error is None else inner.throw(error)
            except StopIteration as end:
                return end.value
            self.turned()
            try:
                yield turn
            except BaseException as thrown:  # noqa: BLE001 - handed on
                error = thrown
            else:
                error = None


@final
class Slow:
    """A world, and its clock, that let others work before and after each call."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.called = world.called
        self.wall, self.monotonic, self.sleep = world.clock.wall, world.clock.monotonic, world.clock.sleep

    async def called_async(self, *call: Any) -> Fate:  # noqa: ANN401 - as the world's
        """A call with an await before its effect, and another behind it."""
        await asyncio.sleep(0)
        fate = await self.world.called_async(*call)
        await asyncio.sleep(0)
        return fate

    async def sleep_async(self, seconds: float, /) -> None:
        """A sleep with an await before and behind."""
        await asyncio.sleep(0)
        self.sleep(seconds)
        await asyncio.sleep(0)
