"""Documents of an older program: which load, which do not, and what is said of those."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from resaga import Change, Completed, New, Retry, RolledBack, Stuck, Verdict, branch, wait, when
from resaga.core.compatibility import Reach
from resaga.core.fact import Fact
from resaga.core.state import ExecutionState
from resaga.core.why import AtTimer
from resaga.errors import ProgramChanged
from tests.codec.documents import opened
from tests.codec.older import HOUR, SLOWLY, AnyExecution, Shop, always, never, shop
from tests.steps import AnyBlock
from tests.worlds import Cut, Fate

ONCE: Final = Retry(1)
CHOICES: Final = (Fact.CHOSE_YES, Fact.CHOSE_NO)


def facts(state: ExecutionState) -> list[tuple[Fact, object]]:
    """What the trail says, but which way was chosen."""
    return [(fact, value) for fact, _, _, _, value in state.trail.rows() if fact not in CHOICES]


# ---- eight edits of a program under a run that waits for an approval -------------------------------------


HARMLESS: Final[dict[str, Callable[[Shop], AnyBlock]]] = {
    "an optional step is added above": lambda one: (
        one.chain("a") >> when(never, one.chain("x")) >> one.chain("B", "c?", "D")
    ),
    "a done step is made optional": lambda one: one.chain("a") >> when(always, one.chain("B")) >> one.chain("c?", "D"),
    "a way that was not taken changes": lambda one: (
        one.chain("a") >> branch(always, one.chain("B"), one.chain("x", "Y")) >> one.chain("c?", "D")
    ),
    "what comes after changes": lambda one: one.chain("a", "B", "c?", "(d)", "x!"),
}

HARMFUL: Final[dict[str, tuple[Callable[[Shop], AnyBlock], Change]]] = {
    "a step is put in before the gate": (
        lambda one: one.chain("a", "B", "X", "c?", "D"),
        Change("added", "X", Reach.BEFORE),
    ),
    "done steps change places": (
        lambda one: one.chain("B", "a", "c?", "D"),
        Change("moved", "a", Reach.DONE),
    ),
    "a done step loses its undo": (
        lambda one: one.chain("a", "(B)", "c?", "D"),
        Change("changed from undone to kept", "B", Reach.DONE),
    ),
    "the gate is renamed": (
        lambda one: one.chain("a", "B", "approve?", "D"),
        Change("removed", "c", Reach.HERE),
    ),
}


@pytest.mark.parametrize("newer", HARMLESS.values(), ids=HARMLESS)
def test_a_harmless_edit_is_let_pass(newer: Callable[[Shop], AnyBlock]) -> None:
    """Although the programs have not the same beginning; the run goes on as if nothing had happened."""
    one = Shop()
    blob = one.started(one.chain("a", "B", "c?", "D")).dump()
    saga = shop(newer(one))
    paused = saga.load_paused(blob)
    assert paused.state.path == "c"
    assert saga.compatibility(blob).verdict is Verdict.COMPATIBLE
    asked: Any = type("Asked", (), {"node": paused.state.here.node})()
    ended = paused.answer(asked, True).resume(clock=one.world.clock)
    assert isinstance(ended, Completed)
    assert [one.world.count(name) for name in "aB"] == [1, 1]


@pytest.mark.parametrize(("newer", "change"), HARMFUL.values(), ids=HARMFUL)
def test_a_harmful_edit_is_found(newer: Callable[[Shop], AnyBlock], change: Change) -> None:
    """Before anything runs, although most of the done steps are still there; and it is named."""
    one = Shop()
    blob = one.started(one.chain("a", "B", "c?", "D")).dump()
    saga, calls = shop(newer(one)), len(one.world.calls)
    with pytest.raises(ProgramChanged, match=str(change)) as caught:
        saga.load(blob)
    assert change in caught.value.changes
    assert caught.value.path == "$.listing"
    assert len(one.world.calls) == calls
    told = saga.compatibility(blob)
    assert (told.verdict, told.changes) == (caught.value.verdict, caught.value.changes)


# ---- every state ----------------------------------------------------------------------------------------


def new(one: Shop, block: AnyBlock) -> AnyExecution:
    return shop(block).new(0, id="x", clock=one.world.clock)


def started(one: Shop, block: AnyBlock) -> AnyExecution:
    return one.started(block)


def cut_off(one: Shop, block: AnyBlock) -> AnyExecution:
    execution = new(one, block)
    with pytest.raises(Cut):
        execution.start(clock=one.world.clock)
    return execution.interrupted


def answered(one: Shop, block: AnyBlock) -> AnyExecution:
    paused = one.started(block)
    asked: Any = type("Asked", (), {"node": paused.state.here.node})()
    return paused.answer(asked, True)


def cancelled(one: Shop, block: AnyBlock) -> AnyExecution:
    return one.started(block).cancel("no need").resume(clock=one.world.clock)


def marked(one: Shop, block: AnyBlock) -> AnyExecution:
    return one.started(block).mark_done(7, by="ann")


RAISES, CUT, NOT_YET, REJECTS = Fate.RAISES, Fate.CUT, Fate.NOT_YET, Fate.REJECTS
RUNS: Final[dict[str, tuple[Callable[[Shop, AnyBlock], AnyExecution], str, dict[str, list[Fate]]]]] = {
    "new": (new, "B", {}),
    "at a gate": (started, "b?", {}),
    "at a timer": (started, "wait", {}),
    "not yet": (started, "B", {"B": [NOT_YET]}),
    "backing off": (started, "slow", {"slow": [RAISES]}),
    "cut off in a step": (cut_off, "B", {"B": [CUT]}),
    "cut off in a condition": (cut_off, "when", {"test_asks": [CUT]}),
    "answered": (answered, "b?", {}),
    "cancelled": (cancelled, "b?", {}),
    "stuck in doubt": (started, "b!", {"b": [RAISES]}),
    "marked as done": (marked, "b!", {"b": [RAISES]}),
    "being rolled back": (started, "B", {"B": [REJECTS], "undo_A": [NOT_YET]}),
    "cut off in an undo": (cut_off, "B", {"B": [REJECTS], "undo_A": [CUT]}),
    "stuck in an undo": (started, "B", {"B": [REJECTS], "undo_A": [REJECTS]}),
    "rolled back": (started, "B", {"B": [REJECTS]}),
    "completed": (started, "B", {}),
}


def middle(one: Shop, what: str) -> AnyBlock:
    """The block that a run stands at, or fails at."""
    match what:
        case "wait":
            return wait(HOUR) >> one.chain("B")
        case "slow":
            return one.steps.undone("slow", retry=SLOWLY)
        case "when":
            return when(one.asks, one.chain("B"))
        case _:
            return one.one(what)


@pytest.mark.parametrize(("begin", "what", "fates"), RUNS.values(), ids=RUNS)
def test_a_run_in_any_state_loads_in_a_newer_program(
    begin: Callable[[Shop, AnyBlock], AnyExecution], what: str, fates: dict[str, list[Fate]]
) -> None:
    """As what it was; and dumped by that, it is a document of the newer program."""
    one = Shop(**fates)
    older = one.chain("A") >> middle(one, what)
    execution = begin(one, older)
    blob, calls = execution.dump(), len(one.world.calls)
    newer = shop(when(never, one.chain("x")) >> one.chain("A") >> middle(one, what) >> when(never, one.chain("y")))
    before, after = shop(older).load(blob), newer.load(blob)
    assert type(after) is type(before)
    assert facts(after.state) == facts(before.state)
    assert isinstance(after, New) or after.state.path == before.state.path
    assert after.state.wake_at == before.state.wake_at
    assert len(one.world.calls) == calls
    assert newer.load(after.dump()).dump() == after.dump()
    assert opened(after.dump())["fingerprint"] == newer.program.fingerprint


def test_a_run_that_is_over_is_over() -> None:
    """So a step that is new at the end stands in its way."""
    one = Shop()
    blob = one.started(one.chain("a")).dump()
    with pytest.raises(ProgramChanged, match="b was added, before where it stands"):
        shop(one.chain("a", "b")).load(blob)


def test_rows_that_are_added_take_no_time() -> None:
    """They are as old as the row before them."""
    one = Shop()
    blob = one.started(one.chain("a", "b?")).dump()
    newer = shop(one.chain("a") >> when(never, one.chain("x")) >> one.chain("b?"))
    rows = list(newer.load(blob).state.trail.rows())
    assert rows[-1][:4] == (Fact.CHOSE_NO, 1, rows[-2][2], 0)


def test_a_timer_that_the_run_stands_at_takes_as_long_as_the_newer_program_says() -> None:
    """From when it came there."""
    one = Shop()
    paused = one.started(one.chain("a") >> wait(HOUR) >> one.chain("b"))
    loaded = shop(one.chain("a") >> wait(3 * HOUR) >> one.chain("b")).load_paused(paused.dump())
    assert isinstance(loaded.why, AtTimer)
    assert loaded.why.until - paused.why.until == 2 * HOUR


# ---- settles --------------------------------------------------------------------------------------------


def settling(one: Shop, *, settled: bool) -> AnyBlock:
    return one.chain("a") >> one.steps.undone("B", settled=settled, settle_retry=ONCE) >> one.chain("c")


@pytest.mark.parametrize("fate", [Fate.NOT_YET, Fate.RAISES])
@pytest.mark.parametrize("below", ["c", "d"])
def test_a_run_in_doubt_needs_its_settle(fate: Fate, below: str) -> None:
    """Nobody else can find out; it is missed even where nothing else has changed."""
    one = Shop(B=[Fate.RAISES_AFTER], settle_B=[fate])
    blob = one.started(settling(one, settled=True)).dump()
    newer = shop(one.chain("a") >> one.steps.undone("B") >> one.chain(below))
    with pytest.raises(ProgramChanged, match="B was left without its settle, where it stands") as caught:
        newer.load(blob)
    assert caught.value.verdict is Verdict.IMPOSSIBLE
    assert newer.compatibility(blob).verdict is Verdict.IMPOSSIBLE


def test_a_step_that_was_never_in_doubt_does_not_need_its_settle() -> None:
    """Nor does one whose doubt is over."""
    one = Shop(B=[Fate.RAISES_AFTER])
    blob = one.started(settling(one, settled=True)).dump()
    loaded = shop(settling(one, settled=False)).load(blob)
    assert isinstance(loaded, RolledBack)


def test_a_settle_may_be_added_to_a_step_that_was_stuck_in_doubt() -> None:
    """The next retry finds out; and what was retried without one still means what it meant."""
    one = Shop(b=[Fate.RAISES, Fate.GIVES], d=[Fate.RAISES_AFTER])

    def block(*, settled: bool) -> AnyBlock:
        return one.steps.irreversible("b", settled=settled) >> one.steps.irreversible("d", settled=settled)

    stuck = one.started(block(settled=False))
    again = stuck.retry(by="ann", clock=one.world.clock)
    assert isinstance(again, Stuck)
    loaded: AnyExecution = shop(block(settled=True)).load(again.dump())
    ended = loaded.retry(by="ann", clock=one.world.clock)
    assert isinstance(ended, Completed)
    assert one.world.order() == ["b", "b", "d", "settle d"]
    assert isinstance(shop(block(settled=True)).load(ended.dump()), Completed)
