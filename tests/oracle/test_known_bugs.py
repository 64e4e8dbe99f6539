"""Bugs that were verified in others' sagas, as far as they concern one execution: none may exist here."""

import asyncio
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any, Final

import pytest

from resaga import (
    Attempt,
    Completed,
    DidNotHappen,
    Interrupted,
    Paused,
    RolledBack,
    Saga,
    Stuck,
    step,
    wait,
)
from resaga.core.errors import AlreadyUsed, MissingUndo, NotPaused
from resaga.core.retry import Retry
from resaga.core.why import AtTimer, Postponed
from tests.loops import awaited
from tests.steps import Happened, Steps
from tests.worlds import Call, Fate, Role, World

ONCE: Final = Retry(1)


def shop(world: World, *, emits: bool = False) -> Any:  # noqa: ANN401 - its types are known only while a test runs
    """Two steps that can be undone, a gate and a read."""
    steps = Steps(world, emits=emits)
    block = (
        steps.undone("reserve", undo_retry=ONCE)
        >> steps.undone("charge", undo_retry=ONCE)
        >> steps.gate("approve")
        >> steps.read("end")
    )
    return Saga("shop", block, emits=(Happened,) if emits else ())


def rolling_back(world: World) -> Any:  # noqa: ANN401 - whatever it ends as
    """Two steps, and a gate that declines."""
    steps = Steps(world)
    gate = steps.gate("approve")
    block = steps.undone("reserve", undo_retry=ONCE) >> steps.undone("charge", undo_retry=ONCE) >> gate
    paused = Saga("shop", block).new(0, id="x").start(clock=world.clock)
    assert isinstance(paused, Paused)
    return paused.answer(gate, False, clock=world.clock).resume(clock=world.clock)


# ---- legend 0.1.0 ----------------------------------------------------------------------------------------


def test_resume_does_not_run_again_from_the_head() -> None:
    world = World({"charge": [Fate.NOT_YET]})
    saga = shop(world)
    paused = saga.load_paused(saga.new(0).start(clock=world.clock).dump())
    world.clock.advance(timedelta(hours=1))
    assert isinstance(paused.resume(clock=world.clock), Paused)
    assert world.order() == ["reserve", "charge", "charge"]


def test_an_undo_that_pauses_keeps_its_failure_and_resumes_backward() -> None:
    world = World({"undo charge": [Fate.NOT_YET]})
    paused = rolling_back(world)
    assert isinstance(paused, Paused)
    assert isinstance(paused.why, Postponed)
    world.clock.advance(timedelta(hours=1))
    outcome = paused.resume(clock=world.clock)
    assert isinstance(outcome, RolledBack)
    assert (outcome.failure.path, outcome.failure.kind) == ("approve", "rejected")
    assert world.order()[-3:] == ["undo charge", "undo charge", "undo reserve"]


def test_a_later_undo_that_pauses_after_one_that_failed_is_not_done() -> None:
    world = World({"undo charge": [Fate.RAISES], "undo reserve": [Fate.NOT_YET]})
    stuck = rolling_back(world)
    assert isinstance(stuck, Stuck)
    paused = stuck.skip("it may stay", by="ann", clock=world.clock).resume(clock=world.clock)
    assert isinstance(paused, Paused)
    assert paused.state.timing_for("reserve", is_compensation=True).outcome == "not_yet"  # type: ignore[union-attr]  # it is there
    assert [one.outcome for one in paused.state.step_timings if one.is_compensation] == ["failed", "not_yet"]


def test_where_it_failed_stays_right_after_a_second_failure_and_in_nested_blocks() -> None:
    world = World({"inner": [Fate.REJECTS], "undo outer": [Fate.RAISES]})
    steps = Steps(world)
    block = steps.undone("outer", undo_retry=ONCE) >> steps.undone("inner").named("payment").named("order")
    stuck = Saga("nested", block).new(0).start(clock=world.clock)
    assert isinstance(stuck, Stuck)
    assert stuck.failure.path == "order/payment/inner"
    assert stuck.undo_failure is not None
    assert stuck.undo_failure.path == stuck.path == "outer"


def test_a_completed_document_does_not_load_as_paused() -> None:
    world = World()
    steps = Steps(world)
    saga = Saga("short", steps.read("a"))
    completed = saga.new(0).start(clock=world.clock)
    assert isinstance(saga.load(completed.dump()), Completed)
    with pytest.raises(NotPaused, match="is completed, not paused"):
        saga.load_paused(completed.dump())


def test_of_two_who_resume_one_execution_one_is_refused() -> None:
    """In one process; between processes it is the store's compare-and-swap."""
    world = World()
    new = Saga("short", Steps(world).undone("a")).new(0)
    door, told = Barrier(2), list[object]()

    def start() -> None:
        door.wait()
        try:
            told.append(new.start(clock=world.clock))
        except AlreadyUsed as error:
            told.append(error)

    threads = [Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in told) == ["AlreadyUsed", "Completed"]
    assert world.count("a") == 1


# ---- nova ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["charge", "reserve"])
def test_a_failed_undo_does_not_end_rolled_back(name: str) -> None:
    assert isinstance(rolling_back(World({f"undo {name}": [Fate.RAISES]})), Stuck)


def test_two_runs_of_one_saga_do_not_overwrite_each_other() -> None:
    world = World()
    saga = shop(world)
    one, two = (
        saga.new(0, id="one").start(clock=world.clock),
        saga.new(100, id="two").start(clock=world.clock),
    )
    assert (one.state.value, two.state.value) == (2, 102)
    assert {call.attempt.execution_id for call in world.calls if call.attempt} == {"one", "two"}
    keys = {call.attempt.key for call in world.calls if call.attempt}
    assert len(keys) == 4


