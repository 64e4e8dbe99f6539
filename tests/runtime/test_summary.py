"""What is told of an execution without its saga, and what it costs to keep one."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import pytest

from resaga import Gate, Retry, Saga, Stay, gate, wait
from resaga.codec.document import sealed
from resaga.core.errors import BlobCorrupt
from resaga.core.outcome import Failed, Later, MarkedDone, Outcome, Refused, Returned, Skipped, Woke
from resaga.core.replay import replay
from resaga.core.timing import moment
from resaga.runtime import BlockingRuntime
from resaga.runtime.life import WORKER
from resaga.runtime.standing import QUARANTINED
from resaga.runtime.summary import Awaited, summary
from resaga.stores.memory import MemoryStore
from resaga.stores.store import Append, Stored
from tests.core.places import PLACES, told, two
from tests.core.play import BOOM, HOUR, NO, STEPS, Play, started
from tests.runtime.shop import CHECKOUT, NAP, OTHER, Order, Shop, second
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
    assert told.waits == Awaited("answer", "approval", None)
    assert (told.wake_at, told.updated_at) == (None, shop.clock.now)


def test_a_summary_of_what_sleeps() -> None:
    """It says until when."""
    shop = Shop()
    shop.runtime.run(NAP, Order("A-1"), id="A-1")
    told, until = shop.runtime.get("A-1"), shop.clock.now + timedelta(hours=1)
    assert (told.wake_at, told.waits) == (until, Awaited("time", "wait-1h", until))


def behind_settled(*outcomes: Outcome) -> Play:
    """A step is done, the next one was given up, is found to have happened, and is taken back."""
    play = started(STEPS.undone("z") >> STEPS.undone("a", settled=True))
    return told(play, Returned(1), Failed(BOOM), Returned(2), *outcomes)


def woken(*outcomes: Outcome) -> Play:
    """Something is read, a time waited for, and something read again."""
    play = told(started(STEPS.read("a") >> wait(timedelta(hours=1)) >> STEPS.read("b")), Returned(1))
    play.now += HOUR
    return told(play, *outcomes)


PLAYS: Final[Mapping[str, Callable[[], Play]]] = {
    **{place: play for place, play in PLACES.items() if place != "undoing what is lost"},  # that cannot be kept
    "rolled back, settled": lambda: behind_settled(Returned(None)),
    "stuck in the undo of what was settled": lambda: behind_settled(Refused(NO)),
    "undone by hand": lambda: behind_settled(Refused(NO), MarkedDone(None, by="ann")),
    "skipped": lambda: behind_settled(Refused(NO), Skipped("x", by="ann")),
    "sleeping before an undo": lambda: behind_settled(Later("busy", None)),
    "the next undo": lambda: told(
        started(two() >> STEPS.read("c")), Returned(1), Returned(2), Refused(NO), Returned(0)
    ),
    "marked": lambda: told(PLACES["stuck in doubt"](), MarkedDone(1, by="ann")),
    "skipped in doubt": lambda: told(PLACES["stuck in doubt"](), Skipped("x", by="ann")),
    "read, waited, read": lambda: woken(Woke(), Returned(2)),
    "read, waits": woken,
    "asked until": lambda: started(STEPS.gate("a", deadline=timedelta(hours=1), expiry=Stay())),
}


@pytest.mark.parametrize("cut", [None, 1], ids=["in a document", "in a journal"])
@pytest.mark.parametrize("place", PLAYS)
def test_a_summary_says_what_the_execution_says(place: str, cut: int | None) -> None:
    """Wherever it stands, and however it is kept."""
    play = PLAYS[place]()
    state, codec = play.state, play.saga.codec
    begun = replay(play.program, "p", list(state.trail.rows())[:cut])
    entry = codec.entry(state, len(begun.trail), mark="m", intent=False, takeovers=0)
    entries = [] if cut is None else [(2, entry)]
    kept = Stored("p", "play/1", state.status.value, 2, None, "", b"", (), codec.dump(begun), 1, entries)
    short, lines = summary(kept), play.saga.steps_by_kind()
    assert (short.path, short.done, short.updated_at) == (state.path, state.executed, state.updated_at)
    assert short.steps == sum(lines.values()) - lines.get("wait", 0)
    waits = None
    if state.asked:
        waits = Awaited("answer", state.here.path, None if state.deadline is None else moment(state.deadline * 1000))
    elif state.asleep and state.wake_at is not None:
        waits = Awaited("time", state.here.path, moment(state.wake_at * 1000))
    assert short.waits == waits


def test_a_summary_of_what_waits_while_a_later_answer_is_there() -> None:
    """The third of three gates was answered early, the first in its time: it waits at the second."""

    @gate
    def third(order: Order, ok: bool) -> Order:  # noqa: FBT001 - an answer
        return order

    saga = Saga("gates", approval_gate >> second >> third)
    shop = Shop()
    runtime = shop.another(saga)
    runtime.run(saga, Order("A-1"), id="A-1")
    runtime.answer("A-1", third, True)
    runtime.answer("A-1", approval_gate, True)
    assert runtime.tick() == 1
    short = runtime.get("A-1")
    assert (short.status, short.path, short.waits) == ("paused", "second", Awaited("answer", "second", None))


def test_what_is_put_aside_waits_for_nothing() -> None:
    """Not before a person says that it is to be tried again; where it stands is told all the same."""
    play = PLACES["waiting"]()
    kept = Stored("p", "play/1", QUARANTINED, 1, None, "", b"", (), play.saga.codec.dump(play.state), 1, [])
    assert (summary(kept).path, summary(kept).waits) == ("wait-1h", None)


@pytest.mark.parametrize("waits", [{}, {"for": "luck", "path": "a", "until": None}, {"for": "time", "path": "a"}])
def test_a_document_that_waits_for_something_unknown(waits: dict[str, object]) -> None:
    """It is refused."""
    play = PLACES["waiting"]()
    members = json.loads(play.saga.codec.dump(play.state))
    del members["sum"]
    forged = sealed({**members, "waits": waits})
    with pytest.raises(BlobCorrupt) as caught:
        summary(Stored("p", "play/1", "paused", 1, None, "", b"", (), forged, 1, []))
    assert caught.value.path == "$.waits"


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
