"""Stuck executions: what a person is told, and what comes of each way to decide."""

from typing import Any, Final, TypeAlias

import pytest

from resaga import Completed, Interrupted, Paused, Rejected, Retry, RolledBack, Saga, Stuck, branch, within
from resaga.core.errors import (
    AlreadyUsed,
    InvalidArgument,
    NeedsAwait,
    NotStuckThere,
    PastNoReturn,
    WrongAnswer,
)
from resaga.core.fact import MASK, Fact
from resaga.core.plan import ByHand, SkippedStep
from resaga.core.why import InDoubt, NoWayBack, UndoFailed
from tests.loops import AWAITING, BLOCKING, AnyExecution, Loop, both
from tests.steps import AnyBlock
from tests.worlds import Cut, Fate, World

RAISES, AFTER, REJECTS, GIVES = Fate.RAISES, Fate.RAISES_AFTER, Fate.REJECTS, Fate.GIVES
ONCE: Final = Retry(1)


class Shop:
    """Three steps, of which the last may fail in all its ways; loaded from its document when it is stuck."""

    def __init__(self, loop: Loop, last: str, **fates: list[Fate]) -> None:
        self.loop = loop
        self.world = World({name.replace("_", " "): these for name, these in fates.items()})
        self.clock = self.world.clock
        steps = loop.steps(self.world)
        kinds: dict[str, AnyBlock] = {
            "undone": steps.undone("c", undo_retry=ONCE),
            "settled": steps.undone("c", settled=True, settle_retry=ONCE),
            "irreversible": steps.irreversible("c"),
            "irreversible again": steps.irreversible("c", retry=Retry(3)),
            "settled irreversible": steps.irreversible("c", settled=True, settle_retry=ONCE),
        }
        before = steps.undone("a", undo_retry=ONCE) >> steps.kept("k") >> steps.undone("b", undo_retry=ONCE)
        self.saga: Any = Saga("shop", before >> kinds[last] >> steps.read("d"))

    def stuck(self) -> AnyExecution:
        outcome = self.loop.start(self.saga.new(0, id="x", clock=self.clock), self.clock)
        assert isinstance(outcome, Stuck)
        loaded = self.saga.load(outcome.dump())
        assert isinstance(loaded, Stuck)
        assert (loaded.why, loaded.failure, loaded.undo_failure) == (
            outcome.why,
            outcome.failure,
            outcome.undo_failure,
        )
        return loaded

    def resume(self, execution: AnyExecution) -> AnyExecution:
        assert isinstance(execution, Interrupted)
        return self.loop.resume(self.saga.load(execution.dump()), self.clock)

    def since(self, stuck: AnyExecution) -> list[str]:
        """The calls that came after it was stuck."""
        return self.world.order()[sum(1 for one in stuck.state.step_timings if one.outcome != "interrupted") :]


Fates: TypeAlias = dict[str, list[Fate]]

IN_DOUBT: Final[list[tuple[str, Fates]]] = [
    ("irreversible", {"c": [AFTER]}),
    ("settled", {"c": [AFTER], "settle_c": [REJECTS]}),
    ("settled irreversible", {"c": [AFTER], "settle_c": [RAISES]}),
]
doubts = pytest.mark.parametrize(("last", "fates"), IN_DOUBT, ids=[last for last, _ in IN_DOUBT])


# ---- in doubt ----------------------------------------------------------------------------------------------


@doubts
@both
def test_a_step_in_doubt_says_so(loop: Loop, last: str, fates: Fates) -> None:
    """With its own failure, and without calling itself done."""
    stuck = Shop(loop, last, **fates).stuck()
    assert isinstance(stuck.why, InDoubt)
    assert (stuck.path, stuck.failure.path, stuck.failure.kind, stuck.undo_failure) == (
        "c",
        "c",
        "failed",
        None,
    )
    assert stuck.in_effect == ("b", "k", "a")
    plan = stuck.rollback_plan()
    assert (plan.undos, plan.past_return, plan.in_doubt) == (("b", "a"), None, "c")
    assert str(plan) == "settle c\nundo b\nundo a\nkeep k: it harms nobody"


