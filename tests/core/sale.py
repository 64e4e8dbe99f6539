"""The steps, gates and classes of a sale, to be made into programs."""

from datetime import timedelta
from typing import Any, NamedTuple

from attrs import frozen

from resaga import gate, only, read, step, when
from resaga.core.block import node_of
from resaga.core.compile import compile_program
from resaga.core.instruction import Instruction
from resaga.core.program import Program

DAY = timedelta(days=1)


@frozen
class Order:
    id: str


@frozen
class Held:
    order: Order


@frozen
class Asked:
    held: Held


@frozen
class Cleared:
    held: Held


class Basket(NamedTuple):
    order: Order
    held: Held | None


@read
def look(order: Order) -> Order:
    return order


@read
def check(held: Held) -> Held:
    return held


def hold(order: Order) -> Held:
    return Held(order)


reserve = step(name="reserve")(hold)


@step
def notify(held: Held) -> Held:
    return held


@read
def policy(held: Held) -> Asked | Cleared:
    return Cleared(held)


@gate
def approval(asked: Asked, answer: bool) -> Cleared:  # noqa: FBT001 - the answer is a bool
    return Cleared(asked.held)


@step
def charge(cleared: Cleared) -> Held:
    return cleared.held


def release(held: Held) -> None: ...


def is_large(order: Order) -> bool:
    return len(order.id) > 3


def is_held(held: Held) -> bool:
    return held.order.id != ""


def order_of(basket: Basket) -> Order:
    return basket.order


def with_held(basket: Basket, held: Held) -> Basket:
    return Basket(basket.order, held)


def with_order(basket: Basket, order: Order) -> Basket:
    return Basket(order, basket.held)


undone = reserve.undone_by(release)
kept = notify.kept("a notice can't be unsent")
final = charge.irreversible()
seal = notify.irreversible()


def chained(*parts: Any) -> Any:  # noqa: ANN401 - of blocks that types refuse
    block = parts[0]
    for part in parts[1:]:
        block = block >> part
    return block


def made(block: Any, emits: tuple[Any, ...] = ()) -> Program:  # noqa: ANN401 - of blocks that types refuse
    return compile_program("s", 1, node_of(block), (), emits)


only_untyped: Any = only


def lines(block: Any) -> list[Instruction]:  # noqa: ANN401 - of any block
    return list(made(block).instructions)


when_untyped: Any = when
