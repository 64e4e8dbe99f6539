"""Executions in a bucket of objects: S3, Google Cloud Storage, Azure, or a directory, with nothing that runs.

    s3://shop/sagas/=41-1/000000000004        the fourth thing that was done to "A-1"

All that is asked of the bucket is to make an object only if there is none of that name. So each append makes the object
of the next number, and of two who want the same one, one does. Deleting is an append too: of an empty object, the
*end*. After it the id may begin anew, with revision 1 and the next number.

A number must never be free again, or who comes late would take it for his. So what a snapshot folds is no longer read,
but stays until the execution is deleted. What lies before an end is removed; who comes late there finds the end above
his number, and knows that his append does not count. The end itself stays.

obstore keeps threads of its own, which a fork does not take along: what was used before one is refused in the child.
"""

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, Final, NamedTuple, final
from urllib.parse import parse_qsl

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import ObjectStore, from_url

from resaga.core.errors import StoreBroken, StoreError, StoreReadOnly, StoreUnreachable, UnknownStore
from resaga.stores import record
from resaga.stores.closing import closed
from resaga.stores.options import url_of
from resaga.stores.record import Record
from resaga.stores.scan import Damages, scan
from resaga.stores.store import Append, Head, Stored
from resaga.stores.turns import in_turn

LOOKS: Final = 10
"""How often what is listed may be gone when it is loaded, or what is not listed be there when it is made."""

KNOWN: Final = 10_000
"""Of how many executions the newest record is kept in memory, without its body; what was written never changes."""

CLIENT: Final = frozenset({"allow_http", "allow_invalid_certificates", "connect_timeout", "proxy_url", "timeout"})
"""Options that are about the way to the bucket; all others are about the bucket."""

RETRIES: Final = {"max_retries": 2, "retry_timeout": timedelta(seconds=20)}
ONCE: Final = {"max_retries": 0, "retry_timeout": timedelta(seconds=20)}
"""What makes an object is asked once: asked again, it would not know its own from another's."""

FAULTS: Final[dict[type[Exception], tuple[type[StoreError], str]]] = {
    PermissionDeniedError: (StoreReadOnly, "may not be used by these credentials; mind their rights."),
    UnauthenticatedError: (StoreUnreachable, "does not know these credentials."),
    FileNotFoundError: (StoreUnreachable, "is not there; make the bucket."),
}

_threaded: Final[list[int]] = []
"""The process in which obstore has its threads, from the first use of any store on."""


class _Place(NamedTuple):
    """An object: of which execution, which number, and how large."""

    name: str
    number: int
    size: int

    @property
    def path(self) -> str:
        return f"{self.name}/{record.numbered(self.number)}"

    def next(self, size: int = 0) -> "_Place":
        """The one above it."""
        return self._replace(number=self.number + 1, size=size)


