"""What the tests of stores share."""

import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.stores.buckets import Bucket
    from tests.stores.servers import Postgres, Server

collect_ignore_glob = [] if find_spec("psycopg") and find_spec("obstore") else ["test_postgres*.py", "test_objects*.py"]
"""What cannot even be imported without the packages of the group `servers`."""

MEMORY = Path("/dev/shm")  # noqa: S108 - a directory is made in it that is nobody else's
NUMBERS = count()


@pytest.fixture
def quick_path() -> Iterator[Path]:
    """A directory where nothing is slow to sync, if there is one: for what is synced thousands of times."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        yield Path(name)


@pytest.fixture(scope="session")
def postgres() -> "Iterator[Postgres]":
    """A PostgreSQL of this session's own."""
    from tests.stores import servers  # noqa: PLC0415 - where it is asked for, its packages are there

    try:
        with servers.postgres() as server:
            yield server
    except servers.Missing as why:
        pytest.skip(f"no PostgreSQL here: {why}")


@pytest.fixture
def postgres_url(postgres: "Postgres") -> str:
    """A schema in it that is empty."""
    schema = f"place_{next(NUMBERS)}"
    postgres.execute(f"CREATE SCHEMA {schema}")
    return f"{postgres.url}?options=-csearch_path%3D{schema}"


@pytest.fixture(scope="session")
def s3() -> "Iterator[tuple[Bucket, Server]]":
    """A bucket that speaks S3, and its server."""
    from tests.stores import buckets, servers  # noqa: PLC0415 - the same

    try:
        with buckets.s3() as bucket_and_server:
            yield bucket_and_server
    except servers.Missing as why:
        pytest.skip(f"no S3 here: {why}")


@pytest.fixture(scope="session")
def azure() -> "Iterator[Bucket]":
    """A container of Azurite."""
    from tests.stores import buckets, servers  # noqa: PLC0415 - the same

    try:
        with buckets.azure() as bucket:
            yield bucket
    except servers.Missing as why:
        pytest.skip(f"no Azurite here: {why}")
