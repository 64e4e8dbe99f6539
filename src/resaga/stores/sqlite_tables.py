"""The tables of a store in SQLite, and what is done to them inside somebody's transaction.

They live beside the tables of an application, in its own file if it likes: so all names begin with `resaga_`, and the
version of the schema is a table, as `user_version` and `application_id` belong to the application.

Heads are thin, since each append writes one; all that can be large is in the journal. Both have a row number: without
one, rows of a kilobyte overflow their page. `wake_at` alone has an index beside the ids, and only of what sleeps: each
more would be paid for by every append.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

from resaga.core.errors import StoreBroken
from resaga.stores.store import Append, Head, Stored
from resaga.stores.turns import in_turn

MIGRATIONS: Final = (
    (
        "CREATE TABLE resaga_schema (version INTEGER NOT NULL)",
        "INSERT INTO resaga_schema VALUES (0)",
        """CREATE TABLE resaga_heads (
            key INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            saga TEXT NOT NULL,
            status TEXT NOT NULL,
            revision INTEGER NOT NULL,
            wake_at INTEGER,
            owner TEXT NOT NULL,
            write_id BLOB NOT NULL,
            snapshot_revision INTEGER NOT NULL
        )""",
        "CREATE INDEX resaga_due ON resaga_heads (wake_at) WHERE wake_at IS NOT NULL",
        # The entry at a head's `snapshot_revision` is its snapshot.
        """CREATE TABLE resaga_journal (
            head INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            entry BLOB NOT NULL,
            UNIQUE (head, revision)
        )""",
        "CREATE TABLE resaga_tags (head INTEGER NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (head, tag)) WITHOUT ROWID",
        "CREATE INDEX resaga_tagged ON resaga_tags (tag)",
    ),
)
"""What takes the tables from each version to the next; what was released is never edited."""

VERSION: Final = len(MIGRATIONS)

CREATE: Final = """
    INSERT INTO resaga_heads (snapshot_revision, saga, status, wake_at, owner, write_id, id, revision)
    VALUES (?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT (id) DO NOTHING"""
MOVE: Final = """
    UPDATE resaga_heads SET revision = ?, snapshot_revision = ifnull(?, snapshot_revision),
    saga = ?, status = ?, wake_at = ?, owner = ?, write_id = ?
    WHERE id = ? AND revision = ? AND write_id = ifnull(?, write_id)"""
WRITE_ENTRY: Final = """
    INSERT INTO resaga_journal (head, revision, entry) VALUES ((SELECT key FROM resaga_heads WHERE id = ?), ?, ?)"""
TAG: Final = "INSERT OR IGNORE INTO resaga_tags (head, tag) SELECT key, ? FROM resaga_heads WHERE id = ?"
FORGET_ENTRIES: Final = "DELETE FROM resaga_journal WHERE head = (SELECT key FROM resaga_heads WHERE id = ?)"
FORGET_TAGS: Final = "DELETE FROM resaga_tags WHERE head = (SELECT key FROM resaga_heads WHERE id = ?)"
FORGET: Final = "DELETE FROM resaga_heads WHERE id = ?"

HEAD: Final = """
    SELECT key, snapshot_revision, id, saga, status, revision, wake_at, owner, write_id
    FROM resaga_heads WHERE id = ?"""
ENTRIES: Final = "SELECT revision, entry FROM resaga_journal WHERE head = ? AND revision >= ? ORDER BY revision"
TAGS: Final = "SELECT tag FROM resaga_tags WHERE head = ? ORDER BY tag"
BY_ID: Final = """
    SELECT key, snapshot_revision, id, saga, status, revision, wake_at, owner, write_id FROM resaga_heads
    WHERE id > :after AND (:status IS NULL OR status = :status)
    AND (:saga IS NULL OR saga = :saga) AND (:owner IS NULL OR owner = :owner)
    ORDER BY id LIMIT :limit"""
BY_TAG: Final = """
    SELECT key, snapshot_revision, id, saga, status, revision, wake_at, owner, write_id FROM resaga_heads
    WHERE key IN (SELECT head FROM resaga_tags WHERE tag = :tag)
    AND id > :after AND (:status IS NULL OR status = :status)
    AND (:saga IS NULL OR saga = :saga) AND (:owner IS NULL OR owner = :owner)
    ORDER BY id LIMIT :limit"""
BY_DUE: Final = """
    WITH last AS (SELECT wake_at, id FROM resaga_heads WHERE id = :after AND wake_at <= :due)
    SELECT key, snapshot_revision, id, saga, status, revision, wake_at, owner, write_id FROM resaga_heads
    WHERE wake_at <= :due AND (:status IS NULL OR status = :status)
    AND (:saga IS NULL OR saga = :saga) AND (:owner IS NULL OR owner = :owner)
    AND (:tag IS NULL OR key IN (SELECT head FROM resaga_tags WHERE tag = :tag))
    AND (NOT EXISTS (SELECT 1 FROM last) OR (wake_at, id) > (SELECT wake_at, id FROM last))
    ORDER BY wake_at, id LIMIT :limit"""


def version(db: sqlite3.Cursor) -> int:
    """Of the tables that are there; 0 if there are none."""
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'resaga_schema'").fetchone() is None:
        return 0
    number: int = db.execute("SELECT version FROM resaga_schema").fetchone()[0]
    return number


def migrate(db: sqlite3.Cursor, where: str) -> None:
    """Bring the tables to this version, or make them."""
    found = version(db)
    if found > VERSION:
        sentence = f"{where} has tables of version {found}, this resaga knows up to {VERSION}; upgrade resaga."
        raise StoreBroken(sentence, where=where, code="")
    for statements in MIGRATIONS[found:]:
        for statement in statements:
            db.execute(statement)
    if found < VERSION:
        db.execute("UPDATE resaga_schema SET version = ?", (VERSION,))


def append(db: sqlite3.Cursor, batch: Sequence[Append]) -> list[bool]:
    """See `Store.append`; one by one."""
    return in_turn(batch, lambda item: _apply(db, item))


def _apply(db: sqlite3.Cursor, item: Append) -> bool:
    """Apply one; if it is a conflict, nothing was written."""
    if item.revision == 1:
        applied = db.execute(CREATE, _created(item)).rowcount == 1
    else:
        applied = db.execute(MOVE, _moved(item)).rowcount == 1
    if applied:
        if item.snapshot is not None:
            db.execute(FORGET_ENTRIES, (item.id,))
        db.execute(WRITE_ENTRY, _written(item))
        if item.revision == 1 and item.tags:
            db.executemany(TAG, [(tag, item.id) for tag in item.tags])
    return applied


def apply_all(db: sqlite3.Cursor, batch: Sequence[Append]) -> bool:
    """Apply all at once, no id being there twice; if any is a conflict, stop, to be rolled back."""
    created = [item for item in batch if item.revision == 1]
    moved = [_moved(item) for item in batch if item.revision != 1]
    # A row count is of all of them together; to ask of each costs double.
    if moved and db.executemany(MOVE, moved).rowcount != len(moved):
        return False
    if created and db.executemany(CREATE, [_created(item) for item in created]).rowcount != len(created):
        return False
    if folded := [(item.id,) for item in batch if item.snapshot is not None]:
        db.executemany(FORGET_ENTRIES, folded)
    db.executemany(WRITE_ENTRY, [_written(item) for item in batch])
    if tagged := [(tag, item.id) for item in created for tag in item.tags]:
        db.executemany(TAG, tagged)
    return True


def read(db: sqlite3.Cursor, id_: str) -> Stored | None:
    """See `Store.read`."""
    row = db.execute(HEAD, (id_,)).fetchone()
    if row is None:
        return None
    key, folded, *_ = row
    entries = db.execute(ENTRIES, (key, folded)).fetchall()
    snapshot = entries.pop(0)[1] if folded and entries else None
    return Stored(*_head(db, row), snapshot, folded, entries)


def find(db: sqlite3.Cursor, asked: Mapping[str, object]) -> list[Head]:
    """See `Store.find`."""
    statement = BY_DUE if asked["due"] is not None else BY_TAG if asked["tag"] is not None else BY_ID
    return [_head(db, row) for row in db.execute(statement, asked).fetchall()]


def delete(db: sqlite3.Cursor, id_: str, revision: int, write_id: bytes | None) -> bool:
    """See `Store.delete`."""
    row = db.execute(HEAD, (id_,)).fetchone()
    head = None if row is None else _head(db, row)
    if head is None or head.revision != revision or write_id not in (None, head.write_id):
        return False
    for statement in (FORGET_ENTRIES, FORGET_TAGS, FORGET):
        db.execute(statement, (id_,))
    return True


def _head(db: sqlite3.Cursor, row: tuple[Any, ...]) -> Head:
    key, _, id_, saga, status, revision, wake_at, owner, write_id = row
    tags = tuple(tag for (tag,) in db.execute(TAGS, (key,)))
    return Head(id_, saga, status, revision, wake_at, owner, write_id, tags)


def _created(item: Append) -> tuple[object, ...]:
    folded = 0 if item.snapshot is None else 1
    return (folded, item.saga, item.status, item.wake_at, item.owner, item.write_id, item.id)


def _moved(item: Append) -> tuple[object, ...]:
    revision = item.revision
    folded = None if item.snapshot is None else revision
    return (
        revision, folded, item.saga, item.status, item.wake_at, item.owner, item.write_id,
        item.id, revision - 1, item.after,
    )  # fmt: skip


def _written(item: Append) -> tuple[object, ...]:
    return (item.id, item.revision, item.entry if item.snapshot is None else item.snapshot)