@doubts
@both
def test_it_can_be_tried_again(loop: Loop, last: str, fates: Fates) -> None:
    """It is settled if it can be, else called under the same key."""
    shop = Shop(loop, last, **fates)
    stuck = shop.stuck()
    outcome = loop.retry(stuck, shop.clock, by="ann")
    if last == "settled":  # it had been given up, so what has happened is undone
        assert isinstance(outcome, RolledBack)
        assert shop.since(stuck) == ["settle c", "undo c", "undo b", "undo a"]
    else:
        assert isinstance(outcome, Completed)
        assert shop.since(stuck) == (["settle c", "d"] if "settle_c" in fates else ["c", "d"])
    assert len({call.attempt.key for call in shop.world.calls if call.attempt and call.name == "c"}) == 1 + (
        last == "settled"
    )
    assert [value for fact, _, _, _, value in outcome.state.trail.rows() if fact is Fact.RETRIED] == ["ann"]


@doubts
@both
def test_it_can_be_taken_for_not_happened(loop: Loop, last: str, fates: Fates) -> None:
    """Then all before it is undone, and the list of what was skipped says who said so."""
    shop = Shop(loop, last, **fates)
    stuck = shop.stuck()
    outcome = shop.resume(stuck.skip("I have looked", "ann", clock=shop.clock))
    assert isinstance(outcome, RolledBack)
    assert shop.since(stuck) == ["undo b", "undo a"]
    assert outcome.skipped == (SkippedStep("c", "I have looked", "ann"),)
    assert outcome.failure == stuck.failure


@doubts
@both
def test_what_it_was_given_can_be_asked_for(loop: Loop, last: str, fates: Fates) -> None:
    """The result that a person gives is made of that."""
    shop = Shop(loop, last, **fates)
    stuck = shop.stuck()
    given = shop.world.calls[[call.name for call in shop.world.calls].index("c")].value
    assert stuck.given == given


@doubts
@both
def test_it_can_be_taken_for_done(loop: Loop, last: str, fates: Fates) -> None:
    """With its result, and the run goes on."""
    shop = Shop(loop, last, **fates)
    stuck = shop.stuck()
    outcome = shop.resume(stuck.mark_done(40, by="ann", clock=shop.clock))
    assert isinstance(outcome, Completed)
    assert (outcome.result, shop.since(stuck)) == (41, ["d"])


@both
def test_what_a_person_marked_done_is_undone_with_that_result(loop: Loop) -> None:
    """As if the step had given it."""
    shop = Shop(loop, "settled", c=[AFTER], settle_c=[REJECTS], d=[REJECTS])
    outcome = shop.resume(shop.stuck().mark_done(40, by="ann", clock=shop.clock))
    assert isinstance(outcome, RolledBack)
    assert [(call.name, call.value) for call in shop.world.calls[-3:]] == [("c", 40), ("b", 3), ("a", 1)]


@both
def test_a_retry_does_not_clear_the_doubt(loop: Loop) -> None:
    """A rejection of the next attempt proves nothing about the one before."""
    shop = Shop(loop, "irreversible", c=[AFTER, REJECTS])
    again = loop.retry(shop.stuck(), shop.clock)
    assert isinstance(again, Stuck)
    assert isinstance(again.why, InDoubt)


@both
def test_what_was_cut_off_without_a_way_to_find_out_is_in_doubt(loop: Loop) -> None:
    """Its failure says what is not known."""
    shop = Shop(loop, "irreversible", c=[Fate.CUT_AFTER])
    new = shop.saga.new(0, clock=shop.clock)
    with pytest.raises(Cut):
        loop.start(new, shop.clock)
    stuck = shop.saga.load(new.interrupted.dump())
    assert isinstance(stuck, Stuck)
    assert isinstance(stuck.why, InDoubt)
    assert str(stuck.failure) == "c interrupted: it was cut off, and nobody can tell how it ended"
    assert isinstance(shop.resume(stuck.mark_done(4, by="ann")), Completed)


# ---- in doubt, and cancelled ------------------------------------------------------------------------------


def cancelled(loop: Loop, last: str, **fates: list[Fate]) -> tuple[Shop, AnyExecution]:
    """One that was cut off in its last step, and cancelled then."""
    shop = Shop(loop, last, c=[Fate.CUT_AFTER], **fates)
    new = shop.saga.new(0, id="t", clock=shop.clock)
    with pytest.raises(Cut):
        loop.start(new, shop.clock)
    stuck = loop.resume(new.interrupted.cancel("enough", by="ann", clock=shop.clock), shop.clock)
    assert isinstance(stuck, Stuck)
    del shop.world.calls[:]
    return shop, stuck


