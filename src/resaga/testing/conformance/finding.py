"""Finding executions."""

from collections.abc import Mapping
from typing import Any

import pytest

from resaga.stores.store import Head, Store
from resaga.testing.conformance.place import Opener, Place, grown, heads, ids, read, step


class Finding(Place):
    """Heads are found by their words and times, a page at a time."""

    @pytest.fixture
    def town(self, store: Store) -> Store:
        """A store with seven executions, each another mixture."""
        store.append(
            [
                step("a", saga="x/1", status="paused", wake_at=30, owner="", tags=("red",)),
                step("b", saga="x/1", status="running", wake_at=10, owner="me", tags=("red", "big")),
                step("c", saga="x/2", status="paused", wake_at=20, owner="", tags=()),
                step("d", saga="x/2", status="stuck", wake_at=None, owner="", tags=("big",)),
                step("e", saga="y/1", status="running", wake_at=20, owner="you", tags=("red",)),
                step("f", saga="y/1", status="completed", wake_at=None, owner="", tags=("red", "big")),
                step("g", saga="x/1", status="paused", wake_at=20, owner="me", tags=("big",)),
            ]
        )
        return store

    def test_nothing_is_found_where_nothing_is(self, store: Store) -> None:
        """That is no error."""
        assert list(store.find()) == []
        assert list(store.find(due=2**62)) == []

    def test_a_head_is_all_but_the_bytes(self, store: Store) -> None:
        """It says what reading says, without the entries."""
        grown(store, 1)
        store.append([step(revision=2, status="paused", wake_at=9, owner="me", write_id=b"w" * 16, tags=("no",))])
        assert heads(store.find()) == [Head("A-1", "checkout/1", "paused", 2, 9, "me", b"w" * 16, ())]
        store.append([step("B", tags=("b", "a"))])
        assert heads(store.find(after="A-1")) == [Head(*read(store, "B")[:8])]

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({}, "abcdefg"),
            ({"status": "paused"}, "acg"),
            ({"status": "Paused"}, ""),
            ({"status": ""}, ""),
            ({"saga": "x/1"}, "abg"),
            ({"saga": "x"}, ""),
            ({"tag": "red"}, "abef"),
            ({"tag": "big"}, "bdfg"),
            ({"tag": ""}, ""),
            ({"owner": "me"}, "bg"),
            ({"owner": ""}, "acdf"),
            ({"owner": "they"}, ""),
            ({"status": "paused", "saga": "x/1"}, "ag"),
            ({"status": "paused", "tag": "red"}, "a"),
            ({"saga": "x/1", "tag": "big", "owner": "me"}, "bg"),
            ({"status": "paused", "saga": "x/1", "tag": "big", "owner": "me"}, "g"),
            ({"status": "stuck", "owner": "me"}, ""),
            ({"tag": "red", "after": "b"}, "ef"),
            ({"status": "paused", "after": "a"}, "cg"),
            ({"status": "paused", "limit": 2}, "ac"),
            ({"tag": "big", "limit": 2}, "bd"),
            ({"after": "bb"}, "cdefg"),
            ({"after": "z"}, ""),
            ({"limit": 0}, ""),
            ({"due": 9}, ""),
            ({"due": 10}, "b"),
            ({"due": 19}, "b"),
            ({"due": 20}, "bceg"),
            ({"due": 2**63 - 1}, "bcega"),
            ({"due": 30, "status": "paused"}, "cga"),
            ({"due": 30, "tag": "red"}, "bea"),
            ({"due": 30, "owner": "me"}, "bg"),
            ({"due": 30, "saga": "x/1"}, "bga"),
            ({"due": 30, "status": "paused", "tag": "big", "saga": "x/1", "owner": "me"}, "g"),
            ({"due": 30, "limit": 2}, "bc"),
            ({"due": 30, "limit": 0}, ""),
            ({"due": 30, "after": "c"}, "ega"),
            ({"due": 30, "after": "c", "status": "paused"}, "ga"),
            ({"due": 30, "after": "e", "status": "paused"}, "ga"),
            ({"due": 30, "after": "a"}, ""),
            ({"due": 30, "after": "d"}, "bcega"),
            ({"due": 20, "after": "a"}, "bceg"),
            ({"due": 30, "after": "nobody"}, "bcega"),
        ],
        ids=str,
    )
    def test_what_fits_is_found_in_order(self, town: Store, asked: Mapping[str, Any], found: str) -> None:
        """All that is asked must fit; by id, or by when it is due and then by id."""
        assert "".join(ids(town.find(**asked))) == found

    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 7, 8])
    @pytest.mark.parametrize(
        "asked",
        [{}, {"tag": "red"}, {"status": "paused"}, {"due": 20}, {"due": 99}, {"due": 99, "tag": "big"}],
        ids=str,
    )
    def test_pages_give_each_once(self, town: Store, limit: int, asked: Mapping[str, Any]) -> None:
        """One page after the other, all of them in the order they have at once."""
        seen: list[str] = []
        while page := ids(town.find(**asked, limit=limit, after=seen[-1] if seen else "")):
            assert len(page) <= limit
            seen += page
        assert seen == ids(town.find(**asked))

    def test_a_hundred_unless_told(self, store: Store) -> None:
        """A page is no larger than one can hold."""
        store.append([step(f"{each:03}", wake_at=each) for each in range(120)])
        assert (len(store.find()), len(store.find(due=500)), len(store.find(limit=200))) == (100, 100, 120)

    def test_what_changed_is_found_by_what_it_is_now(self, town: Store) -> None:
        """Its former words and times find it no more."""
        town.append([step("b", 2, status="paused", saga="z/1", wake_at=None, owner="", snapshot=b"s")])
        town.append([step("d", 2, status="stuck", saga="x/2", wake_at=5)])
        assert ids(town.find(status="paused")) == ["a", "b", "c", "g"]
        assert ids(town.find(saga="z/1")) == ["b"]
        assert ids(town.find(owner="me")) == ["g"]
        assert ids(town.find(due=20)) == ["d", "c", "e", "g"]
        assert ids(town.find(tag="big")) == ["b", "d", "f", "g"]

    def test_ids_are_ordered_by_their_characters(self, store: Store) -> None:
        """Capitals come before small letters, in each store alike."""
        given = ["b", "A", "a", "B", "_", "-", ".", "9", "10", "aa", "a-a"]
        store.append([step(each, wake_at=1) for each in given])
        assert ids(store.find()) == sorted(given)
        assert ids(store.find(due=1)) == sorted(given)

    def test_another_store_finds_it_too(self, opener: Opener, town: Store) -> None:
        """What is found depends on the place, not on who asks."""
        other = opener()
        assert heads(other.find(tag="red")) == heads(town.find(tag="red"))
        assert heads(other.find(due=20)) == heads(town.find(due=20))
        other.close()
