"""Who says it wrongly hears what is wrong, at once: nothing is kept, nobody waits, and it is an error of ours."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from resaga import Saga, step
from resaga.core import errors
from resaga.runtime import BlockingRuntime, Runtime
from resaga.stores.memory import MemoryStore
from resaga.stores.sqlite import SqliteStore
from tests.runtime.runtimes import AnyRuntime, made
from tests.runtime.shop import CHECKOUT, NAP, OTHER, A, Order, Shop, approval
from tests.runtime.shop_async import awaited

NOT_TEXT: Any = ("abc", ["abc"], None, (1,), ("",), ("a\0b",), ("\ud800",))
NO_ID: Any = (None, 5, b"x", "", "a b", "\ud800", "a\0b", "x" * 200)
NO_SAGA: Any = (None, "checkout", approval)


@step
async def wait(order: Order) -> Order:
    return order


ASYNC_CHECKOUT: Any = Saga("checkout", wait.kept("it is a test"))
"""Another one of the same name."""


@pytest.mark.parametrize("tags", NOT_TEXT)
@pytest.mark.usefixtures("both_runtimes")
def test_tags_that_are_no_words(tags: Any) -> None:  # noqa: ANN401 - as untyped callers have it
    """A text is no tuple of its letters."""
    shop = Shop()
    for verb in (shop.runtime.run, shop.runtime.submit):
        with pytest.raises(errors.InvalidArgument, match="tags="):
            verb(CHECKOUT, Order(A), id=A, tags=tags)
    assert shop.store.read(A) is None


@pytest.mark.usefixtures("both_runtimes")
def test_tags_have_a_limit() -> None:
    """Of their number and of their length; the sentence names it, and what is at the limit is kept."""
    shop = Shop()
    for verb in (shop.runtime.run, shop.runtime.submit):
        with pytest.raises(errors.InvalidArgument, match="513 characters, and the limit is 512"):
            verb(CHECKOUT, Order(A), id=A, tags=("vip", "ü" * 513))
        with pytest.raises(errors.InvalidArgument, match="101, and the limit is 100"):
            verb(CHECKOUT, Order(A), id=A, tags=tuple(map(str, range(101))))
    assert shop.store.read(A) is None
    tags = (*map(str, range(99)), "ü" * 512)
    shop.runtime.submit(CHECKOUT, Order(A), id=A, tags=tags)
    assert [set(one.tags) for one in shop.runtime.find(tag="ü" * 512)] == [set(tags)]


@pytest.mark.parametrize("place", ["memory", "sqlite"])
@pytest.mark.parametrize("id_", NO_ID)
@pytest.mark.usefixtures("both_runtimes")
def test_an_id_that_is_none(id_: Any, place: str, tmp_path: Path) -> None:  # noqa: ANN401 - as untyped callers have it
    """No execution has it, whatever the store can look for."""
    runtime = made(MemoryStore() if place == "memory" else SqliteStore(tmp_path / "shop.db"), [CHECKOUT])
    for verb, said in (
        (runtime.get, (id_,)),
        (runtime.resume, (CHECKOUT, id_)),
        (runtime.cancel, (id_, "enough")),
        (runtime.answer, (id_, approval, True)),
        (runtime.delete, (id_,)),
    ):
        with pytest.raises(errors.NoSuchExecution):
            verb(*said)


@pytest.mark.parametrize("saga", [*NO_SAGA, ASYNC_CHECKOUT])
@pytest.mark.usefixtures("both_runtimes")
def test_a_saga_that_it_was_not_given(saga: Any) -> None:  # noqa: ANN401 - as untyped callers have it
    """Not even one of the same name: its bodies are others."""
    runtime = Shop().runtime
    runtime.run(CHECKOUT, Order(A), id=A)
    for verb, said in ((runtime.run, (saga, Order("B"))), (runtime.resume, (saga, A)), (runtime.load, (saga, A))):
        with pytest.raises(errors.UnknownSaga):
            verb(*said)


def test_the_saga_of_another_execution() -> None:
    """The sentence says of which it is."""
    runtime: AnyRuntime = Shop().runtime
    runtime.run(CHECKOUT, Order(A), id=A)
    with pytest.raises(errors.UnknownSaga, match="'A-1' is of the saga 'checkout/1', not of 'nap/1'"):
        runtime.resume(NAP, A)
    with pytest.raises(errors.AlreadyExists, match="kept already, and is of 'checkout/1'"):
        runtime.run(NAP, Order(A), id=A)


@pytest.mark.parametrize("gate", [None, "approval", wait])
@pytest.mark.usefixtures("both_runtimes")
def test_an_answer_to_what_is_no_gate(gate: Any) -> None:  # noqa: ANN401 - as untyped callers have it
    """The sentence says what was given."""
    runtime = Shop().runtime
    runtime.run(CHECKOUT, Order(A), id=A)
    with pytest.raises(errors.NotAsked, match=type(gate).__name__):
        runtime.answer(A, gate, True)


@pytest.mark.parametrize(
    "asked",
    [{"saga": CHECKOUT}, {"tag": ("a",)}, {"status": 5}, {"status": "nope"}, {"tag": "\ud800"}, {"saga": "nap"}],
)
@pytest.mark.usefixtures("both_runtimes")
def test_a_search_for_what_nobody_has(asked: Any) -> None:  # noqa: ANN401 - as untyped callers have it
    """Nothing would ever be found by it."""
    runtime = Shop().runtime
    with pytest.raises(errors.InvalidArgument, match="find"):
        list(runtime.find(**asked))


@pytest.mark.usefixtures("both_runtimes")
def test_an_id_or_a_path_that_is_no_text() -> None:
    """There is nothing of that name."""
    shop = Shop()
    runtime: Any = shop.runtime
    runtime.run(CHECKOUT, Order("A"), id="A")
    with pytest.raises(errors.NoSuchExecution):
        runtime.resume(CHECKOUT, ["A"])
    with pytest.raises(errors.NotAsked, match="is not asked at"):
        runtime.answer("A", approval, True, path=["approval"])


@pytest.mark.parametrize("reason", [None, 5])
@pytest.mark.usefixtures("both_runtimes")
def test_a_cancel_for_no_reason(reason: Any) -> None:  # noqa: ANN401 - as untyped callers have it
    """It is asked for."""
    shop = Shop()
    shop.runtime.submit(CHECKOUT, Order(A), id=A)
    with pytest.raises(errors.InvalidArgument, match="why"):
        shop.runtime.cancel(A, reason)
    assert shop.runtime.get(A).status == "new"


@pytest.mark.parametrize("sagas", [None, CHECKOUT, [None], ["checkout"], [CHECKOUT, ASYNC_CHECKOUT]])
@pytest.mark.parametrize("kind", [BlockingRuntime, Runtime])
def test_sagas_that_are_none(kind: Any, sagas: Any) -> None:  # noqa: ANN401 - as untyped callers have it
    """Nor can two have the same name and version: nobody could tell whose an execution is."""
    with pytest.raises(errors.InvalidArgument, match="sagas="):
        kind(MemoryStore(), sagas)


@pytest.mark.parametrize("span", [None, 5, timedelta(0), timedelta(seconds=-1)])
@pytest.mark.parametrize("kind", [BlockingRuntime, Runtime])
def test_spans_that_are_none(kind: Any, span: Any) -> None:  # noqa: ANN401 - as untyped callers have it
    """A lease of no time would be signed without a pause."""
    with pytest.raises(errors.InvalidArgument, match="lease="):
        kind(MemoryStore(), [OTHER], lease=span)


@pytest.mark.parametrize("span", [timedelta(days=1, microseconds=1), timedelta(days=280 * 365), timedelta.max])
@pytest.mark.parametrize("kind", [BlockingRuntime, Runtime])
def test_a_lease_that_is_too_long(kind: Any, span: timedelta) -> None:  # noqa: ANN401 - either of them
    """Nobody would take over from a process that died; and no clock goes so far."""
    with pytest.raises(errors.InvalidArgument, match=r"lease=.* is too long; give a day at most"):
        kind(MemoryStore(), [OTHER], lease=span)
    kind(MemoryStore(), [OTHER], lease=timedelta(days=1))


@pytest.mark.parametrize("number", [None, "x", 0, -1])
def test_numbers_that_are_none(number: Any) -> None:  # noqa: ANN401 - as untyped callers have it
    """With none at once, a tick would never end."""

    async def story() -> None:
        async with Runtime(MemoryStore(), [OTHER]) as runtime:
            for verb in (runtime.tick(at_once=number), runtime.work(at_once=number)):
                with pytest.raises(errors.InvalidArgument, match="at_once="):
                    await verb
            with pytest.raises(errors.InvalidArgument, match="every="):
                await runtime.work(every=number)

    with pytest.raises(errors.InvalidArgument, match="every="):
        BlockingRuntime(MemoryStore(), []).work(every=number)
    with pytest.raises(errors.InvalidArgument, match="threads="):
        Runtime(MemoryStore(), [OTHER], threads=number)
    awaited(story())


def test_a_connection_that_is_none(tmp_path: Path) -> None:
    """As the one that a framework wraps around its driver's."""

    class Wrapped:
        def in_transaction(self) -> bool:
            return True

    runtime = BlockingRuntime(SqliteStore(tmp_path / "shop.db"), [OTHER])
    for connection in (Wrapped(), 5):
        with pytest.raises(errors.InvalidArgument, match=r"sqlite3\.Connection"):
            runtime.submit(OTHER, Order(A), connection=connection)
    with closing(sqlite3.connect(tmp_path / "shop.db")) as idle, pytest.raises(errors.NotInTransaction):
        runtime.submit(OTHER, Order(A), connection=idle)


