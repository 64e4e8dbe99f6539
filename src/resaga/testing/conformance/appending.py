"""One append at a time."""

from random import Random

import pytest

from resaga.core.limits import TAG_LENGTH, TAGS
from resaga.stores.store import Store, Stored
from resaga.testing.conformance.place import BYTES, MOMENTS, Opener, Place, grown, ids, read, step

TEXTS = [
    "",
    "x",
    "paused",
    "rolled back",
    "ü",
    "日本語",
    "👩‍👩‍👧",
    "a" * 32,
    "with space ",
    " ",
    "\t",
    "0",
    "1.0",
    "NULL",
]


class Appending(Place):
    """Each append is compared and swapped, and kept as it was given."""

    def test_what_was_created_is_read_back(self, store: Store) -> None:
        """All that was given is kept, and nothing else."""
        given = step(
            entry=b"born", write_id=b"0123456789abcdef", status="paused", wake_at=7, owner="me", tags=("b", "a")
        )
        assert list(store.append([given])) == [True]
        assert read(store) == Stored(
            id="A-1",
            saga="checkout/1",
            status="paused",
            revision=1,
            wake_at=7,
            owner="me",
            write_id=b"0123456789abcdef",
            tags=("a", "b"),
            snapshot=None,
            snapshot_revision=0,
            entries=[(1, b"born")],
        )

    def test_what_was_never_created_is_not_there(self, store: Store) -> None:
        """Reading it is no error."""
        assert store.read("A-1") is None

    @pytest.mark.parametrize("entry", [b"A-1#1", b"another"], ids=["same", "other"])
    def test_nothing_is_created_twice(self, store: Store, entry: bytes) -> None:
        """The second one is a conflict, even if it says the same."""
        grown(store, 1)
        before = read(store)
        assert list(store.append([step(entry=entry, status="another", tags=("t",))])) == [False]
        assert read(store) == before

    def test_the_next_revision_is_added(self, store: Store) -> None:
        """Entries stay in the order of their revisions."""
        grown(store, 3)
        stored = read(store)
        assert (stored.revision, stored.entries) == (3, [(1, b"A-1#1"), (2, b"A-1#2"), (3, b"A-1#3")])

    @pytest.mark.parametrize("revision", [-1, 0, 1, 2, 3, 5, 6, 1_000_000, 2**31, 2**40])
    def test_any_other_revision_is_a_conflict(self, store: Store, revision: int) -> None:
        """After revision 3 only 4 is applied; what conflicts changes nothing."""
        grown(store, 3)
        before = read(store)
        given = step(revision=revision, status="stolen", wake_at=1, owner="thief", tags=("t",))
        assert list(store.append([given])) == [False]
        assert list(store.append([given._replace(snapshot=b"all")])) == [False]
        assert read(store) == before
        assert list(store.append([step(revision=4)])) == [True]

    @pytest.mark.parametrize("snapshot", [None, b"all"], ids=["entry", "snapshot"])
    def test_behind_another_one_is_a_conflict(self, store: Store, snapshot: bytes | None) -> None:
        """Though the revision is the next one, nothing is written if the newest has another write id."""
        grown(store, 2)
        before = read(store)
        given = step(revision=3, status="stolen", snapshot=snapshot)
        for other in (b"", bytes(16), step().write_id, before.write_id[:-1], before.write_id + b"x"):
            assert list(store.append([given._replace(after=other)])) == [False]
            assert read(store) == before
        assert list(store.append([given._replace(after=before.write_id)])) == [True]
        assert read(store).status == "stolen"

    @pytest.mark.parametrize("after", [b"", bytes(16), b"another"])
    def test_what_is_created_comes_behind_nothing(self, store: Store, after: bytes) -> None:
        """So it is not looked at what it is said to come behind."""
        assert list(store.append([step(after=after)])) == [True]
        assert list(store.append([step(after=step().write_id)])) == [False]

    @pytest.mark.parametrize("revision", [-1, 0, 2, 3, 2**40])
    def test_what_is_not_there_cannot_go_on(self, store: Store, revision: int) -> None:
        """Only revision 1 creates."""
        assert list(store.append([step(revision=revision), step(revision=revision, snapshot=b"")])) == [False, False]
        assert store.read("A-1") is None

    @pytest.mark.parametrize("moment", MOMENTS)
    def test_the_head_is_what_the_newest_says(self, store: Store, moment: int | None) -> None:
        """Saga, status, time, owner and write id change with each append, and can be taken away."""
        grown(store, 1)
        store.append([step(revision=2, saga="s/2", status="x", wake_at=moment, owner="o", write_id=b"w" * 16)])
        assert read(store)[:7] == ("A-1", "s/2", "x", 2, moment, "o", b"w" * 16)
        store.append([step(revision=3)])
        assert (read(store).wake_at, read(store).owner) == (None, "")

    @pytest.mark.parametrize(
        ("given", "kept"),
        [((), ()), (("a",), ("a",)), (("b", "a"), ("a", "b")), (("a", "a"), ("a",)), (("", "A", "a"), ("", "A", "a"))],
    )
    def test_tags_are_a_set(self, store: Store, given: tuple[str, ...], kept: tuple[str, ...]) -> None:
        """They are given back sorted, each once."""
        store.append([step(tags=given)])
        assert read(store).tags == kept

    def test_tags_are_kept_up_to_their_limit(self, store: Store) -> None:
        """As many as there may be, each as long as it may be, in letters that take most room and cannot be packed."""
        chance = Random(0)  # noqa: S311 - no secret
        tags = ["".join(chr(chance.randrange(0x10000, 0x110000)) for _ in range(TAG_LENGTH)) for _ in range(TAGS)]
        assert list(store.append([step(tags=tuple(tags))])) == [True]
        assert list(store.append([step("B", tags=tuple(tags[1:])), step("C")])) == [True, True]
        assert read(store).tags == tuple(sorted(tags))
        assert ids(store.find(tag=tags[0])) == ["A-1"]
        assert ids(store.find(tag=tags[-1])) == ["A-1", "B"]

    def test_tags_are_those_of_the_creation(self, store: Store) -> None:
        """Later ones are not looked at."""
        store.append([step(tags=("a",)), step(revision=2, tags=("b",)), step(revision=3, tags=("c",), snapshot=b"s")])
        assert read(store).tags == ("a",)

    @pytest.mark.parametrize("data", BYTES.values(), ids=BYTES)
    def test_an_entry_is_kept_to_the_byte(self, opener: Opener, store: Store, data: bytes) -> None:
        """Whatever is in it, and for another store at the place too."""
        store.append([step(entry=data)])
        store.append([step(revision=2, entry=data)])
        assert read(store).entries == [(1, data), (2, data)]
        other = opener()
        assert read(other).entries == [(1, data), (2, data)]
        other.close()

    @pytest.mark.parametrize("write_id", [bytes(16), bytes(range(16)), b"\xff" * 16, b"0" * 16, b"\n" * 16])
    def test_the_write_id_is_kept(self, store: Store, write_id: bytes) -> None:
        """Who does not know whether an append was applied sees it there; again, it is a conflict."""
        given = step(write_id=write_id)
        store.append([given])
        assert read(store).write_id == write_id
        assert list(store.append([given])) == [False]
        assert read(store).write_id == write_id

    @pytest.mark.parametrize("text", TEXTS)
    def test_words_are_kept_as_they_are(self, store: Store, text: str) -> None:
        """A status, a saga, an owner and a tag may be any text."""
        store.append([step(saga=text, status=text, owner=text, tags=(text,))])
        stored = read(store)
        assert (stored.saga, stored.status, stored.owner, stored.tags) == (text, text, text, (text,))

    def test_a_journal_may_be_long(self, store: Store) -> None:
        """All entries come back, in order."""
        grown(store, 60)
        assert read(store).entries == [(each, f"A-1#{each}".encode()) for each in range(1, 61)]

    def test_executions_do_not_mix(self, store: Store) -> None:
        """Each has its own revisions, entries and head."""
        for revision in (1, 2):
            for one in ("a", "b", "aa"):
                assert list(store.append([step(one, revision, status=one)])) == [True]
        for one in ("a", "b", "aa"):
            assert read(store, one).status == one
            assert read(store, one).entries == [(1, f"{one}#1".encode()), (2, f"{one}#2".encode())]

    def test_another_store_sees_it_at_once(self, opener: Opener, store: Store) -> None:
        """What one wrote the other reads, and goes on from."""
        other = opener()
        grown(store, 1)
        assert read(other) == read(store)
        assert list(other.append([step(revision=2)])) == [True]
        assert list(store.append([step(revision=2)])) == [False]
        assert read(store) == read(other)
        other.close()

    def test_it_is_there_after_closing(self, opener: Opener) -> None:
        """Whoever opens the place later finds all of it, and goes on."""
        for revision in range(1, 5):
            store = opener()
            assert list(store.append([step(revision=revision)])) == [True]
            store.close()
        last = opener()
        assert read(last).entries == [(each, f"A-1#{each}".encode()) for each in range(1, 5)]
        last.close()
