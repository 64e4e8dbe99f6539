"""What the store in files has synced, once it has answered, whatever could not be synced before."""

import errno
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Final, final

import pytest

from resaga.core.errors import StoreError, StoreUnreachable
from resaga.stores import Append
from resaga.stores.files import FilesStore
from tests.stores.entries import insist, powerless, step

STORY: Final[list[Append | tuple[str, int]]] = [
    step(),
    step(revision=2),
    step("B"),
    step(revision=3, snapshot=b"all"),
    ("B", 1),
    step("B"),
]
"""What makes a name in a directory, and a delete."""


@final
class Disk:
    """Knows which names in which directory no sync of that has brought to the disk; one sync may fail.

    An error is told once: what it was told of is not on the disk, and the next sync is a success.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.unsynced = defaultdict[int, set[str]](set)  # by the inode of the directory
        self.syncs = 0
        self.failing = 0  # the number of the one that fails
        self._fsync, self._link, self._mkdir, self._rename = os.fsync, os.link, os.mkdir, os.rename
        for name in ("fsync", "link", "mkdir", "rename"):
            patch.setattr(os, name, getattr(self, name))

    def fsync(self, opened: int) -> None:
        self.syncs += 1
        if self.syncs == self.failing:
            raise OSError(errno.EIO, "no word of this is looked at")
        self._fsync(opened)
        self.unsynced.pop(os.fstat(opened).st_ino, None)

    def link(self, source: str, name: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        self._link(source, name, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
        self.unsynced[os.fstat(dst_dir_fd).st_ino].add(name)

    def mkdir(self, path: Path, mode: int) -> None:
        self._mkdir(path, mode)
        self.unsynced[path.parent.stat().st_ino].add(path.name)

    def rename(self, path: Path, to: Path) -> None:
        self._rename(path, to)
        self.unsynced[path.parent.stat().st_ino] |= {path.name, to.name}


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def played(store: FilesStore, part: Append | tuple[str, int]) -> None:
    """That part of the story was, now or before."""
    if isinstance(part, Append):
        insist(store, part)
    else:
        assert store.delete(*part) or store.read(part[0]) is None


def stories(path: Path, disk: Disk, again: Callable[[FilesStore], FilesStore]) -> Iterator[str]:
    """Tell it with each sync failing in its turn, and go on with another store; what failed."""
    for nth in count(1):
        disk.syncs, disk.failing = 0, nth
        store = FilesStore(path / str(nth) / "a" / "kept")
        for part in STORY:
            try:
                played(store, part)
            except StoreUnreachable as error:
                yield error.code
                store = again(store)
                played(store, part)
            unsynced = dict(disk.unsynced)
            assert not unsynced, f"sync {nth} failed, and {part} is taken for done"
        if disk.syncs < nth:
            return


@pytest.mark.parametrize("other", [False, True], ids=["the same", "another"])
def test_what_is_answered_is_on_the_disk(quick_path: Path, disk: Disk, *, other: bool) -> None:
    """An append or a delete that failed, and was done all the same, is synced before anybody is told that it was.

    So is what it is in, up to what was there before: by the same store, or by one in another process.
    """
    failed = list(stories(quick_path, disk, lambda store: FilesStore(store._root) if other else store))
    assert failed == ["EIO"] * len(failed)
    assert len(failed) > 20


def test_a_conflict_is_with_what_is_on_the_disk(quick_path: Path, disk: Disk) -> None:
    """Whoever it is that lost, and whoever wrote what won and had it not synced."""
    store = FilesStore(quick_path / "kept")
    store.append([step()])
    disk.failing = disk.syncs + 2
    with pytest.raises(StoreError):
        store.append([step(revision=2)])
    assert list(disk.unsynced.values()) == [{"000000000002"}]
    assert FilesStore(quick_path / "kept").append([step(revision=2)._replace(write_id=b"another")]) == [False]
    assert not disk.unsynced


def test_a_step_costs_two_syncs(quick_path: Path, disk: Disk) -> None:
    """Of its file and of its directory; the first one of an execution, two more, of the directories above."""
    store = FilesStore(quick_path / "kept")
    assert store.append([step(), step(revision=2)]) == [True, True]
    assert store.append([step(revision=3)]) == [True]
    before = disk.syncs
    assert store.append([step(revision=4)]) == [True]
    assert disk.syncs - before == 2
    assert store.delete("A-1", 4)
    before = disk.syncs
    assert store.append([step()]) == [True]
    assert disk.syncs - before == 4


def test_what_none_of_us_made_is_not_synced() -> None:
    """Where a directory can be gone through but not be written, who is in it need not be able to read it."""
    with tempfile.TemporaryDirectory() as name:
        above = Path(name) / "above"
        mine = above / "mine"
        mine.mkdir(parents=True)
        mine.chmod(0o777)
        Path(name).chmod(0o755)
        above.chmod(0o111)
        with powerless():
            assert FilesStore(mine / "kept").append([step()]) == [True]
        above.chmod(0o755)


def test_the_place_of_a_file_system_is_not_synced(
    quick_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it is mounted in need not be on any disk, and may refuse to be synced."""
    above = quick_path.stat().st_ino

    def fsync(opened: int) -> None:
        if os.fstat(opened).st_ino == above:
            raise OSError(errno.EINVAL, "no word of this is looked at")
        disk.fsync(opened)

    (quick_path / "mounted").mkdir()
    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StoreUnreachable):
        FilesStore(quick_path / "mounted" / "kept").append([step()])
    monkeypatch.setattr(Path, "is_mount", lambda path: path.name == "mounted")
    assert FilesStore(quick_path / "mounted" / "kept").append([step()]) == [True]
