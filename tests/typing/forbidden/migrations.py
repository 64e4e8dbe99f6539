"""What cannot be said of an older saga; see `sagas` for how a case is written."""

from resaga.codec.migration import Migration
from tests.typing.legal.migrations import (
    agree,
    as_lease,
    consent,
    end_lease,
    is_ok,
    leasing,
    noting,
    rate,
    reserving,
    same_order,
)
from tests.typing.legal.sagas import Order, cleared_of


def carried_over(migration: Migration[Order, Order, object]) -> None:
    """What is said of an older saga fits its steps, and those of the newer one."""
    # [conversion to another type] a result becomes one of the new step
    # mypy says: incompatible type "Callable[[Held], Cleared]"; expected "Callable[[Held], Lease]"
    # pyright says: "(held: Held) -> Cleared" cannot be assigned to parameter "convert" of type "(Held) -> Lease"
    migration.step(reserving, leasing).using(cleared_of)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    # [conversion of another type] a result of the old step is converted
    # mypy says: incompatible type "Callable[[Lease], None]"; expected "Callable[[Held], Lease]"
    # pyright says: "(lease: Lease) -> None" cannot be assigned to parameter "convert" of type "(Held) -> Lease"
    migration.step(reserving, leasing).using(end_lease)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    # [another first context] the first context becomes one of the new saga
    # mypy says: expected "Callable[[Order], Order]"
    # pyright says: cannot be assigned to parameter "convert" of type "(Order) -> Order"
    migration.first(as_lease)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    # [a step that becomes a gate] a step becomes a step, and a gate a gate
    # mypy says: No overload variant of "step" of "Migration" matches argument types
    # pyright says: No overloads for "step" match the provided arguments
    migration.step(reserving, consent)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]

    # [an answer of no gate] only a gate was answered
    # mypy says: has no attribute "answered"
    # pyright says: Cannot access attribute "answered" for class
    migration.step(reserving, leasing).answered(is_ok)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    # [another answer] an answer becomes one to the new question
    # mypy says: Argument 1 to "answered" of "Answering" has incompatible type
    # pyright says: cannot be assigned to parameter "convert" of type "(Approval) -> bool"
    migration.step(agree, consent).answered(as_lease)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    # [supply of another type] what is supplied is what the new step would give
    # mypy says: expected "Callable[[Lease], Lease]"
    # pyright says: cannot be assigned to parameter "make" of type "(Lease) -> Lease"
    migration.supply(rate).using(same_order)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    # [supply of a gate] nobody was asked
    # mypy says: Argument 1 to "supply" of "Migration" has incompatible type "Gate[Lease, Lease, bool, Sync]"
    # pyright says: Argument of type "Gate[Lease, Lease, bool, Sync]" cannot be assigned to parameter "new"
    migration.supply(consent)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    # [supply without a result] it is said what the new step would give
    # mypy says: has no attribute "load"
    # pyright says: Cannot access attribute "load" for class
    migration.supply(rate).load(b"")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    # [drop without a reason] who drops a step says why
    # mypy says: Too few arguments for "drop" of "Migration"
    # pyright says: Expected 1 more positional argument
    migration.drop(noting)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