CANCELLED: Final[list[tuple[str, Fates]]] = [("undone", {}), ("settled", {"settle_c": [REJECTS]})]


@pytest.mark.parametrize(("last", "fates"), CANCELLED, ids=[last for last, _ in CANCELLED])
@both
def test_what_is_cancelled_and_has_happened_is_taken_back(loop: Loop, last: str, fates: Fates) -> None:
    """By the result that a person says it has; a cancel is not forgotten by what is said after it."""
    shop, stuck = cancelled(loop, last, **fates)
    outcome = shop.resume(stuck.mark_done(7, by="bob", clock=shop.clock))
    assert isinstance(outcome, RolledBack)
    assert shop.world.order() == ["undo c", "undo b", "undo a"]
    assert str(outcome.failure) == "c cancelled: enough (ann)"
    assert isinstance(shop.saga.load(outcome.dump()), RolledBack)


@both
def test_what_is_cancelled_is_not_tried_again(loop: Loop) -> None:
    """That would do what nobody wants any more; it may be asked again whether it has happened."""
    shop, stuck = cancelled(loop, "undone")
    before = stuck.dump()
    with pytest.raises(NotStuckThere, match=r"'c' was cancelled.* say mark_done\(…\) if it has happened, or skip"):
        loop.retry(stuck, shop.clock)
    assert stuck.dump() == before
    assert isinstance(shop.resume(stuck.skip("it has not", "bob", clock=shop.clock)), RolledBack)
    assert shop.world.order() == ["undo b", "undo a"]
    shop, stuck = cancelled(loop, "settled", settle_c=[REJECTS])
    assert isinstance(loop.retry(stuck, shop.clock), RolledBack)
    assert shop.world.order() == ["settle c", "undo c", "undo b", "undo a"]


@both
def test_what_is_irreversible_and_has_happened_cannot_be_cancelled(loop: Loop) -> None:
    """It goes on, as there is no way back."""
    shop, stuck = cancelled(loop, "irreversible again")
    with pytest.raises(NotStuckThere):
        loop.retry(stuck, shop.clock)
    assert isinstance(shop.resume(stuck.mark_done(7, by="bob", clock=shop.clock)), Completed)
    assert shop.world.order() == ["d"]


# ---- an undo that failed -----------------------------------------------------------------------------------


def failed_undo(loop: Loop, **more: list[Fate]) -> tuple[Shop, AnyExecution]:
    shop = Shop(loop, "undone", **{"c": [REJECTS], "undo_b": [RAISES], **more})
    return shop, shop.stuck()


@both
def test_an_undo_that_gives_up_says_so(loop: Loop) -> None:
    """With the failure that the rollback is for, its own, and what is still in effect."""
    _, stuck = failed_undo(loop)
    assert isinstance(stuck.why, UndoFailed)
    assert (stuck.path, stuck.failure.path, stuck.failure.kind) == ("b", "c", "rejected")
    assert stuck.undo_failure == stuck.why.failure
    assert (stuck.undo_failure.path, stuck.undo_failure.kind) == ("b", "failed")
    assert (stuck.in_effect, stuck.skipped) == (("b", "k", "a"), ())
    assert stuck.rollback_plan().in_doubt is None


@both
def test_a_failed_undo_can_be_tried_again(loop: Loop) -> None:
    """It is the same undo, under the same key, and the rest follows."""
    shop, stuck = failed_undo(loop)
    outcome = loop.retry(stuck, shop.clock)
    assert isinstance(outcome, RolledBack)
    assert shop.since(stuck) == ["undo b", "undo a"]
    first, second = [call.attempt for call in shop.world.calls if call.role.value == "undo" and call.name == "b"]
    assert first is not None
    assert second is not None
    assert first.key == second.key
    assert [one.path for one in outcome.undone] == ["b", "a"]


@both
def test_a_failed_undo_can_be_left(loop: Loop) -> None:
    """It is listed as skipped, also where the next undo fails."""
    shop, stuck = failed_undo(loop, undo_a=[RAISES])
    again = shop.resume(stuck.skip("it may stay", "ann", clock=shop.clock))
    assert isinstance(again, Stuck)
    skipped = (SkippedStep("b", "it may stay", "ann"),)
    assert (again.path, again.skipped, again.in_effect) == ("a", skipped, ("b", "k", "a"))
    outcome = loop.retry(again, shop.clock)
    assert isinstance(outcome, RolledBack)
    assert (outcome.skipped, [one.path for one in outcome.undone]) == (skipped, ["a"])
    assert outcome.failure == stuck.failure


