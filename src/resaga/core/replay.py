"""Computes a state anew from its rows: what loading a document and recovering from an interrupt do."""

from collections.abc import Iterable

from resaga.core.errors import IllegalTransition
from resaga.core.fact import Fact, Row
from resaga.core.machine import advance, returned, write
from resaga.core.outcome import Interrupted
from resaga.core.program import Program
from resaga.core.state import FORWARD, LIVE, ExecutionState, Trail


def replay(program: Program, execution_id: str, rows: Iterable[Row]) -> ExecutionState:
    """The state that these rows lead to; each must be possible where it stands."""
    state = ExecutionState(program, execution_id, Trail([], [], [], []))
    for fact, index, at, took, value in rows:
        if fact is Fact.RETURNED and index == state.index and state.phase is FORWARD and not state.strained:
            plain = program.plain[index]
            if plain is not None:  # most rows
                returned(plain, state, value, at, took)
                continue
        if index != state.at_index:
            raise IllegalTransition(f"a row speaks of index {index}, but the execution is at {state.at_index}.")
        write(program, state, fact, at, took, value)
    return state


def cut_off(program: Program, state: ExecutionState, at: int) -> ExecutionState:
    """What can be resumed after the loop that drove this state was interrupted, wherever it was.

    The rows that are whole are what happened; a body that may have been running is in doubt.
    """
    again = replay(program, state.execution_id, state.trail.rows())
    if again.phase in LIVE:
        began = again.trail.at[-1]  # or later: what was begun is taken to be as old as it can be, and so is its key
        at = max(at, began)
        advance(program, again, Interrupted(), at, at - began)
    return again
