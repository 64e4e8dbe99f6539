"""Interrupts: what is no exception of a body passes through, and nothing is taken back because of it."""

import asyncio
from datetime import timedelta
from typing import Any, Final, final

import pytest

from resaga import Answered, Completed, Interrupted, Paused, Retry, RolledBack, Saga, Stuck, when
from resaga.core.why import InDoubt
from tests.loops import Loop, both
from tests.worlds import Call, Cut, Fate, Role, World, words

INTERRUPTS: Final = [asyncio.CancelledError, KeyboardInterrupt, SystemExit, GeneratorExit]

SCRIPT: Final = {"b": Fate.RAISES_AFTER}
"""The second step fails after its effect is there."""

ORDER: Final = ["test yes", "a", "ask", "b", "settle b", "undo b", "undo a"]


@final
class Interrupting:
    """The fates of a world where one kind of call is cut off when it comes for the first time."""

    def __init__(self, where: str, interrupt: BaseException) -> None:
        self.where = where
        self.interrupt = interrupt
        self.calls: list[str] = []
        self.keys: set[tuple[str, str]] = set()

    def __call__(self, call: Call) -> Fate:
        name = words(call.role, call.name)
        self.calls.append(name)
        if call.attempt is not None:
            self.keys.add((name, call.attempt.key))
        if name == self.where and self.calls.count(name) == 1:
            raise self.interrupt
        return SCRIPT.get(name, Fate.GIVES)


@pytest.mark.parametrize("interrupt", INTERRUPTS)
@pytest.mark.parametrize("where", ORDER)
@both
def test_an_interrupt_passes_through(loop: Loop, where: str, interrupt: type[BaseException]) -> None:
    """It is re-raised as it is, nothing is begun because of it, and the run goes on where it was cut off."""
    fates = Interrupting(where, interrupt("from outside"))
    world = World(fates)
    steps = loop.steps(world)

    def yes(context: int) -> bool:
        world.called(Role.TEST, "yes", context)
        return True

    once = Retry(1)
    ask = steps.gate("ask")
    second = steps.undone("b", retry=once, settled=True, settle_retry=once, undo_retry=once)
    saga = Saga("shop", when(yes, steps.undone("a", retry=once, undo_retry=once)) >> ask >> second)
    execution: Any = saga.new(0, clock=world.clock)
    cuts, cut = 0, None
    while not isinstance(execution, RolledBack):
        try:
            if isinstance(execution, Paused):
                execution = execution.answer(ask, True, clock=world.clock)
            go = loop.resume if execution.state.started_at else loop.start
            execution = go(execution, world.clock)
        except interrupt as raised:
            cuts += 1
            cut = raised
            assert fates.calls[-1] == where, "nothing was called any more"
            execution = saga.load(execution.interrupted.dump())
            assert isinstance(execution, Answered if where == "ask" else Interrupted)
    at = ORDER.index(where)
    assert cut is fates.interrupt
    assert (cuts, fates.calls) == (1, ORDER[: at + 1] + ORDER[at:])
    assert world.there == set()
    assert len({key for name, key in fates.keys if name == where}) == len(
        {name for name, _ in fates.keys if name == where}
    )
    assert [one.duration for one in execution.state.step_timings if one.outcome == "interrupted"] == [None]


@pytest.mark.parametrize("interrupt", INTERRUPTS)
@both
def test_an_irreversible_step_that_was_cut_off_is_left_to_a_person(loop: Loop, interrupt: type[BaseException]) -> None:
    """It may have happened, and there is nothing that could find out."""
    fates = Interrupting("a", interrupt())
    world = World(fates)
    new = Saga("shop", loop.steps(world).irreversible("a")).new(0)
    with pytest.raises(interrupt):
        loop.start(new, world.clock)
    outcome = loop.resume(new.interrupted, world.clock)
    assert isinstance(outcome, Stuck)
    assert isinstance(outcome.why, InDoubt)
    assert outcome.why.failure.kind == "interrupted"
    assert fates.calls == ["a"]


@pytest.mark.parametrize(
    ("said", "order"),
    [({"retry": Retry(1)}, ["a", "a"]), ({"settled": True}, ["a", "settle a"])],
    ids=["may be repeated", "settled"],
)
@both
def test_an_irreversible_step_that_was_cut_off_goes_the_declared_way(
    loop: Loop, said: dict[str, Any], order: list[str]
) -> None:
    """`retry=` says that repeating the key is harmless, `settled_by` finds out."""
    world = World({"a": [Fate.CUT_AFTER]})
    new = Saga("shop", loop.steps(world).irreversible("a", **said)).new(0)
    with pytest.raises(Cut):
        loop.start(new, world.clock)
    assert isinstance(loop.resume(new.interrupted, world.clock), Completed)
    assert world.order() == order


@both
def test_an_attempt_that_was_cut_off_is_as_old_as_its_beginning(loop: Loop) -> None:
    """It is not repeated when the world may have forgotten its key meanwhile."""
    for took, end in ((timedelta(minutes=59), Completed), (timedelta(minutes=61), Stuck)):
        world = World({"a": [Fate.CUT_AFTER]}, tick=took)
        step = loop.steps(world).irreversible("a", retry=Retry(2), key_life=timedelta(hours=1))
        new = Saga("shop", step).new(0, clock=world.clock)
        with pytest.raises(Cut):
            loop.start(new, world.clock)
        assert isinstance(loop.resume(new.interrupted, world.clock), end)


@both
def test_an_interrupt_uses_no_attempt_up(loop: Loop) -> None:
    """But it leaves doubt: a rejection after it proves nothing."""
    world = World({"a": [Fate.CUT_AFTER, Fate.RAISES, Fate.CUT, Fate.REJECTS]})
    execution: Any = Saga("shop", loop.steps(world).undone("a", retry=Retry(2))).new(0)
    for go in (loop.start, loop.resume):
        with pytest.raises(Cut):
            go(execution, world.clock)
        execution = execution.interrupted
    outcome = loop.resume(execution, world.clock)
    assert isinstance(outcome, Stuck)
    assert isinstance(outcome.why, InDoubt)
    assert [call.attempt.number for call in world.calls if call.attempt] == [1, 2, 3, 4]
    assert outcome.rollback_plan().in_doubt == "a"
