"""Computes a state anew from its rows: what loading a document and recovering from an interrupt do."""

from collections.abc import Iterable

from resaga.core.errors import IllegalTransition
from resaga.core.fact import Fact, Row
from resaga.core.machine import advance, returned, straight, write
from resaga.core.outcome import Interrupted
from resaga.core.program import Program
from resaga.core.state import FORWARD, LIVE, ExecutionState, Trail


def replay(program: Program, execution_id: str, rows: Iterable[Row]) -> ExecutionState:
    """The state that these rows lead to; each must be possible where it stands."""
    state = ExecutionState(program, execution_id, Trail([], [], [], []))
    _go_through(program, state, rows)
    return state


def retrace(program: Program, execution_id: str, trail: Trail) -> ExecutionState:
    """The same for rows in columns, which become the state's: those that only put the index on are taken in at once."""
    ahead, whole = program.straight_rows(trail.codes), len(trail)
    if ahead == whole:
        return straight(program, execution_id, trail)
    begun = Trail(trail.codes[:ahead], trail.at[:ahead], trail.took[:ahead], trail.values[:ahead])
    state = straight(program, execution_id, begun)
    _go_through(program, state, trail.rows(ahead))
    return state


def _go_through(program: Program, state: ExecutionState, rows: Iterable[Row]) -> None:
    for fact, index, at, took, value in rows:
        forward = state.phase is FORWARD and state.stuck is None and not state.strained
        if fact is Fact.RETURNED and index == state.index and forward:
            plain = program.plain[index]
            if plain is not None:  # most rows
                returned(plain, state, value, at, took)
                continue
        if index != state.at_index:
            raise IllegalTransition(f"a row speaks of index {index}, but the execution is at {state.at_index}.")
        write(program, state, fact, at, took, value)


def cut_off(program: Program, state: ExecutionState, at: int) -> ExecutionState:
    """What can be resumed after the loop that drove this state was interrupted, wherever it was.

    The rows that are whole are what happened; a body that may have been running is in doubt.
    """
    again = retrace(program, state.execution_id, state.trail.copy())
    if again.phase in LIVE:
        interrupt(again, at)
    return again


def interrupt(state: ExecutionState, at: int) -> None:
    """Let it be cut off in what it was doing since its last row, as was found out at that time or later."""
    began = state.trail.at[-1]  # or later: what was begun is taken to be as old as it can be, and so is its key
    at = max(at, began)
    advance(state.program, state, Interrupted(), at, at - began)
