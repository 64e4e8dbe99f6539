"""What stores in the tables of a database have in common: each verb is a piece of work in one transaction of it.

The statements differ, and are in a module for each database; how a transaction is had differs for a store of its own
and for one inside somebody else's.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Generic, Protocol, TypeVar

from resaga.stores.store import Append, Head, Stored

T = TypeVar("T")
C = TypeVar("C")
C_contra = TypeVar("C_contra", contravariant=True)

AT_ONCE: Final = 128
"""How many appends one statement takes: with more it is no quicker, and others wait longer for what it locks."""


class Tables(Protocol[C_contra]):
    """What is done to the tables, by a cursor."""

    def append(self, db: C_contra, batch: Sequence[Append], /) -> list[bool]:
        """See `Store.append`."""
        ...

    def read(self, db: C_contra, id_: str, /) -> Stored | None:
        """See `Store.read`."""
        ...

    def find(self, db: C_contra, asked: Mapping[str, object], /) -> list[Head]:
        """See `Store.find`."""
        ...

    def delete(self, db: C_contra, id_: str, revision: int, write_id: bytes | None, /) -> bool:
        """See `Store.delete`."""
        ...


class TableStore(ABC, Generic[C]):
    """A store in tables."""

    _tables: Tables[C]

    @abstractmethod
    def _transact(self, work: Callable[[C], T], /, *, writes: bool) -> T:
        """Do all of it, or nothing."""

    @abstractmethod
    def close(self) -> None:
        """See `Store`."""

    def append(self, batch: Sequence[Append], /) -> list[bool]:
        """See `Store`."""
        return self._transact(lambda db: self._tables.append(db, batch), writes=True)

    def read(self, id: str, /) -> Stored | None:
        """See `Store`."""
        return self._transact(lambda db: self._tables.read(db, id), writes=False)

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
        asked = {
            "status": status,
            "saga": saga,
            "tag": tag,
            "owner": owner,
            "due": due,
            "after": after,
            "limit": limit,
        }
        return self._transact(lambda db: self._tables.find(db, asked), writes=False)

    def delete(self, id: str, revision: int, write_id: bytes | None = None, /) -> bool:
        """See `Store`."""
        return self._transact(lambda db: self._tables.delete(db, id, revision, write_id), writes=True)


def rounds(batch: Sequence[Append]) -> list[list[int]]:
    """Places in the batch, by which statement they go: no id twice in one, and each after those of its own before it.

    In the order of their ids, so that two batches that want the same rows cannot each wait for the other.
    """
    seen = Counter[str]()
    places: dict[int, list[int]] = {}
    for place in sorted(range(len(batch)), key=lambda place: batch[place].id):
        places.setdefault(seen[batch[place].id], []).append(place)
        seen[batch[place].id] += 1
    return [one[each : each + AT_ONCE] for one in places.values() for each in range(0, len(one), AT_ONCE)]
