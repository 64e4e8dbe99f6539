"""The barrier in PostgreSQL."""

import psycopg
import pytest

from resaga.stores import barrier

pytestmark = pytest.mark.servers


def test_what_comes_late_does_nothing(postgres_url: str) -> None:
    """Done once, taken back once, never done again; what was taken back before it was done is never done."""
    with psycopg.connect(postgres_url) as db:
        barrier.make(db)
        assert [barrier.may_do(db, "a"), barrier.may_do(db, "a")] == [True, False]
        assert [barrier.may_undo(db, "a"), barrier.may_undo(db, "a"), barrier.may_do(db, "a")] == [True, False, False]
        assert [barrier.may_undo(db, "b"), barrier.may_do(db, "b")] == [False, False]
