"""Lines that the types forbid, each a case of its own; `test_types` reads this file.

Above a line stand the name of the case and what the types promise, then the essence of what each
checker says.
The `ignore` comments make the repository's own runs fail as soon as a forbidden line becomes legal.
"""

from resaga import Attempt, Default, DidNotHappen, Saga, Sync, branch, gate, only, read, step, wait, when, within
from tests.typing.legal.sagas import (
    DAY,
    Approval,
    Charged,
    Cleared,
    Held,
    NeedsManager,
    Order,
    approval,
    charge,
    charge_async,
    checkout,
    cleared_of,
    find_hold,
    find_hold_async,
    in_stock,
    is_final,
    is_held,
    is_large,
    mail,
    notify,
    order_of,
    policy,
    receipt_of,
    refund,
    release,
    release_async,
    reserve,
    reserve_async,
    sealed,
    slow,
    undoable,
    with_held,
)


async def is_large_async(order: Order) -> bool:
    return order.amount > 100


def decide(asked: NeedsManager, answer: Approval) -> Cleared:
    return Cleared(asked.held, answer.by)


def find_charge_blocking(cleared: Cleared, attempt: Attempt) -> Charged | DidNotHappen:
    return DidNotHappen()


order_now = Order("1", 2)
asked_now = NeedsManager(Held(order_now, "h"))


def look(order: Order) -> Order:
    return order


def look_for(order: Order, customer: str) -> Order:
    return order


def release_by(held: Held, attempt: Attempt, customer: str) -> None: ...


def reserve_for(order: Order, customer: str) -> Held:
    return Held(order, customer)


# [empty] a saga has a block
# mypy says: Too few arguments for "Saga"
# pyright says: Expected 1 more positional argument
Saga("empty")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]

# [only a wait] a wait is no step
# mypy says: Argument 2 to "Saga" has incompatible type "Wait"
# pyright says: Argument of type "Wait" cannot be assigned to parameter "body"
Saga("idle", wait(DAY))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

# [no undo] somebody says how a step is taken back
# mypy says: Argument 2 to "Saga" has incompatible type "Action[Order, Held]"
# pyright says: Argument of type "Action[Order, Held]" cannot be assigned to parameter "body"
Saga("none", reserve)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

# [no undo on the right] somebody says how a step is taken back
# mypy says: No overload variant of "__rshift__" of "Neutral" matches argument type "Action[Order, Held]"
# pyright says: Operator ">>" not supported for types "Read[Order, Order, Sync]" and "Action[Order, Held]"
in_stock >> reserve  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]

# [no undo on the left] somebody says how a step is taken back
# mypy says: Unsupported operand types for >> ("Action[Order, Held]" and "Read[Order, Order, Sync]")
# pyright says: Operator ">>" not supported for types "Action[Order, Held]" and "Read[Order, Order, Sync]"
reserve >> in_stock  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]

# [no undo inside when] somebody says how a step is taken back
# mypy says: No overload variant of "when" matches argument types "Callable[[Held], bool]"
# pyright says: Argument of type "Action[Held, Held]" cannot be assigned to parameter "block"
when(is_held, notify)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]

# [no undo inside only] somebody says how a step is taken back
# mypy says: No overload variant of "only" matches argument types "type[Order]", "Action[Order, Held]"
# pyright says: Argument of type "Action[Order, Held]" cannot be assigned to parameter "block"
only(Order, reserve)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]

# [no undo inside branch] somebody says how a step is taken back
# mypy says: No overload variant of "branch" matches argument types "Callable[[Order], bool]"
# pyright says: Argument of type "Action[Order, Held]" cannot be assigned to parameter "yes"
branch(is_large, reserve, undoable)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]

# [no undo inside within] somebody says how a step is taken back
# mypy says: No overload variant of "within" matches argument types "Action[Order, Held]"
# pyright says: Argument of type "Action[Order, Held]" cannot be assigned to parameter "block"
within(reserve, order_of, with_held)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]

# [types do not meet] what one step gives, the next one takes
# mypy says: Unsupported operand types for >> ("Step[Order, Held, Sync]"
# pyright says: Operator ">>" not supported for types "Step[Order, Held, Sync]"
reserve.undone_by(release) >> charge.irreversible()  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]

# [undo of another type] an undo takes what its step gave
# mypy says: Argument 1 to "undone_by" of "Action" has incompatible type "Callable[[Held], None]"
# pyright says: Argument of type "(held: Held) -> None" cannot be assigned to parameter "undo"
charge.undone_by(release)  # type: ignore[arg-type]  # pyright: ignore[reportCallIssue, reportArgumentType]

# [async undo of another type] an undo takes what its step gave
# mypy says: Argument 1 to "undone_by" of "AsyncAction" has incompatible type "Callable[[Held, Attempt],
# pyright says: Argument of type "(held: Held, attempt: Attempt) -> CoroutineType[Any, Any, None]"
charge_async.undone_by(release_async)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

