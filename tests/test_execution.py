"""Executions: what may be done with one in each of its states, and what it tells."""

from datetime import timedelta
from typing import Any, Final, assert_never, get_args, get_type_hints

import pytest
from attrs import frozen

from resaga import (
    Answered,
    Completed,
    Execution,
    Interrupted,
    New,
    Outcome,
    Paused,
    Rejected,
    RolledBack,
    Saga,
    Stuck,
    Sync,
    gate,
    read,
    step,
    wait,
)
from resaga.core.errors import InvalidArgument, NotAsked, PastNoReturn
from resaga.core.plan import Kept, RollbackPlan
from resaga.core.why import AtGate, AtTimer, BackingOff, Postponed
from resaga.saga import Loaded
from resaga.testing import FakeClock
from tests.loops import BLOCKING, Loop, both
from tests.shops import DAY, STATES, Shop
from tests.worlds import Cut, Fate

VERBS: Final[dict[str, tuple[type[Any], ...]]] = {
    "start": (New,),
    "start_async": (New,),
    "resume": (Paused, Answered, Interrupted),
    "resume_async": (Paused, Answered, Interrupted),
    "asked": (Paused,),
    "answer": (Paused,),
    "cancel": (New, Paused, Answered, Interrupted, Stuck),
    "rollback_plan": (New, Paused, Answered, Interrupted, Stuck),
    "retry": (Stuck,),
    "retry_async": (Stuck,),
    "retried": (Stuck,),
    "skip": (Stuck,),
    "mark_done": (Stuck,),
    "result": (Completed,),
    "events": (Completed,),
    "context": (RolledBack,),
    "failure": (RolledBack, Stuck),
    "undone": (RolledBack,),
    "undone_by_hand": (RolledBack,),
    "kept": (RolledBack,),
    "skipped": (RolledBack, Stuck),
    "undo_failure": (Stuck,),
    "in_effect": (Stuck,),
    "path": (Stuck,),
    "given": (Stuck,),
    "why": (Paused, Stuck),
    "dump": tuple(STATES),
    "interrupted": tuple(STATES),
    "id": tuple(STATES),
    "state": tuple(STATES),
    "status": tuple(STATES),
}


# ---- verbs and states --------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("kind", STATES, ids=lambda kind: kind.__name__)
@both
def test_each_state_has_its_verbs_and_no_other(loop: Loop, kind: type[Any], verb: str) -> None:
    """Who does not ask a type checker is told which state it is that has no such verb."""
    execution = STATES[kind](loop)
    assert type(execution) is kind
    if kind in VERBS[verb]:
        getattr(execution, verb)
    else:
        with pytest.raises(AttributeError, match=f"'{kind.__name__}' object has no attribute '{verb}'"):
            getattr(execution, verb)


def test_no_state_has_a_verb_that_is_not_listed_here() -> None:
    """The table above is all there is."""
    public = {(kind, name) for kind in STATES for name in dir(kind) if not name.startswith("_")}
    assert public == {(kind, name) for name, kinds in VERBS.items() for kind in kinds}


@pytest.mark.parametrize("kind", STATES, ids=lambda kind: kind.__name__)
@both
def test_each_state_is_loaded_as_what_it_was(loop: Loop, kind: type[Any]) -> None:
    """In another process it has the same verbs, and the same document."""
    execution = STATES[kind](loop)
    saga = Shop(loop).saga
    loaded = saga.load(execution.dump())
    assert type(loaded) is kind
    assert loaded.dump() == execution.dump()
    assert (loaded.id, loaded.status, repr(loaded)) == ("x", execution.status, repr(execution))


def test_a_run_that_was_turned_round_is_loaded_as_interrupted() -> None:
    """Somebody cancelled it, and nobody has resumed it yet."""
    shop = Shop()
    cancelled = shop.paused().cancel("enough")
    assert type(cancelled) is Interrupted
    assert type(shop.saga.load(cancelled.dump())) is Interrupted


def test_an_execution_shows_where_it_stands() -> None:
    """In its repr."""
    assert [repr(make(BLOCKING)) for make in STATES.values()] == [
        "<New shop 'x' at hold>",
        "<Paused shop 'x' at boss/ask>",
        "<Answered shop 'x' at boss/ask>",
        "<Interrupted shop 'x' at hold>",
        "<Completed shop 'x'>",
        "<RolledBack shop 'x'>",
        "<Stuck shop 'x' at pay>",
    ]


