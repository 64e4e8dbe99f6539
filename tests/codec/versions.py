"""One saga in two versions, and runs of the older one."""

from functools import reduce
from operator import rshift
from typing import Any

import pytest

from resaga import Saga
from resaga.errors import ProgramChanged
from tests.steps import AnyBlock, Steps
from tests.worlds import Fate, World

AnySaga = Saga[Any, Any, Any]
AnyExecution = Any
RAISES, AFTER, REJECTS, NOT_YET = Fate.RAISES, Fate.RAISES_AFTER, Fate.REJECTS, Fate.NOT_YET


class Shop:
    """Blocks of an older and of a newer saga, on one world."""

    def __init__(self, **fates: list[Fate]) -> None:
        self.world = World({name.replace("_", " "): these for name, these in fates.items()})
        self.steps = Steps(self.world)

    def run(self, *blocks: AnyBlock) -> AnyExecution:
        """The older saga, as far as it comes by itself."""
        self.older: AnySaga = Saga("shop", reduce(rshift, blocks))
        self.execution: AnyExecution = self.older.new(0, id="x", clock=self.world.clock)
        self.execution = self.execution.start(clock=self.world.clock)
        return self.execution

    def migration(self, *blocks: AnyBlock, name: str = "shop") -> Any:  # noqa: ANN401 - a Migration
        """From the older saga to one of these blocks."""
        newer: AnySaga = Saga(name, reduce(rshift, blocks), version=2)
        return newer.migration(self.older)

    def load(self, migration: Any) -> AnyExecution:  # noqa: ANN401 - a Migration
        """What the run becomes; nothing has run by that."""
        calls = len(self.world.calls)
        try:
            return migration.load(self.execution.dump())
        finally:
            assert len(self.world.calls) == calls

    def refused(self, migration: Any) -> ProgramChanged:  # noqa: ANN401 - a Migration
        """Why it becomes nothing."""
        with pytest.raises(ProgramChanged) as caught:
            self.load(migration)
        return caught.value
