"""A reader of documents that knows only what docs/format.md says: nothing of resaga is imported here."""

import json
import zlib
from collections.abc import Iterator
from typing import Any

NAMES = {0: "returned", 9: "not_yet", 10: "interrupted", 12: "settled", 13: "did_not_happen", 16: "undone"}
VALUED = {0, 4, 5, 7, 8, 9, 11, 12, 14, 15, 17, 18, 19, 20, 21, 22}
FAILURE = {7: lambda value: value[0], 8: lambda value: value[0]} | dict.fromkeys((11, 14, 15), lambda value: value)
ENDS = {0, 11, 12, 13, 14, 16, 18, 19, 21, 22}


def read(blob: bytes) -> Any:  # noqa: ANN401 - plain JSON
    """The document with its rows put together: (path, kind, fact, at, took, value), and its timings."""
    if zlib.crc32(blob[:-18] + b"}") != int(blob[-10:-2], 16):
        raise ValueError("damaged")
    document = json.loads(blob)
    if document["format"] != 1:
        raise ValueError("another format")
    document["rows"] = list(_rows(document))
    document["timings"] = list(_timings(document["rows"]))
    return document


def _rows(document: Any) -> Iterator[Any]:  # noqa: ANN401
    at: Any = None
    before, values = None, iter(document["values"])
    for code, since, took in zip(document["codes"], document["at"], document["took"], strict=True):
        at = since * 1000 if at is None else at + since
        index, fact = divmod(code, 32)
        kind, _, rest = document["listing"][index].partition(" ")
        value = None
        if fact in VALUED:
            full = _put_in(next(values), before)
            value = _plain(full)
            if fact in (0, 5, 12, 19, 22):
                before = full[0] if fact in (19, 22) else full
        yield rest.rpartition(" ")[0], kind, fact, at, took, value
    if list(values):
        raise ValueError("values are left over")


def _put_in(value: Any, before: Any) -> Any:  # noqa: ANN401
    """The value with what its references stand for."""
    if isinstance(value, list):
        return [_put_in(part, before) for part in value]
    if isinstance(value, dict):
        if list(value) == ["$"]:
            for step in value["$"]:
                before = before[step]
            return before
        return {key: _put_in(part, before) for key, part in value.items()}
    return value


def _plain(value: Any) -> Any:  # noqa: ANN401
    """The value with long integers and keys as they were."""
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        if list(value) == ["$int"]:
            return int(value["$int"])
        return {key[1:] if key.startswith("$$") else key: _plain(part) for key, part in value.items()}
    return value


def _timings(rows: Any) -> Iterator[Any]:  # noqa: ANN401
    attempt, undo, doubt, last, given_up = 0, False, False, None, None
    for path, kind, fact, at, took, value in rows:
        failure = FAILURE[fact](value) if fact in FAILURE else None
        outcome = NAMES.get(fact) or (failure and failure[1])
        if fact not in (7, 8) and outcome in ("interrupted", "expired", "cancelled", "no_room") and fact != 10:
            outcome = None
        concluded = (
            (fact in (14, 15) and last == 13 and given_up)
            or (fact == 12 and last == 11 and given_up and given_up[1] == "unstorable")
            or (fact == 14 and last == 18)
            or (fact == 11 and last == 17 and doubt and outcome != "unstorable")
        )
        outcome = None if concluded else outcome
        if outcome and kind not in ("get", "put"):
            attempt += 1
            yield path, attempt, undo, at - took, None if fact == 10 else took, outcome
        undo = undo or fact in (14, 22) or (fact == 12 and kind != "irreversible")
        doubt = doubt or fact in (8, 10) or (fact == 15 and outcome not in (None, "rejected"))
        attempt, doubt = (0, False) if fact in ENDS else (attempt, doubt)
        given_up = failure if fact == 11 else given_up
        last = fact
