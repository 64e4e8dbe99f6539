"""A PostgreSQL server: connections that are made when they are needed, and what goes wrong with them, in our words.

They are made in the calling thread, which hears at once why one cannot be had; so this is not psycopg's own pool, whose
threads keep that to themselves and a fork does not take along. A connection that failed is not used again, nor are
those that nobody uses then: when the server is back, so are we.

A child inherits open sockets. It lets go of them without a word, as the server would take that for the parent's.
"""

import os
import sys
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, LiteralString, TypeVar, final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import tuple_row

from resaga.core.errors import (
    StoreBroken,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
    UnknownStore,
)
from resaga.stores.closing import closed
from resaga.stores.options import patience_of, url_of

T = TypeVar("T")

Cursor = psycopg.Cursor[tuple[Any, ...]]
Prepare = Callable[[Cursor, str], None]
"""Makes the tables, given where they are, on a connection that is new."""

CONNECTIONS: Final = 3
"""A fourth one does not help: they wait for the same disk."""

NAP_SECONDS: Final = 0.002
LISTEN_SECONDS: Final = 0.2
"""How long who listens does not look whether the store was closed."""

DEFAULTS: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""What libpq is told unless the URL says otherwise: a server that stopped answering is not waited for."""

SETTINGS: Final = """
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
    UNION ALL SELECT set_config('default_transaction_isolation', 'read committed', false)
    UNION ALL SELECT set_config('lock_timeout', %s, false)"""
"""What was committed is on the disk, who waited sees what the other has done, and nobody waits for ever."""

AGAIN: Final = frozenset({"40001", "40P01"})
"""It lost against another transaction, was rolled back, and may be tried again."""

AWAY: Final = (StoreUnreachable, "cannot be reached, or hung up; look after the server.")
BUSY: Final = (StoreBusy, "was locked by another transaction for too long; find out which.")
FORBIDDEN: Final = (StoreReadOnly, "may not be written by this user; mind the privileges.")
OTHER: Final = (StoreBroken, "has other tables than it should; were they edited?")
UNKNOWN: Final = (StoreError, "failed in a way that is not known.")
FAULTS: Final = {
    "": AWAY,
    "08": AWAY,
    "23": OTHER,
    "25006": (StoreReadOnly, "cannot be written now; is it a replica?"),
    "28": (StoreUnreachable, "does not let this user in; mind the password."),
    "3D": (StoreUnreachable, "has no such database; make it."),
    "3F": (StoreBroken, "has no schema to make tables in; mind the search_path."),
    "40": (StoreBusy, "gave way to another transaction; repeat this one from its beginning."),
    "40001": (StoreBusy, "was changed meanwhile (a serialization failure); repeat the transaction from its beginning."),
    "42": OTHER,
    "42501": FORBIDDEN,
    "53": (StoreUnreachable, "lacks memory or connections."),
    "53100": (StoreFull, "has no room left; make some, and it goes on."),
    "54": (StoreError, "cannot keep anything so large."),
    "55P03": BUSY,
    "57": AWAY,
    "57014": BUSY,
    "58": (StoreUnreachable, "cannot read or write its files; look after the disk."),
    "XX001": (StoreBroken, "is damaged; put back a copy."),
    "XX002": (StoreBroken, "has a damaged index; REINDEX it."),
}
"""By SQLSTATE, or the class that its first two characters are; what PostgreSQL says in words is not looked at."""

REFUSED: Final = frozenset({"21", "22"})
"""Classes of what no PostgreSQL would keep, such as a text with a NUL in it."""


@final
class Database:
    """Where to connect to, and the connections there that nobody uses just now. Any thread may call."""

    _listener: Cursor | None

    def __init__(self, url: str, prepare: Prepare, patience: float) -> None:
        try:
            asked = conninfo_to_dict(url_of(url))
            self._conninfo = make_conninfo("", **(DEFAULTS | asked | {"client_encoding": "utf8"}))
        except psycopg.ProgrammingError:
            sentence = "That is no address of a PostgreSQL server, such as 'postgresql://user@host:5432/shop'."
            raise UnknownStore(sentence, scheme="postgresql") from None
        place = {name: asked.get(name) or "" for name in ("host", "port", "dbname")}
        self.where = "postgresql://{host}:{port}/{dbname}".format_map(place)
        self._prepare = prepare
        self._patience = patience_of(patience)
        self._closed = False
        self._connected: set[Cursor] = set()
        self._begin()
        _all.add(self)

    def transact(self, work: Callable[[Cursor], T], /) -> T:
        """Do it, and again for as long as somebody else is in the way."""
        give_up = time.monotonic() + self._patience
        while True:
            turns = self._turns
            if self._closed:
                raise closed(self.where)
            if not turns.acquire(timeout=max(0, give_up - time.monotonic())):
                raise StoreBusy(f"{self.where} is used by too many threads at once.", where=self.where, code="")
            try:
                return self._done(work)
            except psycopg.Error as error:
                if error.sqlstate not in AGAIN or time.monotonic() >= give_up:
                    raise in_our_words(error, self.where) from error
            finally:
                turns.release()
            time.sleep(NAP_SECONDS)

    def listen(self, listening: LiteralString, seconds: float) -> bool:
        """Whether anything was said since this was last called, or is within that time; or may have been, unheard."""
        if self._closed:
            raise closed(self.where)
        try:
            with self._listening:
                if self._listener is None:
                    self._listener = self._connect()
                    self._listener.execute(listening)
                    return True  # what was said before that was not heard
                give_up = time.monotonic() + seconds
                while not self._closed and (left := give_up - time.monotonic()) > 0:
                    if any(self._listener.connection.notifies(timeout=min(left, LISTEN_SECONDS), stop_after=1)):
                        return True
                return False
        except psycopg.Error as error:
            self._forget_listener()
            raise in_our_words(error, self.where) from error

    def close(self) -> None:
        """Let go of it for good; what is being done is done to its end."""
        self._closed = True
        self._drop_idle()
        with self._listening:  # until who listens has heard enough
            self._forget_listener()

    def forget(self) -> None:
        """Be as new in a child, and let go of what the parent talks by, without saying so to the server."""
        nowhere = os.open(os.devnull, os.O_RDWR)
        for db in self._connected:
            with suppress(psycopg.Error):  # closed already
                os.dup2(nowhere, db.connection.pgconn.socket)
            _inherited.append(db)  # another thread of the parent may have been at it: it is not even tidied up
        os.close(nowhere)
        self._begin()

    def _begin(self) -> None:
        self._connected = set()
        self._idle: list[Cursor] = []
        self._listening = threading.Lock()
        self._listener = None
        self._turns = threading.BoundedSemaphore(CONNECTIONS)

    def _done(self, work: Callable[[Cursor], T]) -> T:
        """Do it on a connection, which is kept for the next one unless it failed."""
        db = self._living() or self._connect()
        try:
            done = work(db)
        except BaseException:
            self._drop(db)
            self._drop_idle()
            raise
        self._idle.append(db)
        if self._closed:
            self._drop_idle()
        return done

    def _living(self) -> Cursor | None:
        """One that is there already, and that the server has not hung up."""
        while db := _taken(self._idle):
            try:
                # What it said last (why it hangs up) is read first, and then that it did.
                db.connection.pgconn.consume_input()
                db.connection.pgconn.consume_input()
            except psycopg.Error:
                self._drop(db)
            else:
                return db
        return None

    def _connect(self) -> Cursor:
        connection = psycopg.connect(self._conninfo, autocommit=True, prepare_threshold=0)
        db = cursor(connection)
        self._connected.add(db)
        try:
            db.execute(SETTINGS, (f"{int(self._patience * 1000) or 1}ms",))
            self._prepare(db, self.where)
        except BaseException:
            self._drop(db)
            raise
        return db

    def _drop_idle(self) -> None:
        while db := _taken(self._idle):
            self._drop(db)

    def _forget_listener(self) -> None:
        if self._listener is not None:
            self._drop(self._listener)
            self._listener = None

    def _drop(self, db: Cursor) -> None:
        """Let go of a connection; what it had begun is rolled back."""
        self._connected.discard(db)
        db.connection.close()


def cursor(connection: psycopg.Connection[Any]) -> Cursor:
    """One that gives plain rows, whatever the connection of an application gives."""
    db = psycopg.Cursor(connection, row_factory=tuple_row)
    db.format = psycopg.pq.Format.BINARY
    return db


def cursor_on(connection: psycopg.Connection[Any]) -> Cursor:
    """One on what somebody gave for a connection; TypeError if it is none, or has to be awaited."""
    if not isinstance(connection, psycopg.Connection):
        raise TypeError(type(connection).__name__)
    return cursor(connection)


def in_our_words(error: psycopg.Error, where: str) -> Exception:
    """What it is in our words; what psycopg says of what it was given is a fault of ours and stays as it is."""
    code = error.sqlstate or ""
    if code[:2] in REFUSED or (not code and isinstance(error, psycopg.DataError)):
        return ValueError(f"{where} cannot keep such a text or number. ({code or type(error).__name__})")
    if not code and not isinstance(error, psycopg.OperationalError):
        return error
    kind, what = FAULTS.get(code) or FAULTS.get(code[:2]) or UNKNOWN
    return kind(f"{where} {what} ({code or 'no answer'})", where=where, code=code)


def _taken(idle: list[Cursor]) -> Cursor | None:
    """Another thread may have been faster."""
    try:
        return idle.pop()
    except IndexError:
        return None


_all: Final = weakref.WeakSet[Database]()
_inherited: Final[list[Cursor]] = []


def _after_fork() -> None:
    for database in _all:
        database.forget()


if sys.platform != "win32":  # pragma: no branch - there are no forks there
    os.register_at_fork(after_in_child=_after_fork)
