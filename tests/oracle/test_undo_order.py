"""T10: undo is exact, survives interrupts and deaths, never lies about success, and doubt sticks."""

from datetime import timedelta
from typing import Any, Final

import pytest

from resaga import Completed, Interrupted, Paused, RolledBack, Saga, Stuck, when, within
from resaga.core.decision import Status
from resaga.core.retry import Retry
from resaga.core.why import InDoubt, UndoFailed
from tests.steps import AnyBlock, Steps
from tests.worlds import Call, Cut, Death, Fate, Role, World

ONCE: Final = Retry(1)
NAMES: Final = "abcd"


def chain(steps: Steps, length: int) -> AnyBlock:
    """So many steps that can be undone, and a read that ends them."""
    whole = steps.undone("a", undo_retry=ONCE)
    for name in NAMES[1:length]:
        whole = whole >> steps.undone(name, undo_retry=ONCE)
    return whole >> steps.read("end")


def some(context: int) -> bool:
    return context > 0


def get(context: int) -> int:
    return context


def put(outer: int, inner: int) -> int:
    return outer + inner


def run(world: World, length: int = 4) -> Any:  # noqa: ANN401 - whatever it ends as
    return Saga("chain", chain(Steps(world), length)).new(0, id="x").start(clock=world.clock)


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_what_was_done_is_undone_in_exact_reverse(length: int) -> None:
    world = World({"end": [Fate.REJECTS]})
    outcome = run(world, length)
    assert isinstance(outcome, RolledBack)
    done = list(NAMES[:length])
    assert world.order() == [*done, "end", *(f"undo {name}" for name in reversed(done))]
    assert [one.path for one in outcome.undone] == list(reversed(done))
    assert world.there <= {"end"}


def test_what_was_done_in_blocks_inside_of_each_other_is_undone_too() -> None:
    world = World({"end": [Fate.REJECTS]})
    steps = Steps(world)
    inner = (steps.undone("b") >> steps.undone("c").named("inner")).named("outer")
    block = steps.undone("a") >> when(some, inner) >> within(steps.undone("d"), get, put) >> steps.read("end")
    outcome = Saga("nested", block).new(1).start(clock=world.clock)
    assert isinstance(outcome, RolledBack)
    assert [one.path for one in outcome.undone] == ["d", "outer/inner/c", "outer/b", "a"]


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_the_step_that_fails_is_not_undone_itself(failing: int) -> None:
    world = World({NAMES[failing]: [Fate.RAISES]})
    assert isinstance(run(world), RolledBack)
    assert [call.name for call in world.calls if call.role is Role.UNDO] == list(reversed(NAMES[:failing]))


