"""Migrations that are legal."""

from typing import assert_type

from attrs import frozen

from resaga import Saga, Sync, gate, read, step
from resaga.codec.migration import Migration
from resaga.runtime import BlockingRuntime, Runtime
from resaga.saga import Loaded
from tests.typing.legal.sagas import Approval, Held, Order, notify, release, reserve


@frozen
class Lease:
    held: Held
    until: str


@step
def lease(order: Order) -> Lease:
    return Lease(Held(order, "h"), "noon")


def end_lease(lease: Lease) -> None: ...


@read
def rate(lease: Lease) -> Lease:
    return lease


@gate
def consent(lease: Lease, answer: bool) -> Lease:  # noqa: FBT001 - an answer
    return lease


@gate
def agree(held: Held, answer: Approval) -> Held:
    return held


def as_lease(held: Held) -> Lease:
    return Lease(held, "")


def same_order(order: Order) -> Order:
    return order


def is_ok(answer: Approval) -> bool:
    return answer.ok


reserving = reserve.undone_by(release)
leasing = lease.undone_by(end_lease)
noting = notify.kept("a notice can't be unsent")
older = Saga("agreed", reserving >> noting >> agree)
newer = Saga("agreed", leasing >> rate >> consent, version=2)
migration = newer.migration(older)
said = migration.first(same_order).step(reserving, leasing).using(as_lease).drop(noting, "nobody reads it")
said = said.supply(rate).using(lambda lease: lease).step(agree, consent).answered(is_ok).using(as_lease)
assert_type(migration, Migration[Order, Order, Loaded[Order, Lease, Sync]])
assert_type(said, Migration[Order, Order, Loaded[Order, Lease, Sync]])
renamed: Migration[Order, Order, Loaded[Order, Lease, Sync]] = migration.step(agree, consent)


def carry_over(blob: bytes) -> None:
    """What an older document becomes is of the newer saga."""
    assert_type(said.load(blob), Loaded[Order, Lease, Sync])


async def brought_over(blocking: BlockingRuntime, awaiting: Runtime) -> None:
    """What is kept becomes what the migration leads to."""
    assert_type(blocking.migrate(said, "A-1"), Loaded[Order, Lease, Sync])
    assert_type(await awaiting.migrate(said, "A-1"), Loaded[Order, Lease, Sync])
