"""Every store does what the public suite says."""

from pathlib import Path

import pytest

from resaga.stores.files import FilesStore
from resaga.stores.memory import MemoryStore
from resaga.stores.sqlite import SqliteStore
from resaga.testing.conformance import StoreConformance
from resaga.testing.conformance.place import Opener


class TestMemory(StoreConformance):
    @pytest.fixture
    def opener(self) -> Opener:
        return MemoryStore().twin


class TestFiles(StoreConformance):
    @pytest.fixture
    def opener(self, tmp_path: Path) -> Opener:
        return lambda: FilesStore(tmp_path / "kept")


class TestSqlite(StoreConformance):
    @pytest.fixture
    def opener(self, tmp_path: Path) -> Opener:
        return lambda: SqliteStore(tmp_path / "kept.db")
