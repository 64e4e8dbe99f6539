"""Workers on one PostgreSQL, in processes of their own: woken by it, and alive by its clock."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, final

import psycopg
import pytest

from resaga import Completed, Saga, step
from resaga.runtime import BlockingRuntime, Runtime
from resaga.stores.postgres import PostgresStore
from resaga.stores.store import Append
from tests.faults.servers.crew import NAP_SECONDS, Order, World, Wrong, approval, crew
from tests.faults.servers.ledger import CALLED, Ledger
from tests.seeds import scaled
from tests.stores.servers import Postgres

pytestmark = [pytest.mark.servers, pytest.mark.faults]

NEVER_SECONDS: Final = 3_600.0
"""Who looks only so often has to be woken."""

PATIENCE_SECONDS: Final = 30.0
HOURS: Final = 3_600
LEASE_SECONDS: Final = 1.5


@pytest.fixture
def store(postgres_url: str) -> Iterator[PostgresStore]:
    one = PostgresStore(postgres_url)
    yield one
    one.close()


def until(true: Callable[[], object]) -> float:
    """Wait until that is true; how long it took."""
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < PATIENCE_SECONDS, "it did not happen"
        time.sleep(NAP_SECONDS / 4)
    return time.monotonic() - begun


def status(store: PostgresStore, id_: str) -> str:
    stored = store.read(id_)
    return "" if stored is None else stored.status


def test_another_process_wakes_it(
    tmp_path: Path,
    postgres_url: str,
    store: PostgresStore,
    ledger: Ledger,
    record_property: Callable[[str, object], None],
) -> None:
    """By what it submits, by an answer, and by what was submitted in a transaction as soon as that is committed."""
    world = World(ledger)
    runtime = BlockingRuntime(store, [world.plain])
    took: list[float] = []
    ready = runtime.submit(world.plain, Order("ready"), id="ready")
    with crew(url=postgres_url, ledger=str(tmp_path / "ledger"), kind="awaiting", every=NEVER_SECONDS):
        until(lambda: status(store, ready) == "paused")
        for number in range(scaled(2_000)):
            id_ = runtime.submit(world.plain, Order(str(number)), id=str(number))
            took.append(until(lambda id_=id_: status(store, id_) == "paused"))  # type: ignore[misc]
            runtime.answer(id_, approval, True)
            took.append(until(lambda id_=id_: status(store, id_) == "completed"))  # type: ignore[misc]
        with psycopg.connect(postgres_url) as shop:
            for number in range(scaled(200)):
                gone = runtime.submit(world.plain, Order(f"gone-{number}"), id=f"gone-{number}", connection=shop)
                shop.rollback()
                id_ = runtime.submit(world.plain, Order(f"j-{number}"), id=f"j-{number}", connection=shop)
                assert status(store, id_) == ""
                shop.commit()
                took.append(until(lambda id_=id_: status(store, id_) == "paused"))  # type: ignore[misc]
                assert status(store, gone) == ""
    took.sort()
    figures = {"median": took[len(took) // 2], "p99": took[len(took) * 99 // 100], "most": took[-1], "of": len(took)}
    record_property("woken after seconds", figures)
    print("woken after seconds", figures)  # noqa: T201
    runtime._life.end(leaves=False)


def test_the_awaiting_one_joins_a_transaction(postgres_url: str, ledger: Ledger) -> None:
    """What it submits there is there when the transaction is, and then it is driven."""
    world = World(ledger)

    async def story() -> None:
        async with Runtime(PostgresStore(postgres_url), [world.awaits]) as one:
            assert await one.tick() == 0
            with psycopg.connect(postgres_url) as shop:
                shop.execute("CREATE TABLE orders (id TEXT)")
                shop.commit()
                for number, ends in enumerate((shop.rollback, shop.commit)):
                    shop.execute("INSERT INTO orders VALUES (%s)", [str(number)])
                    await one.submit(world.awaits, Order(str(number)), id=str(number), connection=shop)
                    assert await one.tick() == 0
                    ends()
                assert shop.execute("SELECT id FROM orders").fetchall() == [("1",)]
            assert await one.tick() == 1
            assert [(head.id, head.status) async for head in one.find()] == [("1", "paused")]

    asyncio.run(story())


def owner(store: PostgresStore) -> str:
    stored = store.read("A")
    return "" if stored is None else stored.owner


def renewed(store: PostgresStore, worker: str) -> Callable[[], bool]:
    """Whether it has outlived the lease that it has now, and another one."""
    sign = store.read(worker)
    assert sign is not None
    assert sign.wake_at is not None
    after = sign.wake_at + round(LEASE_SECONDS * 2e9)
    return lambda: ((store.read(worker) or sign).wake_at or 0) > after


@pytest.mark.parametrize(("kind", "other"), [("blocking", "awaiting"), ("awaiting", "blocking")])
@pytest.mark.parametrize(("hours", "others"), [(-5, 5), (5, -5), (0, 90_000), (90_000, 0)])
def test_clocks_that_are_hours_wrong(  # noqa: PLR0913, PLR0917 - the fixtures
    tmp_path: Path,
    postgres_url: str,
    store: PostgresStore,
    ledger: Ledger,
    kind: str,
    other: str,
    hours: int,
    others: int,
) -> None:
    """T19: a worker is not taken over while it lives, whatever its clock or another one's says; dead, it soon is.

    By a clock that is a day ahead its key is dead, too: then a person decides, and nothing is called.
    """
    world = World(ledger)
    with BlockingRuntime(PostgresStore(postgres_url), [world.slow], clock=Wrong(hours * HOURS)) as runtime:
        runtime.submit(world.slow, Order("A", note=str(tmp_path / "go on")), id="A")
    options: dict[str, Any] = {"url": postgres_url, "ledger": str(tmp_path / "ledger"), "every": 0.1}
    with crew(**options, kind=kind, lease=LEASE_SECONDS, wrong=hours * HOURS) as first:
        until(lambda: list(ledger.lines())[-1:] and list(ledger.lines())[-1].what == CALLED)
        mine = owner(store)
        with crew(**options, kind=other, lease=LEASE_SECONDS, wrong=others * HOURS):
            until(renewed(store, mine))
            assert owner(store) == mine
            first.kill()
            until(lambda: owner(store) != mine)
            (tmp_path / "go on").touch()
            too_late = others - hours > 24
            until(lambda: status(store, "A") == ("stuck" if too_late else "completed"))
    calls = [line.said for line in ledger.lines() if line.what == CALLED]
    assert len(calls) == (1 if too_late else 2)
    assert len(set(calls)) == 1, "not with the same key"


@final
class Counted:
    """A store that counts what is appended."""

    def __init__(self, url: str) -> None:
        self.inner = PostgresStore(url)
        self.appends = 0

    def append(self, batch: Sequence[Append], /) -> list[bool]:
        self.appends += len(batch)
        return self.inner.append(batch)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self.inner, name)


def test_many_at_once_need_few_transactions(
    postgres: Postgres, postgres_url: str, record_property: Callable[[str, object], None]
) -> None:
    """A thousand executions at once are written together."""

    @step
    async def first(number: int) -> int:
        await asyncio.sleep(0)
        return number

    @step
    async def second(number: int) -> int:
        return number

    saga: Any = Saga("many", first.kept("it is a test") >> second.kept("it is a test"))
    store = Counted(postgres_url)

    def transactions() -> int:
        ((number,),) = postgres.execute("SELECT pg_current_xact_id()::text::bigint")
        assert isinstance(number, int)
        return number

    async def story() -> int:
        async with Runtime(store, [saga]) as one:
            await (await one.run(saga, 0)).outcome()
            store.appends, before = 0, transactions()
            handles = await asyncio.gather(*(one.run(saga, number) for number in range(1_000)))
            outcomes = [await handle.outcome() for handle in handles]
            assert [outcome.result for outcome in outcomes if isinstance(outcome, Completed)] == list(range(1_000))
            return transactions() - before - 1

    took = asyncio.run(story())
    record_property("transactions", (took, store.appends))
    print("transactions", took, "of", store.appends)  # noqa: T201
    assert took <= store.appends / 40