@frozen
class Order:
    id: str


@read
def look(order: Order) -> Order:
    if order.id == "bad":
        raise Rejected("bad")
    return order


@step
def pay(order: Order) -> Order:
    if order.id == "odd":
        raise OSError
    return order


@gate
def approval(order: Order, answer: bool) -> Order:  # noqa: FBT001 - an answer
    return order


def test_a_match_can_tell_all_outcomes_apart() -> None:
    """And a type checker knows when one is missing."""
    one_by_one: Saga[Order, Order, Sync] = Saga("match", look >> approval >> pay.irreversible())

    def told(outcome: Outcome[Order, Order, Sync]) -> str:
        match outcome:
            case Completed(result):
                return f"completed {result.id}"
            case Paused(why=why):
                match why:
                    case AtGate(path=path) | AtTimer(path=path) | Postponed(path=path) | BackingOff(path=path):
                        return f"paused at {path}"
                    case _:
                        assert_never(why)
            case RolledBack(failure=failure, context=context):
                return f"{context.id} rolled back: {failure}"
            case Stuck(path=path, failure=failure):
                return f"stuck at {path}: {failure.code}"
            case _:
                assert_never(outcome)

    def go(order: Order) -> str:
        outcome = one_by_one.new(order).start()
        return told(outcome.answer(approval, True).resume()) if isinstance(outcome, Paused) else told(outcome)

    assert [go(Order("ok")), go(Order("bad")), go(Order("odd"))] == [
        "completed ok",
        "bad rolled back: look rejected: bad",
        "stuck at pay: OSError",
    ]
    assert told(one_by_one.new(Order("ok")).start()) == "paused at approval"


# ---- questions ---------------------------------------------------------------------------------------------


def test_a_question_tells_what_it_is_about() -> None:
    """Also where its gate stands in a named block, under more than one name, and in another process."""
    twice: Any = Saga("twice", look >> approval.named("first") >> approval.named("second"))
    clock = FakeClock()
    paused = twice.new(Order("o")).start(clock=clock)
    question = twice.load_paused(paused.dump()).asked(approval)
    assert (question.path, question.context, question.deadline) == ("first/approval", Order("o"), None)
    assert repr(question) == "Question('first/approval', Order(id='o'))"
    paused = paused.answer(approval, True).resume()
    assert paused.asked(approval).path == "second/approval"
    assert isinstance(paused.answer(approval, True).resume(), Completed)


def test_a_question_has_a_deadline_if_its_gate_has_one() -> None:
    """As people read it."""
    shop = Shop()
    paused = shop.paused()
    assert paused.asked(shop.ask).deadline == paused.why.deadline
    assert DAY - timedelta(seconds=1) < paused.why.deadline - shop.clock.now <= DAY


def test_another_gate_asks_nothing() -> None:
    """Nor does one where the run waits for something else."""
    shop = Shop()
    assert shop.paused().asked(approval) is None
    timed: Any = Saga("timed", look >> wait(DAY) >> approval)
    paused = timed.new(Order("o")).start()
    assert paused.asked(approval) is None
    with pytest.raises(NotAsked, match="does not wait for an answer to 'approval', but at 'wait-1d'"):
        paused.answer(approval, True)


# ---- cancelling --------------------------------------------------------------------------------------------


@both
def test_a_run_can_be_cancelled_until_there_is_no_return(loop: Loop) -> None:
    """Its steps are taken back when it is resumed; the failure says who and why."""
    shop = Shop(loop)
    cancelled = shop.paused().cancel("too dear", by="ann", clock=shop.clock)
    assert isinstance(cancelled, Interrupted)
    assert shop.world.order() == ["hold", "note"]
    outcome = loop.resume(shop.saga.load(cancelled.dump()), shop.clock)
    assert isinstance(outcome, RolledBack)
    assert (outcome.failure.path, outcome.failure.kind, outcome.failure.message) == (
        "boss/ask",
        "cancelled",
        "too dear (ann)",
    )
    assert shop.world.order() == ["hold", "note", "undo hold"]


@both
def test_a_new_one_can_be_cancelled(loop: Loop) -> None:
    """Nothing is ever called."""
    shop = Shop(loop)
    outcome = loop.resume(shop.new().cancel("never mind"), shop.clock)
    assert isinstance(outcome, RolledBack)
    assert (outcome.failure.message, shop.world.order(), outcome.undone) == ("never mind", [], ())


