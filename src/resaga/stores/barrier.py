"""A barrier in your own database: a call that comes late, after it was taken back, does nothing.

A step that timed out may still be on its way when its undo runs. Where the effect is a change in your own SQLite or
PostgreSQL, both ask the barrier first, in the transaction of the effect:

    def reserve(self, order: Order, attempt: Attempt) -> Held:
        with self.connection as db:                         # one transaction
            if may_do(db, attempt.key):
                db.execute("UPDATE stock SET held = held + 1 WHERE …")
        return Held(order)

    def release(self, held: Held, attempt: Attempt) -> None:
        with self.connection as db:
            if may_undo(db, attempt.key_of_doing):
                db.execute("UPDATE stock SET held = held - 1 WHERE …")

In whatever order they arrive, and however often: once it was taken back, the effect is not there, and never comes.
"""

import sqlite3
from typing import Any, Final, Protocol

TABLE: Final = "CREATE TABLE IF NOT EXISTS resaga_barrier (key VARCHAR(64) PRIMARY KEY, undone INTEGER NOT NULL)"
QUESTION_MARKS: Final = (
    "INSERT INTO resaga_barrier (key, undone) VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
    "UPDATE resaga_barrier SET undone = 1 WHERE key = ? AND undone = 0",
)
PERCENT_SIGNS: Final = (
    "INSERT INTO resaga_barrier (key, undone) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING",
    "UPDATE resaga_barrier SET undone = 1 WHERE key = %s AND undone = 0",
)


class Connection(Protocol):
    """A connection of `sqlite3` or of psycopg."""

    def execute(self, statement: Any, values: Any = ..., /) -> Any:  # noqa: ANN401 - each driver has classes of its own
        """Run one statement; what it gives has a `rowcount`."""
        ...


def make(connection: Connection) -> None:
    """Make the barrier's table, if it is not there; once, where your own tables are made."""
    connection.execute(TABLE)


def may_do(connection: Connection, key: str) -> bool:
    """Whether what is done under this key has still to be done: it was neither done nor taken back."""
    enter, _ = _statements(connection)
    return _changes(connection, enter, key, 0)


def may_undo(connection: Connection, key: str) -> bool:
    """Whether what was done under this key is to be taken back now; if it was not done, it cannot be any more."""
    enter, turn = _statements(connection)
    return not _changes(connection, enter, key, 1) and _changes(connection, turn, key)


def _statements(connection: Connection) -> tuple[str, str]:
    return QUESTION_MARKS if isinstance(connection, sqlite3.Connection) else PERCENT_SIGNS


def _changes(connection: Connection, statement: str, *values: object) -> bool:
    changed: int = connection.execute(statement, values).rowcount
    return changed == 1
