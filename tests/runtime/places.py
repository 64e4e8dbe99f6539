"""Where executions are kept in a test, and processes that share it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resaga.stores.memory import MemoryStore
from resaga.stores.sqlite import SqliteStore
from resaga.testing import FakeClock
from tests.runtime.runtimes import AnyRuntime, made
from tests.runtime.shop import CALLS


class Place:
    """One place, with a clock; `store()` gives another store on it."""

    def __init__(self, store: Callable[[], Any]) -> None:
        self.store = store
        self.clock = FakeClock()
        CALLS.clear()

    def process(self, *sagas: Any) -> AnyRuntime:  # noqa: ANN401 - of any types
        """A process that has these sagas."""
        return made(self.store(), sagas, clock=self.clock)

    def kept(self, id_: str) -> Any:  # noqa: ANN401 - what is stored
        """What is in the store."""
        store = self.store()
        try:
            return store.read(id_)
        finally:
            store.close()


@pytest.fixture(params=["memory", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """In memory, and in a file."""
    if request.param == "memory":
        return Place(MemoryStore().twin)
    return Place(lambda: SqliteStore(tmp_path / "shop.db"))
