"""Executions in a directory: one file for each revision, with nothing but a file system.

    /var/lib/shop/3f/%41-1/000000000004        the entry, or the snapshot, that made revision 4 of "A-1"

A file is written beside its place, synced, linked into it and its directory synced: it is there whole or not at all,
and never twice. Who writes to one execution holds a lock on its directory meanwhile (`flock`), since a link alone
would come too late to see that its revision was made and folded away long ago. Who reads needs no lock.

**Whatever is gone on from is on the disk.** What is seen need not be: who made it may have been killed, or told by the
disk that it could not be synced, before it was. So nothing is put into a directory before that one's own name is
synced, whoever made it; and a conflict is answered only when what it is answered of is synced.
"""

import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final, final

from resaga.core.errors import (
    StoreBroken,
    StoreBusy,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
)
from resaga.stores import record
from resaga.stores.closing import closed
from resaga.stores.opening import path_of
from resaga.stores.options import patience_of, place_of
from resaga.stores.record import Record
from resaga.stores.scan import Damages, scan
from resaga.stores.store import Append, Head, Stored
from resaga.stores.turns import in_turn

PATIENCE_SECONDS: Final = 10.0
"""How long an append waits for another process at the same execution before it is `StoreBusy`."""

NAP_SECONDS: Final = 0.0002
LOOKS: Final = 100
"""How often what is listed may be gone when it is opened. Others do fold, but not each time that one looks."""

SHARD: Final = re.compile("[0-9a-f]{2}")
HALF: Final = re.compile("new-[0-9a-f]{16}")
GONE: Final = re.compile(r"\.[0-9a-f]{16}")
"""What is called like these is ours: where executions are, what is being written, and what is being deleted."""

DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY
"""How a directory is opened, by `(held,) = map(os.open, …)`: no object closes it when it is dropped, as one closes a
file, and CPython lets a signal in behind each call, before its result has a name; but not in the midst of unpacking."""

FAULTS: Final = {
    errno.ENOSPC: (StoreFull, "has no room left; make some, and it goes on."),
    errno.EDQUOT: (StoreFull, "has used up its quota; make room, and it goes on."),
    errno.EFBIG: (StoreFull, "may have no larger files; mind the limits of this process."),
    errno.EROFS: (StoreReadOnly, "is on a file system that cannot be written."),
    errno.EACCES: (StoreReadOnly, "may not be used by this process; mind the permissions."),
    errno.EPERM: (StoreReadOnly, "may not be used by this process; mind the permissions."),
    errno.EWOULDBLOCK: (StoreBusy, "was locked by another process for too long; find out which."),
}