def test_each_undo_is_given_the_result_of_its_own_step() -> None:
    world = World({"end": [Fate.REJECTS]})
    run(world)
    assert [(call.name, call.value) for call in world.calls if call.role is Role.UNDO] == [
        ("d", 4),
        ("c", 3),
        ("b", 2),
        ("a", 1),
    ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fate", [Fate.CUT, Fate.CUT_AFTER])
def test_an_interrupt_inside_an_undo_repeats_that_undo_and_no_other(name: str, fate: Fate) -> None:
    world = World({"end": [Fate.REJECTS], f"undo {name}": [fate]})
    new = Saga("chain", chain(Steps(world), 4)).new(0, id="x")
    with pytest.raises(Cut):
        new.start(clock=world.clock)
    outcome = new.interrupted.resume(clock=world.clock)
    assert isinstance(outcome, RolledBack)
    assert [one.path for one in outcome.undone] == ["d", "c", "b", "a"]
    assert [world.count(one, Role.UNDO) for one in NAMES] == [1 + (one == name) for one in NAMES]
    keys = {call.attempt.key for call in world.calls if call.role is Role.UNDO and call.name == name and call.attempt}
    assert len(keys) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_death_between_two_undos_repeats_none(name: str) -> None:
    """Another process loads the last document and goes on where it stands."""
    blobs: list[bytes] = []

    def fates(call: Call) -> Fate:
        if call.role is Role.UNDO and call.name == name and not blobs:
            blobs.append(saga.codec.dump(new._running))
            raise Death
        return Fate.REJECTS if call.name == "end" else Fate.GIVES

    world = World(fates)
    saga = Saga("chain", chain(Steps(world), 4))
    new = saga.new(0, id="x")
    with pytest.raises(Death):
        new.start(clock=world.clock)
    loaded = saga.load(blobs[0])
    assert isinstance(loaded, Interrupted)
    outcome = loaded.resume(clock=world.clock)
    assert isinstance(outcome, RolledBack)
    assert [world.count(one, Role.UNDO) for one in NAMES] == [1, 1, 1, 1]
    assert [one.path for one in outcome.undone] == ["d", "c", "b", "a"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fate", [Fate.RAISES, Fate.RAISES_AFTER, Fate.REJECTS])
def test_a_failed_undo_is_never_rolled_back(name: str, fate: Fate) -> None:
    """It is stuck, says what is still in effect, and touches nothing further."""
    world = World({"end": [Fate.REJECTS], f"undo {name}": [fate]})
    outcome = run(world)
    assert isinstance(outcome, Stuck)
    assert isinstance(outcome.why, UndoFailed)
    assert (outcome.path, outcome.failure.path) == (name, "end")
    assert list(outcome.in_effect) == list(reversed(NAMES[: NAMES.index(name) + 1]))
    assert world.order()[-1] == f"undo {name}"


@pytest.mark.parametrize("name", NAMES)
def test_what_a_person_skips_is_listed_and_the_rest_is_undone(name: str) -> None:
    world = World({"end": [Fate.REJECTS], f"undo {name}": [Fate.RAISES]})
    stuck = run(world)
    assert isinstance(stuck, Stuck)
    plan = stuck.rollback_plan()
    outcome = stuck.skip("it may stay", by="ann", clock=world.clock).resume(clock=world.clock)
    assert isinstance(outcome, RolledBack)
    assert plan.undos == tuple(reversed(NAMES[: NAMES.index(name) + 1]))
    assert [(one.path, one.reason, one.by) for one in outcome.skipped] == [(name, "it may stay", "ann")]
    assert [one.path for one in outcome.undone] == [one for one in "dcba" if one != name]
    assert world.there - {"end"} == {name}


def test_a_plan_leaves_out_what_was_skipped() -> None:
    world = World({"end": [Fate.REJECTS], "undo d": [Fate.RAISES], "undo b": [Fate.RAISES]})
    stuck = run(world).skip("it may stay", by="ann", clock=world.clock).resume(clock=world.clock)
    assert isinstance(stuck, Stuck)
    assert stuck.rollback_plan().undos == ("b", "a")
    assert list(stuck.in_effect) == ["d", "b", "a"]


def test_an_undo_may_say_not_yet() -> None:
    world = World({"end": [Fate.REJECTS], "undo b": [Fate.NOT_YET]})
    paused = run(world, 2)
    assert isinstance(paused, Paused)
    world.clock.advance(timedelta(hours=1))
    assert isinstance(paused.resume(clock=world.clock), RolledBack)
    assert world.order()[-3:] == ["undo b", "undo b", "undo a"]


def test_the_budget_of_an_undo_is_its_own() -> None:
    """However often its step was tried, and the one that failed, an undo has all its attempts."""
    world = World({"a": [Fate.RAISES] * 4, "end": [Fate.RAISES] * 5, "undo a": [Fate.RAISES] * 2})
    steps = Steps(world)
    block = steps.undone("a", retry=Retry(5), undo_retry=Retry(3)) >> steps.read("end", retry=Retry(5))
    assert isinstance(Saga("budget", block).new(0, id="x").start(clock=world.clock), RolledBack)
    assert (world.count("a"), world.count("a", Role.UNDO)) == (5, 3)


# ---- doubt ------------------------------------------------------------------------------------------------


def test_a_rejection_does_not_clear_an_earlier_doubt() -> None:
    """Attempt 1 breaks after its effect landed, attempt 2 says it exists: it is found and undone."""
    world = World({"b": [Fate.RAISES_AFTER, Fate.REJECTS]})
    steps = Steps(world)
    block = steps.undone("a") >> steps.undone("b", retry=Retry(3), settled=True)
    outcome = Saga("doubt", block).new(0, id="x").start(clock=world.clock)
    assert isinstance(outcome, RolledBack)
    assert world.order() == ["a", "b", "b", "settle b", "undo b", "undo a"]
    assert not world.there


def test_a_rejection_of_what_was_cut_off_is_stuck_in_doubt() -> None:
    """Nothing is undone behind a person's back, neither it nor what was done before."""
    world = World({"b": [Fate.CUT_AFTER, Fate.REJECTS]})
    steps = Steps(world)
    new = Saga("doubt", steps.undone("a") >> steps.undone("b")).new(0, id="x")
    with pytest.raises(Cut):
        new.start(clock=world.clock)
    stuck = new.interrupted.resume(clock=world.clock)
    assert isinstance(stuck, Stuck)
    assert isinstance(stuck.why, InDoubt)
    assert world.order() == ["a", "b", "b"]
    outcome = stuck.mark_done(2, by="ann", clock=world.clock).resume(clock=world.clock)
    assert isinstance(outcome, Completed)


def test_a_rejection_of_an_irreversible_step_that_broke_is_stuck_in_doubt() -> None:
    """Neither a repeat by a person clears the doubt, nor the rejection that comes of it."""
    world = World({"b": [Fate.RAISES_AFTER, Fate.REJECTS]})
    steps = Steps(world)
    stuck = Saga("doubt", steps.undone("a") >> steps.irreversible("b")).new(0, id="x").start(clock=world.clock)
    assert isinstance(stuck, Stuck)
    assert isinstance(stuck.why, InDoubt)
    again = stuck.retry(by="ann", clock=world.clock)
    assert isinstance(again, Stuck)
    assert isinstance(again.why, InDoubt)
    assert world.order() == ["a", "b", "b"]


def test_doubt_outlives_a_dump() -> None:
    world = World({"b": [Fate.RAISES_AFTER, Fate.REJECTS]})
    steps = Steps(world)
    block = steps.undone("a") >> steps.undone("b", retry=Retry(3, delay=timedelta(minutes=1)), settled=True)
    saga = Saga("doubt", block)
    paused = saga.load_paused(saga.new(0, id="x").start(clock=world.clock).dump())
    world.clock.advance(timedelta(minutes=1))
    assert isinstance(paused.resume(clock=world.clock), RolledBack)
    assert not world.there


def test_a_late_effect_is_forestalled_by_the_settle() -> None:
    world = World({"b": [Fate.RAISES_LATE]})
    steps = Steps(world)
    outcome = Saga("late", steps.undone("a") >> steps.undone("b", settled=True)).new(0, id="x").start(clock=world.clock)
    world.land()
    assert isinstance(outcome, RolledBack)
    assert not world.there


def test_the_attempts_of_the_step_that_fails_are_none_of_the_first_undo_s() -> None:
    """They follow each other directly."""
    world = World({"end": [Fate.RAISES] * 3, "undo a": [Fate.RAISES] * 2})
    steps = Steps(world)
    block = steps.undone("a", undo_retry=Retry(3)) >> steps.read("end", retry=Retry(3))
    assert isinstance(Saga("budget", block).new(0, id="x").start(clock=world.clock), RolledBack)
    assert (world.count("end"), world.count("a", Role.UNDO)) == (3, 3)


def test_the_status_of_a_rollback_that_is_stuck_is_not_that_of_one_that_is_done() -> None:
    """An index of executions shows the difference."""
    world = World({"end": [Fate.REJECTS], "undo d": [Fate.RAISES]})
    assert run(world).status is Status.STUCK
