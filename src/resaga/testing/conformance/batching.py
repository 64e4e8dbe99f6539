"""Several appends at once."""

from itertools import permutations

import pytest

from resaga.stores.store import Append, Store
from resaga.testing.conformance.place import Place, grown, ids, read, step

KINDS = {
    "create": step("new"),
    "go-on": step("old", 2),
    "fold": step("folded", 2, snapshot=b"all"),
    "stale": step("stale", 1, status="stolen"),
}
APPLIED = {"create": True, "go-on": True, "fold": True, "stale": False}


class Batching(Place):
    """Each item of a batch is on its own, and one after the other."""

    def test_nothing_to_do_is_done(self, store: Store) -> None:
        """An empty batch has an empty answer."""
        assert list(store.append([])) == []
        assert list(store.append(())) == []

    @pytest.mark.parametrize("number", [2, 3, 130])
    def test_all_of_a_batch_are_applied(self, store: Store, number: int) -> None:
        """However many they are; and the next batch goes on from there."""
        for revision in (1, 2):
            batch = [step(f"{each:04}", revision, tags=("t",)) for each in range(number)]
            assert list(store.append(batch)) == [True] * number
        assert ids(store.find(limit=number + 1)) == [f"{each:04}" for each in range(number)]
        assert [len(read(store, f"{each:04}").entries) for each in (0, number - 1)] == [2, 2]

    @pytest.mark.parametrize("place", [0, 1, 2, 3])
    def test_one_conflict_leaves_the_others_alone(self, store: Store, place: int) -> None:
        """The answers are in the order of the batch."""
        grown(store, 2, "stale")
        before = read(store, "stale")
        batch = [step(f"{each}", tags=("t",)) for each in range(3)]
        batch.insert(place, step("stale", 2, status="stolen"))
        assert list(store.append(batch)) == [item.id != "stale" for item in batch]
        assert read(store, "stale") == before
        for each in "012":
            assert (read(store, each).entries, read(store, each).tags) == ([(1, f"{each}#1".encode())], ("t",))

    def test_all_may_conflict(self, store: Store) -> None:
        """Then nothing has changed."""
        grown(store, 1, "a")
        before = read(store, "a")
        assert list(store.append([step("a"), step("b", 2), step("a", 3)])) == [False] * 3
        assert (read(store, "a"), store.read("b")) == (before, None)

    @pytest.mark.parametrize("order", list(permutations(KINDS)), ids="-".join)
    def test_all_kinds_go_together(self, store: Store, order: tuple[str, ...]) -> None:
        """Creating, going on, folding and conflicting do not disturb each other, in any order."""
        for one in ("old", "folded", "stale"):
            grown(store, 1, one)
        assert list(store.append([KINDS[kind] for kind in order])) == [APPLIED[kind] for kind in order]
        assert read(store, "new").entries == [(1, b"new#1")]
        assert read(store, "old").entries == [(1, b"old#1"), (2, b"old#2")]
        assert read(store, "folded")[8:] == (b"all", 2, [])
        assert read(store, "stale").status == "running"

    @pytest.mark.parametrize(
        ("batch", "answers"),
        [
            ([step(revision=2), step(revision=3)], [True, True]),
            ([step(revision=2), step(revision=2, status="stolen")], [True, False]),
            ([step(revision=2), step(revision=4), step(revision=3)], [True, False, False]),
            ([step(revision=2), step("new"), step(revision=3), step("new", 2)], [True] * 4),
            ([step("new"), step("new", 2), step("new", 3, snapshot=b"s"), step("new", 4)], [True] * 4),
            ([step("new"), step("new", 3), step("new", 2)], [True, False, False]),
            ([step("new"), step("new")], [True, False]),
            ([step(revision=2, snapshot=b"s"), step(revision=3), step(revision=2)], [True, True, False]),
            ([step(revision=each) for each in range(2, 40)], [True] * 38),
        ],
        ids=["next", "twice", "reversed", "mixed", "born", "early", "twins", "folded", "many"],
    )
    def test_one_execution_may_come_again(self, store: Store, batch: list[Append], answers: list[bool]) -> None:
        """Of the same execution, each item sees what the ones before it have done."""
        grown(store, 1)
        assert list(store.append(batch)) == answers
        for one in {item.id for item in batch}:
            applied = [item for item, answer in zip(batch, answers, strict=True) if answer and item.id == one]
            stored = read(store, one)
            assert (stored.revision, stored.status) == (applied[-1].revision, "running")
            assert [number for number, _ in stored.entries] == list(
                range(stored.snapshot_revision + 1, stored.revision + 1)
            )

    @pytest.mark.parametrize("first", [1, 2], ids=["born", "go-on"])
    @pytest.mark.parametrize("snapshot", [None, b"all"], ids=["entry", "snapshot"])
    def test_each_comes_behind_the_one_before_it(self, store: Store, first: int, snapshot: bytes | None) -> None:
        """Of the same execution, that is the one of this batch; behind another it is a conflict, as is what follows."""
        grown(store, first - 1)
        newest = None if first == 1 else read(store).write_id
        one = step(revision=first, write_id=b"one", after=newest, snapshot=snapshot)
        two = step(revision=first + 1, write_id=b"two", after=b"one")
        three = step(revision=first + 2, write_id=b"three", after=b"one")
        other = step("B", write_id=b"B")
        again = step("B", 2, write_id=b"B2", after=b"B")
        late = step(revision=first + 3, after=b"three")
        assert list(store.append([one, other, two, three, again, late])) == [True, True, True, False, True, False]
        assert (read(store).revision, read(store).write_id) == (first + 1, b"two")
        assert read(store, "B").write_id == b"B2"

    @pytest.mark.parametrize("wrong", [1, 2, 3])
    def test_one_that_is_created_whole_has_no_gap(self, store: Store, wrong: int) -> None:
        """All up to the one that is said to come behind another is there."""
        batch = [step(revision=each, after=step(revision=each - 1).write_id) for each in range(1, 5)]
        batch[wrong] = batch[wrong]._replace(after=b"another")
        assert list(store.append(batch)) == [each < wrong for each in range(4)]
        assert read(store).revision == wrong

    @pytest.mark.parametrize("number", [2, 130])
    def test_many_come_behind_what_is_there(self, store: Store, number: int) -> None:
        """Each behind its own; of one that does not, nothing is written."""
        names = [f"{each:04}" for each in range(number)]
        store.append([step(each) for each in names])
        batch = [step(each, 2, after=step(each).write_id) for each in names]
        batch[1] = batch[1]._replace(after=batch[0].after)
        assert list(store.append(batch)) == [each != 1 for each in range(number)]
        assert [read(store, each).revision for each in names[:2]] == [2, 1]

    @pytest.mark.parametrize("snapshot", [None, b"mine"], ids=["entry", "snapshot"])
    def test_nothing_goes_on_behind_a_conflict(self, store: Store, snapshot: bytes | None) -> None:
        """What was to follow an item that came too late would follow somebody else's; others are applied."""
        grown(store, 1)
        before = read(store, "A-1")
        batch = [step(snapshot=snapshot), step("new"), step(revision=2), step("new", 2), step(revision=3)]
        assert list(store.append(batch)) == [False, True, False, True, False]
        assert read(store, "A-1") == before
        assert list(store.append([step(revision=2)])) == [True]
