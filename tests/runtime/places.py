"""Where executions are kept in a test, and processes that share it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from resaga.stores.memory import MemoryStore
from resaga.stores.sqlite import SqliteStore
from resaga.testing import FakeClock
from tests.runtime.runtimes import AnyRuntime, made
from tests.runtime.shop import CALLS


class Place:
    """One place, with a clock."""

    def __init__(self, opened: Callable[[], Any]) -> None:
        self._opened = opened
        self._stores: list[Any] = []
        self.clock = FakeClock()
        CALLS.clear()

    def store(self) -> Any:  # noqa: ANN401 - of any kind
        """Another store on it."""
        self._stores.append(self._opened())
        return self._stores[-1]

    def leave(self) -> None:
        """Let go of it, whoever died there without having done so."""
        for store in self._stores:
            store.close()

    def process(self, *sagas: Any) -> AnyRuntime:  # noqa: ANN401 - of any types
        """A process that has these sagas."""
        return made(self.store(), sagas, clock=self.clock)

    def kept(self, id_: str) -> Any:  # noqa: ANN401 - what is stored
        """What is in the store."""
        return self.store().read(id_)


@pytest.fixture(params=["memory", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """In memory, and in a file."""
    place = Place(MemoryStore().twin if request.param == "memory" else lambda: SqliteStore(tmp_path / "shop.db"))
    yield place
    place.leave()
