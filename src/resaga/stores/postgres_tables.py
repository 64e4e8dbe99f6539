"""The tables of a store in PostgreSQL, and what is done to them: by one statement each, so that nothing is half done.

They live beside the tables of an application, in the first schema of its `search_path`. As in SQLite, heads are thin,
and `wake_at` alone has an index beside the ids. Bytes are `bytea`: `jsonb` refuses some strings and rewrites numbers.
Ids and tags are ordered by their bytes, whatever the order of the database.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from itertools import pairwise
from typing import Any, Final, LiteralString

from psycopg.types.numeric import Int8

from resaga.core.errors import StoreBroken
from resaga.stores.postgres_database import Cursor
from resaga.stores.store import Append, Head, Stored
from resaga.stores.tables import rounds

MIGRATIONS: Final[tuple[tuple[LiteralString, ...], ...]] = (
    (
        "CREATE TABLE resaga_schema (version bigint NOT NULL)",
        "INSERT INTO resaga_schema VALUES (0)",
        # Room is left in each page, so that a head that moves stays in its own and needs no new entry in an index.
        """CREATE TABLE resaga_heads (
            key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            id text COLLATE "C" NOT NULL UNIQUE,
            saga text NOT NULL,
            status text NOT NULL,
            revision bigint NOT NULL,
            wake_at bigint,
            owner text NOT NULL,
            write_id bytea NOT NULL,
            snapshot_revision bigint NOT NULL
        ) WITH (fillfactor = 60)""",
        "CREATE INDEX resaga_due ON resaga_heads (wake_at, id) WHERE wake_at IS NOT NULL",
        # The entry at a head's `snapshot_revision` is its snapshot.
        """CREATE TABLE resaga_journal (
            head bigint NOT NULL,
            revision bigint NOT NULL,
            entry bytea NOT NULL,
            PRIMARY KEY (head, revision)
        )""",
        'CREATE TABLE resaga_tags (head bigint NOT NULL, tag text COLLATE "C" NOT NULL, PRIMARY KEY (head, tag))',
        "CREATE INDEX resaga_tagged ON resaga_tags (tag)",
    ),
)
"""What takes the tables from each version to the next; what was released is never edited."""

VERSION: Final = len(MIGRATIONS)

CHANNEL: Final = "resaga"
LISTEN: Final = "LISTEN resaga"
"""Who listens to it is told whenever something was left that anybody may go on with."""

LOCK: Final = 0x72657361_6761
"""Held by who migrates; any number that nobody else would take."""

# Not by `to_regclass`: in a transaction that has asked before, that does not see what another one has made since.
HAS_TABLES: Final = "SELECT FROM pg_class WHERE relname = 'resaga_schema' AND pg_table_is_visible(oid)"
# What is driven by somebody wakes nobody: only one commit at a time in all of the server may notify.
APPEND: Final = """
    WITH given AS (
        SELECT * FROM unnest(
            %b::text[], %b::bigint[], %b::bytea[], %b::bytea[],
            %b::text[], %b::text[], %b::bigint[], %b::text[], %b::bool[], %b::bytea[]
        ) AS given (id, revision, write_id, entry, saga, status, wake_at, owner, folds, after)
    ), moved AS (
        UPDATE resaga_heads AS head SET
            revision = given.revision,
            snapshot_revision = CASE WHEN folds THEN given.revision ELSE snapshot_revision END,
            saga = given.saga, status = given.status, wake_at = given.wake_at, owner = given.owner,
            write_id = given.write_id
        FROM given WHERE head.id = given.id AND head.revision = given.revision - 1 AND given.revision > 1
        AND head.write_id = coalesce(given.after, head.write_id)
        RETURNING head.key, head.id
    ), created AS (
        INSERT INTO resaga_heads (id, saga, status, revision, wake_at, owner, write_id, snapshot_revision)
        SELECT id, saga, status, 1, wake_at, owner, write_id, folds::int FROM given WHERE revision = 1
        ON CONFLICT (id) DO NOTHING
        RETURNING key, id
    ), applied AS (
        SELECT key, given.* FROM (SELECT * FROM moved UNION ALL SELECT * FROM created) AS heads JOIN given USING (id)
    ), forgotten AS (
        DELETE FROM resaga_journal AS old USING applied
        WHERE folds AND old.head = applied.key AND old.revision < applied.revision
    ), written AS (
        INSERT INTO resaga_journal (head, revision, entry) SELECT key, revision, entry FROM applied
    ), tagged AS (
        INSERT INTO resaga_tags (head, tag)
        SELECT DISTINCT key, tag FROM created JOIN unnest(%b::text[], %b::text[]) AS tags (id, tag) USING (id)
    )
    SELECT id, CASE WHEN owner = '' AND wake_at IS NOT NULL THEN pg_notify('resaga', '')::text END FROM applied"""
# `NEW`, `NEXT` and `FOLD` do the same in half the time, for a batch that is of one execution and wakes nobody.
NEW: Final = """
    WITH created AS (
        INSERT INTO resaga_heads (id, revision, snapshot_revision, saga, status, wake_at, owner, write_id)
        VALUES (%b, %b::bigint, coalesce(%b::bigint, 0), %b, %b, %b::bigint, %b, %b)
        ON CONFLICT (id) DO NOTHING
        RETURNING key
    ), tagged AS (
        INSERT INTO resaga_tags (head, tag) SELECT DISTINCT key, tag FROM created, unnest(%b::text[]) AS tag
    )
    INSERT INTO resaga_journal (head, revision, entry)
    SELECT key, revision, entry FROM created, unnest(%b::bigint[], %b::bytea[]) AS entries (revision, entry)"""
NEXT: Final = """
    WITH moved AS (
        UPDATE resaga_heads SET
            revision = %(revision)b::bigint, saga = %(saga)b, status = %(status)b,
            wake_at = %(wake_at)b::bigint, owner = %(owner)b, write_id = %(write_id)b
        WHERE id = %(id)b AND revision = %(revision)b::bigint - 1 AND write_id = coalesce(%(after)b::bytea, write_id)
        RETURNING key
    )
    INSERT INTO resaga_journal (head, revision, entry) SELECT key, %(revision)b, %(body)b FROM moved"""
FOLD: Final = """
    WITH moved AS (
        UPDATE resaga_heads SET
            revision = %(revision)b::bigint, snapshot_revision = %(revision)b::bigint,
            saga = %(saga)b, status = %(status)b,
            wake_at = %(wake_at)b::bigint, owner = %(owner)b, write_id = %(write_id)b
        WHERE id = %(id)b AND revision = %(revision)b::bigint - 1 AND write_id = coalesce(%(after)b::bytea, write_id)
        RETURNING key
    ), forgotten AS (
        DELETE FROM resaga_journal AS old USING moved WHERE old.head = moved.key AND old.revision < %(revision)b
    )
    INSERT INTO resaga_journal (head, revision, entry) SELECT key, %(revision)b, %(body)b FROM moved"""
READ: Final = """
    SELECT id, saga, status, revision, wake_at, owner, write_id,
    ARRAY(SELECT tag FROM resaga_tags WHERE head = key ORDER BY tag), snapshot_revision,
    ARRAY(SELECT j.revision FROM resaga_journal j WHERE head = key AND j.revision >= snapshot_revision ORDER BY 1),
    ARRAY(SELECT entry FROM resaga_journal j WHERE head = key AND j.revision >= snapshot_revision ORDER BY j.revision)
    FROM resaga_heads WHERE id = %s"""
BY_ID: Final = """
    SELECT id, saga, status, revision, wake_at, owner, write_id,
    ARRAY(SELECT tag FROM resaga_tags WHERE head = key ORDER BY tag) FROM resaga_heads
    WHERE id > %(after)s AND (%(status)s::text IS NULL OR status = %(status)s)
    AND (%(saga)s::text IS NULL OR saga = %(saga)s) AND (%(owner)s::text IS NULL OR owner = %(owner)s)
    AND (%(tag)s::text IS NULL OR key IN (SELECT head FROM resaga_tags WHERE tag = %(tag)s))
    ORDER BY id LIMIT %(limit)s"""
BY_DUE: Final = """
    WITH last AS (SELECT wake_at, id FROM resaga_heads WHERE id = %(after)s AND wake_at <= %(due)s)
    SELECT id, saga, status, revision, wake_at, owner, write_id,
    ARRAY(SELECT tag FROM resaga_tags WHERE head = key ORDER BY tag) FROM resaga_heads
    WHERE wake_at <= %(due)s AND (%(status)s::text IS NULL OR status = %(status)s)
    AND (%(saga)s::text IS NULL OR saga = %(saga)s) AND (%(owner)s::text IS NULL OR owner = %(owner)s)
    AND (%(tag)s::text IS NULL OR key IN (SELECT head FROM resaga_tags WHERE tag = %(tag)s))
    AND (NOT EXISTS (SELECT 1 FROM last) OR (wake_at, id) > (SELECT wake_at, id FROM last))
    ORDER BY wake_at, id LIMIT %(limit)s"""
NOW: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
DELETE: Final = """
    WITH gone AS (
        DELETE FROM resaga_heads
        WHERE id = %s AND revision = %s AND write_id = coalesce(%s::bytea, write_id) RETURNING key
    ), entries AS (
        DELETE FROM resaga_journal USING gone WHERE head = key
    ), tags AS (
        DELETE FROM resaga_tags USING gone WHERE head = key
    )
    SELECT key FROM gone"""


def version(db: Cursor) -> int:
    """Of the tables that are there; 0 if there are none."""
    if not db.execute(HAS_TABLES).fetchall():
        return 0
    ((number,),) = db.execute("SELECT version FROM resaga_schema").fetchall()
    return int(number)


def migrate(db: Cursor, where: str) -> None:
    """Bring the tables to this version, or make them; where each text can be kept."""
    encoding = db.connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        sentence = f"{where} cannot keep all texts in {encoding}; use a database that is made with ENCODING 'UTF8'."
        raise StoreBroken(sentence, where=where, code="")
    if version(db) == VERSION:
        return
    with db.connection.transaction():
        db.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        found = version(db)
        if found > VERSION:
            sentence = f"{where} has tables of version {found}, this resaga knows up to {VERSION}; upgrade resaga."
            raise StoreBroken(sentence, where=where, code="")
        for statements in MIGRATIONS[found:]:
            for statement in statements:
                db.execute(statement)
        db.execute("UPDATE resaga_schema SET version = %s", (VERSION,))


def append(db: Cursor, batch: Sequence[Append]) -> list[bool]:
    """See `Store.append`; all of it in one transaction."""
    short = _short(batch)
    if short is not None:
        statement, values = short
        db.execute(statement, values)
        if db.rowcount < 0:  # in somebody's pipeline: it is known once that is synchronized
            with db.connection.pipeline():
                pass
        return [db.rowcount > 0] * len(batch)
    answers = [False] * len(batch)
    statements, lost = rounds(batch), set[str]()
    with db.connection.transaction() if len(statements) > 1 else nullcontext():
        for places in statements:
            items = [batch[place] for place in places if batch[place].id not in lost]
            applied = _apply(db, items) if items else set[str]()
            lost |= {item.id for item in items} - applied
            for place in places:
                answers[place] = batch[place].id in applied
    return answers


def read(db: Cursor, id_: str) -> Stored | None:
    """See `Store.read`."""
    row = db.execute(READ, (id_,)).fetchone()
    if row is None:
        return None
    *head, folded, revisions, bodies = row
    entries = list(zip(revisions, bodies, strict=True))
    snapshot = entries.pop(0)[1] if folded and entries else None
    return Stored(*_head(head), snapshot, folded, entries)


def find(db: Cursor, asked: Mapping[str, object]) -> list[Head]:
    """See `Store.find`."""
    rows = db.execute(BY_ID if asked["due"] is None else BY_DUE, asked).fetchall()
    return [_head(row) for row in rows]


def delete(db: Cursor, id_: str, revision: int, write_id: bytes | None) -> bool:
    """See `Store.delete`."""
    return len(db.execute(DELETE, (id_, revision, write_id)).fetchall()) == 1


def wall_ns(db: Cursor) -> int:
    """See `Timed.wall_ns`."""
    ((microseconds,),) = db.execute(NOW).fetchall()
    return int(microseconds) * 1000


def _apply(db: Cursor, items: Sequence[Append]) -> set[str]:
    """Apply what can be, no id being there twice; the ids of those that were."""
    tags = [(item.id, tag) for item in items if item.revision == 1 for tag in item.tags]
    rows = db.execute(
        APPEND,
        (
            [item.id for item in items],
            [Int8(item.revision) for item in items],
            [item.write_id for item in items],
            [_body(item) for item in items],
            [item.saga for item in items],
            [item.status for item in items],
            [None if item.wake_at is None else Int8(item.wake_at) for item in items],
            [item.owner for item in items],
            [item.snapshot is not None for item in items],
            [item.after for item in items],
            [id_ for id_, _ in tags],
            [tag for _, tag in tags],
        ),
    )
    return {row[0] for row in rows}


def _short(batch: Sequence[Append]) -> tuple[LiteralString, Sequence[object] | Mapping[str, object]] | None:
    """The statement that applies all of these or nothing, and what it is given, if there is one."""
    if not batch or (not batch[-1].owner and batch[-1].wake_at is not None):
        return None
    head = batch[-1]
    if len(batch) == 1 and head.revision > 1:
        return NEXT if head.snapshot is None else FOLD, {
            "revision": Int8(head.revision),
            "saga": head.saga,
            "status": head.status,
            "wake_at": head.wake_at,
            "owner": head.owner,
            "write_id": head.write_id,
            "id": head.id,
            "after": head.after,
            "body": _body(head),
        }
    if any((item.id, item.revision) != (head.id, revision) for revision, item in enumerate(batch, 1)):
        return None
    if any(item.after not in (None, before.write_id) for before, item in pairwise(batch)):
        return None
    folded = next((item.revision for item in reversed(batch) if item.snapshot is not None), None)
    revisions = Int8(head.revision), None if folded is None else Int8(folded)
    kept = batch[(folded or 1) - 1 :]
    entries = [Int8(item.revision) for item in kept], [_body(item) for item in kept]
    moved = head.saga, head.status, head.wake_at, head.owner, head.write_id
    return NEW, (head.id, *revisions, *moved, list(batch[0].tags), *entries)


def _body(item: Append) -> bytes:
    return item.entry if item.snapshot is None else item.snapshot


def _head(row: Sequence[Any]) -> Head:
    id_, saga, status, revision, wake_at, owner, write_id, tags = row
    return Head(id_, saga, status, revision, wake_at, owner, write_id, tuple(tags))
