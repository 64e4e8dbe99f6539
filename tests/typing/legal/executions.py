"""What may be said to an execution, in each of its states."""

from typing import assert_never, assert_type

from resaga import Answered, Async, Completed, Interrupted, Outcome, Paused, RollbackPlan, RolledBack, Stuck, Sync
from tests.typing.legal.sagas import Approval, Charged, Held, NeedsManager, Order, approval, checkout, early, slow


def drive() -> str:
    """Each way in which a run can end has its own verbs; the match is exhaustive."""
    outcome = checkout.new(Order("1", 2)).start()
    assert_type(outcome, Outcome[Order, Charged, Sync])
    match outcome:
        case Completed(result=charged):
            assert_type(charged, Charged)
            return charged.receipt
        case Paused() as paused:
            question = paused.asked(approval)
            if question is not None:
                assert_type(question.context, NeedsManager)
            assert_type(paused.rollback_plan(), RollbackPlan)
            loaded = checkout.load_paused(paused.dump())
            answered = loaded.answer(approval, Approval("ann", ok=True), by="ann")
            assert_type(answered, Answered[Order, Charged, Sync])
            assert_type(answered.resume(), Outcome[Order, Charged, Sync])
            # mypy loses the type arguments of what a class pattern captures; the subject keeps them.
            assert_type(outcome.cancel("no longer wanted"), Interrupted[Order, Charged, Sync])
            return "later"
        case RolledBack(context=order, failure=failure):
            assert_type(order, Order)
            return failure.message
        case Stuck() as stuck:
            stuck.retry()
            assert_type(outcome.retry(), Outcome[Order, Charged, Sync])
            assert_type(outcome.skip("it lapsed", by="ann").resume(), Outcome[Order, Charged, Sync])
            assert_type(outcome.mark_done(Charged("r"), by="ann").resume(), Outcome[Order, Charged, Sync])
            return "call a person"
        case _:
            assert_never(outcome)


async def drive_async() -> None:
    """A blocking saga may be awaited too; an async one only so."""
    outcome = await slow.new(Order("1", 2)).start_async()
    if isinstance(outcome, Completed):
        assert_type(outcome.result, Charged)
    if isinstance(outcome, Paused):
        assert_type(await outcome.resume_async(), Outcome[Order, Charged, Async])
    if isinstance(outcome, Stuck):
        assert_type(await outcome.retry_async(), Outcome[Order, Charged, Async])
    assert_type(await early.new(Order("1", 2)).start_async(), Outcome[Order, Held, Sync])
