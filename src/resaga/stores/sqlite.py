"""Executions in one SQLite file: the embedded store, with nothing to install."""

import os
import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar, final

from resaga.core.errors import InvalidArgument, NotInTransaction
from resaga.stores import sqlite_tables as tables
from resaga.stores.closing import closed
from resaga.stores.opening import path_of
from resaga.stores.sqlite_database import READ, WRITE, Database, in_our_words
from resaga.stores.store import Append
from resaga.stores.tables import TableStore, rounds

T = TypeVar("T")

PATIENCE_SECONDS: Final = 10.0
"""How long a call waits for other processes before it is `StoreBusy`."""


@final
class SqliteStore(TableStore[sqlite3.Cursor]):
    """A store in a file, which is made if it is not there; many processes may use it."""

    _tables = tables

    def __init__(self, path: str | os.PathLike[str], /, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._database = Database(path, _prepare, patience_seconds)

    @staticmethod
    def joined(connection: sqlite3.Connection, /) -> "JoinedStore":
        """A store inside the transaction that is open in your connection: kept with the rest of it, or not at all."""
        with _usable():
            is_one = isinstance(getattr(connection, "in_transaction", None), bool)
        if not is_one:  # another one may be around one
            said = "give the sqlite3.Connection itself, as your framework has it of its driver"
            raise InvalidArgument(f"a {type(connection).__name__} has no transaction of SQLite to join; {said}.")
        return JoinedStore(connection)

    def append(self, batch: Sequence[Append], /) -> list[bool]:
        """See `Store`. Most often all can be applied, and that is tried at once."""
        return self._transact(lambda db: _append(db, batch), writes=True)

    def append_promptly(self, batch: Sequence[Append], /) -> list[bool]:
        """See `Prompt`."""
        return self._database.transact(WRITE, lambda db: _append(db, batch), patience=0)

    def close(self) -> None:
        """See `Store`."""
        self._database.close()

    def _transact(self, work: Callable[[sqlite3.Cursor], T], /, *, writes: bool) -> T:
        return self._database.transact(WRITE if writes else READ, work)


@final
class JoinedStore(TableStore[sqlite3.Cursor]):
    """A store inside somebody else's transaction: see `SqliteStore.joined`. It neither begins one nor ends it."""

    _tables = tables

    def __init__(self, connection: sqlite3.Connection, /) -> None:
        self._connection = connection
        self._where = "the joined connection"
        self._closed = False

    def close(self) -> None:
        """See `Store`; the connection stays open."""
        self._closed = True

    def _transact(self, work: Callable[[sqlite3.Cursor], T], /, *, writes: bool) -> T:  # noqa: ARG002 - it is theirs
        """Do all of it or nothing, in a savepoint of the transaction that is open."""
        if self._closed:
            raise closed(self._where)
        with _usable():
            is_open, db = self._connection.in_transaction, self._connection.cursor()
        if not is_open:
            raise NotInTransaction("The connection has no transaction open to join; execute BEGIN IMMEDIATE first.")
        db.row_factory = None
        texts, self._connection.text_factory = self._connection.text_factory, str
        try:
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
        except (sqlite3.Error, MemoryError) as error:
            raise in_our_words(error, self._where) from error
        finally:
            self._connection.text_factory = texts
        return result


@contextmanager
def _usable() -> Generator[None, None, None]:
    """Say in our words that somebody's connection cannot be asked at all: that is no fault of ours."""
    try:
        yield
    except sqlite3.ProgrammingError as error:
        said = "give one that is open, in the thread that it was made in"
        raise InvalidArgument(f"the connection cannot be joined here ({error}); {said}.") from error


def open_url(url: str, /) -> SqliteStore:
    """Open the file that `sqlite:///shop.db` or `sqlite:////var/shop.db` names."""
    return SqliteStore(path_of(url))


def _prepare(db: sqlite3.Cursor, where: str) -> None:
    if tables.version(db) != tables.VERSION:
        db.execute(WRITE)
        tables.migrate(db, where)
        db.execute("COMMIT")


def _append(db: sqlite3.Cursor, batch: Sequence[Append]) -> list[bool]:
    if len(batch) > 1:
        if all(tables.apply_all(db, [batch[place] for place in places]) for places in rounds(batch)):
            return [True] * len(batch)
        db.execute("ROLLBACK")
        db.execute(WRITE)
    return tables.append(db, batch)
