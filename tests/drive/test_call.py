"""Calling a body once: what its return and its exceptions mean."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeAlias, cast

import pytest

from resaga import (
    Attempt,
    Completed,
    DidNotHappen,
    NotYet,
    Paused,
    Rejected,
    Retry,
    RolledBack,
    Saga,
    Stuck,
    branch,
    read,
    step,
    wait,
    when,
    within,
)
from resaga.core.decision import Choose, Perform
from resaga.core.errors import IllegalTransition
from resaga.core.why import InDoubt, NoWayBack
from resaga.drive.call import prepare
from tests.loops import BLOCKING, AnyExecution, Loop, both
from tests.steps import AnyBlock, Happened
from tests.worlds import Fate, World

HOUR: Final = timedelta(hours=1)
TWICE: Final = Retry(2)
GIVES, RAISES, AFTER, REJECTS = Fate.GIVES, Fate.RAISES, Fate.RAISES_AFTER, Fate.REJECTS


def shop(block: AnyBlock, emits: tuple[type, ...] = ()) -> "Saga[int, Any, Any]":
    return Saga("shop", block, emits=emits)


def run(loop: Loop, block: AnyBlock, world: World, emits: tuple[type, ...] = ()) -> AnyExecution:
    return loop.start(shop(block, emits).new(0, id="x", clock=world.clock), world.clock)


# ---- a plain step ------------------------------------------------------------------------------------------


@both
def test_what_each_step_gives_the_next_one_takes(loop: Loop) -> None:
    """The last one's is the result."""
    world = World()
    steps = loop.steps(world)
    outcome = run(loop, steps.undone("a", plain=True) >> steps.read("b") >> steps.irreversible("c"), world)
    assert isinstance(outcome, Completed)
    assert (outcome.result, [call.value for call in world.calls]) == (3, [0, 1, 2])


@both
def test_an_exception_of_a_plain_step_says_that_nothing_happened(loop: Loop) -> None:
    """It is not undone itself; all before it is, in exact reverse, each with its own result."""
    world = World({"c": [RAISES]})
    steps = loop.steps(world)
    outcome = run(
        loop,
        steps.undone("a") >> steps.undone("b", plain=True) >> steps.kept("k") >> steps.undone("c"),
        world,
    )
    assert isinstance(outcome, RolledBack)
    assert (outcome.failure.path, outcome.failure.kind, outcome.failure.message) == (
        "c",
        "failed",
        "it broke",
    )
    assert world.order() == ["a", "b", "k", "c", "undo b", "undo a"]
    assert [call.value for call in world.calls[4:]] == [2, 1]


@both
def test_it_is_repeated_as_often_as_its_policy_allows(loop: Loop) -> None:
    """Every attempt counts, and the last one's failure is the reason."""
    for attempts in (1, 2, 3):
        world = World({"a": [RAISES] * 9})
        outcome = run(loop, loop.steps(world).undone("a", retry=Retry(attempts)), world)
        assert isinstance(outcome, RolledBack)
        assert [call.attempt.number for call in world.calls if call.attempt] == list(range(1, attempts + 1))


@both
def test_only_what_its_policy_names_is_repeated(loop: Loop) -> None:
    """Another exception is the last."""
    world = World({"a": [RAISES]})
    assert isinstance(
        run(loop, loop.steps(world).undone("a", retry=Retry(9, on=(KeyError, OSError))), world), RolledBack
    )
    assert world.count("a") == 1


@both
def test_a_rejection_is_never_repeated(loop: Loop) -> None:
    """It says no, and that nothing happened."""
    world = World({"a": [REJECTS]})
    outcome = run(loop, loop.steps(world).undone("a", retry=Retry(9), settled=True), world)
    assert isinstance(outcome, RolledBack)
    assert (outcome.failure.kind, outcome.failure.code, world.order()) == ("rejected", "no", ["a"])


