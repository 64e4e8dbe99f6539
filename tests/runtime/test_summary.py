"""What is told of an execution without its saga, and what it costs to keep one."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from resaga import Gate, Retry, Saga, wait
from resaga.runtime import BlockingRuntime
from resaga.runtime.life import WORKER
from resaga.stores.memory import MemoryStore
from resaga.stores.store import Append
from tests.runtime.shop import CHECKOUT, NAP, OTHER, Order, Shop
from tests.runtime.shop import approval as approval_gate
from tests.steps import Steps
from tests.worlds import Fate, World


class Counting:
    """How many appends there were, but for signs of life."""

    def __init__(self) -> None:
        self.inner = MemoryStore()
        self.appends = 0

    def append(self, batch: Sequence[Append], /) -> list[bool]:
        self.appends += batch[0].status != WORKER
        return self.inner.append(batch)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self.inner, name)


def chain(steps: Steps, kinds: str) -> Any:  # noqa: ANN401 - a block
    """Steps by letters: r a read, e an effect, g a gate, w a timer."""
    made: Any = None
    for at, kind in enumerate(kinds):
        match kind:
            case "r":
                one: Any = steps.read(f"r{at}")
            case "e":
                one = steps.undone(f"e{at}", retry=Retry(3), undo_retry=Retry(1))
            case "g":
                one = steps.gate(f"g{at}")
            case _:
                one = wait(timedelta(hours=1))
        made = one if made is None else made >> one
    return made


def appends(kinds: str, **script: Sequence[Fate]) -> int:
    """How many appends a run costs to its end."""
    world, store = World({name.replace("_", " "): fates for name, fates in script.items()}), Counting()
    saga: Any = Saga("costs", chain(Steps(world), kinds))
    runtime = BlockingRuntime(store, [saga], clock=world.clock)
    outcome: Any = runtime.run(saga, 0, id="x")
    while outcome.status.value == "paused":
        here: Any = outcome.state.here
        if outcome.state.asked:
            runtime.answer("x", Gate(here.node), True)
        else:
            world.clock.advance(timedelta(hours=1))
        outcome = runtime.resume(saga, "x")
    runtime.close()
    return store.appends


@pytest.mark.parametrize(
    ("kinds", "script", "cost"),
    [
        ("e", {}, 2),
        ("eee", {}, 4),
        ("e" * 10, {}, 11),
        ("r", {}, 2),
        ("rrr", {}, 2),
        ("rre", {}, 3),
        ("er", {}, 3),
        ("err", {}, 3),
        ("ere", {}, 4),
        ("e", {"e0": (Fate.RAISES,)}, 3),
        ("e", {"e0": (Fate.RAISES, Fate.RAISES)}, 4),
        ("ee", {"e1": (Fate.REJECTS,)}, 4),
        ("eee", {"e2": (Fate.REJECTS,)}, 6),
        ("ege", {}, 6),
        ("ewe", {}, 4),
        ("ew", {}, 3),
    ],
)
def test_what_is_appended(kinds: str, script: dict[str, Sequence[Fate]], cost: int) -> None:
    """S3: n effects are n + 1, a retry and an undo one more each.

    A read is one only where it is the first, or comes right after an effect. A gate is asked,
    answered and taken up, each with an append.
    """
    assert appends(kinds, **script) == cost


def test_ten_steps_are_small() -> None:
    """Ten steps and a gate, paused: head and document together."""
    world, store = World(), MemoryStore()
    saga: Any = Saga("costs", chain(Steps(world), "e" * 10 + "g"))
    runtime = BlockingRuntime(store, [saga], clock=world.clock)
    runtime.run(saga, 0, id="x" * 32)
    kept = store.read("x" * 32)
    assert kept is not None
    assert kept.entries == ()
    head = sum(len(str(part)) for part in kept[:8])
    assert head + len(kept.snapshot or b"") <= 1_300
    runtime.close()


def test_a_summary_needs_no_saga() -> None:
    """Another runtime, which was given other sagas, tells how it stands."""
    shop = Shop()
    shop.runtime.run(CHECKOUT, Order("A-1"), id="A-1", tags=("vip",))
    told = shop.another(OTHER).get("A-1")
    assert (told.id, told.saga, told.version, told.status, told.tags) == ("A-1", "checkout", 1, "paused", ("vip",))
    assert (told.path, told.done, told.steps) == ("approval", 2, 5)
    assert told.waits == {"for": "answer", "path": "approval", "until": None}
    assert (told.wake_at, told.updated_at) == (None, shop.clock.now)


def test_a_summary_of_what_sleeps() -> None:
    """It says until when."""
    shop = Shop()
    shop.runtime.run(NAP, Order("A-1"), id="A-1")
    assert shop.runtime.get("A-1").wake_at == shop.clock.now + timedelta(hours=1)


def test_a_summary_of_what_is_over() -> None:
    """It stands nowhere any more, whichever way it ended."""
    shop = Shop()
    shop.runtime.run(NAP, Order("A-1"), id="A-1")
    shop.runtime.run(NAP, Order("A-2"), id="A-2")
    shop.runtime.cancel("A-1", "enough")
    assert shop.runtime.get("A-1").status == "compensating"
    shop.clock.advance(timedelta(hours=1))
    assert shop.runtime.tick() == 2
    assert [(one.status, one.path) for one in map(shop.runtime.get, ("A-1", "A-2"))] == [
        ("rolled back", None),
        ("completed", None),
    ]


def test_a_summary_of_what_was_answered() -> None:
    """It waits for nothing then, and who drives what is due goes on."""
    shop = Shop()
    shop.runtime.run(CHECKOUT, Order("A-1"), id="A-1")
    shop.runtime.answer("A-1", approval_gate, True)
    told = shop.runtime.get("A-1")
    assert (told.status, told.path, told.waits, told.wake_at) == ("running", "approval", None, shop.clock.now)
