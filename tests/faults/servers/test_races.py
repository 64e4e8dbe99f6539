"""Many resume one paused execution, through runtimes of both kinds: one goes on, the others call nothing (T07)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any, Final

import pytest

from resaga import Paused, Saga, gate, step
from resaga.core.errors import Conflict
from resaga.runtime import BlockingRuntime
from resaga.stores.objects import ObjectsStore
from resaga.stores.postgres import PostgresStore
from tests.faults.durable.test_races import Lined
from tests.runtime.behind_await import BehindAwait
from tests.runtime.runtimes import AnyRuntime
from tests.seeds import reseed, scaled
from tests.stores.buckets import Bucket, s3

pytestmark = [pytest.mark.servers, pytest.mark.races]

RACERS: Final = 8


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    """One in an S3 API."""
    pytest.importorskip("moto")
    with s3() as (bucket, _):
        yield bucket


def racing(opened: Callable[[], Any], races: int) -> None:
    """Resume one paused execution from many threads, each with a store of its own, again and again."""
    ran: list[int] = []

    @gate
    def asks(number: int, yes: bool) -> int:  # noqa: FBT001 - an answer
        ran.append(number)
        return number

    @step
    def act(number: int) -> int:
        ran.append(number)
        return number

    saga: Any = Saga("race", asks >> act.kept("it harms nobody"))
    stores = [Lined(opened()) for _ in range(RACERS)]
    runtimes: list[AnyRuntime] = [
        (BehindAwait if number % 2 else BlockingRuntime)(store, [saga]) for number, store in enumerate(stores)
    ]
    with reseed(0) as chance:
        for race in range(races):
            id_, racers = f"r-{race}", chance.sample(range(RACERS), chance.randint(2, RACERS))
            ran.clear()
            assert isinstance(runtimes[racers[0]].run(saga, race, id=id_), Paused)
            runtimes[racers[-1]].answer(id_, asks, True)
            won = started(runtimes, stores, racers, saga, id_)
            assert (len(won), ran) == (1, [race, race]), f"race {race}"
    for runtime in runtimes:
        runtime.close()


def started(runtimes: list[AnyRuntime], stores: list[Lined], racers: list[int], saga: Any, id_: str) -> list[int]:  # noqa: ANN401
    """Let them; who won."""
    won: list[int] = []
    line = Barrier(len(racers))

    def resume(racer: int) -> None:
        try:
            runtimes[racer].resume(saga, id_)
        except Conflict:
            return
        won.append(racer)

    for racer in racers:
        stores[racer].id, stores[racer].line = id_, line
    threads = [Thread(target=resume, args=(racer,)) for racer in racers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won


def test_races_on_postgres(postgres_url: str) -> None:
    """T07, all having seen it paused: 20,000."""
    racing(lambda: PostgresStore(postgres_url), scaled(20_000))


def test_races_on_objects(quick_path: Path) -> None:
    """T07, on obstore's directory; with the other two, 20,000 on files and objects."""
    racing(lambda: ObjectsStore(quick_path.as_uri()), scaled(10_000))


def test_races_on_s3(bucket: Bucket) -> None:
    """T07, by the S3 API."""
    racing(lambda: ObjectsStore(bucket.url, **bucket.options), scaled(1_000))


def test_races_on_azure(azure: Bucket) -> None:
    """T07, on Azurite."""
    racing(lambda: ObjectsStore(azure.url, **azure.options), scaled(1_000))
