"""Executions in dictionaries: for tests, and for what may be forgotten when the process ends."""

import threading
from collections.abc import Sequence
from typing import Final, Self, final

from resaga.stores.closing import closed
from resaga.stores.scan import scan
from resaga.stores.store import Append, Head, Stored
from resaga.stores.turns import in_turn

WHERE: Final = "memory://"


@final
class _Kept:
    """One execution."""

    __slots__ = ("entries", "head", "snapshot", "snapshot_revision")

    def __init__(self) -> None:
        self.head = Head("", "", "", 0, None, "", b"", ())
        self.snapshot: bytes | None = None
        self.snapshot_revision = 0
        self.entries: list[tuple[int, bytes]] = []


@final
class MemoryStore:
    """A store in this process. Several may look at the same executions: see `twin`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}
        self._closed = False

    def twin(self) -> Self:
        """Another store on the same executions, as another process would have it of a file."""
        other = type(self)()
        other._lock, other._kept = self._lock, self._kept  # noqa: SLF001 - of the same class
        return other

    def append(self, batch: Sequence[Append], /) -> list[bool]:
        """See `Store`."""
        self._check()
        with self._lock:
            return in_turn(batch, self._apply)

    append_promptly = append

    def read(self, id: str, /) -> Stored | None:
        """See `Store`."""
        self._check()
        with self._lock:
            kept = self._kept.get(id)
            if kept is None:
                return None
            return Stored(*kept.head, kept.snapshot, kept.snapshot_revision, tuple(kept.entries))

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
        self._check()
        with self._lock:
            heads = [kept.head for kept in self._kept.values()]
        return scan(heads, status=status, saga=saga, tag=tag, owner=owner, due=due, after=after, limit=limit)

    def delete(self, id: str, revision: int, write_id: bytes | None = None, /) -> bool:
        """See `Store`."""
        self._check()
        with self._lock:
            kept = self._kept.get(id)
            if kept is None or kept.head.revision != revision or write_id not in (None, kept.head.write_id):
                return False
            del self._kept[id]
            return True

    def close(self) -> None:
        """See `Store`. What was kept stays for its twins."""
        self._closed = True

    def _check(self) -> None:
        if self._closed:
            raise closed(WHERE)

    def _apply(self, item: Append) -> bool:
        creates = item.revision == 1
        kept = _Kept() if creates else self._kept.get(item.id)
        if kept is None or kept.head.revision != item.revision - 1 or (creates and item.id in self._kept):
            return False
        if not creates and item.after not in (None, kept.head.write_id):
            return False
        tags = tuple(sorted(set(item.tags))) if creates else kept.head.tags
        kept.head = Head(item.id, item.saga, item.status, item.revision, item.wake_at, item.owner, item.write_id, tags)
        if item.snapshot is None:
            kept.entries.append((item.revision, item.entry))
        else:
            kept.snapshot, kept.snapshot_revision, kept.entries = item.snapshot, item.revision, []
        self._kept[item.id] = kept
        return True


def open_url(url: str, /) -> MemoryStore:  # noqa: ARG001 - there is nothing to say about it
    """Open a new one, empty."""
    return MemoryStore()
