"""What this process owns, what of that it drives, and what in its store is to be driven."""

import os
import sys
import threading
import weakref
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final, TypeAlias, final

from resaga.core.decision import Status
from resaga.core.errors import AlreadyExists, Conflict, StoreError
from resaga.drive.clock import Clock
from resaga.runtime.held import Held
from resaga.runtime.life import WORKER, Life
from resaga.runtime.standing import RUNNING
from resaga.runtime.told import Told
from resaga.saga import Saga
from resaga.stores.store import Head, Store

PAGE: Final = 100
"""How many heads are asked for at once."""

Found: TypeAlias = Iterator[tuple[str, Saga[Any, Any, Any]]]
"""Executions to be gone on with, by their ids."""

EVERY: Final = timedelta(seconds=1)
"""How often a worker looks at the store."""

SWEEP_NS: Final = 3_600_000_000_000
"""How often all that is said to be driven is looked at, whoever is said to drive it."""


@final
class Driving:
    """The executions of which this process is the owner, as far as the store knows."""

    def __init__(self, life: Life, clock: Clock) -> None:
        self._life = life
        self._clock = clock
        self._swept: int | None = None
        self.told = Told()
        self._begin()
        _all.add(self)

    def _begin(self) -> None:
        self._held: dict[str, Held] = {}
        self._owned: dict[str, Held] = {}
        self._unwritten: dict[str, Held] = {}
        self._forgetting = threading.Lock()

    def forget(self) -> None:
        """Be as new in a child: what its parent holds is the parent's."""
        for held in tuple(self._held.values()):
            held.part()  # a body that forks, and goes on in both
        self._begin()

    @property
    def leaves(self) -> bool:
        """Whether it owns anything that is not known to rest."""
        return bool(self._owned)

    def take_unwritten(self, saga: Saga[Any, Any, Any], id_: str) -> Held | None:
        """One of which something happened that could not be written; it is given once, to whoever goes on with it."""
        held = self._unwritten.get(id_)
        if held is None or held.state.program is not saga.program:  # that is told by what is kept
            return None
        return self._unwritten.pop(id_, None)

    def has_unwritten(self, id_: str) -> bool:
        """Whether something happened to it that could not be written, after it was kept."""
        held = self._unwritten.get(id_)
        return held is not None and held.revision > 0

    @contextmanager
    def of(self, held: Held) -> Generator[None, None, None]:
        """While it is driven here."""
        id_ = held.state.execution_id
        try:
            if self._held.setdefault(id_, held) is not held:
                raise Conflict(f"execution {id_!r} is being driven here already; wait for that.", id=id_)
            with self._forgetting:
                self._owned[id_] = held  # until it is known that it rests, or is somebody else's
            try:
                yield
            except (Conflict, AlreadyExists):
                self._owned.pop(id_, None)
                raise
            except StoreError:  # what happened is not forgotten: it is written when the store is back
                self._unwritten[id_] = held
                raise
        finally:
            if self._held.get(id_) is held:
                self._ended(id_, held)

    def found(self, store: Store, sagas: Mapping[str, Saga[Any, Any, Any]], clock: Clock) -> Found:
        """What is due by that clock, and what nobody drives any more."""
        return self._known(self._due(store, clock.wall()), sagas)

    def left(self, store: Store, sagas: Mapping[str, Saga[Any, Any, Any]]) -> Found:
        """What was under way and nobody drives any more: whoever did so died, or let go of it."""
        return self._known(self._left_by_all(store), sagas)

    def _known(self, heads: Iterator[Head], sagas: Mapping[str, Saga[Any, Any, Any]]) -> Found:
        """Each of these once; what belongs to other sagas than these is left alone, and so is what is driven here."""
        told = set[str]()
        for head in heads:
            if head.saga not in sagas:
                self.told.leaves(head.saga)
            elif head.id not in self._held and head.id not in told:
                told.add(head.id)
                yield head.id, sagas[head.saga]

    def _due(self, store: Store, due: int) -> Iterator[Head]:
        """What is due, and what nobody drives any more; for the latter every head is looked at, once in `SWEEP_NS`."""
        yield from self._of_ours(store)
        alive = self._life.now()
        for head in _pages(store, due=max(alive, due)):
            if (head.wake_at or 0) > (alive if head.status == WORKER else due):
                continue  # not by the clock that counts for it
            if head.status == WORKER:
                yield from _of_dead(store, head)
            elif not head.owner or not self._life.lives(head.owner):
                yield head
        if self._swept is None or self._clock.monotonic() - self._swept >= SWEEP_NS:
            yield from (head for head in self._undriven(store) if head.owner)
            self._swept = self._clock.monotonic()

    def _left_by_all(self, store: Store) -> Iterator[Head]:
        """What was under way and nobody drives any more, this process included."""
        yield from self._of_ours(store)
        for head in _pages(store, due=self._life.now(), status=WORKER):
            yield from _of_dead(store, head)
        yield from (head for head in self._undriven(store) if head.owner or head.status != Status.NEW.value)

    def _of_ours(self, store: Store) -> Iterator[Head]:
        """What this process owns, and does not drive now."""
        for id_, held in tuple(self._owned.items()):
            if id_ in self._held:
                continue
            revision, stored = held.revision, store.read(id_)
            if stored is None:
                self._forget(id_, held, revision)
            else:
                yield Head(*stored[:8])

    def _ended(self, id_: str, held: Held) -> None:
        """Stop counting it as driven here."""
        try:
            if held.revision and self._unwritten.get(id_) is not held:
                self._unwritten.pop(id_, None)  # an earlier beginning of it, which was never kept
            if held.rests and not held.unsure:
                self._owned.pop(id_, None)
        finally:
            del self._held[id_]  # at last: from now on another thread may drive it

    def _forget(self, id_: str, held: Held, revision: int) -> None:
        """It was never kept, or was deleted; unless it was driven meanwhile, as this may be called in a thread."""
        with self._forgetting:
            if self._owned.get(id_) is held and held.revision == revision and id_ not in self._held:
                del self._owned[id_]
                self._unwritten.pop(id_, None)

    def _undriven(self, store: Store) -> Iterator[Head]:
        """What could go on, and has no owner, or one of whom there is no sign of life.

        Whoever stood still, or whose clock is not like others', may be taken for dead when it drives nothing; and may
        then begin something, and die before it gives a sign again.
        """
        for status in RUNNING:
            for head in _pages(store, status=status):
                if not head.owner or not self._life.lives(head.owner):
                    yield head


def _of_dead(store: Store, sign: Head) -> Iterator[Head]:
    """What whoever gave this sign of life has left; when there is nothing more, the sign is not needed either."""
    yield from (one for one in _pages(store, owner=sign.id) if one.id != sign.id)
    if all(one.id == sign.id for one in _pages(store, owner=sign.id)):
        store.delete(sign.id, sign.revision, sign.write_id)


def _pages(
    store: Store, *, due: int | None = None, owner: str | None = None, status: str | None = None
) -> Iterator[Head]:
    after = ""
    while heads := store.find(due=due, owner=owner, status=status, after=after, limit=PAGE):
        page = [Head(*head) for head in heads]
        after = page[-1].id
        yield from page


_all: Final = weakref.WeakSet[Driving]()


def _after_fork() -> None:
    for driving in _all:
        driving.forget()


if sys.platform != "win32":  # pragma: no branch - there are no forks there
    os.register_at_fork(after_in_child=_after_fork)
