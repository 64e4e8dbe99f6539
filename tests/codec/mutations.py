"""Hostile documents: golden ones changed, most of them so that they are valid JSON with a right checksum."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from random import Random
from typing import Any, Final, TypeAlias
from zlib import crc32

import orjson

from resaga.codec.carry import plain_rows
from resaga.codec.codec import waits
from resaga.codec.document import opened as parsed
from resaga.codec.facts import SILENT
from resaga.core.fact import BITS, MASK
from resaga.core.replay import retrace
from tests.codec.documents import AnySaga, closed, opened

Plain: TypeAlias = Any
Spot: TypeAlias = tuple[Any, Any]
"""A list or an object, and the position or the key of one of its parts."""

NUMBERS: Final = (0, 1, -1, 5, 31, 32, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 2**63, 2**64 - 1)
FLOATS: Final = (0.0, -0.0, 1.0, 1.5, -1e300, 5e-324, 1e16)
TEXTS: Final = (
    "",
    "x",
    "$",
    "new",
    "paused",
    "failed",
    "a" * 40,
    "é\0\u2028",
    "2030-01-01",
    "1E+5",
    "__class__",
)
KEYS: Final = ("", "$", "$$", "$int", "str", "int", "x", "id", "format", "__class__", "__init__", "py/object")


def hostile(chance: Random, saga: AnySaga, blob: bytes, others: list[bytes]) -> tuple[bytes, bool]:
    """A document that was tampered with, and whether it is JSON with a right checksum."""
    way = chance.random()
    if way < 0.8:
        plain = opened(blob)
        for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
            chance.choice(CHANGES)(chance, plain, others)
        if chance.random() < 0.5:
            mended(saga, plain)
        return closed(plain), True
    if way < 0.9:
        return _resealed(chance, blob), False
    return _damaged(chance, blob), False


# ---- as values --------------------------------------------------------------------------------------------


def _anything(chance: Random, depth: int = 2) -> Plain:
    way = chance.randrange(9 if depth else 6)
    if way == 0:
        return chance.choice((None, True, False))
    if way == 1:
        return chance.choice(FLOATS)
    if way < 4:
        return chance.choice(NUMBERS)
    if way < 6:
        return chance.choice(TEXTS)
    if way == 6:
        return [_anything(chance, depth - 1) for _ in range(chance.randrange(4))]
    if way == 7:
        return {chance.choice(KEYS): _anything(chance, depth - 1) for _ in range(chance.randrange(3))}
    return _reference(chance)


def _reference(chance: Random) -> Plain:
    steps: list[object] = [chance.choice((*KEYS, 0, 1, -1, "held", "order", "NeedsManager", True, None, 1.0))]
    return {"$": chance.choice(([], steps, steps * 2, "", None, 5))}


def _spots(plain: Plain) -> Iterator[Spot]:
    parts = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else ()
    for key, part in parts:
        yield plain, key
        yield from _spots(part)


def _spot(chance: Random, plain: Plain) -> Spot:
    """A part: of the values mostly, for they are of the user's types."""
    values = plain.get("values")
    within = plain
    if chance.random() < 0.8 and isinstance(values, list) and values:
        within = chance.choice(values) if chance.random() < 0.9 else values
    return chance.choice(list(_spots(within)) or list(_spots(plain)) or [([None], 0)])


def _replace(chance: Random, plain: Plain, others: list[bytes]) -> None:
    del others
    whole, key = _spot(chance, plain)
    whole[key] = _anything(chance)


def _transplant(chance: Random, plain: Plain, others: list[bytes]) -> None:
    donor = plain if chance.random() < 0.7 else opened(chance.choice(others))
    (whole, key), (other, one) = _spot(chance, plain), _spot(chance, donor)
    whole[key] = orjson.loads(orjson.dumps(other[one]))


def _remove(chance: Random, plain: Plain, others: list[bytes]) -> None:
    del others
    whole, key = _spot(chance, plain)
    del whole[key]


def _add(chance: Random, plain: Plain, others: list[bytes]) -> None:
    del others
    whole, key = _spot(chance, plain)
    if isinstance(whole, list):
        whole.insert(key, chance.choice((whole[key], _anything(chance))))
    else:
        whole[chance.choice(KEYS)] = _anything(chance)


