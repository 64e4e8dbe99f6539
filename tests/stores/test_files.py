"""The store in files, apart from what every store does."""

import errno
import fcntl
import os
import resource
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from resaga.core.errors import StoreBroken, StoreBusy, StoreError, StoreFull, StoreReadOnly, StoreUnreachable
from resaga.stores import Append
from resaga.stores.files import FilesStore
from tests.stores.children import KILLED, run
from tests.stores.entries import insist, picture, powerless, step

CALLS = [(os, "open"), (os, "fsync"), (os, "link"), (os, "unlink"), (os, "mkdir"), (os, "rename"), (os, "rmdir")]
"""All that changes something; and `flock`, which does not."""


@pytest.fixture
def store(tmp_path: Path) -> FilesStore:
    return FilesStore(tmp_path / "kept", patience_seconds=0.05)


def files(store: FilesStore) -> list[str]:
    """All there are, without the shard."""
    return sorted("/".join(path.parts[-2:]) for path in store._root.rglob("*") if path.is_file())


# ---- how it looks -----------------------------------------------------------------------------------------


def test_each_revision_is_a_file(store: FilesStore) -> None:
    """Its first line can be read by people, and the rest is what was given."""
    store.append([step(), step(revision=2)._replace(wake_at=7, owner="me", entry=b'{"a": 1}\n')])
    assert files(store) == ["%41-1/000000000001", "%41-1/000000000002"]
    line, _, body = next(store._root.rglob("*0002")).read_bytes().partition(b"\n")
    assert body == b'{"a": 1}\n'
    assert line.startswith(b"resaga 1 ")
    assert b" id=A-1&saga=checkout%2F1&status=running&revision=2&wake_at=7&owner=me&" in line


def test_a_snapshot_removes_what_it_stands_for(store: FilesStore) -> None:
    """And nothing that came since, nor what a killed process left beside it."""
    store.append([step(), step(revision=2)])
    (next(store._root.glob("*/*")) / "new-0123456789abcdef").write_bytes(b"half")
    store.append([step(revision=3, snapshot=b"all"), step(revision=4)])
    assert files(store) == ["%41-1/000000000003", "%41-1/000000000004"]


def test_what_is_deleted_leaves_nothing(store: FilesStore) -> None:
    """Nor what a process left behind that was killed while it deleted something of the same shard."""
    store.append([step()])
    left = next(store._root.glob("*")) / ".0123456789abcdef"
    left.mkdir()
    (left / "000000000001").touch()
    assert [head.id for head in store.find()] == ["A-1"]
    assert store.delete("A-1", 1)
    assert files(store) == []


def test_other_files_are_left_alone(store: FilesStore) -> None:
    """Whatever else is in the directory is no execution."""
    store.append([step()])
    for path in (store._root / "README", next(store._root.glob("*")) / "notes"):
        path.write_text("mine")
    (store._root / "empty").mkdir()
    (store._root / "empty" / "one").mkdir()
    assert [head.id for head in store.find()] == ["A-1"]


def test_no_name_is_too_long(store: FilesStore) -> None:
    """Whatever its id, an execution has a directory."""
    for id_ in ("A" * 128, "ü" * 128, "x" * 5000, "x" * 5001):
        assert store.append([step(id_)]) == [True]
    assert all(len(path.name) < 256 for path in store._root.rglob("*"))
    assert len(picture(store)) == 4


# ---- what the world does to it ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:20],
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data.replace(b"running", b"stopped"),
        lambda data: data.replace(b"entry", b"ENTRY"),
        lambda data: data.replace(b"resaga 1", b"resaga 2"),
        lambda data: b"dear diary\n",
        lambda data: b"resaga 1 00000000 \n",
        lambda data: b"resaga 1 e8b7be43 a\n",
        lambda data: b"resaga 1 7d4d5bc7 a=b\n",
    ],
)
def test_what_is_damaged_is_found(store: FilesStore, damage: Callable[[bytes], bytes]) -> None:
    """A file that is not what was written is `StoreBroken`, and so is going on from it; put back, all is well."""
    store.append([step()])
    path = next(store._root.rglob("*0001"))
    good = path.read_bytes()
    path.write_bytes(damage(good))
    with pytest.raises(StoreBroken, match=path.name):
        store.read("A-1")
    with pytest.raises(StoreBroken):
        store.append([step(revision=2)])
    path.write_bytes(good)
    assert store.append([step(revision=2)]) == [True]


