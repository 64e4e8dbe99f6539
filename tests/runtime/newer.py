"""The shop after a deploy, and what becomes of what the one before has begun."""

from typing import Any, Final

from resaga import Saga, read
from resaga.stores.store import Stored
from tests.runtime.shop import CALLS, CHECKOUT, A, Order, Shop, approval, charge, price, release, reserve, second


@read
def score(order: Order) -> Order:
    CALLS.append("score")
    return order


def same(order: Order) -> Order:
    return order


BODY: Final[Any] = reserve.undone_by(release) >> price >> score
NEWER: Final[Any] = Saga("checkout", BODY >> approval >> second >> charge.irreversible(), version=2)
MIGRATION: Final[Any] = NEWER.migration(CHECKOUT).supply(score).using(same)


def kept(where: Shop, id_: str = A) -> Stored:
    """What is in the store."""
    stored = where.store.read(id_)
    assert stored is not None
    return stored
