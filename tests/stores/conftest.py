"""What the tests of stores share."""

import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.stores import servers

MEMORY = Path("/dev/shm")  # noqa: S108 - a directory is made in it that is nobody else's
NUMBERS = count()


@pytest.fixture
def quick_path() -> Iterator[Path]:
    """A directory where nothing is slow to sync, if there is one: for what is synced thousands of times."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        yield Path(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Postgres]:
    """A PostgreSQL of this session's own."""
    try:
        with servers.postgres() as server:
            yield server
    except servers.Missing as why:
        pytest.skip(f"no PostgreSQL here: {why}")


@pytest.fixture
def postgres_url(postgres: servers.Postgres) -> str:
    """A schema in it that is empty."""
    schema = f"place_{next(NUMBERS)}"
    postgres.execute(f"CREATE SCHEMA {schema}")
    return f"{postgres.url}?options=-csearch_path%3D{schema}"