# [undo with a third parameter] an undo is given the result and an attempt
# mypy says: Argument 1 to "undone_by" of "Action" has incompatible type "Callable[[Held, Attempt, str],
# pyright says: Argument of type "(held: Held, attempt: Attempt, customer: str) -> None"
reserve.undone_by(release_by)  # type: ignore[arg-type]  # pyright: ignore[reportCallIssue, reportArgumentType]

# [timeout of a blocking body] a thread cannot be stopped
# mypy says: Unexpected keyword argument "timeout" for "settled_by" of "Action"
# pyright says: No parameter named "timeout"
reserve.settled_by(find_hold, timeout=DAY)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]

# [timeout of a blocking read] a thread cannot be stopped
# mypy says: Argument 1 to "__call__" of "ReadingInTime" has incompatible type "Callable[[Order], Order]"
# pyright says: Argument of type "(order: Order) -> Order" cannot be assigned to parameter "does"
read(timeout=DAY)(look)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

# [timeout of an undo] a timeout needs a settle
# mypy says: Unexpected keyword argument "timeout" for "undone_by" of "AsyncAction"
# pyright says: No parameter named "timeout"
reserve_async.undone_by(release, timeout=DAY)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]

# [timeout of a step] a timeout needs a settle
# mypy says: Unexpected keyword argument "timeout" for overloaded function "step"
# pyright says: No overloads for "step" match the provided arguments
step(timeout=DAY)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]

# [settle of another step] a settle finds out about its own step
# mypy says: Argument 1 to "settled_by" of "AsyncAction" has incompatible type "Callable[[Order, Attempt],
# pyright says: Argument of type "(order: Order, attempt: Attempt) -> CoroutineType[Any, Any, Held |
charge_async.settled_by(find_hold_async)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

# [blocking settle of an async step] a settle is async if its step is
# mypy says: Argument 1 to "settled_by" of "AsyncAction" has incompatible type "Callable[[Cleared, Attempt],
# pyright says: Argument of type "(cleared: Cleared, attempt: Attempt) -> (Charged | DidNotHappen)"
charge_async.settled_by(find_charge_blocking)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

# [kept without a reason] a rollback plan shows why something is kept
# mypy says: Too few arguments for "kept" of "Action"
# pyright says: Expected 1 more positional argument
notify.kept()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]

# [body with a second parameter] a body is given an Attempt
# mypy says: Argument 1 to "step" has incompatible type "Callable[[Order, str], Held]"
# pyright says: Argument of type "(order: Order, customer: str) -> Held"
step(reserve_for)  # type: ignore[arg-type]  # pyright: ignore[reportCallIssue, reportArgumentType]

# [read with a second parameter] a body is given an Attempt
# mypy says: Argument 1 to "read" has incompatible type "Callable[[Order, str], Order]"
# pyright says: Argument of type "(order: Order, customer: str) -> Order"
read(look_for)  # type: ignore[arg-type]  # pyright: ignore[reportCallIssue, reportArgumentType]

# [a gate called without an answer] called, it is its function, which decides on one
# mypy says: No overload variant of "__call__" of "Gate" matches argument type "NeedsManager"
# pyright says: No overloads for "__call__" match the provided arguments
approval(asked_now)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]

# [a chain called] it is no function
# mypy says: "Block[Order, Held, Sync]" not callable
# pyright says: Object of type "Block[Order, Held, Sync]" is not callable
undoable(order_now)  # type: ignore[operator]  # pyright: ignore[reportCallIssue]

# [reversible after irreversible] after the point of no return nothing needs an undo
# mypy says: No overload variant of "__rshift__" of "Sealed" matches argument type "Step[Charged, Charged,
# pyright says: Operator ">>" not supported for types "Irreversible[Cleared, Charged, Sync]"
charge.irreversible() >> refund.kept("x")  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]

# [reversible after a neutral tail] after the point of no return nothing needs an undo
# mypy says: No overload variant of "__rshift__" of "Sealed" matches argument type "Step[Charged, Charged,
# pyright says: Operator ">>" not supported for types "Sealed[Cleared, Charged, Sync]"
charge.irreversible() >> mail >> refund.kept("x")  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]

# [reversible after a sealed when] after the point of no return nothing needs an undo
# mypy says: No overload variant of "__rshift__" of "Sealed" matches argument type "Step[Charged, Charged,
# pyright says: Operator ">>" not supported for types "Sealed[Charged, Charged, Sync]"
when(is_final, refund.irreversible()) >> refund.kept("x")  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]

# [reversible after a sealed only] after the point of no return nothing needs an undo
# mypy says: No overload variant of "__rshift__" of "Sealed" matches argument type "Step[Charged, Charged,
# pyright says: Operator ">>" not supported for types "Sealed[Cleared | Charged, Charged, Sync]"
only(Cleared, charge.irreversible()) >> refund.kept("x")  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]

