"""Executions: what may be done with one in each of its states, and that it is done once."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, assert_never

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
    Retry,
    RolledBack,
    Saga,
    Stuck,
    Sync,
    gate,
    read,
    step,
    wait,
)
from resaga.core.errors import (
    AlreadyUsed,
    InvalidOption,
    NeedsAwait,
    NotAsked,
    PastNoReturn,
    TooLate,
    UsageError,
    WrongAnswer,
)
from resaga.core.node import Reject
from resaga.core.plan import Kept, RollbackPlan
from resaga.core.why import AtGate, AtTimer, BackingOff, Postponed
from resaga.testing import FakeClock
from tests.loops import AWAITING, BLOCKING, Loop, both
from tests.steps import AnyBlock
from tests.worlds import Cut, Fate, World

DAY: Final = timedelta(days=1)


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

    def new(self) -> Any:  # noqa: ANN401 - of types known only now
        return self.saga.new(0, id="x", clock=self.clock)

    def paused(self) -> Any:  # noqa: ANN401
        return self.loop.start(self.new(), self.clock)

    def answered(self, answer: bool = True) -> Any:  # noqa: ANN401, FBT001, FBT002
        return self.paused().answer(self.ask, answer, by="ann", clock=self.clock)

    def ended(self, answer: bool = True) -> Any:  # noqa: ANN401, FBT001, FBT002
        return self.loop.resume(self.answered(answer), self.clock)

    def interrupted(self) -> Any:  # noqa: ANN401
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

VERBS: Final[dict[str, tuple[type[Any], ...]]] = {
    "start": (New,),
    "start_async": (New,),
    "resume": (Paused, Answered, Interrupted),
    "resume_async": (Paused, Answered, Interrupted),
    "asked": (Paused,),
    "answer": (Paused,),
    "cancel": (New, Paused, Answered, Interrupted),
    "rollback_plan": (New, Paused, Answered, Interrupted, Stuck),
    "retry": (Stuck,),
    "retry_async": (Stuck,),
    "skip": (Stuck,),
    "mark_done": (Stuck,),
    "result": (Completed,),
    "events": (Completed,),
    "context": (RolledBack,),
    "failure": (RolledBack, Stuck),
    "undone": (RolledBack,),
    "kept": (RolledBack,),
    "skipped": (RolledBack, Stuck),
    "undo_failure": (Stuck,),
    "in_effect": (Stuck,),
    "path": (Stuck,),
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
        "<RolledBack shop 'x' at boss/ask>",
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


# ---- once --------------------------------------------------------------------------------------------------


def uses(loop: Loop, kind: type[Any]) -> list[Callable[[Any], Any]]:
    """All that uses an execution of that state up."""
    clock, ask = FakeClock(), Shop(loop).ask
    by_kind: dict[type[Any], list[Callable[[Any], Any]]] = {
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
    del ask
    return by_kind.get(kind, [])


@pytest.mark.parametrize("kind", [New, Paused, Answered, Interrupted, Stuck], ids=lambda kind: kind.__name__)
@both
def test_an_execution_is_used_once(loop: Loop, kind: type[Any]) -> None:
    """Whichever verbs it is tried with; what is only asked may be asked again."""
    for first in uses(loop, kind):
        for second in uses(loop, kind):
            execution = STATES[kind](loop)
            before = execution.dump()
            first(execution)
            with pytest.raises(AlreadyUsed, match="execution 'x' was used before: go on with what that gave") as used:
                second(execution)
            assert used.value.id == "x"
            assert execution.dump() == before


def test_an_answer_uses_its_question_up() -> None:
    """The second one is refused, whoever gives it."""
    shop = Shop()
    paused = shop.paused()
    paused.answer(shop.ask, True, clock=shop.clock)
    for second in (
        lambda: paused.answer(shop.ask, False, clock=shop.clock),
        lambda: paused.resume(clock=shop.clock),
        lambda: paused.cancel("enough", clock=shop.clock),
    ):
        with pytest.raises(AlreadyUsed):
            second()


@pytest.mark.parametrize("kind", [New, Paused, Answered, Interrupted, Stuck], ids=lambda kind: kind.__name__)
def test_of_many_threads_exactly_one_uses_it(kind: type[Any]) -> None:
    """The others are told so, and have changed nothing."""
    for verb in uses(BLOCKING, kind):
        for _ in range(5):
            execution = STATES[kind](BLOCKING)
            outcomes: list[object] = []
            barrier = threading.Barrier(8)

            def race(one: Any = execution, verb: Callable[[Any], Any] = verb) -> None:  # noqa: ANN401
                barrier.wait()
                try:
                    outcomes.append(type(verb(one)))
                except UsageError as error:
                    outcomes.append(type(error))

            threads = [threading.Thread(target=race) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert outcomes.count(AlreadyUsed) == 7


def test_a_thread_that_comes_between_two_lines_is_noticed() -> None:
    """Even the one who has seen that it is unused may be too late."""
    shop = Shop()
    new = shop.new()

    class Late(list[None]):
        def __bool__(self) -> bool:
            return True

    new._unused = Late()
    with pytest.raises(AlreadyUsed):
        new.start()


@pytest.mark.parametrize("kind", [New, Paused, Answered, Interrupted], ids=lambda kind: kind.__name__)
@both
def test_an_error_uses_nothing_up(loop: Loop, kind: type[Any]) -> None:
    """What a verb refuses leaves the execution as it was."""
    execution, clock = STATES[kind](loop), FakeClock()
    before = execution.dump()
    with pytest.raises(InvalidOption, match="by=7"):
        execution.cancel("enough", by=7)
    if loop is AWAITING:
        blocking = execution.start if kind is New else execution.resume
        with pytest.raises(NeedsAwait, match="saga 'shop' has async bodies"):
            blocking()
    if kind is Paused:
        ask = Shop(loop).ask
        for wrong, said in (
            (lambda: execution.answer(ask, True), NotAsked),  # the gate of another saga
            (lambda: execution.answer("ask", True), NotAsked),
            (lambda: execution.answer(None, True), NotAsked),
        ):
            with pytest.raises(said, match="does not wait for an answer to .*'boss/ask'"):
                wrong()
    assert execution.dump() == before
    assert not isinstance((loop.start if kind is New else loop.resume)(execution, clock), kind if kind is not Paused else Stuck)


def test_a_wrong_answer_uses_nothing_up() -> None:
    """Of another type, from nobody, or too late."""
    shop = Shop()
    paused = shop.paused()
    with pytest.raises(WrongAnswer, match="boss/ask: a str is not what is asked for"):
        paused.answer(shop.ask, "yes", clock=shop.clock)
    with pytest.raises(InvalidOption, match="by=7"):
        paused.answer(shop.ask, True, by=7, clock=shop.clock)
    shop.clock.jump(DAY)
    with pytest.raises(TooLate):
        paused.answer(shop.ask, True, clock=shop.clock)
    shop.clock.jump(-DAY)
    assert isinstance(paused.answer(shop.ask, True, by="an\ud800n", clock=shop.clock).resume(), Completed)


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
def test_cancelling_a_rollback_changes_nothing(loop: Loop) -> None:
    """It goes on as it was going."""
    shop = Shop(loop)
    turned = shop.paused().cancel("first", clock=shop.clock).cancel("second", clock=shop.clock)
    outcome = loop.resume(turned, shop.clock)
    assert outcome.failure.message == "first"


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


def test_a_rollback_without_a_reason_is_impossible() -> None:
    """A forged state is told so."""
    shop = Shop()
    with pytest.raises(AssertionError, match="without a failure"):
        _ = RolledBack(shop.saga.codec, shop.new().state, [None]).failure


# ---- interrupted -------------------------------------------------------------------------------------------


def test_either_the_rest_or_what_was_given_is_used() -> None:
    """Who resumes what was interrupted cannot go on with what the verb gave as well, and the other way round."""
    shop = Shop()
    new = shop.new()
    paused = new.start(clock=shop.clock)
    rest = new.interrupted
    assert isinstance(rest.resume(clock=shop.clock), Paused)
    with pytest.raises(AlreadyUsed):
        paused.resume(clock=shop.clock)
    with pytest.raises(AlreadyUsed):
        new.interrupted.resume(clock=shop.clock)
    with pytest.raises(AlreadyUsed):
        paused.interrupted.resume(clock=shop.clock)


@pytest.mark.parametrize("kind", STATES, ids=lambda kind: kind.__name__)
@both
def test_what_was_not_begun_can_go_on_by_itself_or_by_its_rest(loop: Loop, kind: type[Any]) -> None:
    """An interrupt may come so early that nothing has happened yet."""
    execution = STATES[kind](loop)
    rest = execution.interrupted
    assert isinstance(rest, Interrupted)
    assert rest.dump() == execution.dump()
    outcome = loop.resume(rest, FakeClock())
    assert isinstance(outcome, Execution)
    for verb in uses(loop, kind):
        with pytest.raises(AlreadyUsed):
            verb(execution)


def test_the_rest_is_taken_with_the_clock_of_its_run() -> None:
    """Not with that of this machine."""
    shop = Shop(hold=Fate.CUT)
    shop.clock.jump(timedelta(days=-9000))
    rest = shop.interrupted()
    assert rest.state.updated_at == shop.clock.now
