"""edda, as its guide has it: a `@workflow` over `@activity`s with `@on_failure`, an `EddaApp` on SQLite.

It is async only, and runs on uvloop, which it depends on; each run is one entry into that loop. It sets neither WAL
nor synchronous; a listener of SQLAlchemy's sets both on each connection that it opens, which favours it. The
activity that fails raises `TerminalError`, as it would be retried for half a minute otherwise. A pause is
`wait_event`.
"""

import asyncio
import logging

import uvloop
from commits import DATABASE, STEPS, done, full, report, undone
from edda import EddaApp, TerminalError, WorkflowContext, activity, compensation, on_failure, wait_event, workflow
from sqlalchemy import event
from sqlalchemy.pool import Pool


@event.listens_for(Pool, "connect")
def opened(connection: object, _: object) -> None:
    """Have each of its connections keep what it commits."""
    full(connection)


@compensation
async def undo(_: WorkflowContext, number: int, n: int) -> None:
    """Undo nothing."""
    del n
    undone.append(number)


@activity
@on_failure(undo)
async def counted(_: WorkflowContext, number: int, n: int) -> int:
    """Count on."""
    done.append(number)
    return n + 1


@activity
async def fail(_: WorkflowContext) -> None:
    """Fail at once, and for good."""
    done.append(STEPS)
    raise TerminalError("refused")


async def steps(context: WorkflowContext, n: int) -> int:
    """Do ten steps."""
    for number in range(STEPS):
        n = await counted(context, number=number, n=n)
    return n


@workflow
async def ten(context: WorkflowContext, n: int) -> int:
    """Do ten steps."""
    return await steps(context, n)


@workflow
async def failing(context: WorkflowContext, n: int) -> None:
    """Do ten steps, and one that fails."""
    await steps(context, n)
    await fail(context)


@workflow
async def paused(context: WorkflowContext, n: int) -> None:
    """Do ten steps and wait for an answer."""
    await steps(context, n)
    await wait_event(context, "approval")


async def refused() -> None:
    """Run the one that fails."""
    try:
        await failing.start(n=0)
    except TerminalError:
        return
    raise AssertionError


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    app = EddaApp(service_name="peer", db_url=f"sqlite:///{DATABASE}")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(app.initialize())
        report(
            "edda-framework",
            ten=lambda: runner.run(ten.start(n=0)),
            failing=lambda: runner.run(refused()),
            paused=lambda: runner.run(paused.start(n=0)),
        )
        runner.run(app.shutdown())
