"""One SQLite file: opened when it is needed, one transaction at a time, durable, fair, and safe to fork.

Writing ahead (WAL) with `synchronous=FULL`, which is read back: what was committed is on the disk. SQLite's own way of
waiting for another process lets the quicker one starve the others, so waiting is done here, in short steps.

SQLite keeps in each process what that has locked. A child that inherits an open connection believes to have its locks,
even on a connection of its own; then the parent, believing to be the last, removes the log that the child writes to.
So nothing is open in the moment of a fork, and both open it anew when they need it.

An interrupt may come between any two instructions, but not into a `with` of a plain lock, nor into a hook of a fork
that is written in C; one that is not it cuts off, and Python goes on without.
"""

import os
import sqlite3
import sys
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar, final

from resaga.core.errors import (
    StoreBroken,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
)
from resaga.stores.closing import closed
from resaga.stores.options import patience_of, place_of

T = TypeVar("T")

Prepare = Callable[[sqlite3.Cursor, str], None]
"""Makes the tables, given where they are, on a connection that is new."""

NAP_SECONDS: Final = 0.0002
"""How long it waits for others before it asks again: about one commit."""

FULL: Final = 2
"""What `PRAGMA synchronous` says when each commit is on the disk before it returns."""

READ: Final = "BEGIN"
WRITE: Final = "BEGIN IMMEDIATE"
"""A transaction that reads before it writes would be refused again and again, so that is said at its start."""

BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
FORBIDDEN: Final = "cannot be written; mind the permissions of the file and of its directory."
FAULTS: Final = {
    sqlite3.SQLITE_FULL: (StoreFull, "has no room left; make some, and it goes on."),
    sqlite3.SQLITE_READONLY: (StoreReadOnly, FORBIDDEN),
    sqlite3.SQLITE_PERM: (StoreReadOnly, FORBIDDEN),
    sqlite3.SQLITE_BUSY: (StoreBusy, "was locked by another process for too long; find out which."),
    sqlite3.SQLITE_LOCKED: (StoreBusy, "was locked in this process for too long; end the other transaction."),
    sqlite3.SQLITE_CANTOPEN: (
        StoreUnreachable,
        "cannot be opened; mind that its directory is there, and may be written.",
    ),
    sqlite3.SQLITE_IOERR: (StoreUnreachable, "cannot be read or written; look after the disk."),
    sqlite3.SQLITE_PROTOCOL: (StoreUnreachable, "cannot be locked; is it on a network drive?"),
    sqlite3.SQLITE_NOMEM: (StoreUnreachable, "was not given the memory that it needs."),
    sqlite3.SQLITE_CORRUPT: (StoreBroken, "is damaged; put back a copy."),
    sqlite3.SQLITE_NOTADB: (StoreBroken, "is no SQLite database; mind the path."),
    sqlite3.SQLITE_ERROR: (StoreBroken, "has other tables than it should; were they edited?"),
}
"""By primary result code; what SQLite says in words is not looked at."""


