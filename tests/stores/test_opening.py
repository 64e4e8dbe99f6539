"""From a URL to a store."""

import importlib.metadata
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from resaga.core.errors import UnknownStore
from resaga.stores import Store, open_store, opening
from resaga.stores.files import FilesStore
from resaga.stores.memory import MemoryStore
from resaga.stores.sqlite import SqliteStore
from tests.stores.entries import step


@pytest.mark.parametrize(
    ("url", "kind"), [("memory://", MemoryStore), ("file:///dir", FilesStore), ("sqlite:///shop.db", SqliteStore)]
)
def test_each_scheme_has_its_store(url: str, kind: type[object]) -> None:
    """And nothing is made on the disk before it is used."""
    assert type(open_store(url)) is kind


@pytest.mark.parametrize("url", ["sqlite:///{}/shop.db", "sqlite:///{}/my%20shop.db", "file://{}/kept", "file:///{}/k"])
def test_a_path_leads_where_it_says(tmp_path: Path, url: str) -> None:
    """However many slashes there are, an absolute path is one; what is percent-encoded is decoded."""
    store = open_store(url.format(tmp_path))
    store.append([step()])
    store.close()
    assert {path.name for path in tmp_path.iterdir()} <= {"shop.db", "my shop.db", "kept", "k"}
    assert list(tmp_path.iterdir())


def test_three_slashes_are_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As elsewhere in Python; the one of when it was opened."""
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///shop.db")
    monkeypatch.chdir("/")
    store.append([step()])
    store.close()
    assert (tmp_path / "shop.db").exists()


def test_each_memory_is_another_one() -> None:
    """There is nothing global behind it."""
    one = open_store("memory://")
    one.append([step()])
    assert open_store("memory://").read("A-1") is None


@pytest.mark.parametrize("url", ["", "shop.db", "/var/shop.db", "C:\\shop.db"])
def test_what_is_no_url_is_refused(url: str) -> None:
    """The sentence shows how one looks."""
    with pytest.raises(UnknownStore, match="sqlite:///"):
        open_store(url)


def test_an_unknown_scheme_is_refused() -> None:
    """The sentence names what is known, and nothing of the URL but its scheme."""
    with pytest.raises(UnknownStore) as caught:
        open_store("redis://user:secret@host/0")
    assert caught.value.scheme == "redis"
    assert "sqlite://" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("scheme", "extra"), [("postgresql", "postgres"), ("s3", "objects"), ("file", "another store")]
)
def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, scheme: str, extra: str) -> None:
    """And what to install for it."""
    monkeypatch.setitem(sys.modules, f"resaga.stores.{opening.OURS[scheme]}", None)  # importing it fails
    with pytest.raises(UnknownStore, match=extra) as caught:
        open_store(f"{scheme}://x")
    assert caught.value.scheme == scheme


def test_others_bring_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point named for the scheme is called with the whole URL."""
    theirs = EntryPoint("test", "tests.stores.test_opening:theirs", opening.GROUP)
    monkeypatch.setattr(
        importlib.metadata, "entry_points", lambda *, group: (theirs,) if group == opening.GROUP else ()
    )
    monkeypatch.setitem(sys.modules, "tests.stores.test_opening", sys.modules[__name__])
    assert open_store("test://abc") is OPENED["test://abc"]
    with pytest.raises(UnknownStore, match="test://"):
        open_store("tset://abc")


OPENED: dict[str, Store] = {}


def theirs(url: str) -> Store:
    """What a third party would register."""
    return OPENED.setdefault(url, MemoryStore())


def test_one_of_others_that_cannot_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says which, and why."""
    theirs = EntryPoint("test", "tests.stores.nowhere:theirs", opening.GROUP)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda *, group: (theirs,) if group else ())
    with pytest.raises(UnknownStore, match=r"tests\.stores\.nowhere:theirs.*ModuleNotFoundError") as caught:
        open_store("test://abc")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///a%00b", "file://", "file:///", "file:////"]
)
def test_a_place_that_is_none_is_refused(url: str) -> None:
    """Nobody means the root of all files, a file named ':memory:', or the directory that he is in."""
    with pytest.raises(UnknownStore, match="Say where") as caught:
        open_store(url)
    assert caught.value.scheme == url.partition("://")[0]


@pytest.mark.parametrize("url", ["sqlite://shop.db", "file://var/shop"])
def test_two_slashes_are_too_few(url: str) -> None:
    """It says what is meant, as it cannot know whether that is a host."""
    with pytest.raises(UnknownStore, match=f"three slashes before a name.*: {url.replace('://', ':///')}$"):
        open_store(url)


@pytest.mark.parametrize("url", ["sqlite:///shop.db?mode=ro", "file:///var/shop#1"])
def test_options_that_nobody_reads_are_refused(url: str) -> None:
    """They would be part of a name: the store of that name is empty, and nobody knows why."""
    with pytest.raises(UnknownStore, match="%3F"):
        open_store(url)


@pytest.mark.parametrize("url", [None, 5, b"memory://"])
def test_what_is_no_text_is_refused(url: Any) -> None:  # noqa: ANN401 - as untyped callers have it
    """As any other that is no URL."""
    with pytest.raises(UnknownStore, match="sqlite:///"):
        open_store(url)
