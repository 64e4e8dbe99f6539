"""Group commit: what is written together, and what each hears of it."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, TypeVar

import pytest

from resaga.core import errors
from resaga.runtime import writer as writing
from resaga.runtime.writer import MOST, Writer
from resaga.stores.memory import MemoryStore
from resaga.stores.store import Append
from tests.stores.entries import step

T = TypeVar("T")

PATIENCE_SECONDS = 10.0


class Choosy:
    """A store that refuses whole batches for the sake of some ids."""

    def __init__(self, **refused: Exception) -> None:
        self.inner = MemoryStore()
        self.refused = refused
        self.batches: list[int] = []

    def append(self, batch: Sequence[Append], /) -> list[bool]:
        self.batches.append(len(batch))
        for item in batch:
            if item.id in self.refused:
                raise self.refused[item.id]
        return self.inner.append(batch)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self.inner, name)


def told(store: Choosy, *asked: Sequence[Append]) -> list[object]:
    """What becomes of these, asked for at the same moment."""

    async def story() -> list[object]:
        writer = Writer(store)
        pending = [writer.append(items) for items in asked]
        answers = await asyncio.gather(*(one.future for one in pending), return_exceptions=True)
        writer.close()
        return list(answers)

    return asyncio.run(story())


def test_each_hears_of_its_own() -> None:
    """Several entries of one and single ones of others, applied and not, in one transaction."""
    store = Choosy()
    store.inner.append([step("B")])
    answers = told(store, [step("A"), step("A", 2)], [step("B")], [step("C"), step("C", 2), step("C", 4)], [step("D")])
    assert answers == [[True, True], [False], [True, True, False], [True]]
    assert store.batches == [7]


def test_nobody_suffers_from_another() -> None:
    """Who asked for what the store refuses hears that; the others' entries are written."""
    refused = ValueError("no such text")
    store = Choosy(B=refused)
    answers = told(store, [step("A")], [step("B")], [step("C")])
    assert answers == [[True], refused, [True]]
    assert store.batches == [3, 1, 1, 1]


def test_a_store_that_is_away_is_asked_once() -> None:
    """Then all hear it at once: nothing is gained by asking for each."""
    away = errors.StoreUnreachable("It is away.", where="here", code="")
    store = Choosy(B=away)
    assert told(store, [step("A")], [step("B")], [step("C")]) == [away] * 3
    assert store.batches == [3]


def test_a_batch_is_bounded() -> None:
    """However many ask; but what one asks for stays together."""
    store = Choosy()
    told(store, *([step(f"x{number}")] for number in range(300)), [step("y", one) for one in range(1, MOST + 51)])
    assert store.batches == [MOST, MOST, 300 - 2 * MOST, MOST + 50]


def test_a_batch_of_large_documents_is_smaller() -> None:
    """The more bytes, the fewer; one that is larger than any goes alone."""
    store, large = Choosy(), step("x")._replace(entry=bytes(63 * writing.LARGE_BYTES))
    huge = step("y")._replace(entry=bytes(MOST * writing.LARGE_BYTES))
    told(store, *([large._replace(id=f"x{number}")] for number in range(3)), [huge], [step("z")])
    assert store.batches == [2, 1, 1, 1]


def test_a_full_batch_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where commits are slow the next one is under way while those who just heard of theirs go on."""
    monkeypatch.setattr(writing, "QUICK_SECONDS", 0)
    under_way = [threading.Event(), threading.Event()]

    class Telling(Choosy):
        def append(self, batch: Sequence[Append], /) -> list[bool]:
            under_way[len(self.batches)].set()
            return super().append(batch)

    async def story() -> bool:
        writer = Writer(Telling())
        first, *_, last = [writer.append([step(f"x{number}")]) for number in range(2 * MOST)]
        await first.future
        met = under_way[1].wait(PATIENCE_SECONDS)
        await last.future
        writer.close()
        return met

    assert asyncio.run(story())


def test_who_is_cut_off_can_still_hear() -> None:
    """Also where it was decided in between; who does not ask again holds nobody up."""

    async def story() -> None:
        store = Choosy()
        writer = Writer(store)
        first, second, third = (writer.append([step(id_)]) for id_ in "ABC")
        first.future.cancel()
        second.future.cancel()
        assert await third.future == [True]
        assert await first.again() == [True]
        assert await third.again() == [True]
        writer.close()
        with pytest.raises(errors.StoreClosed):
            writer.append([step("D")])
        with pytest.raises(errors.StoreClosed):
            await writer.look(lambda kept: kept.read("A"))

    asyncio.run(story())


def test_who_is_cut_off_waits_on() -> None:
    """Asked again before it is decided, it is heard when it is."""

    async def story() -> None:
        writer = Writer(Choosy())
        pending = writer.append([step("A")])
        pending.future.cancel()
        assert await pending.again() == [True]
        writer.close()

    asyncio.run(story())


@pytest.mark.parametrize("error", [errors.StoreBusy("It is locked.", where="here", code=""), MemoryError()])
def test_the_loop_waits_for_nobody(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody else is in the way, a thread waits for them, and the entries are written then; whatever it is."""
    monkeypatch.setattr(writing, "QUICK_SECONDS", 3_600)
    tried: list[int] = []

    class Busy(Choosy):
        def append_promptly(self, batch: Sequence[Append], /) -> list[bool]:
            tried.append(len(batch))
            raise error

    async def story() -> None:
        store = Busy()
        writer = Writer(store)
        assert await writer.append([step("A")]).future == [True]
        assert not tried, "nobody knows yet that it is quick"
        assert await writer.append([step("B"), step("B", 2)]).future == [True, True]
        assert (tried, store.batches) == ([2], [1, 2])
        writer.close()

    asyncio.run(story())
