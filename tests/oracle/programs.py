"""The small programs: every order of a few kinds of step that a saga accepts."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import product
from typing import Final, TypeAlias

from resaga import Saga
from resaga.core.combine import wait
from resaga.core.errors import InvalidStepOrder
from resaga.core.node import Reject
from resaga.core.retry import Retry
from tests.steps import AnyBlock, Steps

TWICE: Final = Retry(2)
SLOWLY: Final = Retry(2, delay=timedelta(minutes=1))
MOMENT: Final = timedelta(microseconds=1)

Make: TypeAlias = Callable[[Steps, str], AnyBlock]

KINDS: Final[Mapping[str, Make]] = {
    "read": lambda steps, name: steps.read(name),
    "read twice": lambda steps, name: steps.read(name, retry=TWICE),
    "plain": lambda steps, name: steps.undone(name, plain=True, undo_retry=TWICE),
    "undone twice": lambda steps, name: steps.undone(name, retry=TWICE, undo_retry=SLOWLY),
    "settled": lambda steps, name: steps.undone(name, settled=True, settle_retry=TWICE),
    "settled twice": lambda steps, name: steps.undone(name, retry=SLOWLY, settled=True),
    "kept": lambda steps, name: steps.kept(name),
    "irreversible": lambda steps, name: steps.irreversible(name),
    "irreversible twice": lambda steps, name: steps.irreversible(name, retry=TWICE),
    "irreversible settled": lambda steps, name: steps.irreversible(name, settled=True, settle_retry=TWICE),
    "irreversible settled twice": lambda steps, name: steps.irreversible(name, retry=TWICE, settled=True),
    "gate": lambda steps, name: steps.gate(name),
    "gate in time": lambda steps, name: steps.gate(name, deadline=timedelta(days=1), expiry=Reject()),
    "wait": lambda _, name: wait(timedelta(days=1), name=name),
}

RARE: Final = frozenset(
    {"read twice", "settled twice", "irreversible twice", "irreversible settled twice", "gate in time"}
)
"""Kinds that do not stand in programs of three steps: they would be too many for one sitting."""

KINDS_IN_TIME: Final[Mapping[str, Make]] = {
    "read": lambda steps, name: steps.read(name, timeout=MOMENT),
    "settled": lambda steps, name: steps.undone(name, settled=True, timeout=MOMENT),
    "settled twice": lambda steps, name: steps.undone(name, retry=TWICE, settled=True, timeout=MOMENT),
    "irreversible settled": lambda steps, name: steps.irreversible(name, settled=True, timeout=MOMENT),
    "undone": lambda steps, name: steps.undone(name),
}
"""Kinds with a deadline, for an awaiting loop."""


def small_programs(kinds: Mapping[str, Make], length: int, *, rare: bool = True) -> Iterator[tuple[str, ...]]:
    """Every row of that many kinds, the impossible ones too."""
    return product((kind for kind in kinds if rare or kind not in RARE), repeat=length)


def small_saga(kinds: Mapping[str, Make], row: tuple[str, ...], steps: Steps) -> "Saga[int, int] | None":
    """The saga of such a row; None where the order of its steps is refused."""
    blocks = [kinds[kind](steps, name) for kind, name in zip(row, "abc", strict=False)]
    if row == ("wait",) * len(row):
        blocks.append(steps.read("z"))  # timers alone are no saga
    whole = blocks[0]
    for block in blocks[1:]:
        whole = whole >> block
    try:
        return Saga("small", whole)
    except InvalidStepOrder:
        return None
