"""What is driven in tasks of a runtime: they end with it, and nothing that was driven is left where nobody finds it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, final

import pytest

from resaga import Completed, Paused, Saga, gate, step
from resaga.core import errors
from resaga.runtime import BlockingRuntime, Runtime, drives
from resaga.stores.memory import MemoryStore
from resaga.stores.store import Append, Stored
from tests.runtime.runtimes import made
from tests.runtime.shop_async import Slow, awaited

A: Final[Any] = "A-1"


@final
class Away:
    """A store that fails so often, before or after it did as it was told; not for signs of life."""

    def __init__(self, times: int = 0, *, after: bool = False) -> None:
        self.inner = MemoryStore()
        self.times = times
        self.after = after

    def append(self, batch: Sequence[Append], /) -> list[bool]:
        fails = self.times > 0 and batch[0].status != "worker"
        self.times -= fails
        applied = [] if fails and not self.after else self.inner.append(batch)
        if fails:
            raise errors.StoreUnreachable("It is away.", where="here", code="")
        return applied

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self.inner, name)


def test_cut_off_in_a_body() -> None:
    """It is let go of at once, in doubt: another runtime goes on, under the same key."""

    async def story() -> None:
        store, slow = MemoryStore(), Slow()
        one = Runtime(store.twin(), [slow.saga])
        await one.run(slow.saga, "x", id=A)
        await slow.began.wait()
        await one.close()
        kept = store.read(A)
        assert kept is not None
        assert (kept.owner, kept.status) == ("", "running")
        assert not [head for head in store.find() if head.status == "worker"]
        slow.may_end.set()
        async with Runtime(store, [slow.saga]) as other:
            assert await other.tick() == 1
        assert slow.calls == [("first", 1), ("first", 2), ("second", 1)]
        assert len(slow.keys) == 1

    awaited(story())


def test_a_body_that_swallows_its_cancellation() -> None:
    """What it gave is recorded, and nothing is called behind it."""

    async def story() -> None:
        store, slow = MemoryStore(), Slow(swallows=True)
        one = Runtime(store.twin(), [slow.saga])
        await one.run(slow.saga, "x", id=A)
        await slow.began.wait()
        await one.close()
        assert slow.calls == [("first", 1)]
        async with Runtime(store, [slow.saga]) as other:
            assert await other.tick() == 1
        assert slow.calls == [("first", 1), ("second", 1)]

    awaited(story())


def test_a_store_that_is_away_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever drives it goes on by himself when it is back; nobody has to ask."""
    monkeypatch.setattr(drives, "AGAIN_SECONDS", 0.001)

    async def story() -> None:
        store, slow = Away(), Slow()
        async with Runtime(store, [slow.saga]) as one:
            await one.run(slow.saga, "x", id=A)
            await slow.began.wait()
            store.times = 12
            slow.may_end.set()
            while not store.inner.find(status="completed"):  # noqa: ASYNC110 - only the store shows it
                await asyncio.sleep(0.001)
        assert slow.calls == [("first", 1), ("second", 1)]

    awaited(story())


