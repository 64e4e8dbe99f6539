"""A place to keep executions at, and what the parts of the suite say about it."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from resaga.stores.store import Append, Head, Store, Stored

Opener = Callable[[], Store]
"""Opens a store; within one test always at the same place, which is empty before."""

BYTES = {
    "none": b"",
    "one": b"x",
    "nul": b"\x00",
    "each": bytes(range(256)),
    "lines": b"\r\n\n\r",
    "no-text": b"\xff\xfe\xc0\x80",
    "json": b'{"a": [1, "\\u0000", 1e2]}',
    "kilobyte": b"k" * 1024,
    "page": b"p" * 8192,
    "megabyte": bytes(1024) * 1024,
}
MOMENTS = [None, 0, 1, 1_700_000_000_000_000_000, 2**63 - 1]


class Place:
    """What is common to all parts."""

    @pytest.fixture
    def opener(self) -> Opener:
        """To be given by who inherits the suite."""
        pytest.fail("give the suite an `opener` fixture: a function that opens your store", pytrace=False)

    @pytest.fixture
    def store(self, opener: Opener) -> Iterator[Store]:
        """A store at the place."""
        store = opener()
        yield store
        store.close()


def step(  # noqa: PLR0913 - the fields of an append
    id: str = "A-1",
    revision: int = 1,
    entry: bytes | None = None,
    *,
    write_id: bytes | None = None,
    saga: str = "checkout/1",
    status: str = "running",
    wake_at: int | None = None,
    owner: str = "",
    tags: tuple[str, ...] = (),
    snapshot: bytes | None = None,
    after: bytes | None = None,
) -> Append:
    """An append of which only some things matter."""
    text = f"{id}#{revision}".encode()
    return Append(
        id=id,
        revision=revision,
        write_id=text.rjust(16)[-16:] if write_id is None else write_id,
        entry=text if entry is None else entry,
        saga=saga,
        status=status,
        wake_at=wake_at,
        owner=owner,
        tags=tags,
        snapshot=snapshot,
        after=after,
    )


def grown(store: Store, revision: int, id: str = "A-1") -> None:
    """Let an execution come to that revision."""
    for each in range(1, revision + 1):
        assert list(store.append([step(id, each)])) == [True]


def read(store: Store, id: str = "A-1") -> Stored:
    """What is kept of one that is there; plain tuples will do."""
    found = store.read(id)
    assert found is not None
    stored = Stored(*found)
    return stored._replace(tags=tuple(stored.tags), entries=[(number, data) for number, data in stored.entries])


def heads(found: Sequence[Head]) -> list[Head]:
    """Heads; plain tuples will do."""
    return [Head(*head) for head in found]


def ids(found: Sequence[Head]) -> list[str]:
    """Their ids, in the order in which they came."""
    return [head.id for head in heads(found)]
