"""Where the awaiting runtime calls bodies, and what becomes of them where the system gives no thread."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from resaga import Attempt, RolledBack, Saga, read, step, when
from resaga.core import errors
from resaga.runtime import Runtime
from resaga.runtime.threads import Threads
from resaga.runtime.writer import Writer
from resaga.stores.memory import MemoryStore
from tests.runtime.shop_async import awaited
from tests.stores.entries import step as entry


def test_what_may_block_is_called_in_a_thread() -> None:
    """Whatever the body is for; a condition is asked where the loop turns, since it only looks at the context."""
    threads: dict[str, str] = {}

    def noted(name: str) -> None:
        threads[name] = threading.current_thread().name.partition("_")[0]

    @step
    def reserve(order: str) -> str:
        noted("step")
        raise ValueError("no answer")

    def found(order: str, attempt: Attempt) -> str:
        noted("settle")
        return order

    def release(order: str) -> None:
        noted("undo")

    def is_dear(order: str) -> bool:
        noted("condition")
        return True

    @read
    def price(order: str) -> str:
        noted("read")
        return order

    saga = Saga("threads", when(is_dear, price) >> reserve.settled_by(found).undone_by(release))

    async def story() -> None:
        async with Runtime(MemoryStore(), [saga]) as one:
            assert isinstance(await (await one.run(saga, "x")).outcome(), RolledBack)

    awaited(story())
    ours = threading.current_thread().name
    assert threads.pop("condition") == ours
    assert threads == dict.fromkeys(["step", "settle", "read", "undo"], "resaga body")


def no_more(self: threading.Thread) -> None:
    """What a thread says that the system does not give."""
    raise RuntimeError("can't start new thread")


def test_a_body_for_which_there_is_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has not failed, is not called later on, and nothing is in doubt: anybody can go on with it at once."""
    calls, began, may_end = list[str](), threading.Event(), threading.Event()

    @step
    def slow(order: str) -> str:
        began.set()
        assert may_end.wait(60)
        return order

    @step
    def charge(order: str) -> str:
        calls.append(order)
        return order

    slowly, charging = Saga("slowly", slow.kept("it is a test")), Saga("charging", charge.irreversible())

    async def story() -> None:
        async with Runtime(MemoryStore(), [slowly, charging]) as one:
            busy = await one.run(slowly, "x")
            await asyncio.to_thread(began.wait)
            with monkeypatch.context() as patched:
                patched.setattr(threading.Thread, "start", no_more)
                handle = await one.run(charging, "A-1", id="A-1")
                with pytest.raises(errors.NoThread, match="can't start new thread"):
                    await handle.outcome()
            may_end.set()
            await busy.outcome()
            assert [event.what for event in await one.events("A-1")] == ["created", "started"]
            assert await one.tick() == 1
            assert [event.what for event in await one.events("A-1")] == ["created", "started", "returned"]

    awaited(story())
    assert calls == ["A-1"]


def test_a_store_for_which_there_is_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot be reached, whatever it is asked for; it can be as soon as there is one."""

    async def story() -> None:
        writer = Writer(MemoryStore())
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", no_more)
            with pytest.raises(errors.StoreUnreachable, match="no thread"):
                await writer.append([entry("A-1")]).future
            with pytest.raises(errors.StoreUnreachable, match="no thread"):
                await writer.look(lambda store: store.read("A-1"))
        assert await writer.append([entry("A-1")]).future == [True]
        assert await writer.look(lambda store: store.read("A-1"))
        writer.close()

    awaited(story())


def test_what_a_thread_of_the_pool_takes_all_the_same() -> None:
    """It is called, so it is not said that it is not."""

    class Late:
        def submit(self, called: Callable[[], None]) -> None:
            called()
            raise RuntimeError("can't start new thread")

    threads, calls = Threads(1, "late"), list[str]()
    pool: Any = Late()
    threads._pool = pool
    threads.begin(lambda: calls.append("called"))
    assert calls == ["called"]


def test_who_does_not_wait_any_more() -> None:
    """What nobody waits for any more, and was not begun, is not called."""
    calls, may_begin = list[str](), threading.Event()

    async def story() -> None:
        threads = Threads(1, "one")
        first = threads.call(may_begin.wait)
        threads.call(lambda: calls.append("called")).cancel()
        await asyncio.sleep(0)
        may_begin.set()
        assert await first
        threads.shutdown()

    awaited(story())
    assert calls == []