def test_somebody_goes_on_before_it_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was to be tried again is done by then, and is left alone."""
    monkeypatch.setattr(drives, "AGAIN_SECONDS", 0.05)

    async def story() -> None:
        store, slow, heard = Away(), Slow(), asyncio.Event()
        slow.may_end.set()
        async with Runtime(store, [slow.saga]) as one:
            again = one._drives._again

            def trying(saga: Any, id_: str) -> None:  # noqa: ANN401 - a Saga
                again(saga, id_)
                heard.set()

            monkeypatch.setattr(one._drives, "_again", trying)
            await one.submit(slow.saga, "x", id=A)
            store.times = 5
            with pytest.raises(errors.StoreUnreachable):
                await one.resume(slow.saga, A)
            assert isinstance(await one.resume(slow.saga, A), Completed)
            await heard.wait()
            assert one._drives.get(A) is None
        assert slow.calls == [("first", 1), ("second", 1)]

    awaited(story())


def test_nobody_hangs_when_it_is_closed() -> None:
    """Each verb that was under way has done what it was to do, or hears that it was closed; and so does a later one."""

    async def story() -> None:
        store, slow = MemoryStore(), Slow()
        one = Runtime(store.twin(), [slow.saga])
        verbs = [asyncio.create_task(one.submit(slow.saga, "x")) for _ in range(400)]
        await asyncio.sleep(0)
        await one.close()
        await one.close()
        answers = await asyncio.gather(*verbs, return_exceptions=True)
        done = {answer for answer in answers if isinstance(answer, str)}
        assert {type(answer) for answer in answers if not isinstance(answer, str)} <= {errors.StoreClosed}
        assert done <= {head.id for head in store.find(limit=1_000)}
        with pytest.raises(errors.StoreClosed):
            await one.resume(slow.saga, "x")

    awaited(story())


def test_who_waits_is_not_cancelled_with_it() -> None:
    """When a worker is ended, those who wait for what it drove wait on."""

    async def story() -> None:
        slow = Slow()
        async with Runtime(MemoryStore(), [slow.saga]) as one:
            await one.submit(slow.saga, "x", id=A)
            working = asyncio.create_task(one.work())
            await slow.began.wait()
            waiting = asyncio.create_task(one.handle(slow.saga, A).outcome())
            await asyncio.sleep(0)
            working.cancel()
            with pytest.raises(asyncio.CancelledError):
                await working
            slow.may_end.set()
            assert isinstance(await waiting, Completed)

    awaited(story())


def test_begun_while_somebody_looks_for_it() -> None:
    """Who looked for it before it was there hears that, and it is begun."""

    async def story() -> None:
        slow = Slow()
        slow.may_end.set()
        async with Runtime(MemoryStore(), [slow.saga]) as one:
            looking = asyncio.create_task(one.handle(slow.saga, A).outcome())
            await asyncio.sleep(0)
            handle = await one.run(slow.saga, "x", id=A)
            assert isinstance(await handle.outcome(), Completed)
            with pytest.raises(errors.NoSuchExecution):
                await looking

    awaited(story())


def test_what_was_never_kept_is_forgotten() -> None:
    """A store that was away when they began leaves nothing to be looked for."""

    async def story() -> None:
        slow, store = Slow(), Away(50)
        async with Runtime(store, [slow.saga]) as one:
            for number in range(10):
                with pytest.raises(errors.StoreUnreachable):
                    await one.run(slow.saga, "x", id=str(number))
            assert await one.tick() == 0
            assert not one._driving.leaves
            assert not one._driving._unwritten

    awaited(story())


@final
class Meanwhile:
    """A store of which something else is asked between one look at an execution and its end."""

    def __init__(self, inner: Any) -> None:  # noqa: ANN401 - a Store
        self.inner = inner
        self.then: list[Callable[[], object]] = []

    def read(self, id_: str, /) -> Stored | None:
        stored: Stored | None = self.inner.read(id_)
        if self.then:
            self.then.pop()()
        return stored

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self.inner, name)


def test_begun_again_while_somebody_looks_whether_it_was_kept() -> None:
    """What happened since is not forgotten, or its body would be called again; nor that it is left for others."""
    calls = list[str]()

    @step
    def work(order: str) -> str:
        calls.append(order)
        away.times = 20
        return order

    away, saga = Away(50), Saga("again", work.kept("it is a test"))
    store = Meanwhile(away)

    def begun() -> None:
        with pytest.raises(errors.StoreUnreachable):
            runtime.run(saga, "x", id=A)

    runtime = BlockingRuntime(store, [saga])
    begun()
    away.times = 0
    store.then.append(begun)
    assert runtime.tick() == 0
    assert runtime._driving.leaves
    away.times = 0
    assert isinstance(runtime.resume(saga, A), Completed)
    assert calls == ["x"]
    assert not runtime._driving.leaves


@gate
def approval(order: str, ok: bool) -> str:  # noqa: FBT001 - an answer
    return order


@step
def charge(order: str) -> str:
    return order


@pytest.mark.parametrize("status", ["new", "paused"])
def test_a_request_that_was_recorded_although_it_failed(status: str) -> None:
    """Who asked is not told that somebody else was faster (S15)."""
    saga = Saga("asked", approval >> charge.irreversible())
    store = Away(after=True)
    runtime = BlockingRuntime(store, [saga])
    store.times = 1
    runtime.submit(saga, "x", id=A)
    if status == "paused":
        assert isinstance(runtime.resume(saga, A), Paused)
    store.times = 1
    runtime.answer(A, approval, True)
    runtime.tick()
    assert isinstance(runtime.load(saga, A), Completed)


@pytest.mark.usefixtures("both_runtimes")
def test_begun_in_vain_while_the_store_was_away() -> None:
    """Somebody else keeps one of that id meanwhile: who resumes it goes on with that one."""
    saga: Any = Saga("asked", charge.kept("it is a test"))
    away = Away(20)
    runtime, other = made(away, [saga]), made(away.inner.twin(), [saga])
    with pytest.raises(errors.StoreUnreachable):
        runtime.run(saga, "mine", id=A)
    away.times = 0
    other.submit(saga, "theirs", id=A)
    outcome = runtime.resume(saga, A)
    assert isinstance(outcome, Completed)
    assert outcome.result == "theirs"


@pytest.mark.usefixtures("both_runtimes")
def test_what_could_not_be_written_belongs_to_its_saga() -> None:
    """Who resumes it as one of another saga is refused, and it is not lost by that."""
    calls = list[str]()

    @step
    def work(order: str) -> str:
        calls.append(order)
        away.times = 20
        return order

    away, saga, other = Away(), Saga("work", work.irreversible()), Saga("asked", charge.kept("it is a test"))
    runtime = made(away, [saga, other])
    with pytest.raises(errors.StoreUnreachable):
        runtime.run(saga, "x", id=A)
    away.times = 0
    with pytest.raises(errors.UnknownSaga):
        runtime.resume(other, A)
    assert isinstance(runtime.resume(saga, A), Completed)
    assert calls == ["x"]
