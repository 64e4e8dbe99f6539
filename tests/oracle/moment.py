"""A moment of a run, right before a choice: schedules that begin alike are run that far only once.

Each way on from a moment is still gone by the real loops, and each whole story is still held against all that is
promised; what is spared is to go over again what they have in common, which nothing but their choices decides.
"""

from collections.abc import Mapping
from typing import NamedTuple, final

from resaga.core.decision import Decision
from resaga.core.state import ExecutionState
from tests.oracle.witness import Seen
from tests.worlds import Call, Fate, Memory


@final
class People(NamedTuple):
    """What those around a run know of it."""

    faults: int  # that may still happen
    natures: Mapping[str, tuple[Fate, ...]]
    blob: bytes  # the last document
    intended: bool  # whether the process died behind an intent
    mended: frozenset[str]  # the gates that say yes from now on, once somebody had to help


@final
class Moment(NamedTuple):
    """All that a run goes on from."""

    choices: int
    """So many were made before it."""

    resumes: int
    state: ExecutionState
    world: Memory
    seen: Seen
    people: People
    decision: Decision | None
    """What the loop ended with, if it has."""

    call: Call | None
    """What the loop was calling, if it has not: going on, it has to come to the same."""
