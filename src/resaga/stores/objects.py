"""Executions in a bucket of objects: S3, Google Cloud Storage, Azure, or a directory, with nothing that runs.

    s3://shop/sagas/%41-1/000000000004        the fourth thing that was done to "A-1"

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

from resaga.core.errors import StoreBroken, StoreClosed, StoreError, StoreReadOnly, StoreUnreachable, UnknownStore
from resaga.stores import record
from resaga.stores.record import Record
from resaga.stores.scan import Damages, scan
from resaga.stores.store import Append, Head, Stored
from resaga.stores.turns import in_turn

DIGITS: Final = 12
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
        return f"{self.name}/{self.number:0{DIGITS}}"


@final
class ObjectsStore:
    """A store in a bucket, or in a part of it; many processes may use it.

    Options are those of obstore, as `endpoint` or `region`; what is not said is taken from the environment.
    """

    def __init__(self, url: str, /, **options: str) -> None:
        self._where = url
        self._closed = False
        self._damages = Damages()
        self._known: dict[str, tuple[_Place, Record]] = {}
        try:
            self._bucket, self._once = (_opened(url, options, retries) for retries in (RETRIES, ONCE))
        except (BaseError, ValueError, OSError) as error:
            sentence = f"obstore cannot open such a URL with such options ({type(error).__name__})."
            raise UnknownStore(sentence, scheme=url.partition("://")[0]) from None

    def append(self, batch: Sequence[Append], /) -> list[bool]:
        """See `Store`. Each item is an object of its own."""
        with self._named():
            return in_turn(batch, self._apply)

    def read(self, id: str, /) -> Stored | None:
        """See `Store`."""
        with self._named():
            before = None
            while True:
                newest, kept = self._look(_name(id))
                if kept is None:
                    return None
                base = newest.number - kept.head.revision
                numbers = range(base + (kept.folded or 1), newest.number + 1)
                try:
                    entries = [(number - base, self._load(newest._replace(number=number)).body) for number in numbers]
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
        with self._named():
            newest: dict[str, _Place] = {}
            for place in sorted(self._list()):
                newest[place.name] = place
            heads = list(self._heads(newest.values()))
        return scan(heads, status=status, saga=saga, tag=tag, owner=owner, due=due, after=after, limit=limit)

    def delete(self, id: str, revision: int, /) -> bool:
        """See `Store`."""
        with self._named():
            newest, kept = self._look(_name(id))
            if kept is None or kept.head.revision != revision or not self._make(newest, b""):
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
        data = _dumped(item, kept)
        while item.revision != _next(kept) or not self._make(newest, data):
            newest, kept = self._look(name)
            if item.revision != _next(kept):
                return False
            data = _dumped(item, kept)
        made = newest._replace(number=newest.number + 1, size=len(data))
        if any(not place.size for place in self._list(name, made.path)):
            # It was deleted before, or has been since: there is an end above.
            self._known.pop(name, None)
            with suppress(FileNotFoundError):
                obstore.delete(self._bucket, made.path)
            return False
        self._remember(made, _parsed(data))
        return True

    def _look(self, name: str) -> tuple[_Place, Record | None]:
        """The newest record, without its body, and where it is; None if there is none, or after an end."""
        while True:
            known = self._known.get(name)
            above = self._list(name, "" if known is None else known[0].path)
            newest = max(above, default=_Place(name, 0, 0) if known is None else known[0])
            with suppress(FileNotFoundError):  # deleted meanwhile: there is an end above
                return newest, self._newest(newest)

    def _heads(self, places: Iterable[_Place]) -> Iterator[Head]:
        for place in places:
            with suppress(FileNotFoundError):  # deleted meanwhile
                try:
                    kept = self._newest(place)
                except StoreBroken as error:
                    self._damages.tell(error)
                else:
                    if kept is not None:
                        yield kept.head

    def _newest(self, place: _Place) -> Record | None:
        if not place.size:
            return None
        known = self._known.get(place.name)
        if known is not None and known[0] == place:
            return known[1]
        return self._remember(place, self._load(place))

    def _remember(self, place: _Place, kept: Record) -> Record:
        if len(self._known) >= KNOWN:
            self._known.clear()
        self._known[place.name] = place, kept._replace(body=b"")
        return kept

    def _make(self, newest: _Place, data: bytes) -> bool:
        """Make the object after that one, if there is none."""
        try:
            obstore.put(
                self._once, newest._replace(number=newest.number + 1).path, data, mode="create", use_multipart=False
            )
        except AlreadyExistsError:
            return False
        return True

    def _load(self, place: _Place) -> Record:
        data = obstore.get(self._bucket, place.path).bytes().to_bytes()
        try:
            return _parsed(data)
        except (KeyError, ValueError):
            raise self._broken(f"{place.path} is damaged, not ours, or of a newer resaga") from None

    def _list(self, name: str | None = None, after: str = "") -> list[_Place]:
        """What is there, of one or of all."""
        found: list[_Place] = []
        # Its other form gives tables of Arrow, which is not installed.
        pages = obstore.list(self._bucket, name, offset=after or None, chunk_size=1000)  # pyright: ignore[reportUnknownMemberType]
        for page in pages:
            for each in page:
                directory, _, number = each["path"].rpartition("/")
                if number.isdecimal() and each["path"] > after:
                    found.append(_Place(directory, int(number), each["size"]))
        return found

    @contextmanager
    def _named(self) -> Generator[None]:
        """Let nothing out but errors of ours."""
        if self._closed:
            raise StoreClosed(f"{self._where} was closed; open another store.", where=self._where, code="")
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


def _next(kept: Record | None) -> int:
    return 1 if kept is None else kept.head.revision + 1


def _dumped(item: Append, kept: Record | None) -> bytes:
    tags, folded = (tuple(sorted(set(item.tags))), 0) if kept is None else (kept.head.tags, kept.folded)
    return record.dump(item, tags, folded if item.snapshot is None else item.revision)


def _parsed(data: bytes) -> Record:
    line, _, body = data.partition(b"\n")
    return record.parse(line, body)
