"""Where the holder of an execution stands in its journal: what it knows to be there, and what comes behind that."""

from typing import final

from resaga.stores.store import Append, Stored


@final
class Foothold:
    """The newest entry that is known, and what stands before it, from a document or from our own entry on.

    Another execution that has the id by now may have come as far, so a revision alone says nothing.
    """

    __slots__ = ("_known", "newest", "revision")

    def __init__(self) -> None:
        self.revision = 0
        self.newest: bytes | None = None  # the write id of that revision
        self._known: list[tuple[int, bytes]] = []

    def reach(self, stored: Stored) -> None:
        """All of this is known."""
        self.revision, self.newest, self._known = stored.revision, stored.write_id, _bodies(stored)

    def write(self, item: Append) -> None:
        """Our own entry is there now."""
        self.revision, self.newest, self._known = item.revision, item.write_id, [_body(item)]

    def behind(self, batch: list[Append]) -> list[Append]:
        """The same, each behind the one before it, and the first behind what is known."""
        if len(batch) == 1 and batch[0].revision == self.revision + 1:  # most often: it was made to stand there
            return batch
        before = self.newest, *(item.write_id for item in batch)
        places = enumerate(zip(batch, before, strict=False), self.revision + 1)
        return [item._replace(revision=revision, after=after) for revision, (item, after) in places]

    def is_in(self, stored: Stored) -> bool:
        """Whether what is known is there still."""
        if stored.revision <= self.revision:
            return (stored.revision, stored.write_id) == (self.revision, self.newest)
        return stored.snapshot_revision > self.revision or set(self._known).issubset(_bodies(stored))


def applied(batch: list[Append], stored: Stored) -> int:
    """How many of these are there, from the first on."""
    entries, there = dict(stored.entries), 0
    for item in batch:
        if item.revision == stored.revision:
            is_there = item.write_id == stored.write_id
        elif item.snapshot is None:
            is_there = entries.get(item.revision) == item.entry
        else:
            is_there = (stored.snapshot_revision, stored.snapshot) == (item.revision, item.snapshot)
        if not is_there:
            break
        there += 1
    return there


def _body(item: Append) -> tuple[int, bytes]:
    """What stands at its revision once it is applied."""
    return item.revision, item.entry if item.snapshot is None else item.snapshot


def _bodies(stored: Stored) -> list[tuple[int, bytes]]:
    """What stands at each revision that can be read."""
    entries = [(revision, raw) for revision, raw in stored.entries]  # tuples, whatever pairs a store gives
    return entries if stored.snapshot is None else [(stored.snapshot_revision, stored.snapshot), *entries]