@both
def test_all_attempts_have_one_key(loop: Loop) -> None:
    """Over retries, resumes and processes; an undo has its own, and knows the one of doing."""
    world = World({"a": [RAISES, Fate.NOT_YET], "b": [REJECTS], "undo a": [RAISES, Fate.NOT_YET]})
    steps = loop.steps(world)
    saga = shop(steps.undone("a", retry=Retry(3), settled=True, undo_retry=TWICE) >> steps.undone("b"))
    outcome = loop.start(saga.new(0), world.clock)
    while isinstance(outcome, Paused):
        world.clock.advance(HOUR)
        outcome = loop.resume(saga.load(outcome.dump()), world.clock)
    assert isinstance(outcome, RolledBack)
    assert world.order() == ["a", "a", "a", "b", "undo a", "undo a", "undo a"]
    told = [(call.name, call.attempt.key, call.attempt.key_of_doing) for call in world.calls if call.attempt]
    do_a, do_b, undo_a = (told[at][1] for at in (0, 3, 4))
    assert told == [("a", do_a, do_a)] * 3 + [("b", do_b, do_b)] + [("a", undo_a, do_a)] * 3
    assert len({do_a, do_b, undo_a}) == 3


# ---- doubt -------------------------------------------------------------------------------------------------

Script: TypeAlias = dict[str, list[Fate]]

DOUBTS: Final[list[tuple[str, Script, list[str]]]] = [
    ("it happened", {"a": [AFTER]}, ["z", "a", "settle a", "undo a", "undo z"]),
    ("it did not happen", {"a": [RAISES]}, ["z", "a", "settle a", "undo z"]),
    ("doubt sticks", {"a": [AFTER, REJECTS]}, ["z", "a", "a", "settle a", "undo a", "undo z"]),
    ("a result clears it", {"a": [RAISES, GIVES], "b": [REJECTS]}, ["z", "a", "a", "b", "undo a", "undo z"]),
    (
        "asked twice",
        {"a": [AFTER], "settle a": [RAISES]},
        ["z", "a", "settle a", "settle a", "undo a", "undo z"],
    ),
]


@pytest.mark.parametrize(("script", "order"), [one[1:] for one in DOUBTS], ids=[one[0] for one in DOUBTS])
@both
def test_a_step_in_doubt_is_settled(loop: Loop, script: Script, order: list[str]) -> None:
    """It is undone first if it happened, then all before it."""
    world = World(script)
    steps = loop.steps(world)
    retry = Retry(order.count("a"))
    block = steps.undone("z") >> steps.undone("a", retry=retry, settled=True, settle_retry=TWICE) >> steps.undone("b")
    outcome = run(loop, block, world)
    assert isinstance(outcome, RolledBack)
    assert outcome.failure.kind == ("rejected" if REJECTS in [*script.get("b", ()), *script["a"]] else "failed")
    assert world.order() == order
    assert world.there == set()


@both
def test_did_not_happen_may_be_said_by_its_class(loop: Loop) -> None:
    """`return DidNotHappen` is what it looks like."""
    undone: list[object] = []

    def nothing(context: int, attempt: Attempt) -> AnyBlock:
        return DidNotHappen

    @step
    def a(context: int) -> int:
        raise OSError

    outcome = run(loop, a.settled_by(nothing).undone_by(undone.append), World())
    assert isinstance(outcome, RolledBack)
    assert (outcome.failure.code, undone) == ("OSError", [])


@pytest.mark.parametrize("settle", [[RAISES, RAISES], [REJECTS]], ids=["it fails too often", "it rejects"])
@both
def test_a_settle_that_gives_up_leaves_it_to_a_person(loop: Loop, settle: list[Fate]) -> None:
    """Nothing is undone behind anybody's back."""
    world = World({"a": [AFTER], "settle a": settle})
    steps = loop.steps(world)
    outcome = run(loop, steps.undone("z") >> steps.undone("a", settled=True, settle_retry=TWICE), world)
    assert isinstance(outcome, Stuck)
    assert isinstance(outcome.why, InDoubt)
    assert (outcome.path, outcome.failure.message) == ("a", "it broke")
    assert world.order() == ["z", "a"] + ["settle a"] * len(settle)


