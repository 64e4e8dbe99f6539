"""A sign of life: by it others know that this process is still driving what it owns.

It is an execution like any other to the store, kept under the owner's name, and due when its lease has run out. It is
for liveness only: whoever is late loses nothing but its claim, since every append is compared and swapped.
"""

import os
import threading
from _thread import start_new_thread
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from os import urandom
from typing import Final, final

from resaga.core.errors import NoThread
from resaga.drive.clock import Clock
from resaga.runtime.options import lease_of
from resaga.stores.store import Append, Store, Stored

WORKER: Final = "worker"
"""The status of a sign of life."""

LEASE: Final = timedelta(seconds=30)


@final
class Life:
    """The sign of this process; made when it first owns something, renewed as long as it lives."""

    def __init__(self, store: Store, clock: Clock, lease: timedelta = LEASE) -> None:
        self._store = store
        self._clock = clock
        self._lease = lease_of(lease)
        self._lease_ns = lease // timedelta(microseconds=1) * 1000
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._owner = ""
        self._home = os.getpid()
        self._revision = 0
        self._write_id: bytes | None = None
        self._fresh_until = 0
        self.now: Callable[[], int] = getattr(store, "wall_ns", clock.wall)  # see `Timed`; to ask a protocol is slow

    @property
    def known(self) -> str:
        """The name under which this process owns executions, if others can see that it lives; else nothing."""
        fresh = self._home == os.getpid() and self._clock.monotonic() < self._fresh_until
        return self._owner if fresh else ""

    def lives(self, owner: str) -> bool:
        """Whether whoever signs like this is still there."""
        sign = self._store.read(owner)
        until = None if sign is None else Stored(*sign).wake_at
        return until is not None and until > self.now()

    def owner(self) -> str:
        """The name under which this process owns executions; others can see from now on that it lives."""
        if self._home != os.getpid():  # in a child that was forked since: the lock may be held by nobody that is there
            self._home, self._lock, self._owner = os.getpid(), threading.Lock(), ""
        with self._lock:
            if not self._owner:
                self._revision, self._write_id, owner = 0, None, f"worker.{urandom(12).hex()}"
                self._over = over = threading.Event()
                try:
                    self._begin(over)
                    self._sign(owner, self._lasting())
                except BaseException:
                    over.set()
                    raise
                self._owner = owner
            elif not self.known:  # it stood still for so long that others took it for dead
                self._sign(self._owner, self._lasting())
            return self._owner

    def end(self, *, leaves: bool) -> None:
        """Say that this process drives nothing any more; what it leaves unfinished can be taken over at once."""
        if self._home != os.getpid():
            return
        with self._lock:
            self._over.set()
            owner, self._owner = self._owner, ""
            if owner and leaves:
                self._sign(owner, 0)
            elif owner:
                self._store.delete(owner, self._revision, self._write_id)

    def _begin(self, over: threading.Event) -> None:
        try:
            start_new_thread(self._beat, (over,))  # not `threading`'s, which waits until it runs
        except RuntimeError as error:
            raise NoThread(f"this process has no thread to give signs of life in: {error}.") from error

    def _beat(self, over: threading.Event) -> None:
        usual, soon = self._lease.total_seconds() / 3, self._lease.total_seconds() / 30
        pause = usual
        while not over.wait(pause):
            with self._lock:
                pause = soon  # who owns something will find out by itself that the store is away
                with suppress(Exception):
                    if not over.is_set():
                        self._sign(self._owner, self._lasting())
                    pause = usual

    def _lasting(self) -> int:
        return self.now() + self._lease_ns

    def _sign(self, owner: str, until: int) -> None:
        signed = self._clock.monotonic()
        sign = Append(
            id=owner,
            revision=self._revision + 1,
            write_id=urandom(16),
            entry=b"",
            saga="",
            status=WORKER,
            wake_at=until,
            owner=owner,
            snapshot=b"",  # in place of the signs before it, of which nothing is to be kept
            after=self._write_id,
        )
        while not self._store.append([sign])[0]:  # one that failed was applied, or somebody took this one for dead
            kept = self._store.read(owner)
            there = None if kept is None else Stored(*kept)
            revision, newest = (0, None) if there is None else (there.revision, there.write_id)
            sign = sign._replace(revision=revision + 1, after=newest)
        self._revision, self._write_id = sign.revision, sign.write_id
        self._fresh_until = signed + self._lease_ns
