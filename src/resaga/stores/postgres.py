"""Executions in a PostgreSQL database: for many workers, and for applications that keep their own data there."""

from collections.abc import Callable
from typing import Any, Final, TypeVar, final

import psycopg
from psycopg.pq import TransactionStatus

from resaga.core.errors import InvalidArgument, NotInTransaction
from resaga.stores import postgres_tables as tables
from resaga.stores.closing import closed
from resaga.stores.postgres_database import Cursor, Database, cursor, in_our_words
from resaga.stores.tables import TableStore

T = TypeVar("T")

PATIENCE_SECONDS: Final = 10.0
"""How long a call waits for other transactions before it is `StoreBusy`."""


@final
class PostgresStore(TableStore[Cursor]):
    """A store in a database, where its tables are made if they are not there; many processes may use it.

    What anybody may go on with is told to who listens to the channel `resaga`.
    """

    _tables = tables

    def __init__(self, url: str, /, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._database = Database(url, tables.migrate, patience_seconds)

    @staticmethod
    def joined(connection: psycopg.Connection[Any], /) -> "JoinedStore":
        """A store inside the transaction of your connection: kept with the rest of it, or not at all."""
        if not isinstance(connection, psycopg.Connection):  # another one may be around one, or has to be awaited
            said = "give the blocking psycopg.Connection itself, as your framework has it of its driver"
            raise InvalidArgument(f"a {type(connection).__name__} has no transaction to join here; {said}.")
        return JoinedStore(connection)

    def wall_ns(self) -> int:
        """See `Timed`."""
        return self._database.transact(tables.wall_ns)

    def wait_for_due(self, seconds: float, /) -> bool:
        """See `Waking`; one thread at a time."""
        return self._database.listen(tables.LISTEN, seconds)

    def close(self) -> None:
        """See `Store`."""
        self._database.close()

    def _transact(self, work: Callable[[Cursor], T], /, *, writes: bool) -> T:  # noqa: ARG002 - all are alike here
        return self._database.transact(work)


@final
class JoinedStore(TableStore[Cursor]):
    """A store inside somebody else's transaction: see `PostgresStore.joined`. It does not end it."""

    _tables = tables

    def __init__(self, connection: psycopg.Connection[Any], /) -> None:
        self._connection = connection
        self._where = "the joined connection"
        self._closed = False

    def close(self) -> None:
        """See `Store`; the connection stays open."""
        self._closed = True

    def _transact(self, work: Callable[[Cursor], T], /, *, writes: bool) -> T:  # noqa: ARG002 - the transaction is there
        """Do all of it or nothing, in a savepoint of the transaction that is open."""
        if self._closed:
            raise closed(self._where)
        status = self._connection.info.transaction_status
        if status == TransactionStatus.INERROR:
            raise NotInTransaction("The transaction to join has failed before; roll it back.")
        if status == TransactionStatus.IDLE and self._connection.autocommit:
            raise NotInTransaction("The connection has no transaction open to join; use connection.transaction().")
        try:
            db = cursor(self._connection)
            if status == TransactionStatus.IDLE:
                db.execute("SELECT 1")  # psycopg begins one by itself; what stands first must not end it
            with self._connection.transaction():
                tables.migrate(db, self._where)
                return work(db)
        except psycopg.Error as error:
            raise in_our_words(error, self._where) from error


def open_url(url: str, /) -> PostgresStore:
    """Open the database that `postgresql://user@host:5432/shop` names, in any way that libpq understands."""
    return PostgresStore(url)
