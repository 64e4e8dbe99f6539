"""Many go on from one paused execution, and one of them wins (T07)."""

from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread

import pytest

from resaga.stores import Store
from resaga.stores.files import FilesStore
from resaga.stores.sqlite import SqliteStore
from tests.seeds import reseed, scaled
from tests.stores.entries import step

RACERS = 8


@pytest.mark.races
@pytest.mark.proof
@pytest.mark.parametrize(("kind", "figure"), [(SqliteStore, 100_000), (FilesStore, 20_000)])
def test_one_resumer_wins(tmp_path: Path, kind: Callable[[Path], Store], figure: int) -> None:
    """T07: 2 to 8 resumers on a store each; what is kept is the winner's, and nothing of the others."""
    race(lambda: kind(tmp_path / "kept"), scaled(figure))


@pytest.mark.servers
@pytest.mark.races
@pytest.mark.proof
def test_one_resumer_wins_in_a_server(postgres_url: str) -> None:
    """T07, in PostgreSQL."""
    from resaga.stores.postgres import PostgresStore  # noqa: PLC0415 - where its server is, its packages are

    race(lambda: PostgresStore(postgres_url), scaled(20_000))


@pytest.mark.servers
@pytest.mark.races
@pytest.mark.proof
def test_one_resumer_wins_in_a_bucket(tmp_path: Path) -> None:
    """T07, in objects."""
    from resaga.stores.objects import ObjectsStore  # noqa: PLC0415 - the same

    race(lambda: ObjectsStore(tmp_path.as_uri()), scaled(20_000))


def race(opened: Callable[[], Store], races: int) -> None:
    """Let them, and see who won."""
    with reseed(0) as chance:
        sizes = [chance.randint(2, RACERS) for _ in range(races)]
    stores = [opened() for _ in range(RACERS)]
    won: list[list[int]] = [[] for _ in range(races)]
    line = Barrier(RACERS)

    def resume(racer: int) -> None:
        for turn, size in enumerate(sizes):
            line.wait()
            mine = step("A-1", turn + 1)._replace(owner=f"{racer}", snapshot=b"paused" if turn % 5 == 0 else None)
            if racer < size and stores[racer].append([mine])[0]:
                won[turn].append(racer)

    threads = [Thread(target=resume, args=(racer,)) for racer in range(RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(winners) for winners in won] == [1] * races
    stored = stores[0].read("A-1")
    assert stored is not None
    assert (stored.revision, stored.owner) == (races, f"{won[-1][0]}")
    for store in stores:
        store.close()
