"""Snapshots."""

import pytest

from resaga.stores.store import Store
from resaga.testing.conformance.place import BYTES, Opener, Place, grown, read, step


class Folding(Place):
    """A snapshot stands for all entries up to it."""

    @pytest.mark.parametrize("revision", [2, 3, 10, 100])
    def test_a_snapshot_replaces_what_was_before(self, store: Store, revision: int) -> None:
        """Its own entry too; all else of the head is as in any append."""
        grown(store, revision - 1)
        assert list(store.append([step(revision=revision, status="paused", wake_at=5, snapshot=b"all")])) == [True]
        stored = read(store)
        assert (stored.status, stored.wake_at, stored.revision) == ("paused", 5, revision)
        assert (stored.snapshot, stored.snapshot_revision, stored.entries) == (b"all", revision, [])

    def test_entries_after_it_are_added_to_it(self, store: Store) -> None:
        """Reading gives the snapshot, and what came since."""
        grown(store, 2)
        store.append([step(revision=3, snapshot=b"all")])
        store.append([step(revision=4)])
        store.append([step(revision=5)])
        assert read(store)[8:] == (b"all", 3, [(4, b"A-1#4"), (5, b"A-1#5")])

    def test_it_may_be_how_it_begins(self, store: Store) -> None:
        """What is created may be created whole."""
        store.append([step(snapshot=b"all", tags=("t",))])
        assert read(store)[7:] == (("t",), b"all", 1, [])
        assert list(store.append([step(revision=2)])) == [True]
        assert read(store)[8:] == (b"all", 1, [(2, b"A-1#2")])

    def test_it_replaces_the_one_before(self, store: Store) -> None:
        """Only the newest counts."""
        grown(store, 1)
        store.append([step(revision=2, snapshot=b"old"), step(revision=3), step(revision=4, snapshot=b"new")])
        assert read(store)[8:] == (b"new", 4, [])
        store.append([step(revision=5, snapshot=b"newest")])
        assert read(store)[8:] == (b"newest", 5, [])

    @pytest.mark.parametrize("revision", [1, 2, 3, 5])
    def test_what_was_folded_away_cannot_come_again(self, store: Store, revision: int) -> None:
        """Its revisions are taken, though their entries are gone."""
        grown(store, 2)
        store.append([step(revision=3, snapshot=b"all")])
        assert list(store.append([step(revision=revision, snapshot=b"other"), step(revision=revision)])) == [False] * 2
        assert read(store)[8:] == (b"all", 3, [])
        assert list(store.append([step(revision=4)])) == [True]

    @pytest.mark.parametrize("data", BYTES.values(), ids=BYTES)
    def test_it_is_kept_to_the_byte(self, opener: Opener, store: Store, data: bytes) -> None:
        """An empty one is one too."""
        grown(store, 1)
        store.append([step(revision=2, snapshot=data)])
        store.append([step(revision=3)])
        other = opener()
        assert read(other)[8:] == (data, 2, [(3, b"A-1#3")])
        other.close()