def test_what_is_damaged_hides_nothing_else(store: FilesStore, caplog: pytest.LogCaptureFixture) -> None:
    """All else is found; what is left out is named in the log, once."""
    store.append([step()])
    next(store._root.rglob("*0001")).write_bytes(b"dear diary\n")
    store.append([step("B-1")])
    assert [[head.id for head in store.find()] for _ in range(2)] == [["B-1"]] * 2
    (record,) = caplog.records
    assert "%41-1/000000000001 is damaged" in record.message


def test_a_missing_entry_is_found(store: FilesStore) -> None:
    """A gap is no journal."""
    store.append([step(), step(revision=2), step(revision=3)])
    next(store._root.rglob("*0002")).unlink()
    with pytest.raises(StoreBroken, match="lacks an entry"):
        store.read("A-1")


def test_what_is_folded_while_it_is_read_is_read_again(store: FilesStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry that is gone when its turn comes is in the snapshot by then."""
    store.append([step(), step(revision=2)])
    other = FilesStore(store._root)
    load, folds = store._load, [step(revision=4, snapshot=b"more"), step(revision=3, snapshot=b"all")]

    def folded(directory: Path, revision: int, *, whole: bool = True) -> object:
        if folds and whole:
            other.append([folds.pop()])
        return load(directory, revision, whole=whole)

    monkeypatch.setattr(store, "_load", folded, raising=True)
    stored = store.read("A-1")
    assert stored is not None
    assert (stored.revision, stored.snapshot, stored.entries) == (4, b"more", [])


def test_what_is_deleted_while_one_waits_is_gone(store: FilesStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who gets the lock of a directory that is no more looks again, and finds none."""
    store.append([step()])
    other, flock, once = FilesStore(store._root), fcntl.flock, [True]

    def late(held: int, operation: int) -> None:
        if once and operation & fcntl.LOCK_EX:
            once.clear()
            assert other.delete("A-1", 1)
        flock(held, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    assert store.append([step(revision=2)]) == [False]


def test_one_who_has_no_lock_still_makes_no_second(store: FilesStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where locks are not kept, a revision is made once all the same."""
    store.append([step()])
    link = os.link

    def late(source: str, name: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        link("000000000001", name, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)  # somebody else's second
        link(source, name, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(os, "link", late)
    assert store.append([step(revision=2)]) == [False]
    assert files(store) == ["%41-1/000000000001", "%41-1/000000000002"]


def test_locked_for_too_long_is_busy(store: FilesStore) -> None:
    """It waits, then says so; others can be written and all can be read, and it goes on when the lock is gone."""
    store.append([step()])
    held = os.open(next(store._root.glob("*/*")), os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(StoreBusy) as caught:
        store.append([step(revision=2)])
    assert caught.value.code == "EAGAIN"
    assert store.append([step("B")]) == [True]
    assert len(picture(store)) == 2
    timer = threading.Timer(0.02, lambda: os.close(held))
    timer.start()
    assert store.append([step(revision=2)]) == [True]
    timer.join()


def test_a_file_that_may_not_grow_is_full(store: FilesStore) -> None:
    """A real limit of the system: nothing of the append is kept, and with room it is applied."""
    store.append([step()])
    before = picture(store)
    large = step(revision=2)._replace(entry=bytes(100_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(StoreFull) as caught:
            store.append([large])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.code == "EFBIG"
    assert picture(store) == before
    assert files(store) == ["%41-1/000000000001"]
    assert store.append([large]) == [True]


def test_what_may_not_be_written_can_be_read() -> None:
    """And is written as soon as it may be."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        store = FilesStore(Path(name) / "kept")
        store.append([step()])
        directories = [store._root, *(path for path in store._root.rglob("*") if path.is_dir())]
        for each in directories:
            each.chmod(0o555)
        with powerless():
            assert len(picture(store)) == 1
            for refused in (step(revision=2), step("B")):
                with pytest.raises(StoreReadOnly):
                    store.append([refused])
        for each in directories:
            each.chmod(0o755)
        assert store.append([step(revision=2), step("B")]) == [True, True]


def test_a_file_in_its_place_is_unreachable(tmp_path: Path) -> None:
    """A directory that cannot be one is an error of ours; once it is out of the way, the store goes on."""
    (tmp_path / "kept").write_text("mine")
    store = FilesStore(tmp_path / "kept")
    for verb in (lambda: store.append([step()]), lambda: store.read("A-1"), store.find):
        with pytest.raises(StoreUnreachable):
            verb()
    (tmp_path / "kept").unlink()
    assert store.append([step()]) == [True]


# ---- the n-th system call ---------------------------------------------------------------------------------

STORY: list[Append | tuple[str, int]] = [
    step(),
    step(revision=2),
    step("B"),
    step(revision=3, snapshot=b"all"),
    step(revision=4),
    step("B", 2, snapshot=b"b"),
    ("B", 2),
    step(revision=5, snapshot=b"more"),
    step("B"),
]
"""Every kind of append, and a delete."""


def play(store: FilesStore, part: Append | tuple[str, int]) -> None:
    """One part of the story, whether it happened before or not."""
    if isinstance(part, Append):
        insist(store, part)
    else:
        assert store.delete(*part) or store.read(part[0]) is None


def first(real: Callable[..., object], left: list[int], then: Callable[[], None]) -> Callable[..., object]:
    """That call, which counts itself."""

    def call(*arguments: object, **options: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            then()
        return real(*arguments, **options)

    return call


@contextmanager
def counting(nth: int, then: Callable[[], None]) -> Iterator[list[int]]:
    """The n-th system call that could change something does that instead, or first."""
    left = [nth]
    with pytest.MonkeyPatch.context() as patch:
        for module, name in CALLS:
            patch.setattr(module, name, first(getattr(module, name), left, then))
        yield left


def test_a_kill_before_any_system_call_leaves_a_prefix(quick_path: Path) -> None:
    """What is read afterwards is what was there after some part of the story; and the story goes on to its end."""
    states = []
    plain = FilesStore(quick_path / "plain")
    for part in STORY:
        states.append(picture(plain))
        play(plain, part)
    states.append(picture(plain))
    code, nth, furthest = KILLED, 0, 0
    while code == KILLED:
        nth += 1
        root = quick_path / f"{nth}"

        def work(root: Path = root, nth: int = nth) -> None:
            store = FilesStore(root)
            with counting(nth, lambda: os._exit(KILLED)):
                for part in STORY:
                    play(store, part)

        code = run(work)
        store = FilesStore(root)
        found = picture(store)
        assert found in states[furthest:]
        furthest = states.index(found)
        for part in STORY[furthest:]:
            play(store, part)
        assert picture(store) == states[-1]
    assert code == 0
    assert nth > 50


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ENOSPC, StoreFull),
        (errno.EDQUOT, StoreFull),
        (errno.EROFS, StoreReadOnly),
        (errno.EACCES, StoreReadOnly),
        (errno.EIO, StoreUnreachable),
        (errno.EMFILE, StoreUnreachable),
    ],
    ids=lambda value: errno.errorcode.get(value) if isinstance(value, int) else "",
)
def test_the_nth_system_call_fails(quick_path: Path, code: int, kind: type[StoreError]) -> None:
    """T05: whichever it is, the error is typed, the append was applied or not, and the same store goes on."""
    plain = FilesStore(quick_path / "plain")
    for part in STORY:
        play(plain, part)
    wanted, nth, left = picture(plain), 0, 0

    def fail() -> None:
        raise OSError(code, "no word of this is looked at")

    while left <= 0:
        nth += 1
        store = FilesStore(quick_path / f"{nth}")
        with counting(nth, fail) as counted:
            for part in STORY:
                try:
                    play(store, part)
                except StoreError as error:
                    same = (type(error), error.code) == (kind, errno.errorcode[code])
                    assert same
                    play(store, part)
            left = counted[0]
        assert picture(store) == wanted
    assert nth > 50


def test_who_is_interrupted_leaves_no_lock(store: FilesStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even right behind the call that got it."""
    store.append([step()])
    locked = fcntl.flock

    def flock(held: int, how: int) -> None:
        locked(held, how)
        if how & fcntl.LOCK_EX:
            raise KeyboardInterrupt

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(KeyboardInterrupt):
        store.append([step(revision=2)])
    monkeypatch.undo()
    assert store.append([step(revision=2)]) == [True]