@both
def test_an_attempt_is_not_repeated_when_the_world_may_have_forgotten_its_key(loop: Loop) -> None:
    """If it may have happened, one finds out instead; if not, it may be repeated for ever."""
    for settled, order in ((True, ["a", "settle a", "undo a"]), (False, ["a", "a"])):
        world = World({"a": [AFTER] if settled else [RAISES]})
        retry = Retry(2, delay=2 * HOUR, max_delay=2 * HOUR)
        saga = shop(loop.steps(world).undone("a", retry=retry, settled=settled, key_life=HOUR))
        paused = loop.start(saga.new(0), world.clock)
        world.clock.advance(2 * HOUR)
        assert isinstance(loop.resume(paused, world.clock), RolledBack if settled else Completed)
        assert world.order() == order


# ---- the point of no return --------------------------------------------------------------------------------

IRREVERSIBLE: Final = [
    ("rejects", [REJECTS], {}, RolledBack, ["a", "c", "undo a"]),
    ("fails", [RAISES], {}, Stuck, ["a", "c"]),
    ("fails, may be repeated", [RAISES], {"retry": TWICE}, Completed, ["a", "c", "c"]),
    ("fails twice, may be repeated once", [RAISES, RAISES], {"retry": TWICE}, Stuck, ["a", "c", "c"]),
    ("doubt sticks", [RAISES, REJECTS], {"retry": TWICE}, Stuck, ["a", "c", "c"]),
    ("fails, settled", [RAISES], {"settled": True}, RolledBack, ["a", "c", "settle c", "undo a"]),
    ("happened, settled", [AFTER], {"settled": True}, Completed, ["a", "c", "settle c"]),
    ("not yet", [Fate.NOT_YET], {}, Paused, ["a", "c"]),
]


@pytest.mark.parametrize(
    ("fates", "said", "end", "order"), [one[1:] for one in IRREVERSIBLE], ids=[one[0] for one in IRREVERSIBLE]
)
@both
def test_an_irreversible_step_is_never_repeated_on_a_guess(
    loop: Loop,
    fates: list[Fate],
    said: dict[str, Any],
    end: type,
    order: list[str],
) -> None:
    """Only a rejection means no; else it is repeated only if that was said to be harmless."""
    world = World({"c": fates})
    steps = loop.steps(world)
    outcome = run(loop, steps.undone("a") >> steps.irreversible("c", **said), world)
    assert isinstance(outcome, end)
    assert world.order() == order
    if isinstance(outcome, Stuck):
        assert isinstance(outcome.why, InDoubt)


@both
def test_nothing_before_a_done_irreversible_step_is_undone(loop: Loop) -> None:
    """What fails later is stuck, and can only go on."""
    world = World({"d": [REJECTS]})
    steps = loop.steps(world)
    outcome = run(loop, steps.undone("a") >> steps.irreversible("c") >> steps.irreversible("d"), world)
    assert isinstance(outcome, Stuck)
    assert isinstance(outcome.why, NoWayBack)
    assert isinstance(loop.retry(outcome, world.clock), Completed)
    assert world.order() == ["a", "c", "d", "d"]


@both
def test_an_irreversible_step_is_not_repeated_under_a_dead_key(loop: Loop) -> None:
    """Though repeating it was said to be harmless."""
    world = World({"c": [RAISES]})
    retry = Retry(2, delay=2 * HOUR, max_delay=2 * HOUR)
    paused = run(loop, loop.steps(world).irreversible("c", retry=retry, key_life=HOUR), world)
    world.clock.advance(2 * HOUR)
    assert isinstance(loop.resume(paused, world.clock), Stuck)
    assert world.order() == ["c"]


# ---- conditions --------------------------------------------------------------------------------------------


class Unclear:
    def __bool__(self) -> bool:
        raise ArithmeticError("neither yes nor no")


def never(context: int) -> bool:
    raise LookupError("cannot tell")


def unclear(context: int) -> bool:
    return cast("bool", Unclear())


def not_yet(context: int) -> bool:
    raise NotYet("ask me later")


