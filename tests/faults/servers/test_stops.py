"""A server that is stopped hard, again and again, in the middle of what twenty workers do there (T06)."""

import asyncio
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random
from typing import Any, Final

import psycopg
import pytest

from resaga.core.errors import Conflict, StoreError
from resaga.runtime import Runtime
from resaga.stores.postgres import PostgresStore
from tests.faults.servers.crew import NAP_SECONDS, AnySaga, Order, World, approval, crew
from tests.faults.servers.ledger import FAILED, Ledger, Line, judge
from tests.seeds import reseed, scaled
from tests.stores.servers import Missing, Postgres, postgres

pytestmark = [pytest.mark.servers, pytest.mark.faults]

KINDS: Final = ("blocking", "awaiting", "blocking", "awaiting")
WORKERS: Final = 5
A_ROUND: Final = 24
"""So many executions are begun while the server is stopped once."""

DELAY_SECONDS: Final = 0.25
LOOKS: Final = 300
PATIENCE_SECONDS: Final = 20
OVER: Final = ("completed", "rolled back")
BUSY: Final = """SELECT count(*) FROM pg_stat_activity
    WHERE backend_xid IS NOT NULL AND query LIKE '%resaga_heads%' AND pid <> pg_backend_pid()"""


@pytest.fixture(scope="module")
def durable() -> Iterator[Postgres]:
    """A server that writes as it does in earnest, and that nobody else needs."""
    try:
        with postgres(durable=True, max_connections="120") as server:
            yield server
    except Missing as why:
        pytest.skip(f"no PostgreSQL here: {why}")


async def insist(verb: Callable[[], Awaitable[object]]) -> object:
    """Say it until it was heard, as a customer does while the server is away."""
    while True:
        try:
            return await verb()
        except StoreError:
            await asyncio.sleep(NAP_SECONDS)


async def answer(runtime: Runtime, id_: str) -> None:
    """Say yes; who is not sure says it again, and is told that it was heard."""
    with suppress(Conflict):
        await insist(lambda: runtime.answer(id_, approval, True))


def stop(server: Postgres, chance: Random) -> int:
    """Stop it while somebody is writing, and start it again; how many were."""
    time.sleep(chance.uniform(0, DELAY_SECONDS))
    busy = 0
    with suppress(psycopg.OperationalError), psycopg.connect(server.url, autocommit=True) as eye:
        for _ in range(LOOKS):
            ((busy,),) = eye.execute(BUSY).fetchall()
            if busy:
                break
        if chance.random() < 0.5:
            server.kill()
        else:
            server.stop(signal.SIGQUIT)
    server.start()
    return busy


async def customers(
    server: Postgres, world: World, stops: int, chance: Random
) -> tuple[dict[str, AnySaga], dict[str, tuple[list[int], int]], list[int]]:
    """Begin and answer executions while the server is stopped so often; what is kept of each in the end."""
    begun: dict[str, AnySaga] = {}
    busy: list[int] = []
    waiting: list[str] = []
    async with Runtime(PostgresStore(server.url), [world.plain, world.awaits]) as runtime:
        for number in range(stops):
            stopping = asyncio.create_task(asyncio.to_thread(stop, server, chance))
            for each in range(A_ROUND):
                id_, saga = f"{number}.{each}", chance.choice((world.plain, world.awaits))
                order = Order(id_, refused=chance.random() < 0.3, note="x" * chance.choice((1, 3000)))
                await insist(lambda saga=saga, order=order: runtime.submit(saga, order, id=order.id))  # type: ignore[misc]
                begun[id_] = saga
                if chance.random() < 0.5:
                    await answer(runtime, id_)
                else:
                    waiting.append(id_)
            while len(waiting) > A_ROUND:
                await answer(runtime, waiting.pop(0))
            busy.append(await stopping)
        for id_ in waiting:
            await answer(runtime, id_)
        give_up = time.monotonic() + PATIENCE_SECONDS
        while left := [head async for head in runtime.find() if head.status not in OVER]:
            assert time.monotonic() < give_up, f"these do not end: {left[:5]}"
            await asyncio.sleep(10 * NAP_SECONDS)
    return begun, kept(server, begun), busy


def kept(server: Postgres, begun: dict[str, AnySaga]) -> dict[str, tuple[list[int], int]]:
    """The trail and the revision of each."""
    store, found = PostgresStore(server.url), dict[str, tuple[list[int], int]]()
    for id_, saga in begun.items():
        stored = store.read(id_)
        assert stored is not None, f"{id_} was kept, and is lost"
        state = saga.codec.restored(stored.snapshot, [raw for _, raw in stored.entries]).state
        found[id_] = list(state.trail.codes), stored.revision
    store.close()
    return found


def test_stopped_in_the_middle(
    durable: Postgres, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """T06: whatever was acknowledged is there, nothing is done twice, and every execution ends."""
    ledger = Ledger(tmp_path / "ledger")
    world = World(ledger)
    stops = scaled(200, least=5)
    with ExitStack() as stack, reseed(0) as chance:
        crews: list[Any] = [
            stack.enter_context(crew(url=durable.url, ledger=str(tmp_path / "ledger"), kind=kind, workers=WORKERS))
            for kind in KINDS
        ]
        begun, trails, busy = asyncio.run(customers(durable, world, stops, chance))
        for process in crews:
            process.terminate()
        assert [process.wait(PATIENCE_SECONDS) for process in crews] == [0] * len(crews)
    lines = defaultdict[str, list[Line]](list)
    failed = Counter[str]()
    for line in ledger.lines():
        lines[line.id].append(line)
        failed[line.said] += line.what == FAILED
    ledger.close()
    for id_, saga in begun.items():
        judge(saga.program, lines[id_], *trails[id_])
    for name, figure in (("stops", stops), ("busy", sum(map(bool, busy))), ("begun", len(begun)), ("failed", +failed)):
        record_property(name, figure)
        print(name, figure)  # noqa: T201
    assert sum(map(bool, busy)) >= stops * 0.8, "stopped when nobody was writing"
    assert sum(failed.values()) >= stops, "nobody noticed"
