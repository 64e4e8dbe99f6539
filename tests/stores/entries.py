"""Entries that matter little, and what became of them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from resaga.stores import Append, Store, Stored

NOBODY = 65534


def step(id: str = "A-1", revision: int = 1, snapshot: bytes | None = None) -> Append:
    """An append with a write id of its own."""
    write_id = f"{id}#{revision}".encode().rjust(16)
    return Append(id, revision, write_id, b"entry %d" % revision, "checkout/1", "running", snapshot=snapshot)


def insist(store: Store, item: Append) -> None:
    """Append it, or see that it was appended before: what the runtime does after an error (S15)."""
    if not store.append([item])[0]:
        stored = store.read(item.id)
        assert stored is not None
        assert stored.write_id == item.write_id


def picture(store: Store) -> dict[str, Stored]:
    """All that is kept."""
    return {head.id: stored for head in store.find(limit=1000) if (stored := store.read(head.id)) is not None}


@contextmanager
def powerless() -> Iterator[None]:
    """Be nobody for a while, where one is root: permissions are none of root's business."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
