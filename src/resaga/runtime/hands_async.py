"""What the durable loop does outside of itself, where others go on meanwhile: it asks the store, and it calls bodies.

**Who is cut off finishes what cannot be left.** An append that is under way is waited for, so that it is known what is
recorded; so is a plain body, since nobody can stop a thread. Only then the cancellation goes on.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextvars import copy_context
from functools import partial
from inspect import isawaitable
from typing import TypeVar, cast, final

from resaga.core.decision import PlainAsync
from resaga.core.errors import NoThread, StoreError
from resaga.core.outcome import Outcome
from resaga.core.state import ExecutionState
from resaga.drive.call import Calling, Copy, concluded, prepare, raised, taken_plainly
from resaga.drive.patience import answered_async
from resaga.runtime.asking import Asking
from resaga.runtime.threads import Threads
from resaga.runtime.writer import Writer
from resaga.stores.store import Append

T = TypeVar("T")


@final
class Uncalled(BaseException):
    """A body could not be called, and was not: that says nothing of the body, and nothing is in doubt."""

    def __init__(self, why: NoThread) -> None:
        super().__init__(why)
        self.why = why


@final
class HandsAsync:
    """Those of the awaiting loop, for one execution."""

    def __init__(self, writer: Writer, threads: Threads) -> None:
        self._writer = writer
        self._threads = threads
        self._cut: asyncio.CancelledError | None = None
        self.recorded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the first append is made."""

    async def ask(self, asking: Asking[T]) -> T:
        """Perform that on the store, with what others ask of it."""
        self._check()
        appended = False
        try:
            asked = next(asking)
            while True:
                appended = appended or not callable(asked)
                try:
                    reply = await (self._writer.look(asked) if callable(asked) else self._landed(asked))
                except StoreError as error:
                    asked = asking.throw(error)
                else:
                    asked = asking.send(reply)
        except StopIteration as done:
            if appended and not self.recorded.done():
                self.recorded.set_result(None)
            self._check()
            return cast("T", done.value)

    async def leave(self, asking: Asking[None]) -> None:
        """Perform this even after a cancellation."""
        self._cut = None
        await self.ask(asking)

    async def perform(self, decision: Calling, state: ExecutionState, copy: Copy) -> Outcome:
        """Call what is to be called, once; a plain body in a thread.

        A body that swallows its cancellation has given something, which is recorded; but nothing is called behind it.
        """
        task = asyncio.current_task()
        cuts = task.cancelling() if task else 0
        try:
            if type(decision) is PlainAsync:
                outcome = taken_plainly(decision, await decision.function(state.value), copy)
            else:
                call = prepare(decision, state, copy)
                if call.body is not None and not call.body.awaits:  # it may block
                    call.function = partial(self._in_thread, call.function)
                outcome = concluded(call, state, await answered_async(call), copy)
        except Exception as error:  # noqa: BLE001 - whatever a body raises is an outcome
            outcome = raised(state, error)
        swallowed = task is not None and task.cancelling() > cuts
        self._cut = self._cut or (asyncio.CancelledError() if swallowed else None)
        return outcome

    def _check(self) -> None:
        if self._cut is not None:
            raise self._cut

    async def _landed(self, items: Sequence[Append]) -> list[bool]:
        pending = self._writer.append(items)
        try:
            return await pending.future
        except asyncio.CancelledError as cut:
            self._cut = cut
            return await pending.again()  # who is cut off once more abandons it

    async def _in_thread(self, function: Callable[..., object], *arguments: object) -> object:
        def called() -> tuple[object, Exception | None]:
            try:
                return function(*arguments), None
            except Exception as error:  # noqa: BLE001 - not every exception can be put into a future
                return None, error

        try:
            future = self._threads.call(partial(copy_context().run, called))
        except NoThread as why:
            raise Uncalled(why) from None
        while not future.done():
            try:
                await asyncio.wait([future])
            except asyncio.CancelledError as cut:
                self._cut = cut
        value, error = future.result()
        if error is not None:
            raise error
        return await value if isawaitable(value) else value
