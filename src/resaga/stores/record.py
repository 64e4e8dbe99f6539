"""One revision in one piece of bytes, and where it is kept: for stores that keep each as a file or an object.

    resaga 1 6bc5bd27 id=A-1&saga=checkout%2F2&status=running&revision=4&…&folded=1&body=2745614147
    (the entry, or the snapshot)

The 1 is the format. Behind it is the checksum of the rest of the line, in hex; `body` is that of all after the line.

A name is made so that no id leads out of its directory, and that two differ where capitals and small letters do not.
"""

import hashlib
import re
import zlib
from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from resaga.stores.store import Append, Head

FORMAT: Final = 1
NAME_LENGTH: Final = 200
"""Bytes in a name; file systems allow 255."""

DIGITS: Final = 12
NUMBER: Final = re.compile(rf"[0-9]{{{DIGITS}}}")

PLAIN: Final = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_-")
"""What stands for itself in a name: no capitals, as some file systems take them for small letters, and no dots."""


class Record(NamedTuple):
    """What was written for one revision."""

    head: Head
    folded: int
    """The revision of the newest snapshot; 0 if there is none."""

    body: bytes
    """The entry, or the snapshot."""


def name(id_: str) -> str:
    """What an execution is kept under."""
    raw = id_.encode()
    plain = "".join(chr(byte) if byte in PLAIN else f"%{byte:02x}" for byte in raw) or "%"
    return plain if len(plain) <= NAME_LENGTH else f"%%{hashlib.sha256(raw).hexdigest()}"


def numbered(number: int) -> str:
    """What the file or the object of that number is called."""
    return f"{number:0{DIGITS}}"


def number_of(called: str) -> int:
    """The number of what is called like this; 0 if it is called in a way that nothing of ours is."""
    return int(called) if NUMBER.fullmatch(called) else 0


def dump(item: Append, tags: Sequence[str], folded: int) -> bytes:
    """Write it down."""
    body = item.entry if item.snapshot is None else item.snapshot
    fields: list[tuple[str, str | int]] = [
        ("id", item.id),
        ("saga", item.saga),
        ("status", item.status),
        ("revision", item.revision),
        ("wake_at", "" if item.wake_at is None else item.wake_at),
        ("owner", item.owner),
        ("write_id", item.write_id.hex()),
        ("folded", folded),
        ("body", zlib.crc32(body)),
        *(("tag", tag) for tag in tags),
    ]
    line = urlencode(fields).encode("ascii")
    return b"resaga %d %08x %s\n%s" % (FORMAT, zlib.crc32(line), line, body)


def parse(line: bytes, body: bytes | None) -> Record:
    """Read it, or raise a `ValueError` or `KeyError`; without its body, only the line is looked at."""
    magic, version, checksum, rest = line.removesuffix(b"\n").split(b" ")
    if (magic, int(version), int(checksum, 16)) != (b"resaga", FORMAT, zlib.crc32(rest)):
        raise ValueError
    pairs = parse_qsl(rest.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
    tags = tuple(value for name, value in pairs if name == "tag")
    field = dict(pairs)
    if body is not None and int(field["body"]) != zlib.crc32(body):
        raise ValueError
    head = Head(
        id=field["id"],
        saga=field["saga"],
        status=field["status"],
        revision=int(field["revision"]),
        wake_at=int(field["wake_at"]) if field["wake_at"] else None,
        owner=field["owner"],
        write_id=bytes.fromhex(field["write_id"]),
        tags=tags,
    )
    return Record(head, int(field["folded"]), body or b"")