@pytest.mark.parametrize("test", [never, unclear, not_yet])
@both
def test_a_condition_that_raises_rejects(loop: Loop, test: Callable[[int], bool]) -> None:
    """Also one whose answer cannot be told, and one that wants to be asked later."""
    world = World()
    steps = loop.steps(world)
    outcome = run(loop, steps.undone("a") >> when(test, steps.undone("b")), world)
    assert isinstance(outcome, RolledBack)
    assert (outcome.failure.path, outcome.failure.kind) == (test.__name__, "failed")
    assert world.order() == ["a", "undo a"]


@both
def test_a_condition_that_raises_after_the_point_of_no_return_can_be_retried(loop: Loop) -> None:
    """Nothing else."""
    calls: list[int] = []

    def twice(context: int) -> bool:
        calls.append(context)
        if len(calls) < 2:
            raise LookupError
        return True

    world = World()
    steps = loop.steps(world)
    outcome = run(loop, steps.irreversible("a") >> branch(twice, steps.read("b"), steps.read("c")), world)
    assert isinstance(outcome, Stuck)
    assert isinstance(loop.retry(outcome, world.clock), Completed)
    assert (world.order(), calls) == (["a", "b"], [1, 1])


@pytest.mark.parametrize("where", ["get", "put"])
@both
def test_taking_out_and_putting_back_are_like_conditions(loop: Loop, where: str) -> None:
    """One that raises rejects, and so does one that wants to be called later."""

    def get(context: int) -> int:
        if where == "get":
            raise NotYet("later")
        return context

    def put(context: int, inner: int) -> int:
        raise NotYet("later")

    world = World()
    steps = loop.steps(world)
    outcome = run(loop, steps.undone("a") >> within(steps.read("b"), get, put), world)
    assert isinstance(outcome, RolledBack)
    assert (outcome.failure.path, outcome.failure.kind, outcome.failure.code) == (where, "failed", "NotYet")


# ---- events ------------------------------------------------------------------------------------------------


@both
def test_an_event_leaves_with_the_outcome_of_its_attempt(loop: Loop) -> None:
    """Those of an attempt that failed do not."""
    world = World({"b": [RAISES]})
    steps = loop.steps(world, emits=True)
    outcome = run(loop, steps.undone("a") >> steps.undone("b", retry=TWICE), world, emits=(Happened,))
    assert isinstance(outcome, Completed)
    assert outcome.events == (Happened("a"), Happened("b"))


def test_an_undo_may_emit_too() -> None:
    """Its events stand behind those of the steps."""

    @step
    def a(context: int, attempt: Attempt) -> int:
        attempt.emit(Happened("a"))
        return context

    def undo(context: int, attempt: Attempt) -> None:
        attempt.emit(Happened("undo a"))

    @read
    def b(context: int) -> int:
        raise Rejected

    outcome = shop(a.undone_by(undo) >> b, emits=(Happened,)).new(0).start()
    assert isinstance(outcome, RolledBack)
    assert outcome.state.events == (Happened("a"), Happened("undo a"))


@both
def test_an_undeclared_event_fails_the_attempt(loop: Loop) -> None:
    """The failure says what to declare."""
    world = World()
    outcome = run(loop, loop.steps(world, emits=True).undone("a"), world)
    assert isinstance(outcome, RolledBack)
    assert outcome.failure.code == "UndeclaredEvent"
    assert "emits=(Happened, …)" in outcome.failure.message


# ---- what cannot be called ---------------------------------------------------------------------------------


def test_a_decision_of_which_nothing_can_come_is_refused() -> None:
    """A forged program does not get a body called that is not there."""
    world = World()
    saga = shop(BLOCKING.steps(world).read("a") >> wait(HOUR))
    state, timer = saga.new(0).state, saga.program.instructions[1]
    for decision in (Choose(timer), Perform(timer)):
        with pytest.raises(IllegalTransition, match="has no body"):
            prepare(decision, state, saga.codec.copy)


@both
def test_a_failure_names_its_step_by_the_whole_path(loop: Loop) -> None:
    """In nested blocks too."""
    world = World({"b": [RAISES]})
    steps = loop.steps(world)
    outcome = run(loop, steps.undone("a") >> steps.undone("b").named("inner").named("outer"), world)
    assert isinstance(outcome, RolledBack)
    assert outcome.failure.path == "outer/inner/b"
