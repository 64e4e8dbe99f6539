"""Burr, as its guide has it: an application with `with_state_persister(SQLitePersister(…))`, which keeps each step.

One application is one execution, so each run builds one; its actions are made once. The persister is given its
connection, which is how WAL and synchronous=FULL are set. It keeps the whole state after each step, no result and
no time of its own. There is no compensation. A pause is `halt_before`.
"""

import sqlite3
from collections.abc import Callable
from itertools import count, pairwise

from burr.core import ApplicationBuilder, State, action
from burr.core.persistence import SQLitePersister
from commits import DATABASE, STEPS, done, full, report

NAMES = [f"s{number}" for number in range(STEPS)]


def body(number: int) -> Callable[..., State]:
    """Return one step."""

    @action(reads=["n"], writes=["n"])
    def counted(state: State) -> State:
        done.append(number)
        return state.update(n=state["n"] + 1)

    return counted


@action(reads=["n"], writes=["n"])
def approval(state: State) -> State:
    """Go on once there is an answer."""
    return state


ACTIONS = dict(zip(NAMES, map(body, range(STEPS)), strict=True)) | {"approval": approval}

if __name__ == "__main__":
    connection = sqlite3.connect(DATABASE)
    full(connection)
    persister = SQLitePersister(str(DATABASE), connection=connection)
    persister.initialize()
    numbers = count()

    def run(**halt: list[str]) -> None:
        """Build an execution and run it until there."""
        app = (
            ApplicationBuilder()
            .with_actions(**ACTIONS)
            .with_transitions(*pairwise(ACTIONS))
            .with_state(n=0)
            .with_entrypoint(NAMES[0])
            .with_identifiers(app_id=f"run-{next(numbers)}")
            .with_state_persister(persister)
            .build()
        )
        _, _, state = app.run(**halt)
        assert state["n"] == STEPS

    report("burr", ten=lambda: run(halt_after=NAMES[-1:]), paused=lambda: run(halt_before=["approval"]))
