"""What cannot be said to an execution, in each of its states; see `sagas` for how a case is written."""

# ruff: noqa: B018 - an expression that is an error need not be of use

from resaga import Answered, Completed, New, Paused, RolledBack, Stuck, Sync
from tests.typing.legal.sagas import Approval, Charged, Order, approval, policy, release


def verbs(  # noqa: PLR0913, PLR0917 - one of each state
    new: New[Order, Charged, Sync],
    paused: Paused[Order, Charged, Sync],
    answered: Answered[Order, Charged, Sync],
    completed: Completed[Order, Charged, Sync],
    stuck: Stuck[Order, Charged, Sync],
    rolled_back: RolledBack[Order, Charged, Sync],
    awaited: Paused[Order, Charged],
) -> None:
    """Each state has only the verbs that are legal there."""
    # [answer of another type] an answer is one that the gate asks for
    # mypy says: Cannot infer value of type parameter "R" of "answer" of "Paused"
    # pyright says: Argument of type "Literal[3]" cannot be assigned to parameter "value"
    paused.answer(approval, 3)  # type: ignore[misc]  # pyright: ignore[reportArgumentType]

    # [answer to no gate] only a gate asks
    # mypy says: Argument 1 to "answer" of "Paused" has incompatible type "Read[Held, NeedsManager | Cleared,
    # pyright says: Argument of type "Read[Held, NeedsManager | Cleared, Sync]"
    paused.answer(policy, Approval("x", ok=True))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    # [answer of new] New asks nothing yet
    # mypy says: "New[Order, Charged, Sync]" has no attribute "answer"
    # pyright says: Cannot access attribute "answer" for class "New[Order, Charged, Sync]"
    new.answer(approval, Approval("x", ok=True))  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    # [start of paused] Paused is resumed
    # mypy says: "Paused[Order, Charged, Sync]" has no attribute "start"
    # pyright says: Cannot access attribute "start" for class "Paused[Order, Charged, Sync]"
    paused.start()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    # [result of paused] Paused has no result
    # mypy says: "Paused[Order, Charged, Sync]" has no attribute "result"
    # pyright says: Cannot access attribute "result" for class "Paused[Order, Charged, Sync]"
    paused.result  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    # [resume of an async one] an async saga is awaited
    # mypy says: Invalid self argument "Paused[Order, Charged, Async]" to attribute function "resume"
    # pyright says: Cannot access attribute "resume" for class "Paused[Order, Charged, Async]"
    awaited.resume()  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]

    # [answer of answered] a question is answered once
    # mypy says: "Answered[Order, Charged, Sync]" has no attribute "answer"
    # pyright says: Cannot access attribute "answer" for class "Answered[Order, Charged, Sync]"
    answered.answer(approval, Approval("x", ok=True))  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    # [start of completed] Completed is over
    # mypy says: "Completed[Order, Charged, Sync]" has no attribute "start"
    # pyright says: Cannot access attribute "start" for class "Completed[Order, Charged, Sync]"
    completed.start()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    # [resume of completed] Completed is over
    # mypy says: "Completed[Order, Charged, Sync]" has no attribute "resume"
    # pyright says: Cannot access attribute "resume" for class "Completed[Order, Charged, Sync]"
    completed.resume()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    # [cancel of completed] Completed is over
    # mypy says: "Completed[Order, Charged, Sync]" has no attribute "cancel"
    # pyright says: Cannot access attribute "cancel" for class "Completed[Order, Charged, Sync]"
    completed.cancel("too late")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    # [resume of stuck] Stuck is retried, skipped or marked as done
    # mypy says: "Stuck[Order, Charged, Sync]" has no attribute "resume"
    # pyright says: Cannot access attribute "resume" for class "Stuck[Order, Charged, Sync]"
    stuck.resume()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    # [skip without a name] who skips says why, and who
    # mypy says: Missing positional argument "by" in call to "skip" of "Stuck"
    # pyright says: Argument missing for parameter "by"
    stuck.skip("because")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]

    # [result of rolled back] RolledBack has the context that it began with
    # mypy says: "RolledBack[Order, Charged, Sync]" has no attribute "result"
    # pyright says: Cannot access attribute "result" for class "RolledBack[Order, Charged, Sync]"
    rolled_back.result  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    # [retry of rolled back] RolledBack is over
    # mypy says: "RolledBack[Order, Charged, Sync]" has no attribute "retry"
    # pyright says: Cannot access attribute "retry" for class "RolledBack[Order, Charged, Sync]"
    rolled_back.retry()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    # [context of another type] RolledBack has the context that it began with
    # mypy says: Argument 1 to "release" has incompatible type "Order"
    # pyright says: Argument of type "Order" cannot be assigned to parameter "held"
    release(rolled_back.context)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    # [result of another type] Completed has what the last step gave
    # mypy says: Argument 1 to "release" has incompatible type "Charged"
    # pyright says: Argument of type "Charged" cannot be assigned to parameter "held"
    release(completed.result)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
