"""The barrier in PostgreSQL."""

import asyncio
from typing import Any

import psycopg
import pytest
from psycopg.rows import kwargs_row, scalar_row

from resaga.core.errors import InvalidArgument
from resaga.stores import barrier

pytestmark = pytest.mark.servers


def test_what_comes_late_does_nothing(postgres_url: str) -> None:
    """Done once, taken back once, never done again; what was taken back before it was done is never done."""
    with psycopg.connect(postgres_url) as db:
        barrier.make(db)
        assert [barrier.may_do(db, "a"), barrier.may_do(db, "a")] == [True, False]
        assert [barrier.may_undo(db, "a"), barrier.may_undo(db, "a"), barrier.may_do(db, "a")] == [True, False, False]
        assert [barrier.may_undo(db, "b"), barrier.may_do(db, "b")] == [False, False]


def test_in_a_pipeline_it_answers_the_same(postgres_url: str) -> None:
    """What is done there is done once, and taken back once, though results are not waited for by themselves."""
    with psycopg.connect(postgres_url, autocommit=True) as db:
        with db.pipeline(), db.transaction():
            barrier.make(db)
            assert [barrier.may_do(db, "a"), barrier.may_do(db, "a")] == [True, False]
        with db.pipeline(), db.transaction():
            assert [barrier.may_undo(db, "a"), barrier.may_undo(db, "a"), barrier.may_do(db, "a")] == [
                True,
                False,
                False,
            ]
            assert [barrier.may_undo(db, "b"), barrier.may_do(db, "b")] == [False, False]
        assert db.execute("SELECT key, undone FROM resaga_barrier ORDER BY key").fetchall() == [("a", 1), ("b", 1)]


@pytest.mark.parametrize(
    "factories",
    [
        {"cursor_factory": psycopg.RawCursor},
        {"cursor_factory": psycopg.ClientCursor},
        {"row_factory": scalar_row},
        {"row_factory": kwargs_row(lambda *, total: total)},
    ],
    ids=["raw", "client", "scalar", "kwargs"],
)
def test_factories_of_an_application_are_its_own(postgres_url: str, factories: Any) -> None:  # noqa: ANN401 - of any kind
    """The barrier has a cursor of its own."""
    with psycopg.connect(postgres_url, **factories) as db:
        barrier.make(db)
        assert [barrier.may_do(db, "a"), barrier.may_do(db, "a")] == [True, False]
        assert [barrier.may_undo(db, "a"), barrier.may_undo(db, "a")] == [True, False]


def test_who_has_to_await_is_refused(postgres_url: str) -> None:
    """In words that say what to give instead; nothing is left unawaited."""

    async def story() -> None:
        async with await psycopg.AsyncConnection.connect(postgres_url) as db:
            with pytest.raises(InvalidArgument, match=r"AsyncConnection; give .* the blocking psycopg\.Connection"):
                barrier.make(db)  # type: ignore[arg-type]  # the types say the same
            for ask in (barrier.may_do, barrier.may_undo):
                with pytest.raises(InvalidArgument, match="AsyncConnection"):
                    ask(db, "a")  # type: ignore[arg-type]  # the types say the same

    asyncio.run(story())
