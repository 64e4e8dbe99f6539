"""A saga that comes to every state, and an execution in each of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeAlias, final

import pytest

from resaga import Answered, Completed, Interrupted, New, Paused, Reject, Retry, RolledBack, Saga, Stuck
from resaga.testing import FakeClock
from tests.loops import BLOCKING, AnyExecution, Loop
from tests.steps import AnyBlock
from tests.worlds import Cut, Fate, World

DAY: Final = timedelta(days=1)

Use: TypeAlias = Callable[[AnyExecution], object]
"""A verb that uses an execution up."""


@final
class Shop:
    """A saga that comes to every state, depending on the fates of its steps."""

    def __init__(self, loop: Loop = BLOCKING, **fates: Fate) -> None:
        self.loop = loop
        self.world = World({name.replace("_", " "): [fate] for name, fate in fates.items()})
        steps = loop.steps(self.world)
        self.ask: AnyBlock = steps.gate("ask", deadline=DAY, expiry=Reject())
        once = Retry(1)
        held = steps.undone("hold", undo_retry=once) >> steps.kept("note")
        self.saga: Any = Saga("shop", held >> self.ask.named("boss") >> steps.irreversible("pay") >> steps.read("mail"))
        self.clock = self.world.clock

    def new(self) -> AnyExecution:
        return self.saga.new(0, id="x", clock=self.clock)

    def paused(self) -> AnyExecution:
        return self.loop.start(self.new(), self.clock)

    def answered(self, answer: bool = True) -> AnyExecution:  # noqa: FBT001, FBT002
        return self.paused().answer(self.ask, answer, by="ann", clock=self.clock)

    def ended(self, answer: bool = True) -> AnyExecution:  # noqa: FBT001, FBT002
        return self.loop.resume(self.answered(answer), self.clock)

    def interrupted(self) -> AnyExecution:
        new = self.new()
        with pytest.raises(Cut):
            self.loop.start(new, self.clock)
        return new.interrupted


STATES: Final[dict[type[Any], Callable[[Loop], Any]]] = {
    New: lambda loop: Shop(loop).new(),
    Paused: lambda loop: Shop(loop).paused(),
    Answered: lambda loop: Shop(loop).answered(),
    Interrupted: lambda loop: Shop(loop, hold=Fate.CUT).interrupted(),
    Completed: lambda loop: Shop(loop).ended(),
    RolledBack: lambda loop: Shop(loop).ended(False),
    Stuck: lambda loop: Shop(loop, pay=Fate.RAISES).ended(),
}


def uses(loop: Loop, kind: type[Any]) -> list[Use]:
    """All that uses an execution of that state up."""
    clock = FakeClock()
    by_kind: dict[type[Any], list[Use]] = {
        New: [lambda one: loop.start(one, clock), lambda one: one.cancel("enough")],
        Paused: [lambda one: loop.resume(one, clock), lambda one: one.cancel("enough")],
        Answered: [lambda one: loop.resume(one, clock), lambda one: one.cancel("enough")],
        Interrupted: [lambda one: loop.resume(one, clock), lambda one: one.cancel("enough")],
        Stuck: [
            lambda one: loop.retry(one, clock),
            lambda one: one.skip("so be it", "ann"),
            lambda one: one.mark_done(7, by="ann"),
        ],
    }
    return by_kind.get(kind, [])