@pytest.mark.usefixtures("both_runtimes")
def test_a_connection_that_is_closed(tmp_path: Path) -> None:
    """Nothing can be kept in its transaction, and nothing by a runtime that is closed itself."""
    runtime = made(SqliteStore(tmp_path / "shop.db"), [OTHER])
    connection = sqlite3.connect(tmp_path / "shop.db", isolation_level=None, check_same_thread=False)
    with closing(connection):
        connection.execute("BEGIN")
        assert runtime.submit(OTHER, Order(A), id=A, connection=connection) == A
        runtime.close()
        with pytest.raises(errors.StoreClosed):
            runtime.submit(OTHER, Order("B"), id="B", connection=connection)
        connection.execute("COMMIT")
        assert connection.execute("SELECT id FROM resaga_heads").fetchall() == [(A,)]
    runtime = made(SqliteStore(tmp_path / "shop.db"), [OTHER])
    with pytest.raises(errors.InvalidArgument, match="closed"):
        runtime.submit(OTHER, Order("B"), connection=connection)


@pytest.mark.parametrize("store", ["sqlite:///shop.db", None, []])
@pytest.mark.parametrize("kind", [BlockingRuntime, Runtime])
def test_a_store_that_is_none(kind: Any, store: Any) -> None:  # noqa: ANN401 - as untyped callers have it
    """A URL is opened."""
    with pytest.raises(errors.InvalidArgument, match=r"where a store belongs; for a URL there is \.open\(url"):
        kind(store, [OTHER])