@both
def test_a_cancellation_says_why(loop: Loop) -> None:
    """And nobody is named by a blank."""
    new = Shop(loop).new()
    for reason, by in (("", "ann"), (" ", None), ("never mind", ""), ("never mind", " ")):
        with pytest.raises(InvalidArgument, match=r"cancel\(…"):
            new.cancel(reason, by=by)
    assert isinstance(new.cancel("never mind"), Interrupted)


@both
def test_cancelling_a_rollback_changes_nothing(loop: Loop) -> None:
    """It goes on as it was going."""
    shop = Shop(loop)
    turned = shop.paused().cancel("first", clock=shop.clock).cancel("second", clock=shop.clock)
    outcome = loop.resume(turned, shop.clock)
    assert outcome.failure.message == "first"
    assert shop.world.order() == ["hold", "note", "undo hold"]


@both
def test_past_the_point_of_no_return_nothing_is_cancelled(loop: Loop) -> None:
    """The run can go on as if nobody had asked."""
    shop = Shop(loop, mail=Fate.NOT_YET)
    paused = shop.ended()
    with pytest.raises(PastNoReturn, match="'pay' is done and cannot be taken back") as refused:
        paused.cancel("too late")
    assert refused.value.path == "pay"
    assert str(paused.rollback_plan()) == "no rollback: pay is done and cannot be taken back"
    shop.clock.advance(DAY)
    assert isinstance(loop.resume(paused, shop.clock), Completed)


def test_a_rollback_plan_says_what_a_rollback_would_do() -> None:
    """Before there is anything, and when there is."""
    shop = Shop()
    new = shop.new()
    assert str(new.rollback_plan()) == "nothing to undo"
    plan = shop.paused().rollback_plan()
    assert plan == RollbackPlan(("hold",), (Kept("note", "it harms nobody"),), past_return=None, in_doubt=None)
    assert str(plan) == "undo hold\nkeep note: it harms nobody"


# ---- ends --------------------------------------------------------------------------------------------------


@both
def test_a_completed_one_has_its_result(loop: Loop) -> None:
    """And what its bodies emitted."""
    outcome = Shop(loop).ended()
    assert (outcome.result, outcome.events) == (5, ())


@both
def test_a_rolled_back_one_tells_what_became_of_its_steps(loop: Loop) -> None:
    """What was undone and how long that took, and what is kept and why."""
    shop = Shop(loop)
    outcome = shop.ended(False)
    assert (outcome.context, outcome.failure.kind, outcome.failure.code) == (0, "rejected", "declined")
    assert [(one.path, one.attempt, one.outcome, one.duration) for one in outcome.undone] == [
        ("hold", 1, "undone", shop.world.tick)
    ]
    assert (outcome.kept, outcome.skipped) == ((Kept("note", "it harms nobody"),), ())


@pytest.mark.parametrize("kind", [Execution, Saga, Outcome, Loaded, *STATES])
def test_an_annotation_may_leave_the_mode_out(kind: Any) -> None:  # noqa: ANN401 - an alias is of no class
    """When it is read at run time too, as frameworks do, on every Python."""
    annotations = {"short": kind[Order, str], "long": kind[Order, str, Sync]}
    told = get_type_hints(type("Told", (), {"__annotations__": annotations}))
    assert [get_args(one)[:2] for one in told.values()] == [(Order, str)] * 2


@both
def test_what_was_cut_off_behind_an_answer_is_found_from_where_it_was_said(loop: Loop) -> None:
    """`paused.answer(…).resume()` in one line leaves no name for what was resumed: the doubt is not lost with it."""
    shop = Shop(loop, pay=Fate.CUT)
    paused = shop.paused()
    with pytest.raises(Cut):
        loop.resume(paused.answer(shop.ask, True, clock=shop.clock), shop.clock)
    assert isinstance(shop.saga.load(paused.interrupted.dump()), Stuck)
    shop = Shop(loop, undo_hold=Fate.CUT)
    paused = shop.paused()
    with pytest.raises(Cut):
        loop.resume(paused.cancel("no", clock=shop.clock), shop.clock)
    assert isinstance(loop.resume(paused.interrupted, shop.clock), RolledBack)