@both
def test_a_failed_undo_can_be_done_by_hand(loop: Loop) -> None:
    """Nothing is skipped then."""
    shop, stuck = failed_undo(loop)
    outcome = shop.resume(stuck.mark_done(by="ann", clock=shop.clock))
    assert isinstance(outcome, RolledBack)
    assert (shop.since(stuck), outcome.skipped) == (["undo a"], ())
    assert [value for fact, _, _, _, value in outcome.state.trail.rows() if fact is Fact.UNDONE_BY_HAND] == ["ann"]


# ---- past the point of no return ---------------------------------------------------------------------------


def past_return(loop: Loop, what: str, world: World) -> tuple[Any, Any]:
    """A saga that has paid and then is stuck, and a gate if it has one."""
    steps = loop.steps(world)
    calls: list[int] = []

    def unsure(context: int) -> bool:
        calls.append(context)
        if len(calls) == 1:
            raise LookupError("cannot tell")
        return True

    def get(context: int) -> int:
        unsure(context)
        return context

    def put(context: int, inner: int) -> int:
        return inner

    ask = steps.gate("ask")
    last: dict[str, AnyBlock] = {
        "a read": steps.read("r"),
        "an irreversible step": steps.irreversible("r"),
        "a gate": ask,
        "a condition": branch(unsure, steps.read("yes"), steps.read("no")),
        "taking out": within(steps.read("in"), get, put),
    }
    return Saga("paid", steps.undone("a") >> steps.irreversible("pay") >> last[what]), ask


PAST: Final = ["a read", "an irreversible step", "a gate", "a condition", "taking out"]


@pytest.mark.parametrize("what", PAST)
@both
def test_behind_the_point_of_no_return_there_is_only_a_way_on(loop: Loop, what: str) -> None:
    """It can be tried again, or be said to be done if it has a result; it cannot be skipped."""
    for by_hand in (False, True):
        world = World({"r": [REJECTS]})
        saga, ask = past_return(loop, what, world)
        outcome: Any = loop.start(saga.new(0, clock=world.clock), world.clock)
        if isinstance(outcome, Paused):
            outcome = loop.resume(outcome.answer(ask, False, clock=world.clock), world.clock)
        stuck = saga.load(outcome.dump())
        assert isinstance(stuck, Stuck)
        assert isinstance(stuck.why, NoWayBack)
        assert stuck.in_effect == ("pay", "a")
        before = stuck.dump()
        with pytest.raises(PastNoReturn, match="what is done before it cannot be taken back; retry it"):
            stuck.skip("never mind", "ann")
        if not by_hand:
            again = loop.retry(stuck, world.clock)
            if what == "a gate":  # asked anew
                again = loop.resume(again.answer(ask, True, clock=world.clock), world.clock)
            assert isinstance(again, Completed)
        elif what == "a condition":
            with pytest.raises(NotStuckThere, match="'unsure' is a condition: it can be retried only"):
                stuck.mark_done(by="ann")
            assert stuck.dump() == before
        else:
            assert isinstance(loop.resume(stuck.mark_done(7, by="ann"), world.clock), Completed)


# ---- what is refused ---------------------------------------------------------------------------------------


@both
def test_a_decision_is_signed(loop: Loop) -> None:
    """By somebody, with a reason; what is not uses nothing up."""
    shop = Shop(loop, "irreversible", c=[RAISES])
    stuck = shop.stuck()
    before = stuck.dump()
    nobody: Any = None
    number: Any = 7
    for reason, by in (("", "ann"), ("looked", " "), (nobody, nobody), ("looked", number)):
        with pytest.raises(InvalidArgument, match=r"skip\(…\): say who decided this, and why"):
            stuck.skip(reason, by)
    for by in ("", " ", nobody, number):
        with pytest.raises(InvalidArgument, match=r"mark_done\(…\): say who"):
            stuck.mark_done(1, by=by)
    with pytest.raises(InvalidArgument, match=r"retry\(…, by=7\): give the name"):
        loop.retry(stuck, shop.clock, by=number)
    with pytest.raises(WrongAnswer, match=r"^step 'c' gives int, and was given str\.$"):
        stuck.mark_done("paid", by="ann")
    if loop is AWAITING:
        with pytest.raises(NeedsAwait):
            stuck.retry()
    assert stuck.dump() == before
    outcome = loop.retry(stuck, shop.clock, by="an\ud800n")
    assert isinstance(shop.saga.load(outcome.dump()), Completed)
    with pytest.raises(AlreadyUsed):
        stuck.skip("looked", "ann")