def test_an_event_leaves_once_however_often_its_step_was_tried() -> None:
    """It leaves with the outcome that is recorded, and with no other."""
    world = World({"a": [Fate.RAISES, Fate.NOT_YET, Fate.RAISES]})
    steps = Steps(world, emits=True)
    paused = Saga("loud", steps.undone("a", retry=Retry(3)), emits=(Happened,)).new(0).start(clock=world.clock)
    assert isinstance(paused, Paused)
    assert paused.state.events == ()
    world.clock.advance(timedelta(hours=1))
    outcome = paused.resume(clock=world.clock)
    assert isinstance(outcome, Completed)
    assert outcome.events == (Happened("a"),)


# ---- allframe, Prefect -----------------------------------------------------------------------------------


def test_a_rollback_goes_on_behind_an_undo_that_failed_and_keeps_its_failure() -> None:
    """A person has to say so; then the others are undone, and what was left is listed."""
    world = World({"undo charge": [Fate.RAISES]})
    stuck = rolling_back(world)
    assert isinstance(stuck, Stuck)
    assert stuck.undo_failure is not None
    assert stuck.undo_failure.message == "it broke"
    outcome = stuck.skip("it may stay", by="ann", clock=world.clock).resume(clock=world.clock)
    assert isinstance(outcome, RolledBack)
    assert world.count("reserve", Role.UNDO) == 1
    assert [one.path for one in outcome.skipped] == ["charge"]


# ---- atomr -----------------------------------------------------------------------------------------------


def test_a_timer_is_not_lost_when_the_process_dies() -> None:
    world = World()
    steps = Steps(world)
    saga = Saga("timer", steps.undone("a") >> wait(timedelta(days=7)) >> steps.undone("b"))
    blob = saga.new(0).start(clock=world.clock).dump()
    paused = saga.load_paused(blob)
    assert isinstance(paused.why, AtTimer)
    early = paused.resume(clock=world.clock)
    assert isinstance(early, Paused)
    world.clock.advance(timedelta(days=7))
    assert isinstance(early.resume(clock=world.clock), Completed)
    assert world.order() == ["a", "b"]


# ---- Edda 0.16 -------------------------------------------------------------------------------------------


def test_a_rollback_in_which_every_undo_raised_is_told_from_a_clean_one() -> None:
    broken, clean = World({"undo charge": [Fate.RAISES], "undo reserve": [Fate.RAISES]}), World()
    assert rolling_back(broken).status is not rolling_back(clean).status


def test_no_undo_is_dropped_silently_by_the_way_that_things_are_put_together() -> None:
    @step
    def charge(cents: int) -> int:
        return cents

    with pytest.raises(MissingUndo, match="'charge'"):
        Saga("shop", charge)  # type: ignore[arg-type]  # that is the point


# ---- MassTransit#4676 ------------------------------------------------------------------------------------


def test_the_retries_of_a_step_do_not_eat_the_budget_of_its_undo() -> None:
    world = World({"b": [Fate.RAISES] * 5, "undo a": [Fate.RAISES] * 2})
    steps = Steps(world)
    block = steps.undone("a", undo_retry=Retry(3)) >> steps.undone("b", retry=Retry(5))
    assert isinstance(Saga("budget", block).new(0).start(clock=world.clock), RolledBack)
    assert (world.count("b"), world.count("a", Role.UNDO)) == (5, 3)


# ---- temporalio/sdk-java#305 -----------------------------------------------------------------------------


def test_a_request_to_cancel_does_not_cancel_the_rollback() -> None:
    world = World({"undo charge": [Fate.NOT_YET]})
    paused = rolling_back(world)
    asked = paused.cancel("enough", clock=world.clock)
    world.clock.advance(timedelta(hours=1))
    outcome = asked.resume(clock=world.clock)
    assert isinstance(outcome, RolledBack)
    assert outcome.failure.kind == "rejected"
    assert [one.path for one in outcome.undone] == ["charge", "reserve"]


def test_a_task_that_is_cancelled_in_the_middle_of_a_rollback_leaves_one_that_goes_on() -> None:
    undoing = asyncio.Event()

    def fates(call: Call) -> Fate:
        if call.role is Role.UNDO and not undoing.is_set():
            undoing.set()
            return Fate.HANGS
        return Fate.REJECTS if call.name == "b" else Fate.GIVES

    world = World(fates)
    steps = Steps(world, awaits=True)
    saga = Saga("cancelled", steps.undone("a") >> steps.undone("b"))
    new = saga.new(0)

    async def run() -> object:
        task = asyncio.ensure_future(new.start_async(clock=world.clock))
        await undoing.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        left = new.interrupted
        assert isinstance(saga.load(left.dump()), Interrupted)
        return await left.resume_async(clock=world.clock)

    outcome = asyncio.run(run())
    assert isinstance(outcome, RolledBack)
    assert world.order() == ["a", "b", "undo a", "undo a"]


# ---- apache/servicecomb-pack#346 -------------------------------------------------------------------------


def test_nothing_is_settled_or_undone_before_the_slow_body_has_ended() -> None:
    told: list[str] = []

    @step
    async def slow(cents: int, attempt: Attempt) -> int:
        told.append("begins")
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(1)
            told.append("ends")
        return cents

    async def settle(cents: int, attempt: Attempt) -> int | DidNotHappen:
        told.append("settled")
        return cents

    async def undo(cents: int) -> None:
        told.append("undone")

    saga = Saga("slow", slow.settled_by(settle, timeout=timedelta(seconds=5)).undone_by(undo))
    outcome = awaited(saga.new(1).start_async())
    assert isinstance(outcome, RolledBack)
    assert told == ["begins", "ends", "settled", "undone"]
