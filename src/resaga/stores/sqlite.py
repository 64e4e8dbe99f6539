"""Executions in one SQLite file: the embedded store, with nothing to install."""

import os
import sqlite3
from collections.abc import Callable, Sequence
from typing import Final, TypeVar, final

from resaga.core.errors import NotInTransaction
from resaga.stores import sqlite_tables as tables
from resaga.stores.opening import path_of
from resaga.stores.sqlite_database import READ, WRITE, Database, closed, named
from resaga.stores.store import Append, Head, Stored

T = TypeVar("T")

PATIENCE_SECONDS: Final = 10.0
"""How long a call waits for other processes before it is `StoreBusy`."""


@final
class SqliteStore:
    """A store in a file, which is made if it is not there; many processes may use it."""

    def __init__(self, path: str | os.PathLike[str], /, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._database = Database(path, _prepare, patience_seconds)

    @staticmethod
    def joined(connection: sqlite3.Connection, /) -> "JoinedStore":
        """A store inside the transaction that is open in your connection: kept with the rest of it, or not at all."""
        return JoinedStore(connection)

    def append(self, batch: Sequence[Append], /) -> list[bool]:
        """See `Store`."""
        return self._database.transact(WRITE, lambda db: _append(db, batch))

    def read(self, id: str, /) -> Stored | None:  # noqa: A002 - as the protocol says
        """See `Store`."""
        return self._database.transact(READ, lambda db: tables.read(db, id))

    def find(  # noqa: PLR0913 - as the protocol says
        self,
        *,
        status: str | None = None,
        saga: str | None = None,
        tag: str | None = None,
        owner: str | None = None,
        due: int | None = None,
        after: str = "",
        limit: int = 100,
    ) -> list[Head]:
        """See `Store`."""
        asked = _asked(status, saga, tag, owner, due, after, limit)
        return self._database.transact(READ, lambda db: tables.find(db, asked))

    def delete(self, id: str, revision: int, /) -> bool:  # noqa: A002 - as the protocol says
        """See `Store`."""
        return self._database.transact(WRITE, lambda db: tables.delete(db, id, revision))

    def close(self) -> None:
        """See `Store`."""
        self._database.close()


@final
class JoinedStore:
    """A store inside somebody else's transaction: see `SqliteStore.joined`. It neither begins one nor ends it."""

    def __init__(self, connection: sqlite3.Connection, /) -> None:
        self._connection = connection
        self._where = "the joined connection"
        self._closed = False

    def append(self, batch: Sequence[Append], /) -> list[bool]:
        """See `Store`; durable as soon as the transaction is."""
        return self._within(lambda db: [tables.apply(db, item) for item in batch])

    def read(self, id: str, /) -> Stored | None:  # noqa: A002 - as the protocol says
        """See `Store`."""
        return self._within(lambda db: tables.read(db, id))

    def find(  # noqa: PLR0913 - as the protocol says
        self,
        *,
        status: str | None = None,
        saga: str | None = None,
        tag: str | None = None,
        owner: str | None = None,
        due: int | None = None,
        after: str = "",
        limit: int = 100,
    ) -> list[Head]:
        """See `Store`."""
        asked = _asked(status, saga, tag, owner, due, after, limit)
        return self._within(lambda db: tables.find(db, asked))

    def delete(self, id: str, revision: int, /) -> bool:  # noqa: A002 - as the protocol says
        """See `Store`."""
        return self._within(lambda db: tables.delete(db, id, revision))

    def close(self) -> None:
        """See `Store`; the connection stays open."""
        self._closed = True

    def _within(self, work: Callable[[sqlite3.Cursor], T], /) -> T:
        """Do all of it or nothing, in a savepoint of the transaction that is open."""
        if self._closed:
            raise closed(self._where)
        if not self._connection.in_transaction:
            raise NotInTransaction("The connection has no transaction open to join; execute BEGIN IMMEDIATE first.")
        try:
            db = self._connection.cursor()
            db.row_factory = None
            db.execute("SAVEPOINT resaga")
            try:
                tables.migrate(db, self._where)
                result = work(db)
            except BaseException:
                if self._connection.in_transaction:  # SQLite itself may have rolled all of it back
                    db.execute("ROLLBACK TO resaga")
                    db.execute("RELEASE resaga")
                raise
            db.execute("RELEASE resaga")
        except sqlite3.Error as error:
            raise named(error, self._where) from error
        return result


def open_url(url: str, /) -> SqliteStore:
    """Open the file that `sqlite:///shop.db` or `sqlite:////var/shop.db` names."""
    return SqliteStore(path_of(url))


def _prepare(db: sqlite3.Cursor, where: str) -> None:
    if tables.version(db) != tables.VERSION:
        db.execute(WRITE)
        tables.migrate(db, where)
        db.execute("COMMIT")


def _append(db: sqlite3.Cursor, batch: Sequence[Append]) -> list[bool]:
    if len(batch) > 1 and len({item.id for item in batch}) == len(batch):
        if tables.apply_all(db, batch):
            return [True] * len(batch)
        db.execute("ROLLBACK")
        db.execute(WRITE)
    return [tables.apply(db, item) for item in batch]


def _asked(*values: str | int | None) -> dict[str, str | int | None]:
    return dict(zip(("status", "saga", "tag", "owner", "due", "after", "limit"), values, strict=True))
