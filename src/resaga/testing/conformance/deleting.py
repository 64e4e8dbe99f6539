"""Forgetting executions."""

import pytest

from resaga.stores.store import Store
from resaga.testing.conformance.place import Opener, Place, grown, ids, read, step


class Deleting(Place):
    """What is deleted is gone, and only if nobody went on from it."""

    @pytest.mark.parametrize("revision", [-1, 0, 1, 2, 4, 2**40])
    def test_only_the_newest_revision_can_be_deleted(self, store: Store, revision: int) -> None:
        """Who has not seen the newest entry does not know what it deletes."""
        grown(store, 3)
        before = read(store)
        assert store.delete("A-1", revision) is False
        assert read(store) == before
        assert store.delete("A-1", 3) is True

    def test_only_what_was_seen_is_deleted(self, store: Store) -> None:
        """The same revision with another write id is of another execution."""
        grown(store, 2)
        before = read(store)
        for other in (b"", bytes(16), step().write_id):
            assert store.delete("A-1", 2, other) is False
            assert read(store) == before
        assert store.delete("A-1", 1, before.write_id) is False
        assert store.delete("A-1", 2, before.write_id) is True
        assert store.read("A-1") is None

    @pytest.mark.parametrize("revision", [2, 3])
    @pytest.mark.parametrize("snapshot", [None, b"all"], ids=["entries", "snapshot"])
    def test_who_had_the_old_one_harms_no_new_one(
        self, opener: Opener, store: Store, revision: int, snapshot: bytes | None
    ) -> None:
        """Its id was used again, and the new one has come as far: it is neither gone on with nor deleted."""
        late = opener()
        old = [step(revision=each, write_id=b"old %d" % each) for each in range(1, revision + 1)]
        assert all(late.append(old))
        assert store.delete("A-1", revision, old[-1].write_id) is True
        new = [step(revision=each, write_id=b"new %d" % each) for each in range(1, revision + 1)]
        assert all(store.append(new))
        before = read(store)
        given = step(revision=revision + 1, snapshot=snapshot, after=old[-1].write_id)
        assert list(late.append([given])) == [False]
        assert list(late.append([given, step(revision=revision + 2, after=given.write_id)])) == [False, False]
        assert late.delete("A-1", revision, old[-1].write_id) is False
        assert read(store) == read(late) == before
        assert list(store.append([given._replace(after=new[-1].write_id)])) == [True]
        late.close()

    @pytest.mark.parametrize("revision", [-1, 0, 1])
    def test_what_is_not_there_is_not_deleted(self, store: Store, revision: int) -> None:
        """That is no error."""
        assert store.delete("A-1", revision) is False

    @pytest.mark.parametrize("snapshot", [None, b"all"], ids=["entries", "snapshot"])
    def test_nothing_of_it_is_left(self, opener: Opener, store: Store, snapshot: bytes | None) -> None:
        """It is not read, not found by anything, and cannot go on."""
        store.append([step(tags=("t",), wake_at=1), step(revision=2, wake_at=1, snapshot=snapshot), step("B")])
        assert store.delete("A-1", 2) is True
        other = opener()
        for each in (store, other):
            assert each.read("A-1") is None
            assert ids(each.find()) == ["B"]
            assert (ids(each.find(tag="t")), ids(each.find(due=5))) == ([], [])
            assert list(each.append([step(revision=3)])) == [False]
            assert each.delete("A-1", 2) is False
        other.close()

    @pytest.mark.parametrize("snapshot", [None, b"all"], ids=["entries", "snapshot"])
    def test_its_id_may_be_used_again(self, store: Store, snapshot: bytes | None) -> None:
        """The new one has nothing of the old one."""
        store.append([step(tags=("t",), wake_at=1), step(revision=2, snapshot=snapshot), step(revision=3)])
        store.delete("A-1", 3)
        assert list(store.append([step(entry=b"again", tags=("u",))])) == [True]
        assert read(store)[3:] == (1, None, "", b"           A-1#1", ("u",), None, 0, [(1, b"again")])
        assert ids(store.find(tag="t")) == []
        assert list(store.append([step(revision=2)])) == [True]

    def test_the_others_stay(self, store: Store) -> None:
        """Deleting one is nothing to its neighbours."""
        store.append([step(one, tags=("t",)) for one in ("a", "b", "c")])
        assert store.delete("b", 1) is True
        assert (ids(store.find()), ids(store.find(tag="t"))) == (["a", "c"], ["a", "c"])
        assert read(store, "c").entries == [(1, b"c#1")]