@final
class Database:
    """A file, which is made if it is not there. Any thread may call; they take turns."""

    def __init__(self, path: str | os.PathLike[str], prepare: Prepare, patience: float) -> None:
        self.path = str(place_of(path))
        self.where = f"sqlite:///{self.path}"
        self._prepare = prepare
        self._patience = patience_of(patience)
        self._cursor: sqlite3.Cursor | None = None
        self._ready: sqlite3.Cursor | None = None  # the same, unless something was begun on it and not done
        self._closed = False
        self._turn = threading.Lock()
        with _forking:
            _all.add(self)

    def transact(self, begin: str, work: Callable[[sqlite3.Cursor], T], /, *, patience: float | None = None) -> T:
        """Do it in one transaction, and again for as long as somebody else is in the way."""
        patience = self._patience if patience is None else patience
        if patience == 0 and (self._turn.locked() or _forking.locked()):
            raise StoreBusy(f"{self.where} is used by another thread.", where=self.where, code="")
        while True:
            with self._turn:
                if self._closed:
                    raise closed(self.where)
                give_up = time.monotonic() + patience
                while not _forking.locked():
                    try:
                        return self._try(begin, work)
                    except (sqlite3.Error, MemoryError) as error:
                        if not _is_busy(error) or time.monotonic() >= give_up:
                            raise in_our_words(error, self.where) from error
                    time.sleep(NAP_SECONDS)
            with _forking:  # until the process has forked
                pass

    def close(self) -> None:
        """Let go of it for good."""
        with self._turn:
            self._closed = True
            self._drop()

    def shut(self) -> None:
        """Have nothing open."""
        with self._turn:
            self._drop()

    def renew(self) -> None:
        """Be as new in a child: another thread of the parent may have had its turn."""
        self._turn = threading.Lock()

    def _try(self, begin: str, work: Callable[[sqlite3.Cursor], T], /) -> T:
        db, self._ready = self._ready, None
        try:
            db = db or self._connect()
            db.execute(begin)
            result = work(db)
            db.execute("COMMIT")
        except BaseException as error:
            # Who only waits for a turn keeps the connection. Otherwise it is made anew: it may have failed for good,
            # as one of a file that could not be written then, or it may still be in the transaction.
            if db is None or not _is_busy(error) or db.connection.in_transaction:
                self._drop()
            self._ready = self._cursor
            raise
        self._ready = db
        return result

    def _connect(self) -> sqlite3.Cursor:
        self._drop()
        connection = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
        self._cursor = db = connection.cursor()
        db.execute("PRAGMA page_size = 8192")  # of a new file; an old one keeps its own
        mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        db.execute("PRAGMA synchronous = FULL")
        synchronous = db.execute("PRAGMA synchronous").fetchone()[0]
        if (mode, synchronous) != ("wal", FULL):
            sentence = f"{self.where} cannot be made durable here: {mode=}, {synchronous=}; keep it elsewhere."
            raise StoreBroken(sentence, where=self.where, code="")
        self._prepare(db, self.where)
        return db

    def _drop(self) -> None:
        """Let go of the connection, if it has not been yet; what it had begun is rolled back."""
        self._ready = None
        if self._cursor is not None:
            _close(self._cursor)
            self._cursor = None


def _close(db: sqlite3.Cursor) -> None:
    """Close it with its connection, which with a statement not done would stay half open, and keep its locks."""
    with suppress(sqlite3.Error, MemoryError):
        db.close()
        db.connection.rollback()
    db.connection.close()


def in_our_words(error: sqlite3.Error | MemoryError, where: str) -> Exception:
    """What it is in our words; what Python's own module complains about is a fault of ours and stays as it is."""
    if not _primary(error):
        return error
    kind, what = FAULTS.get(_primary(error), (StoreError, "failed in a way that is not known."))
    name: str = getattr(error, "sqlite_errorname", "SQLITE_NOMEM")
    return kind(f"{where} {what} ({name})", where=where, code=name)


def _is_busy(error: BaseException) -> bool:
    return isinstance(error, sqlite3.Error) and _primary(error) in BUSY


def _primary(error: sqlite3.Error | MemoryError) -> int:
    """The result code without what it is extended by; 0 if it came from Python."""
    if isinstance(error, MemoryError):
        return sqlite3.SQLITE_NOMEM  # of which Python makes that
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


_all: Final = weakref.WeakSet[Database]()
_forking: Final = threading.Lock()
"""Who has it forks; meanwhile nobody opens anything."""


def _before_fork() -> None:
    for database in tuple(_all):
        database.shut()


def _after_fork_in_child() -> None:
    for database in tuple(_all):
        database.renew()


if sys.platform != "win32":  # pragma: no branch - there are no forks there
    for _ in range(2):  # if an interrupt cuts off the one, there is the other
        os.register_at_fork(before=_before_fork, after_in_child=_after_fork_in_child)
    # Before a fork, what was registered last comes first.
    os.register_at_fork(before=_forking.acquire, after_in_parent=_forking.release, after_in_child=_forking.release)
