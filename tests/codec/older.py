"""One saga with one program after the other, and runs of it."""

from datetime import timedelta
from functools import reduce
from operator import rshift
from typing import Any, Final

from resaga import Retry, Saga
from tests.steps import AnyBlock, Steps
from tests.worlds import Fate, Role, World

AnySaga = Saga[Any, Any, Any]
AnyExecution = Any
HOUR: Final = timedelta(hours=1)
SLOWLY: Final = Retry(3, delay=HOUR)


def never(context: object) -> bool:
    return False


def always(context: object) -> bool:
    return True


class Shop:
    """The blocks of one program after the other, on one world."""

    def __init__(self, **fates: list[Fate]) -> None:
        self.world = World({name.replace("_", " "): these for name, these in fates.items()})
        self.steps = Steps(self.world)

    def chain(self, *names: str) -> AnyBlock:
        """Steps by name: `A` is undone, `(a)` kept, `a!` irreversible, `a?` a gate, `a` a read."""
        return reduce(rshift, map(self.one, names))

    def one(self, name: str) -> AnyBlock:
        bare, steps = name.strip("()!?"), self.steps
        if name.endswith("?"):
            return steps.gate(bare)
        if name.endswith("!"):
            return steps.irreversible(bare)
        if name.startswith("("):
            return steps.kept(bare)
        return steps.undone(bare) if name.isupper() else steps.read(bare)

    def asks(self, context: object) -> bool:
        """A condition."""
        self.world.called(Role.TEST, "asks", context)
        return True

    def started(self, block: AnyBlock) -> AnyExecution:
        """A run of that program, as far as it comes by itself."""
        return Saga("shop", block).new(0, id="x", clock=self.world.clock).start(clock=self.world.clock)


def shop(block: AnyBlock) -> AnySaga:
    """The same saga with another program."""
    return Saga("shop", block)