@both
def test_an_undo_has_no_result(loop: Loop) -> None:
    """Whoever gives one speaks of something else."""
    shop, stuck = failed_undo(loop)
    with pytest.raises(InvalidArgument, match=r"'b' is stuck in its undo, which has none; say mark_done\(by=…\)"):
        stuck.mark_done(7, by="ann")
    assert isinstance(shop.resume(stuck.mark_done(by="ann")), RolledBack)


@both
def test_a_retry_that_is_cut_off_loses_nothing(loop: Loop) -> None:
    """What it did is done, and not done again."""
    shop, stuck = failed_undo(loop, undo_a=[Fate.CUT])
    with pytest.raises(Cut):
        loop.retry(stuck, shop.clock)
    rest = stuck.interrupted
    assert isinstance(shop.resume(rest), RolledBack)
    assert shop.since(stuck) == ["undo b", "undo a", "undo a"]


@both
def test_a_retry_can_be_said_now_and_done_elsewhere(loop: Loop) -> None:
    """What says so can be dumped, and goes on where it is resumed."""
    shop, stuck = failed_undo(loop)
    said = shop.saga.load(stuck.retried(by="ann", clock=shop.clock).dump())
    assert isinstance(said, Interrupted)
    assert isinstance(shop.resume(said), RolledBack)


def test_what_a_gate_decides_past_return_may_be_marked() -> None:
    """A person's result takes the place of the gate's."""
    world = World()
    saga, ask = past_return(BLOCKING, "a gate", world)
    stuck = saga.new(0).start().answer(ask, False).resume()
    assert isinstance(stuck.failure.exception, Rejected)
    outcome = stuck.mark_done(9, by="ann").resume()
    assert outcome.result == 9


def test_the_last_word_of_a_settle_is_told() -> None:
    """The original failure is the attempt's, the reason why it is stuck is the settle's."""
    shop = Shop(BLOCKING, "settled", c=[RAISES], settle_c=[REJECTS, GIVES])
    stuck = shop.stuck()
    assert (stuck.failure.kind, stuck.why.failure.kind) == ("failed", "rejected")
    assert isinstance(BLOCKING.retry(stuck, shop.clock), RolledBack)


@both
def test_what_a_person_undid_is_told(loop: Loop) -> None:
    """With who said so; it is no undo of ours, and nothing that was left."""
    shop, stuck = failed_undo(loop)
    done = shop.resume(stuck.mark_done(by="ann"))
    assert isinstance(done, RolledBack)
    assert done.undone_by_hand == (ByHand("b", "ann"),)
    assert [one.path for one in done.undone] == ["a"]
    assert done.skipped == ()


@both
def test_a_listing_tells_why_it_is_stuck(loop: Loop) -> None:
    """The undo's failure, and the one that the rollback is for; on one line, whatever somebody wrote."""
    shop, stuck = failed_undo(loop)
    last = shop.saga.listing(stuck).splitlines()[-1]
    assert last == f"{stuck.id}: stuck, {stuck.undo_failure}, {stuck.failure}"


@both
@pytest.mark.parametrize("said", ["skip", "mark_done", "retried"])
def test_what_was_cut_off_behind_a_verb_is_found_from_where_it_was_said(loop: Loop, said: str) -> None:
    """`stuck.skip(…).resume()` in one line leaves no name for what was resumed."""
    fates = {"undo_b": [RAISES, Fate.CUT]} if said == "retried" else {"undo_a": [Fate.CUT]}
    shop, stuck = failed_undo(loop, **fates)
    arguments: dict[str, tuple[str, ...]] = {"skip": ("no need",)}
    with pytest.raises(Cut):
        loop.resume(getattr(stuck, said)(*arguments.get(said, ()), by="ann", clock=shop.clock), shop.clock)
    rest = shop.saga.load(stuck.interrupted.dump())
    assert rest.state.trail.codes[-1] & MASK == Fact.INTERRUPTED
    assert isinstance(shop.resume(rest), RolledBack)
