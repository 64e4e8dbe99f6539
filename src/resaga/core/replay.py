"""Computes a state anew from its rows: what loading a document and recovering from an interrupt do."""

from collections.abc import Iterable
from typing import Final

from resaga.core.errors import IllegalTransition
from resaga.core.fact import BITS, Fact, Row
from resaga.core.machine import CREATED, STARTED, advance, create, returned, start, write
from resaga.core.outcome import Interrupted
from resaga.core.program import Program
from resaga.core.state import FORWARD, LIVE, ExecutionState, Trail

BEGUN: Final = (CREATED, STARTED)
"""The first rows of every execution that was started."""


def replay(program: Program, execution_id: str, rows: Iterable[Row]) -> ExecutionState:
    """The state that these rows lead to; each must be possible where it stands."""
    state = ExecutionState(program, execution_id, Trail([], [], [], []))
    _go_through(program, state, rows)
    return state


def retrace(program: Program, execution_id: str, trail: Trail) -> ExecutionState:
    """The same for rows in columns: those that only put the index on are taken in at once."""
    whole, begun = len(trail), len(BEGUN)
    state, done = ExecutionState(program, execution_id, Trail([], [], [], [])), 0
    if whole >= begun and trail.codes[:begun] == [program.start << BITS | fact for fact in BEGUN]:
        state = create(program, execution_id, trail.values[0], trail.at[0])
        start(program, state, trail.at[1])
        done = _go_straight(program, state, trail, begun, whole)
    if done < whole:
        _go_through(program, state, trail.rows(done))
    return state


def _go_straight(program: Program, state: ExecutionState, trail: Trail, row: int, whole: int) -> int:
    """Take in at once all rows that only put the index on, step by step; gives the position behind them."""
    steps, codes, index = program.plain, trail.codes, state.index
    while row < whole and not state.strained:
        plain = steps[index]
        if plain is None or plain.code != codes[row] or plain.then is None:
            break
        index = plain.after
        row += 1
    if index != state.index:
        state.index, state.value = index, trail.values[row - 1]
    state.trail = Trail(codes[:row], trail.at[:row], trail.took[:row], trail.values[:row])
    return row


def _go_through(program: Program, state: ExecutionState, rows: Iterable[Row]) -> None:
    for fact, index, at, took, value in rows:
        if fact is Fact.RETURNED and index == state.index and state.phase is FORWARD and not state.strained:
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
    again = retrace(program, state.execution_id, state.trail)
    if again.phase in LIVE:
        began = again.trail.at[-1]  # or later: what was begun is taken to be as old as it can be, and so is its key
        at = max(at, began)
        advance(program, again, Interrupted(), at, at - began)
    return again
