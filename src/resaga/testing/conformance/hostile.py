"""Ids, words and filters that mean harm (T27)."""

from contextlib import suppress

import pytest

from resaga.stores.store import Store
from resaga.testing.conformance.place import Place, grown, ids, read, step

HOSTILE = [
    "'",
    '"',
    "\\",
    "`",
    ";",
    "--",
    "/*",
    "%",
    "_%",
    "*",
    "?",
    "' OR '1'='1",
    "x'; DROP TABLE resaga_heads; --",
    '"; DELETE FROM resaga_journal; --',
    "'||(SELECT write_id FROM resaga_heads)||'",
    ":status",
    "$1",
    "%s",
    "{}",
    "NULL",
    "..",
    ".",
    "../../etc/passwd",
    "/etc/passwd",
    "a/../../b",
    "a/b",
    "a\\b",
    "C:\\x",
    "~root",
    "new-0123",
    "000000000001",
    "-rf",
    "$(reboot)",
    "a\nb",
    "\r\n\r\n",
    "a\x00b",
    "\x00",
    "\x1b[2J",
    "\u202egnp.exe",
    "\ufeff",
    "\ufffe",
    "%2e%2e%2f",
    "%00",
    "a&revision=9",
    "a#b?c=d",
    "x" * 4096,
    "ü" * 128,
    "\ud800",
    "",
]
APART = [
    ("A", "a"),
    ("a", "a."),
    ("a", "a "),
    ("é", "e\u0301"),
    ("a/b", "a%2fb"),
    ("\u0131", "i"),
    ("ß", "ss"),
    ("0", "00"),
]


class Hostile(Place):
    """What is in a word is kept as that word, or refused with a `ValueError`; it never reaches beyond."""

    @pytest.mark.parametrize("word", HOSTILE, ids=ascii)
    def test_an_id_harms_nobody(self, store: Store, word: str) -> None:
        """It is an execution like any other, or none at all; its neighbours are as they were."""
        store.append([step("before", tags=("t",)), step("zafter", tags=("t",))])
        before = [read(store, "before"), read(store, "zafter")]
        with suppress(ValueError):
            assert list(store.append([step(word, tags=("t",))])) == [True]
            assert list(store.append([step(word, 2), step("other")])) == [True, True]
            assert read(store, word).entries == [
                (1, f"{word}#1".encode()),
                (2, f"{word}#2".encode()),
            ]
            assert set(ids(store.find())) | {word} == {"before", "zafter", "other", word}
            assert store.delete(word, 2) is True
            assert store.read(word) is None
            assert store.delete("other", 1) is True
        assert [read(store, "before"), read(store, "zafter")] == before
        assert ids(store.find(tag="t")) == ["before", "zafter"]

    @pytest.mark.parametrize("word", HOSTILE, ids=ascii)
    def test_a_word_harms_nobody(self, store: Store, word: str) -> None:
        """As a status, saga, owner, tag and filter it means itself: it finds what has it, and nothing else."""
        grown(store, 1, "plain")
        before = read(store, "plain")
        with suppress(ValueError):
            given = step("odd", saga=word, status=word, owner=f"o{word}", tags=(word,))
            assert list(store.append([given])) == [True]
            assert read(store, "odd")[1:8] == (word, word, 1, None, f"o{word}", given.write_id, (word,))
            assert ids(store.find(status=word)) == ids(store.find(saga=word)) == ["odd"]
            assert ids(store.find(tag=word)) == ids(store.find(owner=f"o{word}")) == ["odd"]
            assert ids(store.find(status=word, saga=word, tag=word, due=9)) == []
        assert read(store, "plain") == before

    @pytest.mark.parametrize("word", HOSTILE, ids=ascii)
    def test_a_question_harms_nobody(self, store: Store, word: str) -> None:
        """Asked about what is not there, a store finds nothing; it changes nothing either."""
        grown(store, 1, "plain")
        before = read(store, "plain")
        with suppress(ValueError):
            assert store.read(word) is None
            assert store.delete(word, 1) is False
            assert list(store.append([step(word, 2)])) == [False]
            assert ids(store.find(status=word, tag=word)) == []
            assert ids(store.find(after=word)) == (["plain"] if word < "plain" else [])
        assert read(store, "plain") == before

    @pytest.mark.parametrize(("one", "other"), APART, ids=ascii)
    def test_ids_that_look_alike_are_apart(self, store: Store, one: str, other: str) -> None:
        """No file system and no collation takes one for the other."""
        assert list(store.append([step(one, entry=b"one")])) == [True]
        assert list(store.append([step(other, entry=b"other")])) == [True]
        assert (read(store, one).entries, read(store, other).entries) == ([(1, b"one")], [(1, b"other")])
        assert ids(store.find()) == sorted([one, other])
