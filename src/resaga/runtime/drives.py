"""The tasks in which a runtime drives executions: they are its own, and end with it."""

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar, final

from resaga.core.block import M
from resaga.core.errors import AlreadyExists, Conflict, NoSuchExecution, ResagaError, StoreError, WrongLoop
from resaga.drive.clock import Clock
from resaga.execution import Outcome, came_to
from resaga.runtime.apart import Apart
from resaga.runtime.asking import closed
from resaga.runtime.desk import Desk
from resaga.runtime.driving import Driving
from resaga.runtime.hands_async import HandsAsync, Uncalled
from resaga.runtime.held import Held
from resaga.runtime.loop_async import run_async
from resaga.runtime.threads import Threads
from resaga.runtime.waits import Waits, waiting
from resaga.runtime.writer import Writer
from resaga.saga import Saga

X = TypeVar("X")
B = TypeVar("B")

LOG: Final = logging.getLogger("resaga.runtime")
AGAIN_SECONDS: Final = 1
"""How long after a failure of the store what happened is written again."""


class Drive(NamedTuple):
    """One that is driven here: as one of which saga, by which task, when it is recorded, and what it waits for."""

    saga: Saga[Any, Any, Any]
    task: "asyncio.Task[Any]"
    recorded: "asyncio.Future[None]"
    waits: Waits

    @property
    def in_vain(self) -> bool:
        """Whether it drove nothing: its id was taken before it could begin, or there was nothing to go on with."""
        ended = self.task.done() and not self.task.cancelled()
        return ended and isinstance(self.task.exception(), AlreadyExists | NoSuchExecution)

    async def over(self, id_: str) -> None:
        """Wait until it is not driven any more; raises if that would be for ever, as its body waits for who asks."""
        self.waits.check(id_)
        with waiting([self.waits]):
            await asyncio.wait([self.task])


@final
class Drives:
    """Those that are being driven here, by their ids."""

    def __init__(self, desk: Desk, driving: Driving, writer: Writer, threads: Threads, clock: Clock) -> None:
        self._desk = desk
        self._driving = driving
        self._writer = writer
        self._threads = threads
        self._clock = clock
        self._apart = Apart()
        self._now: dict[str, Drive] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def hands(self) -> HandsAsync:
        """For one execution, or for one verb."""
        return HandsAsync(self._writer, self._threads)

    def get(self, id_: str) -> Drive | None:
        """The one that is being driven."""
        return self._now.get(id_)

    def check(self) -> None:
        """Raise if nothing may begin any more, or not in this loop: who waits in another one would wait for ever."""
        if self._closed:
            raise closed()
        self._check_loop()

    def _check_loop(self) -> None:
        here = asyncio.get_running_loop()
        self._loop = self._loop or here
        if self._loop is not here:
            raise WrongLoop("this runtime belongs to the event loop that first used it; open one in each loop.")

    def begun(self, saga: Saga[Any, Any, Any], held: Held, hands: HandsAsync) -> Drive:
        """Drive one that no store knows yet."""
        self.check()
        return self._started(saga, held.state.execution_id, self._driven(saga, held, hands, self._clock), hands)

    def resumed(self, saga: Saga[Any, Any, Any], id_: str, clock: Clock | None = None) -> Drive:
        """Go on with one that is kept; by that clock, if it is told another one."""
        self.check()
        hands = self.hands()
        return self._started(saga, id_, self._resuming(saga, id_, hands, clock or self._clock), hands)

    async def end(self) -> None:
        """Let go of all, and begin with none any more; what was driven in a loop that is gone, is gone with it.

        Who was cut off here calls it again: all were told to let go, and are waited for.
        """
        gone = self._loop is not None and self._loop.is_closed()
        if not gone:
            self._check_loop()
        left = [] if gone else [drive.task for drive in self._now.values()]
        told, self._closed = self._closed, True
        await (ended(left) if told else interrupted(left))

    def _started(
        self, saga: Saga[Any, Any, Any], id_: str, driving: Coroutine[Any, Any, Any], hands: HandsAsync
    ) -> Drive:
        waits = Waits()
        task = asyncio.create_task(driving, name=f"resaga {id_}", context=waits.context())
        self._now[id_] = drive = Drive(saga, task, hands.recorded, waits)
        task.add_done_callback(partial(self._ended, saga, id_))
        return drive

    def _ended(self, saga: Saga[Any, Any, Any], id_: str, task: "asyncio.Task[Any]") -> None:
        """Say what went wrong, as nobody may be waiting for it; where the store failed, go on after a while."""
        del self._now[id_]
        error = None if task.cancelled() else task.exception()
        if isinstance(error, StoreError) and self._driving.has_unwritten(id_):
            LOG.warning("execution %r: the store failed, it is tried again: %s", id_, error)
            asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._again, saga, id_)
        elif error is not None and not isinstance(error, ResagaError):
            self._driving.told.tell(id_, error)

    def _again(self, saga: Saga[Any, Any, Any], id_: str) -> None:
        if not self._closed and id_ not in self._now and self._driving.has_unwritten(id_):
            self.resumed(saga, id_)

    async def _resuming(self, saga: Saga[X, B, M], id_: str, hands: HandsAsync, clock: Clock) -> Outcome[X, B, M]:
        if (unwritten := self._driving.take_unwritten(saga, id_)) is not None:
            with suppress(AlreadyExists):  # it was never kept, and another one is
                return await self._driven(saga, unwritten, hands, clock)
        held = await hands.ask(self._desk.take(saga, id_, clock))
        async with self._apart.of(held):
            return await self._driven(saga, held, hands, clock)

    async def _driven(self, saga: Saga[X, B, M], held: Held, hands: HandsAsync, clock: Clock) -> Outcome[X, B, M]:
        with self._driving.of(held):
            if held.unsure:
                await hands.ask(held.finish())
            try:
                decision = await run_async(held, clock, saga.codec.copy, hands)
            except asyncio.CancelledError as cut:
                by_itself = held.calling and not _is_cancelled()
                if by_itself:
                    self._driving.told.leaks(held.state.execution_id, held.state.path, cut)
                held.cut_off(clock.wall(), by_itself=by_itself)
                await _let_go(held, hands)
                raise
            except Uncalled as uncalled:
                held.calling = False
                await _let_go(held, hands)
                raise uncalled.why from None
        return came_to(saga.codec, held.state, decision, None)


async def _let_go(held: Held, hands: HandsAsync) -> None:
    """So that anybody can go on with it at once, if that can be written."""
    with suppress(StoreError, Conflict):
        await hands.leave(held.leave())


def _is_cancelled() -> bool:
    """Whether anybody has cancelled this task."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def interrupted(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    """Cancel them, and wait until they have let go."""
    left = [task for task in tasks if not task.done()]
    for task in left:
        task.cancel()
    await ended(left)


async def ended(left: "Sequence[asyncio.Task[Any]]") -> None:
    """Wait until they have let go."""
    if left:
        await asyncio.wait(left)