# [reversible after a sealed branch] after the point of no return nothing needs an undo
# mypy says: No overload variant of "__rshift__" of "Sealed" matches argument type "Step[Charged, Charged,
# pyright says: Operator ">>" not supported for types "Sealed[Charged, Charged, Sync]"
branch(is_final, mail, refund.irreversible()) >> refund.kept("x")  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]

# [reversible after a sealed within] after the point of no return nothing needs an undo
# mypy says: No overload variant of "__rshift__" of "Sealed" matches argument type "Step[Charged, Charged,
# pyright says: Operator ">>" not supported for types "Sealed[Held, Charged, Sync]"
within(sealed, cleared_of, receipt_of) >> refund.kept("x")  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]

# [reversible after a sealed name] after the point of no return nothing needs an undo
# mypy says: No overload variant of "__rshift__" of "Sealed" matches argument type "Step[Charged, Charged,
# pyright says: Operator ">>" not supported for types "Sealed[Cleared, Charged, Sync]"
sealed.named("pay") >> refund.kept("x")  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]

# [reversible after a wait] after the point of no return nothing needs an undo
# mypy says: No overload variant of "__rshift__" of "Sealed" matches argument type "Step[Charged, Charged,
# pyright says: Operator ">>" not supported for types "Sealed[Cleared, Charged, Sync]"
wait(DAY) >> charge.irreversible() >> wait(DAY) >> refund.kept("x")  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]

# [types do not meet past no return] what one step gives, the next one takes
# mypy says: No overload variant of "__rshift__" of "Sealed" matches argument type "Step[Held, Held, Sync]"
# pyright says: Operator ">>" not supported for types "Sealed[Cleared, Charged, Sync]"
charge.irreversible() >> mail >> notify.undone_by(release)  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]

# [a case left out] both cases of a union are handled
# mypy says: Unsupported operand types for >> ("Read[Held, NeedsManager | Cleared, Sync]"
# pyright says: Operator ">>" not supported for types "Read[Held, NeedsManager | Cleared, Sync]"
policy >> charge.irreversible()  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]

# [a block that changes the type] what a condition passes by goes on as it is
# mypy says: Cannot infer value of type parameter "X" of "when"
# pyright says: Argument of type "Block[Order, Held, Sync]" cannot be assigned to parameter "block"
when(is_large, undoable)  # type: ignore[misc]  # pyright: ignore[reportCallIssue, reportArgumentType]

# [a condition on another type] a condition asks about the context
# mypy says: Argument 1 to "when" has incompatible type "Callable[[Held], bool]"
# pyright says: Argument of type "Read[Order, Order, Sync]" cannot be assigned to parameter "block"
when(is_held, in_stock)  # type: ignore[arg-type]  # pyright: ignore[reportCallIssue, reportArgumentType]

# [an async condition] a condition is not awaited
# mypy says: Argument 1 to "when" has incompatible type "Callable[[Order], Coroutine[Any, Any, bool]]"
# pyright says: Argument of type "(order: Order) -> CoroutineType[Any, Any, bool]"
when(is_large_async, in_stock)  # type: ignore[arg-type]  # pyright: ignore[reportCallIssue, reportArgumentType]

# [a default answer of another type] the answer by default is one that the gate asks for
# mypy says: Argument 1 to "__call__" of "GatingInTime" has incompatible type "Callable[[NeedsManager,
# pyright says: Argument of type "(asked: NeedsManager, answer: Approval) -> Cleared"
gate(deadline=DAY, expiry=Default(3))(decide)  # type: ignore[arg-type]  # pyright: ignore[reportCallIssue, reportArgumentType]

# [a default without a deadline] what never passes has no default
# mypy says: No overload variant of "gate" matches argument type "Default[Approval]"
# pyright says: Argument of type "Default[Approval]" cannot be assigned to parameter "expiry"
gate(expiry=Default(Approval("nobody", ok=False)))  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]

# [a first context of another type] a saga begins with what its first step takes
# mypy says: Argument 1 to "new" of "Saga" has incompatible type "Held"
# pyright says: Argument of type "Held" cannot be assigned to parameter "context"
checkout.new(Held(Order("1", 2), "h"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

# [resume of new] New is started
# mypy says: "New[Order, Charged, Sync]" has no attribute "resume"
# pyright says: Cannot access attribute "resume" for class "New[Order, Charged, Sync]"
checkout.new(Order("1", 2)).resume()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

# [start of an async saga] an async saga is awaited
# mypy says: Invalid self argument "New[Order, Charged, Async]" to attribute function "start"
# pyright says: Cannot access attribute "start" for class "New[Order, Charged, Async]"
slow.new(Order("1", 2)).start()  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]

# [a saga of the other mode] an async saga cannot stand where a blocking one is wanted
# mypy says: Incompatible types in assignment (expression has type "Saga[Order, Charged, Async]", variable
# pyright says: Type "Saga[Order, Charged, Async]" is not assignable to declared type "Saga[Order, Charged,
blocking: Saga[Order, Charged, Sync] = slow  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
