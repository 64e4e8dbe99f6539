"""Who waits, in a body, for what waits for that body: it hears so, and nobody hangs."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from resaga import Completed, Saga, read, step
from resaga.core.errors import Conflict
from resaga.runtime import BlockingRuntime, Runtime
from resaga.runtime.waits import Waits
from resaga.stores.memory import MemoryStore
from tests.runtime.shop import A
from tests.runtime.shop_async import awaited, runtime

REFUSED: Final = f"refused: execution '{A}' is being driven here already"

Body = Callable[[Runtime, Any], Awaitable[object]]
"""What a body does; it is told its runtime and its saga."""


class Asking:
    """Sagas of one step each, which says what it was refused; they know their runtime."""

    def __init__(self, **bodies: Body) -> None:
        self.sagas = [self._asking(name, body) for name, body in bodies.items()]
        self.one: Runtime = runtime(MemoryStore(), *self.sagas)

    def _asking(self, name: str, body: Body) -> Any:  # noqa: ANN401 - a Saga
        @step
        async def asks(order: str) -> str:
            try:
                outcome = await body(self.one, saga)
            except Conflict as error:
                return f"refused: {error}"
            return str(outcome.result if isinstance(outcome, Completed) else outcome)

        saga: Any = Saga(name, asks.kept("it is a test"))
        return saga

    def came(self) -> str:
        """What came of the first one, under the id A."""

        async def story() -> str:
            async with self.one:
                outcome = await (await self.one.run(self.sagas[0], "x", id=A)).outcome()
                assert isinstance(outcome, Completed)
                return str(outcome.result)

        return awaited(story())


async def resumes(one: Runtime, saga: Any) -> object:  # noqa: ANN401 - a Saga
    return await one.resume(saga, A)


async def awaits(one: Runtime, saga: Any) -> object:  # noqa: ANN401 - a Saga
    return await one.handle(saga, A).outcome()


async def runs(one: Runtime, saga: Any) -> object:  # noqa: ANN401 - a Saga
    return await (await one.run(saga, "x", id=A)).outcome()


async def runs_what_was_deleted(one: Runtime, saga: Any) -> object:  # noqa: ANN401 - a Saga
    await one.delete(A)
    return await one.run(saga, "x", id=A)


async def in_a_task(one: Runtime, saga: Any) -> object:  # noqa: ANN401 - a Saga
    return await asyncio.gather(one.resume(saga, A))


async def in_a_thread(one: Runtime, saga: Any) -> object:  # noqa: ANN401 - a Saga
    loop = asyncio.get_running_loop()
    return await asyncio.to_thread(lambda: asyncio.run_coroutine_threadsafe(one.resume(saga, A), loop).result())


@pytest.mark.parametrize("body", [resumes, awaits, runs, in_a_task, in_a_thread])
def test_a_body_that_waits_for_its_own_execution(body: Body) -> None:
    """It gets a Conflict, whatever it waits with."""
    assert Asking(asks=body).came().startswith(REFUSED)


def test_a_body_that_begins_its_own_execution_anew() -> None:
    """It was deleted, and yet it is being driven; who does that has lost it."""
    with pytest.raises(Conflict, match="it was deleted"):
        Asking(asks=runs_what_was_deleted).came()


def test_in_the_words_of_the_blocking_runtime() -> None:
    """Both runtimes refuse it alike."""

    @step
    def asks(order: str) -> str:
        try:
            return str(one.resume(saga, A))
        except Conflict as error:
            return f"refused: {error}"

    saga: Any = Saga("asks", asks.kept("it is a test"))
    one = BlockingRuntime(MemoryStore(), [saga])
    outcome = one.run(saga, "x", id=A)
    assert isinstance(outcome, Completed)
    assert outcome.result.startswith(REFUSED)


def test_a_plain_body() -> None:
    """It waits in its thread, and is known there."""

    @step
    def asks(order: str) -> str:
        with pytest.raises(Conflict, match="is being driven here already"):
            asyncio.run_coroutine_threadsafe(one.resume(saga, A), loops[0]).result(30)
        return order

    loops = list[asyncio.AbstractEventLoop]()
    saga: Any = Saga("asks", asks.kept("it is a test"))
    one = runtime(MemoryStore(), saga)

    async def story() -> None:
        loops.append(asyncio.get_running_loop())
        async with one:
            assert isinstance(await (await one.run(saga, "x", id=A)).outcome(), Completed)

    awaited(story())


def test_a_body_that_may_take_so_long() -> None:
    """It is called in a task of its own, and is known there."""
    refused = list[str]()

    @read(timeout=timedelta(seconds=30))
    async def asks(order: str) -> str:
        with pytest.raises(Conflict) as raised:
            await one.resume(saga, A)
        refused.append(f"refused: {raised.value}")
        return order

    saga: Any = Saga("asks", asks)
    one = runtime(MemoryStore(), saga)

    async def story() -> None:
        async with one:
            assert isinstance(await (await one.run(saga, "x", id=A)).outcome(), Completed)

    awaited(story())
    assert refused[0].startswith(REFUSED)


@pytest.mark.parametrize("closes", [resumes, awaits])
@pytest.mark.parametrize("begins", ["run", "resume", "tick"])
def test_some_that_wait_for_each_other(begins: str, closes: Body) -> None:
    """The last one, with which it would be a ring, gets a Conflict, and then all go on."""

    async def first(one: Runtime, _: Any) -> object:  # noqa: ANN401 - a Saga
        if begins == "run":
            return await (await one.run(asking.sagas[1], "x", id="B")).outcome()
        await one.submit(asking.sagas[1], "x", id="B")
        if begins == "resume":
            return await one.resume(asking.sagas[1], "B")
        await one.tick()
        return await one.resume(asking.sagas[1], "B")

    async def second(one: Runtime, _: Any) -> object:  # noqa: ANN401 - a Saga
        return await (await one.run(asking.sagas[2], "x", id="C")).outcome()

    async def third(one: Runtime, _: Any) -> object:  # noqa: ANN401 - a Saga
        return await closes(one, asking.sagas[0])

    asking = Asking(first=first, second=second, third=third)
    assert "is being driven here already" in asking.came()


def test_several_ticks_in_a_body() -> None:
    """While one of them waits still, who closes the ring by it gets a Conflict, though another one is over."""
    may_end = asyncio.Event()

    async def first(one: Runtime, _: Any) -> object:  # noqa: ANN401 - a Saga
        await one.submit(asking.sagas[1], "x", id="B")
        over, ticking = one.tick(datetime(1970, 1, 1, tzinfo=UTC)), asyncio.create_task(one.tick())
        assert await over == 0
        may_end.set()
        return await ticking

    async def second(one: Runtime, _: Any) -> object:  # noqa: ANN401 - a Saga
        await may_end.wait()
        refused.append(await asyncio.gather(one.resume(asking.sagas[0], A), return_exceptions=True))
        return "second"

    refused = list[list[Any]]()
    asking = Asking(first=first, second=second)
    assert asking.came() == "1"
    assert isinstance(refused[0][0], Conflict)


def test_some_that_wait_for_one() -> None:
    """That is no ring: they get what came of it, though it has begun them, and waits for another one with them."""

    async def first(one: Runtime, _: Any) -> object:  # noqa: ANN401 - a Saga
        last = await one.run(asking.sagas[2], "x", id="D")
        waiting.extend([await one.run(asking.sagas[1], "x", id=id_) for id_ in ("B", "C")])
        return await last.outcome()

    async def second(one: Runtime, _: Any) -> object:  # noqa: ANN401 - a Saga
        await one.handle(asking.sagas[2], "D").outcome()
        return await one.resume(asking.sagas[0], A)

    async def third(_: Runtime, __: Any) -> object:  # noqa: ANN401 - a Saga
        await asyncio.sleep(0.01)
        return "third"

    async def story() -> list[str]:
        async with asking.one:
            await (await asking.one.run(asking.sagas[0], "x", id=A)).outcome()
            return [(await handle.outcome()).result for handle in waiting]

    waiting = list[Any]()
    asking = Asking(first=first, second=second, third=third)
    assert awaited(story()) == ["third", "third"]


def test_who_does_not_ask_for_it() -> None:
    """A task with a context of its own is nobody's, and may wait for it."""
    told = list[asyncio.Task[Any]]()

    async def body(one: Runtime, saga: Any) -> object:  # noqa: ANN401 - a Saga
        told.append(asyncio.create_task(awaits(one, saga), context=Context()))
        await asyncio.sleep(0)
        return "done"

    async def story() -> Any:  # noqa: ANN401 - an Outcome
        async with asking.one:
            await (await asking.one.run(asking.sagas[0], "x", id=A)).outcome()
            return await told[0]

    asking = Asking(asks=body)
    outcome = awaited(story())
    assert isinstance(outcome, Completed)
    assert outcome.result == "done"


def test_more_than_one_way() -> None:
    """However many lead from one to the other, it is found, and the search ends."""
    top, left, right, bottom, other = (Waits() for _ in range(5))
    top.others, left.others, right.others = [[left], [right, left]], [[bottom, right]], [[bottom, left]]
    with pytest.raises(Conflict, match="'top' is being driven here already"):
        bottom.context().run(top.check, "top")
    other.context().run(top.check, "top")
    top.check("top")