def _reorder(chance: Random, plain: Plain, others: list[bytes]) -> None:
    del others
    whole, _ = _spot(chance, plain)
    if isinstance(whole, list):
        chance.shuffle(whole)
    else:
        parts = list(whole.items())
        chance.shuffle(parts)
        whole.clear()
        whole.update(parts)


def _rename(chance: Random, plain: Plain, others: list[bytes]) -> None:
    del others
    whole, key = _spot(chance, plain)
    if isinstance(whole, dict):
        whole[chance.choice((*KEYS, *whole))] = whole.pop(key)


def _wrap(chance: Random, plain: Plain, others: list[bytes]) -> None:
    del others
    whole, key = _spot(chance, plain)
    whole[key] = chance.choice(([whole[key]], {chance.choice(KEYS): whole[key]}, [whole[key]] * 2))


def _unwrap(chance: Random, plain: Plain, others: list[bytes]) -> None:
    del others
    whole, key = _spot(chance, plain)
    inner = whole[key]
    if isinstance(inner, dict | list) and inner:
        whole[key] = chance.choice(list(inner.values()) if isinstance(inner, dict) else inner)


def _nudge(chance: Random, plain: Plain, others: list[bytes]) -> None:
    del others
    whole, key = _spot(chance, plain)
    part = whole[key]
    if isinstance(part, bool):
        whole[key] = int(part)
    elif isinstance(part, int):
        whole[key] = chance.choice(
            (min(part + 1, 2**63), max(part - 1, -(2**63)), part // -2, part ^ 1 << chance.randrange(40))
        )
    elif isinstance(part, str) and part:
        at = chance.randrange(len(part))
        whole[key] = chance.choice((part[:at], part[:at] + "x" + part[at + 1 :], part + part, part.upper(), " " + part))


def _refer(chance: Random, plain: Plain, others: list[bytes]) -> None:
    del others
    spots = list(_spots(plain["values"])) if isinstance(plain.get("values"), list) else []
    if spots:
        whole, key = chance.choice(spots)
        whole[key] = _reference(chance)


# ---- as a trail -------------------------------------------------------------------------------------------


def _columns(plain: Plain) -> bool:
    return all(isinstance(plain.get(name), list) for name in ("codes", "at", "took", "values", "listing")) and all(
        type(code) is int for code in plain["codes"]
    )


def _refact(chance: Random, plain: Plain, others: list[bytes]) -> None:
    """A row tells of another fact, or of another instruction."""
    del others
    if _columns(plain) and plain["codes"]:
        row = chance.randrange(len(plain["codes"]))
        code = plain["codes"][row]
        end = len(plain["listing"])
        plain["codes"][row] = chance.choice(
            (code & ~MASK | chance.randrange(24), chance.randrange(end + 2) << BITS | code & MASK)
        )


def _add_row(chance: Random, plain: Plain, others: list[bytes]) -> None:
    """A row more: often the next one of where the run stands, with a value that such a row has elsewhere."""
    if not _columns(plain):
        return
    codes = plain["codes"]
    if codes and chance.random() < 0.7:
        donor = opened(chance.choice(others))
        row = chance.choice((len(codes), chance.randrange(len(codes) + 1)))
        number = chance.randrange(len(donor["codes"]))
        index = min(codes[row - 1] >> BITS, 2**32) + chance.choice((0, 0, 0, 1, 1, 2))
        code = index << BITS | donor["codes"][number] & MASK
        value = donor["values"][min(_position(donor["codes"], number), len(donor["values"]) - 1)]
    else:
        row = chance.randrange(len(codes) + 1)
        code = chance.randrange(len(plain["listing"]) + 1) << BITS | chance.randrange(22)
        value = _anything(chance)
    if code & MASK not in SILENT:
        plain["values"].insert(_position(codes, row), value)
    for name, one in (
        ("codes", code),
        ("at", chance.choice((0, 1, -1, 10**9))),
        ("took", chance.choice((0, 5))),
    ):
        plain[name].insert(row, one)


def _position(codes: list[int], row: int) -> int:
    """Of the value of that row among the values."""
    return sum(code & MASK not in SILENT for code in codes[:row])


def mended(saga: AnySaga, plain: Plain) -> None:
    """Let the document say of its trail what it tells, if it tells of something that can have happened."""
    with suppress(Exception):
        found = parsed(closed(plain))
        state = retrace(saga.program, found.id, saga.codec.trail(plain_rows(found)))
        plain.update(status=state.status.value, index=state.index, waits=waits(state))


def _cut_rows(chance: Random, plain: Plain, others: list[bytes]) -> None:
    """The trail is cut off, or a row is taken out of it; what the document says of it is perhaps adapted."""
    del others
    if _columns(plain) and plain["codes"]:
        row = chance.randrange(len(plain["codes"]))
        only = chance.random() < 0.5
        for name in ("codes", "at", "took"):
            del plain[name][row : row + 1 if only else None]
        values = chance.randrange(len(plain["values"]) + 1)
        del plain["values"][values : values + 1 if only else None]
        plain["status"] = chance.choice(("running", "paused", "new", "compensating", plain.get("status")))
        plain["index"] = chance.choice((0, 1, 2, plain.get("index")))


def _retell(chance: Random, plain: Plain, others: list[bytes]) -> None:
    """The document says something else about the execution, or about its program."""
    name = chance.choice(("fingerprint", "status", "index", "waits", "version", "saga", "listing", "id"))
    donor = opened(chance.choice(others))
    plain[name] = chance.choice((donor[name], donor[name], _anything(chance)))
    if chance.random() < 0.5:
        plain["fingerprint"] = "0" * 16


def _relist(chance: Random, plain: Plain, others: list[bytes]) -> None:
    """The listing is another program's."""
    del others
    plain["fingerprint"] = "0" * 16
    listing = plain.get("listing")
    if isinstance(listing, list) and listing:
        line = chance.randrange(len(listing))
        kind, _, rest = str(listing[line]).partition(" ")
        listing[line] = chance.choice(
            (
                f"{chance.choice(('read', 'undone', 'gate', 'wait', 'test', 'odd'))} {rest}",
                f"{kind} x/{rest}",
                "",
                kind,
            )
        )
        if chance.random() < 0.3:
            listing.insert(line, chance.choice(listing))


CHANGES: Final[tuple[Callable[[Random, Plain, list[bytes]], None], ...]] = (
    _replace,
    _replace,
    _transplant,
    _transplant,
    _remove,
    _add,
    _reorder,
    _rename,
    _wrap,
    _unwrap,
    _nudge,
    _nudge,
    _refer,
    _refact,
    _refact,
    _add_row,
    _add_row,
    _add_row,
    _cut_rows,
    _cut_rows,
    _retell,
    _relist,
)


# ---- as bytes ---------------------------------------------------------------------------------------------


def _resealed(chance: Random, blob: bytes) -> bytes:
    """Bytes changed, and a right checksum after them."""
    body = bytearray(blob[: blob.rindex(b',"sum"')] + b"}")
    for _ in range(chance.choice((1, 1, 2, 8))):
        at = chance.randrange(len(body) - 1)
        what = chance.randrange(3)
        if what == 0:
            body[at] = chance.randrange(256)
        elif what == 1:
            del body[at : at + chance.randrange(1, 20)]
        else:
            body[at:at] = chance.choice((b"[" * 3000, b"{", b'"', b",", b"\\u0000", b"1e999", b"  ", b"\xff"))
    return b'%b,"sum":"%08x"}' % (bytes(body[:-1]), crc32(body))


def _damaged(chance: Random, blob: bytes) -> bytes:
    """Bytes changed, cut off, or of chance."""
    way = chance.randrange(4)
    if way == 0:
        return blob[: chance.randrange(len(blob))]
    if way == 1:
        return chance.randbytes(chance.randrange(300))
    if way == 2:
        return blob[chance.randrange(1, len(blob)) :]
    damaged = bytearray(blob)
    damaged[chance.randrange(len(blob))] ^= 1 << chance.randrange(8)
    return bytes(damaged)