@final
class ObjectsStore:
    """A store in a bucket, or in a part of it; many processes may use it.

    Options are those of obstore, as `endpoint` or `region`; what is not said is taken from the environment.
    """

    def __init__(self, url: str, /, **options: str) -> None:
        self._where = url_of(url)
        self._closed = False
        self._damages = Damages()
        self._known: dict[str, tuple[_Place, Record]] = {}
        try:
            self._bucket, self._once = (_opened(url, options, retries) for retries in (RETRIES, ONCE))
        except (BaseError, TypeError, ValueError, OSError) as error:
            sentence = f"obstore cannot open such a URL with such options ({type(error).__name__})."
            raise UnknownStore(sentence, scheme=url.partition("://")[0]) from None

    def append(self, batch: Sequence[Append], /) -> list[bool]:
        """See `Store`. Each item is an object of its own."""
        with self._in_our_words():
            return in_turn(batch, self._apply)

    def read(self, id: str, /) -> Stored | None:
        """See `Store`."""
        with self._in_our_words():
            before = None
            while True:
                newest, kept = self._look(_name(id))
                if kept is None:
                    return None
                base = newest.number - kept.head.revision
                numbers = range(base + (kept.folded or 1), newest.number + 1)
                try:
                    entries = [(at - base, self._load(newest._replace(number=at), at - base).body) for at in numbers]
                except FileNotFoundError:
                    if newest == before:
                        raise self._broken(f"{newest.path} lacks one before it") from None
                    before = newest  # deleted meanwhile, and so what is newest now is another one
                    continue
                snapshot = entries.pop(0)[1] if kept.folded else None
                return Stored(*kept.head, snapshot, kept.folded, entries)

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
        """See `Store`. Lists all that is kept, and loads of it what has changed since it last did."""
        with self._in_our_words():
            newest: dict[str, _Place] = {}
            ends: dict[str, int] = {}
            for place in sorted(self._list()):
                newest[place.name] = place
                if not place.size:
                    ends[place.name] = place.number
            heads = list(self._heads((place, ends.get(name, 0)) for name, place in newest.items()))
        return scan(heads, status=status, saga=saga, tag=tag, owner=owner, due=due, after=after, limit=limit)

    def delete(self, id: str, revision: int, write_id: bytes | None = None, /) -> bool:
        """See `Store`."""
        with self._in_our_words():
            newest, kept = self._look(_name(id))
            if kept is None or kept.head.revision != revision or write_id not in (None, kept.head.write_id):
                return False
            if not self._make(newest, b""):
                return False
            self._known.pop(newest.name, None)
            before = [place.path for place in self._list(newest.name) if place.number <= newest.number]
            with suppress(FileNotFoundError):  # another one was at it too
                obstore.delete(self._bucket, before)
            return True

    def close(self) -> None:
        """See `Store`."""
        self._closed = True

    def _apply(self, item: Append) -> bool:
        name = _name(item.id)
        # What is known of it may be old; then there is an object of that number, and it is looked at again.
        newest, kept = self._known.get(name) or self._look(name)
        for _ in range(LOOKS):
            if _follows(item, kept) and self._make(newest, data := _dumped(item, kept)):
                return self._counts(newest.next(len(data)), data)
            newest, kept = self._look(name)
            if not _follows(item, kept):
                return False
        raise self._broken(f"{newest.next().path} is there, and is not listed")

    def _counts(self, made: _Place, data: bytes) -> bool:
        """Whether what was just made is of what was gone on with: if that was deleted, there is an end above."""
        if any(not place.size for place in self._list(made.name, made.path)):
            self._known.pop(made.name, None)
            with suppress(FileNotFoundError):
                obstore.delete(self._bucket, made.path)
            return False
        self._remember(made, _parsed(data))
        return True

    def _look(self, name: str) -> tuple[_Place, Record | None]:
        """The newest record, without its body, and where it is; None if there is none, or after an end."""
        newest = nothing = _Place(name, 0, 0)
        for _ in range(LOOKS):
            known = self._known.get(name)
            there = self._list(name, "" if known is None else known[0].path)
            newest = max(there, default=nothing if known is None else known[0])
            end = 0 if known is None else known[0].number - known[1].head.revision
            end = max((place.number for place in there if not place.size), default=end)
            with suppress(FileNotFoundError):  # deleted meanwhile: there is an end above
                kept = self._newest(newest)
                if kept is None or _is_behind(end, newest, kept):
                    return newest, kept and self._remember(newest, kept)
            self._known.pop(name, None)  # look at all of it
        raise self._broken(f"{newest.path} is listed, and is not there or was not written there")

    def _heads(self, places: Iterable[tuple[_Place, int]]) -> Iterator[Head]:
        """Those of what is newest of each, and behind which end it is."""
        for place, end in places:
            with suppress(FileNotFoundError):  # deleted meanwhile
                try:
                    kept = self._newest(place)
                    if kept is not None and not _is_behind(end, place, kept):
                        place, kept = self._look(place.name)  # noqa: PLW2901 - there may be a newer one by now
                except StoreBroken as error:
                    self._damages.tell(error)
                else:
                    if kept is not None:
                        yield self._remember(place, kept).head

    def _newest(self, place: _Place) -> Record | None:
        if not place.size:
            return None
        known = self._known.get(place.name)
        return known[1] if known is not None and known[0] == place else self._load(place)

    def _remember(self, place: _Place, kept: Record) -> Record:
        if len(self._known) >= KNOWN and place.name not in self._known:
            self._known.clear()
        self._known[place.name] = place, kept._replace(body=b"")
        return kept

    def _make(self, newest: _Place, data: bytes) -> bool:
        """Make the object after that one, if there is none."""
        try:
            obstore.put(self._once, newest.next().path, data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        return True

    def _load(self, place: _Place, revision: int | None = None) -> Record:
        """What is there, if it is of this execution, and that revision if one is told."""
        data = obstore.get(self._bucket, place.path).bytes().to_bytes()
        try:
            found = _parsed(data)
        except (KeyError, ValueError):
            raise self._broken(f"{place.path} is damaged, not ours, or of a newer resaga") from None
        if _name(found.head.id) != place.name or revision not in (None, found.head.revision):
            raise self._broken(f"{place.path} was not written there")
        return found

    def _list(self, name: str | None = None, after: str = "") -> list[_Place]:
        """What is there, of one or of all."""
        found: list[_Place] = []
        # Its other form gives tables of Arrow, which is not installed.
        pages = obstore.list(self._bucket, name, offset=after or None, chunk_size=1000)  # pyright: ignore[reportUnknownMemberType]
        for page in pages:
            for each in page:
                directory, _, called = each["path"].rpartition("/")
                number = record.number_of(called)
                if number and each["path"] > after and name in (None, directory):
                    found.append(_Place(directory, number, each["size"]))
        return found

    @contextmanager
    def _in_our_words(self) -> Generator[None]:
        """Let nothing out but errors of ours."""
        if self._closed:
            raise closed(self._where)
        if not _threaded:
            _threaded.append(os.getpid())
        if _threaded[0] != os.getpid():
            sentence = f"{self._where} cannot be used in a child of a process that has used obstore; fork before that."
            raise StoreUnreachable(sentence, where=self._where, code="")
        try:
            yield
        except (BaseError, OSError) as error:
            code = type(error).__name__
            kind, what = FAULTS.get(
                type(error), (StoreUnreachable, "cannot be reached, or does not do what it should.")
            )
            raise kind(f"{self._where} {what} ({code})", where=self._where, code=code) from error

    def _broken(self, what: str) -> StoreBroken:
        return StoreBroken(f"{self._where}: {what}; put back a copy, or upgrade resaga.", where=self._where, code="")


def open_url(url: str, /) -> ObjectsStore:
    """Open the bucket that `s3://shop/sagas?region=eu-west-1`, `gs://…` or `az://container?account_name=…` names."""
    place, _, query = url.partition("?")
    return ObjectsStore(place, **dict(parse_qsl(query)))


def _opened(url: str, options: dict[str, str], retries: dict[str, Any]) -> ObjectStore:
    opener: Callable[..., ObjectStore] = from_url  # which options there are depends on the cloud
    config: dict[str, Any] = {name: value for name, value in options.items() if name not in CLIENT}
    client: dict[str, Any] = {name: value for name, value in options.items() if name in CLIENT}
    if url.startswith("file:"):
        return opener(url, mkdir=True)
    if url.startswith("s3:"):
        config.setdefault("conditional_put", "etag")
    return opener(url, config=config, client_options=client, retry_config=retries)


def _name(id_: str) -> str:
    """What it is kept under; a percent sign in a path means another thing to each of the clouds."""
    return record.name(id_).replace("%", "=")


def _follows(item: Append, kept: Record | None) -> bool:
    """Whether it may be added to that."""
    if kept is None:
        return item.revision == 1
    return item.revision == kept.head.revision + 1 and item.after in (None, kept.head.write_id)


def _is_behind(end: int, place: _Place, kept: Record) -> bool:
    """Whether it is where it was written: the number of each is its revision, from the last end on."""
    return kept.head.revision == place.number - end


def _dumped(item: Append, kept: Record | None) -> bytes:
    tags, folded = (tuple(sorted(set(item.tags))), 0) if kept is None else (kept.head.tags, kept.folded)
    return record.dump(item, tags, folded if item.snapshot is None else item.revision)


def _parsed(data: bytes) -> Record:
    line, _, body = data.partition(b"\n")
    return record.parse(line, body)
