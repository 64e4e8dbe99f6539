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
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, LiteralString, TypeAlias

from resaga.core.errors import InvalidArgument

if TYPE_CHECKING:
    import psycopg

POSTGRES: Final = "resaga.stores.postgres_database"
"""Whoever has SQLite need not have psycopg."""

TABLE: Final = "CREATE TABLE IF NOT EXISTS resaga_barrier (key VARCHAR(64) PRIMARY KEY, undone INTEGER NOT NULL)"
QUESTION_MARKS: Final = (
    "INSERT INTO resaga_barrier (key, undone) VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
    "UPDATE resaga_barrier SET undone = 1 WHERE key = ? AND undone = 0",
)
PERCENT_SIGNS: Final = (
    "INSERT INTO resaga_barrier (key, undone) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING RETURNING key",
    "UPDATE resaga_barrier SET undone = 1 WHERE key = %s AND undone = 0 RETURNING key",
)

Connection: TypeAlias = "sqlite3.Connection | psycopg.Connection[Any]"


def make(connection: Connection) -> None:
    """Make the barrier's table, if it is not there; once, where your own tables are made."""
    _cursor(connection).execute(TABLE)


def may_do(connection: Connection, key: str) -> bool:
    """Whether what is done under this key has still to be done: it was neither done nor taken back."""
    enter, _ = _statements(connection)
    return _changes(connection, enter, key, 0)


def may_undo(connection: Connection, key: str) -> bool:
    """Whether what was done under this key is to be taken back now; if it was not done, it cannot be any more."""
    enter, turn = _statements(connection)
    return not _changes(connection, enter, key, 1) and _changes(connection, turn, key)


def _statements(connection: Connection) -> tuple[LiteralString, LiteralString]:
    return QUESTION_MARKS if isinstance(connection, sqlite3.Connection) else PERCENT_SIGNS


def _changes(connection: Connection, statement: LiteralString, *values: object) -> bool:
    """Whether it changed anything. In a pipeline of psycopg that is known when its row is fetched, and not before."""
    db: Any = _cursor(connection)  # each driver has classes of its own
    db.execute(statement, values)
    return db.rowcount == 1 if isinstance(db, sqlite3.Cursor) else db.fetchone() is not None


def _cursor(connection: Connection) -> "sqlite3.Cursor | psycopg.Cursor[tuple[Any, ...]]":
    """A plain one, whatever the connection of an application gives."""
    if isinstance(connection, sqlite3.Connection):
        return connection.cursor()
    try:
        return import_module(POSTGRES).cursor_on(connection)  # type: ignore[no-any-return]  # it is not imported before
    except (ModuleNotFoundError, TypeError):
        said = "give the sqlite3.Connection or the blocking psycopg.Connection itself, as your framework has it"
        raise InvalidArgument(f"the barrier cannot be asked by a {type(connection).__name__}; {said}.") from None