@final
class FilesStore:
    """A store in a directory, which is made if it is not there; many processes may use it."""

    def __init__(self, directory: str | os.PathLike[str], /, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._root = place_of(directory)
        self._where = self._root.as_uri()
        self._patience = patience_of(patience_seconds)
        self._closed = False
        self._damages = Damages()

    def append(self, batch: Sequence[Append], /) -> list[bool]:
        """See `Store`. Each item is written, and synced, on its own."""
        with self._in_our_words():
            return in_turn(batch, self._apply)

    def read(self, id: str, /) -> Stored | None:
        """See `Store`."""
        with self._in_our_words():
            directory = self._directory(id)
            newest = self._newest(directory)
            while newest is not None:
                revisions = range(newest.folded or 1, newest.head.revision + 1)
                try:
                    entries = [(revision, self._load(directory, revision).body) for revision in revisions]
                except FileNotFoundError:
                    # Folded meanwhile, and so what is newest now is another one.
                    before, newest = newest, self._newest(directory)
                    if newest == before:
                        raise self._broken(f"{directory} lacks an entry") from None
                    continue
                snapshot = entries.pop(0)[1] if newest.folded else None
                return Stored(*newest.head, snapshot, newest.folded, entries)
            return None

    def find(  # noqa: PLR0913 - as the protocol says
        self,
        *,
        status: str | None = None,
        saga: str | None = None,
        tag: str | None = None,
        owner: str | None = None,
        due: int | None = None,
        after: str = "",
        limit: int = 100,
    ) -> list[Head]:
        """See `Store`. Looks at every execution that is kept."""
        with self._in_our_words():
            shards = [shard for shard in _inside(self._root) if SHARD.fullmatch(shard.name)]
            heads = [head for shard in shards for head in self._heads(shard)]
        return scan(heads, status=status, saga=saga, tag=tag, owner=owner, due=due, after=after, limit=limit)

    def delete(self, id: str, revision: int, write_id: bytes | None = None, /) -> bool:
        """See `Store`."""
        with self._in_our_words():
            directory = self._directory(id)
            shard = directory.parent

            def put_away(held: int) -> bool:
                if revision < 1 or _revision(os.listdir(held)) != revision:
                    return False
                if write_id is not None and self._load(directory, revision, whole=False).head.write_id != write_id:
                    return False
                # All of it at once: half of it would be an execution that stands where it once stood.
                directory.rename(shard / f".{secrets.token_hex(8)}")
                _sync(shard)
                return True

            if not self._locked(directory, put_away):
                return False
            for name in _names(shard):  # this, and what a process left behind that was killed here
                if GONE.fullmatch(name):
                    shutil.rmtree(shard / name, ignore_errors=True)
            return True

    def close(self) -> None:
        """See `Store`."""
        self._closed = True

    def _apply(self, item: Append) -> bool:
        directory = self._directory(item.id)
        if item.revision == 1:
            _make(directory)
        return self._locked(directory, lambda held: self._add(item, directory, held))

    def _add(self, item: Append, directory: Path, held: int) -> bool:
        names = os.listdir(held)
        if item.revision < 1 or _revision(names) != item.revision - 1:
            return False
        tags, folded = tuple(sorted(set(item.tags))), 0
        if item.revision == 1:
            _sync(directory.parent)
        else:
            before = self._load(directory, item.revision - 1)
            if item.after not in (None, before.head.write_id):
                return False
            tags, folded = before.head.tags, before.folded
        if item.snapshot is not None:
            folded = item.revision
        applied = _put(held, record.numbered(item.revision), record.dump(item, tags, folded))
        # What was half written while somebody else held the lock was left behind by a process that was killed.
        for name in names:
            if HALF.fullmatch(name) or 0 < record.number_of(name) < folded:
                os.unlink(name, dir_fd=held)
        return applied

    @contextmanager
    def _in_our_words(self) -> Generator[None]:
        """Let nothing out but errors of ours."""
        if self._closed:
            raise closed(self._where)
        try:
            yield
        except OSError as error:
            kind, what = FAULTS.get(
                error.errno or 0, (StoreUnreachable, "cannot be read or written; look after the disk.")
            )
            code = errno.errorcode.get(error.errno or 0, "")
            raise kind(f"{self._where} {what} ({code})", where=self._where, code=code) from error

    def _locked(self, directory: Path, work: Callable[[int], bool]) -> bool:
        """Whether that, done while nobody else writes there, was done; not if there is no such directory.

        Whatever interrupts this, the lock is let go of, and the directory is closed.
        """
        give_up = time.monotonic() + self._patience
        while True:
            try:
                (held,) = map(os.open, (directory,), (DIRECTORY,))
            except FileNotFoundError:
                with suppress(FileNotFoundError):
                    _sync(directory.parent)
                return False
            try:
                if self._got(held, give_up) and _is_at(held, directory):  # not deleted by who had it before
                    done = work(held)
                    if not done:
                        os.fsync(held)
                    return done
            finally:
                try:
                    fcntl.flock(held, fcntl.LOCK_UN)  # closing would not do: a child forked meanwhile has it open too
                finally:
                    os.close(held)
            time.sleep(NAP_SECONDS)

    def _got(self, held: int, give_up: float) -> bool:
        """Whether the lock could be had; raises once it is too late for that."""
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up:
                raise
            return False
        return True

    def _heads(self, shard: Path) -> Iterator[Head]:
        for directory in _inside(shard):
            try:
                newest = self._newest(directory)
            except StoreBroken as error:
                self._damages.tell(error)
            else:
                if newest is not None:
                    yield newest.head

    def _newest(self, directory: Path) -> Record | None:
        """The newest entry, without its body."""
        revision = 0
        for _ in range(LOOKS):
            revision = _revision(_names(directory))
            if not revision:
                return None
            with suppress(FileNotFoundError):  # folded meanwhile: what is newest now is another one
                return self._load(directory, revision, whole=False)
        raise self._broken(f"{directory / record.numbered(revision)} is listed, and is not there")

    def _load(self, directory: Path, revision: int, *, whole: bool = True) -> Record:
        path = directory / record.numbered(revision)
        with path.open("rb") as file:
            line = file.readline()
            body = file.read() if whole else None
        try:
            found = record.parse(line, body)
        except (KeyError, ValueError):
            raise self._broken(f"{path} is damaged, not ours, or of a newer resaga") from None
        if (found.head.revision, record.name(found.head.id)) != (revision, directory.name):
            raise self._broken(f"{path} was not written there")
        return found

    def _broken(self, what: str) -> StoreBroken:
        return StoreBroken(f"{what}; put back a copy, or upgrade resaga.", where=self._where, code="")

    def _directory(self, id_: str) -> Path:
        return self._root / hashlib.sha256(id_.encode()).hexdigest()[:2] / record.name(id_)


def open_url(url: str, /) -> FilesStore:
    """Open the directory that `file:///var/lib/shop` names."""
    return FilesStore("/" + path_of(url))


# ---- directories ------------------------------------------------------------------------------------------


def _revision(names: Iterable[str]) -> int:
    """The newest one there; 0 if there is none."""
    return max(map(record.number_of, names), default=0)


def _names(directory: Path) -> list[str]:
    try:
        return [path.name for path in directory.iterdir()]
    except FileNotFoundError:
        return []


def _inside(directory: Path) -> list[Path]:
    """The directories in it, but for those that are being deleted."""
    return [path for name in _names(directory) if not name.startswith(".") and (path := directory / name).is_dir()]


def _is_at(held: int, directory: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(held), directory.stat())
    except FileNotFoundError:
        return False


def _make(directory: Path) -> None:
    """Make it, and what it is in; its own name is synced by whoever puts the first thing into it."""
    if not directory.is_dir():
        parent = directory.parent
        _make(parent)
        if os.access(parent.parent, os.W_OK, effective_ids=True) and not parent.is_mount():  # else it is none of ours
            _sync(parent.parent)
        directory.mkdir(exist_ok=True)


def _put(directory: int, name: str, data: bytes) -> bool:
    """Write a file to stay, if there is none of that name; what is of that name stays."""
    beside = f"new-{secrets.token_hex(8)}"
    try:
        with open(beside, "xb", opener=partial(os.open, mode=0o666, dir_fd=directory)) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(beside, name, src_dir_fd=directory, dst_dir_fd=directory)
    except FileExistsError:
        return False
    finally:
        with suppress(OSError):
            os.unlink(beside, dir_fd=directory)
    os.fsync(directory)
    return True


def _sync(directory: Path) -> None:
    (held,) = map(os.open, (directory,), (DIRECTORY,))
    try:
        os.fsync(held)
    finally:
        os.close(held)
