"""What is true only of the blocking runtime."""

import asyncio
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from resaga import Completed, New, Paused, Saga, gate, step
from resaga.core import errors
from resaga.runtime import BlockingRuntime, Runtime
from resaga.stores.memory import MemoryStore
from resaga.stores.sqlite import SqliteStore
from resaga.stores.store import Append
from tests.runtime.ending import told_to_end
from tests.runtime.shop import CHECKOUT, NAP, OTHER, Order, Shop
from tests.stores import children

A: Any = "A-1"


def test_async_bodies_are_called_by_others() -> None:
    """A blocking runtime begins their executions, answers and looks at them; to drive them is refused, or left."""

    @gate
    async def allowed(order: Order, by: str) -> Order:
        return order

    saga: Any = Saga("slow", allowed)
    store = MemoryStore()
    blocking = BlockingRuntime(store, [saga])
    with pytest.raises(errors.NeedsAwait, match="submit it here, and let a Runtime drive it"):
        blocking.run(saga, Order(A))
    with pytest.raises(errors.NeedsAwait):
        blocking.resume(saga, A)
    assert blocking.submit(saga, Order(A), id=A) == A
    blocking.answer(A, allowed, "ann")
    assert (blocking.tick(), blocking.recover()) == (0, 0)
    assert isinstance(blocking.load(saga, A), New)

    async def work() -> None:
        async with Runtime(store.twin(), [saga]) as runtime:
            assert await runtime.tick() == 1

    asyncio.run(work())
    assert isinstance(blocking.load(saga, A), Completed)


def test_inside_itself() -> None:
    """While a body is called, nobody else goes on with its execution, in this runtime or another."""
    shop = Shop()
    refused: list[str] = []

    @step
    def inner(order: Order) -> Order:
        for one in (runtime, shop.another(saga)):
            try:
                one.resume(saga, A)
            except errors.Conflict:
                refused.append("resume")
            try:
                one.run(saga, Order(A), id=A)
            except errors.Conflict:
                refused.append("run")
        assert runtime.tick() == 0
        return order

    saga: Any = Saga("inner", inner.kept("it harms nobody"))
    runtime = shop.another(saga)
    assert isinstance(runtime.run(saga, Order(A), id=A), Completed)
    assert refused == ["resume", "run"] * 2


def test_a_worker_whose_store_is_away(caplog: pytest.LogCaptureFixture) -> None:
    """It says so, and goes on when it is back, until it is told to end."""
    shop = Shop()
    shop.another(OTHER).submit(OTHER, Order(A), id=A)

    class Away:
        def __init__(self) -> None:
            self.looks = 0

        def find(self, **asked: Any) -> Any:  # noqa: ANN401 - as the protocol says
            self.looks += 1
            if self.looks == 1:
                raise errors.StoreUnreachable("It is away.", where="here", code="")
            return shop.store.find(**asked)

        def append(self, batch: Sequence[Append], /) -> list[bool]:
            if batch[0].status == "paused":
                told_to_end()
            return shop.store.append(batch)

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
            return getattr(shop.store, name)

    BlockingRuntime(Away(), [OTHER], clock=shop.clock).work(every=timedelta(milliseconds=1))
    assert [record.message for record in caplog.records] == ["the store failed, it is tried again: It is away."]
    assert shop.runtime.get(A).status == "paused"


def test_a_fork(tmp_path: Path) -> None:
    """A child that uses the runtime it was forked with owns things under a name of its own."""
    with BlockingRuntime(SqliteStore(tmp_path / "shop.db"), [NAP]) as runtime:
        runtime.run(NAP, Order("A"), id="A")

        def child() -> None:
            runtime.run(NAP, Order("B"), id="B")
            runtime.close()

        def idle() -> None:
            runtime.close()

        assert children.run(child) == 0
        assert children.run(idle) == 0
        runtime.run(NAP, Order("C"), id="C")
        assert [head.id for head in runtime.find()] == ["A", "B", "C"]
        assert os.getpid() == runtime._life._home


def test_an_interrupt_before_it_is_driven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was cut off there drives nothing, and can begin it again."""
    cut, runtime = [KeyboardInterrupt()], BlockingRuntime(MemoryStore(), [CHECKOUT])

    class Cut:
        def __enter__(self) -> None:
            if cut:
                raise cut.pop()

        def __exit__(self, *error: object) -> None:
            pass

    monkeypatch.setattr(runtime._driving, "_forgetting", Cut())
    with pytest.raises(KeyboardInterrupt):
        runtime.run(CHECKOUT, Order(A), id=A)
    assert isinstance(runtime.run(CHECKOUT, Order(A), id=A), Paused)


def test_an_interrupt_while_it_is_claimed() -> None:
    """What is being written is not taken for at rest: the process would forget that it is the owner, and close so."""
    rests = list[bool]()

    class Watched:
        def __init__(self) -> None:
            self.inner = MemoryStore()

        def append(self, batch: Sequence[Append], /) -> list[bool]:
            rests.extend(held.rests for held in runtime._driving._held.values())
            return self.inner.append(batch)

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
            return getattr(self.inner, name)

    runtime = BlockingRuntime(Watched(), [CHECKOUT])
    runtime.submit(CHECKOUT, Order(A), id=A)
    assert runtime.tick() == 1
    assert rests
    assert not any(rests)
    assert not runtime._driving.leaves
