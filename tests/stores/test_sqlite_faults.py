"""SQLite, when something fails at the worst moment (T04, T05)."""

import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from resaga.core.errors import (
    StoreBroken,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
)
from resaga.stores import Stored
from resaga.stores.sqlite import SqliteStore
from tests.stores.entries import picture, step
from tests.stores.story import STORY, tell

pytestmark = pytest.mark.faults

HEADER = 32
FRAME_HEADER = 24
PAGE = 8192


# ---- T04 --------------------------------------------------------------------------------------------------


def test_a_log_cut_anywhere_leaves_a_prefix(quick_path: Path) -> None:
    """T04: after each frame, and inside of each, what is read is what was there after some append, and it goes on."""
    store = SqliteStore(quick_path / "shop.db")
    states: list[dict[str, Stored]] = [{}]
    for batch in STORY:
        store.append(batch)
        states.append(picture(store))
    log = (quick_path / "shop.db-wal").read_bytes()
    frames = (len(log) - HEADER) // (FRAME_HEADER + PAGE)
    assert frames > len(STORY)
    newest = 0
    for frame in range(frames + 1):
        end = HEADER + frame * (FRAME_HEADER + PAGE)
        for name, cut in (("torn", log[: end + 5000]), ("cut", log[:end]), ("garbled", log[:end] + b"\xa5" * 9000)):
            place = quick_path / f"{frame}-{name}"
            place.mkdir()
            shutil.copy(quick_path / "shop.db", place)
            (place / "shop.db-wal").write_bytes(cut)
            found = reopened(place / "shop.db")
            assert found in states[newest:]
            newest = states.index(found)
            shutil.rmtree(place)
    assert newest == len(STORY)
    store.close()


def reopened(path: Path) -> dict[str, Stored]:
    """What is there; and that it can be written to."""
    store = SqliteStore(path)
    found = picture(store)
    assert store.append([step("new")]) == [True]
    assert picture(store) == found | {
        "new": Stored("new", "checkout/1", "running", 1, None, "", b"new#1".rjust(16), (), None, 0, [(1, b"entry 1")])
    }
    store.close()
    return found


# ---- T05 --------------------------------------------------------------------------------------------------


class Fuse:
    """Lets the n-th statement fail, before it has run or after."""

    def __init__(self, nth: int, code: int, name: str, *, after: bool) -> None:
        self.left = nth
        self.code = code
        self.name = name
        self.after = after

    def burns(self, *, after: bool) -> None:
        if after is not self.after or self.left == 0:
            return
        self.left -= 1
        if self.left == 0:
            if self.code == sqlite3.SQLITE_NOMEM:
                raise MemoryError  # as Python makes of it
            error = sqlite3.OperationalError("no word of this is looked at")
            error.sqlite_errorcode = self.code
            error.sqlite_errorname = self.name
            raise error


class FaultyCursor(sqlite3.Cursor):
    fuse: Fuse

    def execute(self, sql: str, parameters: object = (), /) -> "FaultyCursor":
        self.fuse.burns(after=False)
        super().execute(sql, parameters)  # type: ignore[arg-type]  # whatever the store gives
        self.fuse.burns(after=True)
        return self

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> "FaultyCursor":
        self.fuse.burns(after=False)
        super().executemany(sql, parameters)
        self.fuse.burns(after=True)
        return self


@contextmanager
def burning(fuse: Fuse) -> Iterator[None]:
    """Every connection made in here has that fuse."""

    class Cursor(FaultyCursor):
        pass

    class Connection(sqlite3.Connection):
        def cursor(self, factory: object = None) -> Cursor:  # type: ignore[override]  # it is always this one
            return super().cursor(Cursor)

    Cursor.fuse = fuse
    connect = sqlite3.connect
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", lambda path, **options: connect(path, factory=Connection, **options))
        yield


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("name", "kind", "stride"),
    [
        ("SQLITE_FULL", StoreFull, 1),
        ("SQLITE_IOERR_FSYNC", StoreUnreachable, 1),
        ("SQLITE_NOMEM", StoreUnreachable, 5),
        ("SQLITE_BUSY_RECOVERY", StoreBusy, 5),
        ("SQLITE_READONLY_DIRECTORY", StoreReadOnly, 7),
        ("SQLITE_CORRUPT_VTAB", StoreBroken, 7),
        ("SQLITE_INTERNAL", StoreError, 7),
    ],
)
def test_the_nth_statement_fails(quick_path: Path, name: str, kind: type[StoreError], stride: int, after: bool) -> None:  # noqa: FBT001
    """T05: whichever it is, the error is typed, a batch was applied whole or not at all, and the same store goes on."""
    plain = SqliteStore(quick_path / "plain.db")
    wanted = tell(plain, kind)[1]
    plain.close()
    nth, failed = 1 - stride, True
    while failed:
        nth += stride
        with burning(Fuse(nth, getattr(sqlite3, name), name, after=after)):
            store = SqliteStore(quick_path / f"{nth}.db", patience_seconds=0)
            failed, found = tell(store, kind)
            assert found == wanted
            store.close()
    assert nth > 50
