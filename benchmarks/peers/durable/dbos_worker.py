"""DBOS, as its guide has it: `@DBOS.workflow()` over `@DBOS.step()`s, its system database in SQLite.

Each run is called under a workflow id of its own. It sets neither WAL nor synchronous; a listener of SQLAlchemy's
sets both on each connection that it opens, which favours it. Its log is turned down and its admin server is off.
There is no compensation. A pause is `recv`: the two paused runs are sent their message after the measurement.
"""

from itertools import count
from time import sleep

from commits import DATABASE, STEPS, done, full, report
from dbos import DBOS, SetWorkflowID, WorkflowHandle
from sqlalchemy import event
from sqlalchemy.pool import Pool

SETTLES_SECONDS = 0.5
"""How long a run that was begun is given to reach its pause."""


@event.listens_for(Pool, "connect")
def opened(connection: object, _: object) -> None:
    """Have each of its connections keep what it commits."""
    full(connection)


@DBOS.step()
def counted(number: int, n: int) -> int:
    """Count on."""
    done.append(number)
    return n + 1


def steps(n: int) -> int:
    """Do ten steps."""
    for number in range(STEPS):
        n = counted(number, n)
    return n


@DBOS.workflow()
def ten(n: int) -> int:
    """Do ten steps."""
    return steps(n)


@DBOS.workflow()
def paused(n: int) -> int:
    """Do ten steps and wait for an answer."""
    n = steps(n)
    DBOS.recv("approval", timeout_seconds=60)
    return n


if __name__ == "__main__":
    DBOS(config={"name": "peer", "system_database_url": f"sqlite:///{DATABASE}", "log_level": "ERROR"})
    DBOS.launch()
    numbers = count()
    waiting: list[WorkflowHandle[int]] = []

    def run() -> None:
        """Run it under an id of its own."""
        with SetWorkflowID(f"run-{next(numbers)}"):
            assert ten(0) == STEPS

    def pause() -> None:
        """Begin one, and see it reach its pause."""
        waiting.append(DBOS.start_workflow(paused, 0))
        sleep(SETTLES_SECONDS)

    report("dbos", ten=run, paused=pause)
    for handle in waiting:
        DBOS.send(handle.workflow_id, "go on", "approval")
        assert handle.get_result() == STEPS
    DBOS.destroy()
