"""Rests: what is slept for in the process, what pauses an execution, and what has come due meanwhile."""

from datetime import timedelta
from typing import Any, Final, final

import pytest

from resaga import Completed, Default, Paused, Reject, Retry, RolledBack, Saga, Stay, wait
from resaga.core.errors import TooLate
from resaga.core.why import AtGate, AtTimer, BackingOff, Postponed
from resaga.testing import FakeClock
from tests.loops import Loop, both
from tests.steps import AnyBlock
from tests.worlds import Call, Cut, Fate, World

SECOND: Final = timedelta(seconds=1)
MOMENT: Final = timedelta(microseconds=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
STILL: Final = timedelta(0)


def shop(block: AnyBlock) -> "Saga[int, Any, Any]":
    return Saga("shop", block)


# ---- backing off -------------------------------------------------------------------------------------------


@both
def test_a_delay_of_up_to_a_second_is_slept_for(loop: Loop) -> None:
    """The run goes on by itself, as late as the policy says."""
    world = World({"a": [Fate.RAISES, Fate.RAISES]}, tick=STILL)
    before = world.clock.now
    saga = shop(loop.steps(world).undone("a", retry=Retry(3, delay=SECOND / 2)))
    outcome = loop.start(saga.new(0), world.clock)
    assert isinstance(outcome, Completed)
    assert (world.order(), world.clock.now - before) == (["a"] * 3, SECOND / 2 + SECOND)


@both
def test_a_longer_one_pauses(loop: Loop) -> None:
    """It says what failed and until when; coming back too early changes nothing."""
    world = World({"a": [Fate.RAISES]}, tick=STILL)
    saga = shop(loop.steps(world).undone("a", retry=Retry(2, delay=SECOND + MOMENT)))
    paused = loop.start(saga.new(0), world.clock)
    assert isinstance(paused, Paused)
    match paused.why:
        case BackingOff(path="a", failure=failure, until=until):
            assert (failure.kind, failure.code) == ("failed", "Broken")
            assert until == world.clock.now + SECOND + MOMENT
        case other:
            pytest.fail(str(other))
    early = loop.resume(saga.load(paused.dump()), world.clock)
    assert isinstance(early, Paused)
    assert early.dump() == paused.dump()
    world.clock.advance(SECOND + MOMENT)
    assert isinstance(loop.resume(early, world.clock), Completed)
    assert world.order() == ["a", "a"]


@both
def test_what_is_left_of_a_long_delay_is_slept_for_if_it_is_short(loop: Loop) -> None:
    """Who comes back half a second early waits that half second."""
    world = World({"a": [Fate.RAISES]}, tick=STILL)
    paused = loop.start(
        shop(loop.steps(world).undone("a", retry=Retry(2, delay=HOUR, max_delay=HOUR))).new(0), world.clock
    )
    world.clock.advance(HOUR - SECOND / 2)
    assert isinstance(loop.resume(paused, world.clock), Completed)
    assert world.clock.now == paused.why.until


@both
def test_an_undo_backs_off_by_pausing(loop: Loop) -> None:
    """However short it is; without a delay it is tried again at once."""
    for delay, pauses in ((STILL, False), (MOMENT, True)):
        world = World({"b": [Fate.REJECTS], "undo a": [Fate.RAISES]}, tick=STILL)
        steps = loop.steps(world)
        outcome = loop.start(
            shop(steps.undone("a", undo_retry=Retry(2, delay=delay)) >> steps.undone("b")).new(0), world.clock
        )
        if pauses:
            assert isinstance(outcome, Paused)
            assert isinstance(outcome.why, BackingOff)
            world.clock.advance(delay)
            outcome = loop.resume(outcome, world.clock)
        assert isinstance(outcome, RolledBack)
        assert world.order() == ["a", "b", "undo a", "undo a"]


@both
def test_a_settle_backs_off_like_a_step(loop: Loop) -> None:
    """Up to a second in the process, longer by pausing."""
    world = World({"a": [Fate.RAISES], "settle a": [Fate.RAISES, Fate.RAISES]}, tick=STILL)
    saga = shop(loop.steps(world).undone("a", settled=True, settle_retry=Retry(3, delay=SECOND)))
    paused = loop.start(saga.new(0), world.clock)
    assert isinstance(paused, Paused)
    assert world.order() == ["a", "settle a", "settle a"]
    world.clock.advance(2 * SECOND)
    assert isinstance(loop.resume(paused, world.clock), RolledBack)


@final
class Drowsy:
    """A clock whose sleeps end early."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.wall, self.monotonic = clock, clock.wall, clock.monotonic
        self.sleeps = 0

    def sleep(self, seconds: float, /) -> None:
        self.sleeps += 1
        self.clock.sleep(seconds if seconds < 0.3 else seconds / 2)

    async def sleep_async(self, seconds: float, /) -> None:
        self.sleep(seconds)


@both
def test_a_sleep_that_ends_early_is_gone_on_with(loop: Loop) -> None:
    """Nothing is done before its time."""
    world = World({"a": [Fate.RAISES]}, tick=STILL)
    clock, before = Drowsy(world.clock), world.clock.now
    outcome = loop.start(shop(loop.steps(world).undone("a", retry=Retry(2, delay=SECOND))).new(0), clock)
    assert isinstance(outcome, Completed)
    assert (clock.sleeps, world.clock.now - before) == (3, SECOND)


# ---- waiting -----------------------------------------------------------------------------------------------


@both
def test_a_wait_pauses(loop: Loop) -> None:
    """However short; early resumes change nothing, and later nothing above it runs again."""
    world = World(tick=STILL)
    steps = loop.steps(world)
    saga = shop(steps.undone("a") >> wait(MOMENT, name="rest") >> steps.undone("b"))
    paused = loop.start(saga.new(0), world.clock)
    assert isinstance(paused, Paused)
    assert paused.why == AtTimer("rest", world.clock.now + MOMENT)
    early = loop.resume(saga.load(paused.dump()), world.clock)
    assert early.dump() == paused.dump()
    world.clock.advance(MOMENT)
    assert isinstance(loop.resume(early, world.clock), Completed)
    assert world.order() == ["a", "b"]


@both
def test_a_wait_for_no_time_does_not_pause(loop: Loop) -> None:
    """It is over when it begins."""
    world = World(tick=STILL)
    steps = loop.steps(world)
    saga = shop(steps.undone("a") >> wait(STILL) >> steps.undone("b"))
    assert isinstance(loop.start(saga.new(0), world.clock), Completed)


# ---- not yet -----------------------------------------------------------------------------------------------

NOT_YET: Final = [
    ("a", {"a": [Fate.NOT_YET]}, ["a", "a"]),
    ("settle a", {"a": [Fate.RAISES], "settle a": [Fate.NOT_YET]}, ["a", "settle a", "settle a"]),
    ("undo a", {"b": [Fate.REJECTS], "undo a": [Fate.NOT_YET]}, ["a", "b", "undo a", "undo a"]),
]


@pytest.mark.parametrize(("who", "script", "order"), NOT_YET, ids=[who for who, _, _ in NOT_YET])
@both
def test_not_yet_pauses_until_then(loop: Loop, who: str, script: dict[str, list[Fate]], order: list[str]) -> None:
    """In a step, a settle and an undo; it is the same piece of work that goes on, with the next number."""
    world = World(script, tick=STILL)
    steps = loop.steps(world)
    once = Retry(1)
    saga = shop(steps.undone("a", retry=once, settled=True, settle_retry=once, undo_retry=once) >> steps.kept("b"))
    paused = loop.start(saga.new(0), world.clock)
    assert isinstance(paused, Paused)
    assert paused.why == Postponed("a", "later", world.clock.now + HOUR)
    world.clock.advance(HOUR - MOMENT)
    early = loop.resume(saga.load(paused.dump()), world.clock)
    assert early.dump() == paused.dump(), "not even half a second before"
    world.clock.advance(MOMENT)
    outcome = loop.resume(early, world.clock)
    assert isinstance(outcome, Completed | RolledBack)
    assert world.order()[: len(order)] == order
    first, second = (call.attempt for call in world.calls if who in (call.name, f"{call.role.value} {call.name}"))
    assert first is not None
    assert second is not None
    assert (first.key, first.number + 1) == (second.key, second.number)


@both
def test_not_yet_without_a_time_goes_on_when_somebody_comes_back(loop: Loop) -> None:
    """As soon as that is."""
    calls: list[int] = []
    saga = shop(loop.steps(World()).read("a") >> patient(calls))
    clock = FakeClock()
    paused = loop.start(saga.new(0), clock)
    assert isinstance(paused, Paused)
    assert paused.why == Postponed("patient", "busy", None)
    assert isinstance(loop.resume(paused, clock), Completed)
    assert calls == [1, 1]


def patient(calls: list[int]) -> AnyBlock:
    from resaga import NotYet, read  # noqa: PLC0415

    @read
    def patient(context: int) -> int:
        calls.append(context)
        if len(calls) == 1:
            raise NotYet("busy")
        return context

    return patient


# ---- gates -------------------------------------------------------------------------------------------------


@both
def test_a_gate_waits_for_its_answer(loop: Loop) -> None:
    """Coming back without one changes nothing."""
    world = World(tick=STILL)
    steps = loop.steps(world)
    ask = steps.gate("ask", deadline=DAY)
    saga = shop(steps.undone("a") >> ask)
    paused = loop.start(saga.new(0), world.clock)
    assert isinstance(paused, Paused)
    assert paused.why == AtGate("ask", world.clock.now + DAY)
    early = loop.resume(saga.load(paused.dump()), world.clock)
    assert early.dump() == paused.dump()
    assert isinstance(loop.resume(early.answer(ask, True, clock=world.clock), world.clock), Completed)
    assert world.order() == ["a", "ask"]


@both
def test_a_gate_that_nobody_answers_in_time_rejects_if_that_was_declared(loop: Loop) -> None:
    """Not a moment before its deadline, and without its body being called."""
    world = World(tick=STILL)
    steps = loop.steps(world)
    paused = loop.start(
        shop(steps.undone("a") >> steps.gate("ask", deadline=DAY, expiry=Reject("too slow"))).new(0),
        world.clock,
    )
    world.clock.advance(DAY - MOMENT)
    paused = loop.resume(paused, world.clock)
    assert isinstance(paused, Paused)
    world.clock.advance(MOMENT)
    outcome = loop.resume(paused, world.clock)
    assert isinstance(outcome, RolledBack)
    assert (outcome.failure.path, outcome.failure.kind, outcome.failure.message) == (
        "ask",
        "expired",
        "too slow",
    )
    assert world.order() == ["a", "undo a"]


@both
def test_a_gate_that_nobody_answers_in_time_takes_the_declared_answer(loop: Loop) -> None:
    """As if somebody had given it."""
    world = World(tick=STILL)
    steps = loop.steps(world)
    for answer, end in ((True, Completed), (False, RolledBack)):
        saga = shop(steps.undone("a") >> steps.gate("ask", deadline=DAY, expiry=Default(answer)))
        paused = loop.start(saga.new(0), world.clock)
        world.clock.advance(DAY)
        assert isinstance(loop.resume(paused, world.clock), end)


@both
def test_a_question_that_stays_can_be_answered_late(loop: Loop) -> None:
    """Its deadline is only for people to see."""
    world = World(tick=STILL)
    steps = loop.steps(world)
    ask = steps.gate("ask", deadline=DAY, expiry=Stay())
    paused = loop.start(shop(steps.undone("a") >> ask).new(0), world.clock)
    world.clock.advance(2 * DAY)
    paused = loop.resume(paused, world.clock)
    assert isinstance(paused, Paused)
    assert isinstance(loop.resume(paused.answer(ask, True, clock=world.clock), world.clock), Completed)


@both
def test_an_answer_that_is_too_late_uses_nothing_up(loop: Loop) -> None:
    """It is refused, and the execution goes the declared way."""
    world = World(tick=STILL)
    steps = loop.steps(world)
    ask = steps.gate("ask", deadline=DAY, expiry=Reject())
    paused = loop.start(shop(steps.undone("a") >> ask).new(0), world.clock)
    assert isinstance(paused, Paused)
    until = world.clock.now + DAY
    world.clock.advance(DAY)
    with pytest.raises(TooLate, match="'ask' could be answered until") as refused:
        paused.answer(ask, True, clock=world.clock)
    assert (refused.value.path, refused.value.deadline) == ("ask", until)
    assert isinstance(loop.resume(paused, world.clock), RolledBack)
    assert "ask" not in world.order()


@both
def test_an_answer_in_time_counts_whenever_the_run_goes_on(loop: Loop) -> None:
    """The deadline is for answering."""
    world = World(tick=STILL)
    ask = loop.steps(world).gate("ask", deadline=DAY, expiry=Reject())
    paused = loop.start(shop(ask).new(0), world.clock)
    world.clock.advance(DAY - MOMENT)
    answered = paused.answer(ask, True, by="ann", clock=world.clock)
    world.clock.advance(DAY)
    assert isinstance(loop.resume(answered, world.clock), Completed)


# ---- clocks that are set -----------------------------------------------------------------------------------


@both
def test_no_duration_is_negative_when_the_clock_is_set(loop: Loop) -> None:
    """Durations come of a clock that nobody sets; the wall is looked at when a run begins."""
    for jump in (DAY, -DAY, timedelta(days=3650), timedelta(days=-3650)):
        world = World(tick=SECOND)
        world.fates = Jumping(world, jump)
        steps = loop.steps(world)
        new = shop(steps.undone("a") >> steps.undone("b") >> steps.undone("c")).new(0)
        outcome = loop.start(new, world.clock)
        assert isinstance(outcome, RolledBack)
        assert world.order() == ["a", "b", "c", "undo b", "undo a"]
        assert {one.duration for one in outcome.state.step_timings} == {SECOND}


@final
class Jumping:
    """Sets the clock in the middle of each call; the third step rejects."""

    def __init__(self, world: World, jump: timedelta) -> None:
        self.world = world
        self.jump = jump

    def __call__(self, call: Call) -> Fate:
        self.world.clock.jump(self.jump)
        return Fate.REJECTS if call.name == "c" else Fate.GIVES


@both
def test_what_was_cut_off_goes_on_at_once_by_any_clock(loop: Loop) -> None:
    """Also where it is ten years earlier."""
    world = World({"a": [Fate.CUT]})
    new = shop(loop.steps(world).undone("a")).new(0)
    with pytest.raises(Cut):
        loop.start(new, world.clock)
    world.clock.jump(timedelta(days=-3650))
    assert isinstance(loop.resume(new.interrupted, world.clock), Completed)
