"""What somebody else has put where the store in files keeps executions."""

from collections.abc import Callable
from pathlib import Path

import pytest

from resaga.core.errors import StoreBroken, StoreError
from resaga.stores.files import FilesStore
from tests.stores.entries import picture, step

STRAYS = [
    "20261122",
    "0000000000099",
    "٣",
    "٠٠٠٠٠٠٠٠٠٠٩٩",
    "000000000000",
    "-00000000001",
    "00000000099 ",
    "000000000099\n",
    "new-1",
    "notes",
]
"""What nothing of ours is called, though some of it is a number."""


@pytest.fixture
def store(tmp_path: Path) -> FilesStore:
    return FilesStore(tmp_path / "kept", patience_seconds=0.05)


def directory(store: FilesStore, name: str = "%41-1") -> Path:
    """Where an execution is."""
    return next(store._root.glob(f"*/{name}"))


@pytest.mark.parametrize("name", STRAYS, ids=ascii)
def test_another_file_beside_its_own_is_left_alone(store: FilesStore, name: str) -> None:
    """It is neither read nor removed, not even when what is folded is."""
    store.append([step(), step(revision=2)])
    before = picture(store)
    stray = directory(store) / name
    stray.write_text("mine")
    assert picture(store) == before
    assert store.append([step(), step("B")]) == [False, True]
    assert store.append([step(revision=3, snapshot=b"all")]) == [True]
    assert stray.read_text() == "mine"
    assert store.delete("A-1", 3)
    assert list(picture(store)) == ["B"]


def test_other_directories_are_left_alone(store: FilesStore) -> None:
    """Whoever has them there may have hidden them."""
    store.append([step()])
    shard = directory(store).parent
    for path in (store._root / "lost+found" / "one", shard / ".snapshots"):
        path.mkdir(parents=True)
        (path / "000000000001").write_text("mine")
    assert [head.id for head in store.find()] == ["A-1"]
    assert store.delete("A-1", 1)
    assert (shard / ".snapshots" / "000000000001").read_text() == "mine"


VERBS: list[Callable[[FilesStore], object]] = [
    lambda store: store.read("A-1"),
    lambda store: store.append([step(revision=3)]),
    lambda store: store.append([step(revision=3, snapshot=b"all")]),
    lambda store: store.delete("A-1", 2, step(revision=2).write_id),
]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(("execution", "name"), [("%41-1", "000000000001"), ("b", "000000000002")])
def test_what_was_not_written_there_is_broken(
    store: FilesStore,
    verb: Callable[[FilesStore], object],
    execution: str,
    name: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A copy of another entry, or of one of another execution, is not taken for what belongs there."""
    store.append([step(), step(revision=2), step("b"), step("b", 2)])
    copied = (directory(store, execution) / name).read_bytes()
    (directory(store) / "000000000002").write_bytes(copied)
    with pytest.raises(StoreBroken, match="%41-1/000000000002 was not written there"):
        verb(store)
    assert [head.id for head in store.find()] == ["b"]
    assert "was not written there" in caplog.text


def test_an_entry_in_place_of_another_is_broken(store: FilesStore) -> None:
    """Not only the newest is looked at."""
    store.append([step(), step(revision=2), step(revision=3)])
    here = directory(store)
    (here / "000000000001").write_bytes((here / "000000000002").read_bytes())
    with pytest.raises(StoreBroken, match="000000000001 was not written there"):
        store.read("A-1")


def test_a_copy_ahead_of_it_is_broken(store: FilesStore) -> None:
    """Nobody can go on behind it; that is said where it is read, rather than a conflict for ever."""
    store.append([step(), step(revision=2)])
    here = directory(store)
    ahead = here / "000000000099"
    ahead.write_bytes((here / "000000000002").read_bytes())
    with pytest.raises(StoreBroken, match="000000000099 was not written there"):
        store.read("A-1")
    assert store.append([step(revision=3)]) == [False]
    with pytest.raises(StoreBroken, match="000000000099"):
        store.append([step(revision=100)])
    ahead.unlink()
    assert store.append([step(revision=3)]) == [True]


def test_what_is_listed_and_is_not_there_is_broken(store: FilesStore, caplog: pytest.LogCaptureFixture) -> None:
    """As a link to nowhere is: it is not looked for again and again."""
    store.append([step(), step("b")])
    path = directory(store) / "000000000001"
    path.unlink()
    path.symlink_to("/nowhere/at/all")
    with pytest.raises(StoreBroken, match="%41-1/000000000001 is listed"):
        store.read("A-1")
    assert [head.id for head in store.find()] == ["b"]
    assert "000000000001 is listed" in caplog.text
    assert store.append([step()]) == [False]
    with pytest.raises(StoreError):
        store.append([step(revision=2)])
