"""What this process drives, what it has left, and what in its store is to be driven."""

import threading
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final, final

from resaga.core.errors import AlreadyExists, Conflict, StoreError
from resaga.drive.clock import Clock
from resaga.runtime.held import Held
from resaga.runtime.life import WORKER, Life
from resaga.runtime.standing import RUNNING
from resaga.saga import Saga
from resaga.stores.store import Head, Store

PAGE: Final = 100
"""So many heads are asked for at once."""

EVERY: Final = timedelta(seconds=1)
"""So often a worker looks at the store."""

SWEEP: Final = 3_600_000_000_000
"""So often, in nanoseconds, all that is said to be driven is looked at, whoever is said to drive it."""


@final
class Driving:
    """The executions of which this process is the owner, as far as the store knows."""

    def __init__(self, life: Life, clock: Clock) -> None:
        self._life = life
        self._clock = clock
        self._held: dict[str, Held] = {}
        self._left: dict[str, Held] = {}
        self._unwritten: dict[str, Held] = {}
        self._swept: int | None = None
        self._forgetting = threading.Lock()

    @property
    def leaves(self) -> bool:
        """Whether anything is owned that is not driven to a rest."""
        return bool(self._left)

    def take_unwritten(self, id_: str) -> Held | None:
        """One of which something happened that could not be written; it is given once, to whoever goes on with it."""
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
                raise held.lost("it is being driven here")
            with self._forgetting:
                self._left[id_] = held  # until it is known that it rests, or is somebody else's
            try:
                yield
            except (Conflict, AlreadyExists):
                self._left.pop(id_, None)
                raise
            except StoreError:  # what happened is not forgotten: it is written when the store is back
                self._unwritten[id_] = held
                raise
        finally:
            if self._held.get(id_) is held:
                self._driven(id_, held)

    def found(
        self, store: Store, sagas: Mapping[str, Saga[Any, Any, Any]]
    ) -> Iterator[tuple[str, Saga[Any, Any, Any]]]:
        """What is due, and what the dead have left; what belongs to other sagas than these is left alone."""

        def known(heads: Iterable[Head]) -> Iterator[tuple[str, Saga[Any, Any, Any]]]:
            return ((head.id, sagas[head.saga]) for head in heads if head.saga in sagas and head.id not in self._held)

        yield from known(self._own(store))
        alive, due = self._life.now(), self._clock.wall()
        for head in _pages(store, due=max(alive, due)):
            if (head.wake_at or 0) > (alive if head.status == WORKER else due):
                continue  # not by the clock that counts for it
            if head.status == WORKER:
                yield from known(one for one in _pages(store, owner=head.id) if one.id != head.id)
                if all(one.id == head.id for one in _pages(store, owner=head.id)):  # it has nothing left
                    store.delete(head.id, head.revision)
            elif not head.owner or not self._life.lives(head.owner):
                yield from known([head])
        if self._swept is None or self._clock.monotonic() - self._swept >= SWEEP:
            yield from known(self._lost(store))
            self._swept = self._clock.monotonic()

    def _own(self, store: Store) -> Iterator[Head]:
        """What this process has left itself."""
        for id_, held in tuple(self._left.items()):
            if id_ in self._held:
                continue
            revision, stored = held.revision, store.read(id_)
            if stored is None:
                self._forget(id_, held, revision)
            else:
                yield Head(*stored[:8])

    def _driven(self, id_: str, held: Held) -> None:
        """It is not any more."""
        del self._held[id_]
        if held.revision and self._unwritten.get(id_) is not held:
            self._unwritten.pop(id_, None)  # an earlier beginning of it, which was never kept
        if held.rests and not held.unsure:
            self._left.pop(id_, None)

    def _forget(self, id_: str, held: Held, revision: int) -> None:
        """It was never kept, or was deleted; unless it was driven meanwhile, as this may be called in a thread."""
        with self._forgetting:
            if self._left.get(id_) is held and held.revision == revision and id_ not in self._held:
                del self._left[id_]
                self._unwritten.pop(id_, None)

    def _lost(self, store: Store) -> Iterator[Head]:
        """What is said to be driven by somebody of whom there is no sign at all.

        Whoever stood still, or whose clock is not like others', may be taken for dead when it drives nothing; and may
        then begin something, and die before it gives a sign again.
        """
        for status in RUNNING:
            for head in _pages(store, status=status):
                if head.owner and not self._life.lives(head.owner):
                    yield head


def _pages(
    store: Store, *, due: int | None = None, owner: str | None = None, status: str | None = None
) -> Iterator[Head]:
    after = ""
    while heads := store.find(due=due, owner=owner, status=status, after=after, limit=PAGE):
        after = heads[-1][0]
        yield from (Head(*head) for head in heads)
