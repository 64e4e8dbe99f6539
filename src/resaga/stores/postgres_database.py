"""A PostgreSQL server: connections that are made when they are needed, and what goes wrong with them, in our words.

They are made in the calling thread, which hears at once why one cannot be had; so this is not psycopg's own pool, whose
threads keep that to themselves and a fork does not take along. A connection that failed is not used again, nor are
those that nobody uses then: when the server is back, so are we.

An interrupt may come between any two instructions, but not into a `with` of a plain lock. So each call has a lock of
its own, its turn, and a slot is that of the call whose turn it shows, for as long as that is held; and a connection
stays in its slot, where whoever comes next finds it, and closes it unless all that was done on it was done to its end.

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
class Slot:
    """Room for one connection."""

    __slots__ = ("made", "ready", "turn")

    def __init__(self) -> None:
        self.turn = threading.Lock()  # of who uses it; or of who did, and it is free
        self.made: Cursor | None = None
        self.ready: Cursor | None = None  # what was made, unless something was begun on it and not done

    def drop(self) -> None:
        """Let go of the connection; what it had begun is rolled back."""
        self.ready = None
        if self.made is not None:
            self.made.connection.close()
            self.made = None


@final
class Database:
    """Where to connect to, and the connections there. Any thread may call."""

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
        self._begin()
        _all.add(self)

    def transact(self, work: Callable[[Cursor], T], /) -> T:
        """Do it, and again for as long as somebody else is in the way."""
        give_up = time.monotonic() + self._patience
        while True:
            try:
                return self._in_turn(work, give_up)
            except psycopg.Error as error:
                if error.sqlstate not in AGAIN or time.monotonic() >= give_up:
                    raise in_our_words(error, self.where) from error
            time.sleep(NAP_SECONDS)

    def listen(self, listening: LiteralString, seconds: float) -> bool:
        """Whether anything was said since this was last called, or is within that time; or may have been, unheard."""
        try:
            with self._listening:
                if self._closed:
                    raise closed(self.where)
                db, self._listener.ready = self._listener.ready, None
                heard = db is None  # what was said before that was not heard
                if db is None:
                    db = self._connect(self._listener)
                    db.execute(listening)
                give_up = time.monotonic() + seconds
                while not heard and not self._closed and (left := give_up - time.monotonic()) > 0:
                    heard = any(db.connection.notifies(timeout=min(left, LISTEN_SECONDS), stop_after=1))
                self._listener.ready = db
                return heard
        except psycopg.Error as error:
            raise in_our_words(error, self.where) from error

    def close(self) -> None:
        """Let go of it for good; what is being done is done to its end."""
        self._closed = True
        self._drop_idle()
        with self._listening:  # until who listens has heard enough
            self._listener.drop()

    def forget(self) -> None:
        """Be as new in a child, and let go of what the parent talks by, without saying so to the server."""
        nowhere = os.open(os.devnull, os.O_RDWR)
        for slot in (*self._slots, self._listener):
            if slot.made is not None:
                with suppress(psycopg.Error):  # closed already
                    os.dup2(nowhere, slot.made.connection.pgconn.socket)
                _inherited.append(slot.made)  # another thread of the parent may have been at it: it is not tidied up
        os.close(nowhere)
        self._begin()

    def _begin(self) -> None:
        self._gate = threading.Lock()
        self._slots = [Slot() for _ in range(CONNECTIONS)]
        self._listening = threading.Lock()
        self._listener = Slot()

    def _in_turn(self, work: Callable[[Cursor], T], give_up: float) -> T:
        turn = threading.Lock()
        try:
            with turn:
                done = self._done(self._awaited(turn, give_up), work)
        except BaseException:
            self._drop_idle()
            raise
        if self._closed:
            self._drop_idle()
        return done

    def _awaited(self, turn: threading.Lock, give_up: float) -> Slot:
        while not self._closed:
            slot = self._free(turn)
            if slot is not None:
                return slot
            if time.monotonic() >= give_up:
                raise StoreBusy(f"{self.where} is used by too many threads at once.", where=self.where, code="")
            time.sleep(NAP_SECONDS)
        raise closed(self.where)

    def _free(self, turn: threading.Lock) -> Slot | None:
        """One that nobody uses, the first if it can be had; from now on it is that of this turn."""
        with self._gate:
            for slot in self._slots:
                if not slot.turn.locked():
                    slot.turn = turn
                    return slot
        return None

    def _done(self, slot: Slot, work: Callable[[Cursor], T]) -> T:
        db, slot.ready = slot.ready, None
        if db is None or _hung_up(db):
            db = self._connect(slot)
        done = work(db)
        slot.ready = db
        return done

    def _connect(self, slot: Slot) -> Cursor:
        slot.drop()
        slot.made = db = cursor(psycopg.connect(self._conninfo, autocommit=True, prepare_threshold=0))
        db.execute(SETTINGS, (f"{int(self._patience * 1000) or 1}ms",))
        self._prepare(db, self.where)
        return db

    def _drop_idle(self) -> None:
        turn = threading.Lock()
        with turn:
            while slot := self._free(turn):
                slot.drop()


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


def _hung_up(db: Cursor) -> bool:
    """Whether the server did; what it said last (why it hangs up) is read first, and then that it did."""
    try:
        db.connection.pgconn.consume_input()
        db.connection.pgconn.consume_input()
    except psycopg.Error:
        return True
    return False


_all: Final = weakref.WeakSet[Database]()
_inherited: Final[list[Cursor]] = []


def _after_fork() -> None:
    for database in _all:
        database.forget()


if sys.platform != "win32":  # pragma: no branch - there are no forks there
    for _ in range(2):  # Python goes on without what an interrupt has cut off
        os.register_at_fork(after_in_child=_after_fork)
