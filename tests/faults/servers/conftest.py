"""What the tests with real servers share."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.runtime.runtimes import both_runtimes, none_is_left
from tests.stores.conftest import azure, postgres, postgres_url, quick_path

__all__ = ["azure", "both_runtimes", "none_is_left", "postgres", "postgres_url", "quick_path"]

if TYPE_CHECKING:
    from tests.faults.servers.ledger import Ledger

collect_ignore_glob = [] if find_spec("psycopg") and find_spec("obstore") else ["test_*.py"]
"""What cannot even be imported without the packages of the group `servers`."""


@pytest.fixture
def ledger(tmp_path: Path) -> "Iterator[Ledger]":
    """What the bodies of a test do."""
    from tests.faults.servers.ledger import Ledger  # noqa: PLC0415 - it imports one of those packages

    one = Ledger(tmp_path / "ledger")
    yield one
    one.close()
