"""python-saga-orchestrator, as its guide has it: `BaseStep`s in a `SagaBuilder`, tables of one's own on SQLAlchemy.

It is async only; each run is one entry into the loop. It is made for PostgreSQL, and says that SQLite may do for
experiments, where the row locks that it asks for are not taken. The engine is ours to make, so WAL and
synchronous=FULL are set on each connection. Its log is off. A pause is a step that answers `StepAwaitEvent`.
"""

import asyncio
import uuid
from itertools import count
from typing import Any

from commits import DATABASE, STEPS, Refused, done, full, report, undone
from loguru import logger
from pydantic import BaseModel
from saga_orchestrator import (
    BaseStep,
    SagaBuilder,
    SagaOrchestrator,
    SagaStateMixin,
    SagaStepHistoryMixin,
    StepAwaitEvent,
)
from sqlalchemy import ForeignKey, event
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.pool import Pool


@event.listens_for(Pool, "connect")
def opened(connection: object, _: object) -> None:
    """Have each of its connections keep what it commits."""
    full(connection)


class Base(DeclarativeBase):
    """Where the tables are."""


class History(Base, SagaStepHistoryMixin):
    """A row for each step."""

    __tablename__ = "history"
    saga_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("state.id", ondelete="CASCADE"), index=True)


class State(Base, SagaStateMixin):
    """A row for each run."""

    __tablename__ = "state"
    step_history: Mapped[list[History]] = relationship(cascade="all, delete-orphan", order_by="History.id")


class Count(BaseModel):
    """The small context."""

    n: int


class Counted(BaseStep[Count, Count]):
    """Counts on; an eleventh fails."""

    async def execute(self, inp: Count, event_type: str | None = None, event_payload: Any | None = None) -> Count:  # noqa: ANN401, ARG002 - as its base has it
        """Count on."""
        done.append(inp.n)
        if inp.n == STEPS:
            raise Refused
        return Count(n=inp.n + 1)

    async def compensate(self, inp: Count, out: Count, *_: object, **__: object) -> None:
        """Undo nothing."""
        del out
        undone.append(inp.n)


class Approval(BaseStep[Count, Count]):
    """Waits for an answer."""

    async def execute(  # noqa: D102 - as its class says
        self,
        inp: Count,
        event_type: str | None = None,
        event_payload: Any | None = None,  # noqa: ANN401 - as its base has it
    ) -> Count | StepAwaitEvent:
        del event_payload
        return inp if event_type else StepAwaitEvent(event_types=("approved",))


def chained(*steps: BaseStep[Count, Count]) -> SagaBuilder:
    """Connect the steps in a line; each is given what the one before it gave."""
    builder = SagaBuilder()
    before = builder.add_step(step=steps[0], input_map=lambda context: Count(n=context.initial_data["n"]))
    for step in steps[1:]:
        before = builder.add_step(step=step, depends_on=before, input_map=lambda count: Count(n=count.n))
    return builder


async def orchestrator() -> SagaOrchestrator[State, History]:
    """Make the tables and register the sagas."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{DATABASE}")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    made = SagaOrchestrator[State, History](model_class=State, history_model_class=History, session_maker=sessions)
    ten = [Counted() for _ in range(STEPS)]
    made.register("ten", chained(*ten).build())
    made.register("failing", chained(*ten, Counted()).build())
    made.register("paused", chained(*ten, Approval()).build())
    return made


if __name__ == "__main__":
    logger.disable("saga_orchestrator")
    numbers = count()
    with asyncio.Runner() as runner:
        sagas = runner.run(orchestrator())

        def run(name: str) -> None:
            """Run it for an aggregate of its own."""
            runner.run(sagas.start(saga_name=name, initial_data={"n": 0}, aggregation_id=f"run-{next(numbers)}"))

        report(
            "python-saga-orchestrator",
            ten=lambda: run("ten"),
            failing=lambda: run("failing"),
            paused=lambda: run("paused"),
        )
