"""Large hostile documents below 16 MiB: `python -m tests.codec.bombs <name>` says what loading one costs."""

import json
import resource
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from time import process_time
from typing import Any, Final, TypeAlias
from uuid import UUID
from zlib import crc32

from attrs import frozen

from resaga import Saga, gate, read, wait
from resaga.codec import limits
from resaga.errors import BlobError
from tests.codec.documents import AnySaga, document, keeper

PARTS: Final = limits.PARTS - 100
ROWS: Final = limits.ROWS - 100
MOST: Final = 16 * 1024 * 1024 - 2_000
MODULUS: Final = 2**61 - 1
"""Numbers that differ by this have the same hash."""


@frozen
class Item:
    name: str
    count: int = 0


@frozen
class Node:
    items: tuple[Item, ...] = ()
    next: "Node | None" = None


@frozen
class Twins:
    left: "Twins | None" = None
    right: "Twins | None" = None


Bomb: TypeAlias = tuple[str, AnySaga, Callable[[], bytes]]


def _with_values(saga: AnySaga, values: str) -> bytes:
    """A document whose list of values is this text, which must be as it would be written."""
    head = document(saga, [])
    body = head[: head.rindex(b'],"sum"')] + values.encode() + b"]}"
    return b'%b,"sum":"%08x"}' % (body[:-1], crc32(body))


def _running(saga: AnySaga, values: list[Any], codes: list[int]) -> bytes:
    return document(saga, values, codes, status="running")


def _lists(count: int) -> str:
    return ",".join(["[]"] * count)


def _listing() -> list[str]:
    """As long as one may be."""
    return [f"read p{number}{'x' * 90} 12345678" for number in range(99_999)]


def _nodes(depth: int, items: list[Any]) -> Any:  # noqa: ANN401 - plain JSON
    """Nodes one in the other, with something wrong at the very end."""
    node: Any = {"items": [*items, {"name": 5}], "next": None}
    for _ in range(depth):
        node = {"items": [], "next": node}
    return node


def _later() -> AnySaga:
    @read
    def same(number: int) -> int:
        return number

    @gate
    def asked(number: int, answer: tuple[int, ...]) -> int:
        return number

    return Saga("later", wait(timedelta(0)) >> same >> asked, emits=(int, str))


def _plain_bombs() -> Iterator[Bomb]:
    """Too much of one thing."""
    numbers, lists, text, mapping = keeper(int), keeper(tuple[int, ...]), keeper(str), keeper(dict[str, int])
    lots = keeper(tuple[tuple[int, ...], ...], steps=15)
    yield "empty lists", numbers, lambda: _with_values(numbers, _lists(MOST // 3))
    yield "empty lists, as many as may be", numbers, lambda: _with_values(numbers, _lists(PARTS))
    yield "empty lists inside", lists, lambda: _with_values(lists, f"[{_lists(PARTS)}]")
    yield "brackets in text", text, lambda: document(text, ["[{" * (MOST // 2)])
    yield "quotes in text", text, lambda: document(text, ['["' * (MOST // 3)])
    yield "zeros", lists, lambda: _with_values(lists, "[" + ",".join("0" * (MOST // 2)) + "]")
    yield (
        "deep lists",
        numbers,
        lambda: _with_values(numbers, ",".join(["[" * 98 + "]" * 98] * (PARTS // 98))),
    )
    yield "too deep", numbers, lambda: _with_values(numbers, "[" * PARTS + "]" * PARTS)
    yield "a bit too deep", numbers, lambda: _with_values(numbers, "[" * 1000 + "]" * 1000)
    yield "empty objects", numbers, lambda: _with_values(numbers, ",".join(["{}"] * PARTS))
    yield "small objects", numbers, lambda: _with_values(numbers, ",".join(['{"a":0}'] * PARTS))
    yield "many keys", mapping, lambda: document(mapping, [{f"k{n}": n for n in range(MOST // 20)}])
    yield "long text", text, lambda: document(text, ["x" * MOST])
    yield "escapes", text, lambda: document(text, ["\0" * (MOST // 6)])
    yield "floats", lists, lambda: document(lists, [[n + 0.5 for n in range(MOST // 10)]])
    yield "big number", numbers, lambda: _with_values(numbers, "9" * MOST)
    yield "big numbers", lists, lambda: document(lists, [[{"$int": str(10**900)} for _ in range(1_100)]] * 15)
    yield "listing", numbers, lambda: document(numbers, [1], listing=["a b c"] * (MOST // 8), fingerprint="x")
    yield "a whole listing", numbers, lambda: document(numbers, [1], listing=_listing(), fingerprint="x")
    yield "values", lots, lambda: _running(lots, [[[]] * 60_000] * 16, [5, 6, *(n << 5 for n in range(15))])


def _bombs_of_rows() -> Iterator[Bomb]:
    """Too many rows, each alone in order."""
    numbers, later, lists = keeper(int), _later(), keeper(tuple[int, ...])
    half = ROWS // 2
    yield "rows", numbers, lambda: document(numbers, [5], [5, *[6] * (MOST // 6)])
    yield "rows, as many as may be", numbers, lambda: document(numbers, [5], [5, *[6] * ROWS])
    yield (
        "rows that wake",
        later,
        lambda: _running(later, [5] + [["", None]] * half, [5, 6, 3] + [41, 35] * half),
    )
    yield "rows that emit", later, lambda: _running(later, [5] + [{"int": 1}] * ROWS, [5, 6, 3] + [52] * ROWS)
    yield (
        "rows that fail",
        later,
        lambda: _running(later, [5] + [[["", "failed", "", None], 0]] * half, [5, 6, 3] + [39, 35] * half),
    )
    yield (
        "rows with a large context",
        lists,
        lambda: document(lists, [[0] * 500_000] + [{"$": 5}] + [5] * ROWS, [5, 6] + [20] * (ROWS + 1)),
    )
    yield (
        "rows that change the program",
        numbers,
        lambda: document(
            numbers,
            [5] * 90_001,
            [5, 6] + [n << 5 for n in range(90_000)],
            listing=_listing(),
            fingerprint="x",
        ),
    )


def _bombs_of_references() -> Iterator[Bomb]:
    """More behind references than can be seen."""
    lists, twins = keeper(tuple[int, ...]), keeper(Twins, steps=60)
    third = min(PARTS // 3, ROWS)
    both: Any = {"left": {"$": []}, "right": {"$": []}}
    yield "references", lists, lambda: document(lists, [[{"$": []}] * (PARTS // 2)])
    yield (
        "small references to a large context",
        lists,
        lambda: document(lists, [[0] * 500_000] + [[{"$": [7]}]] * third, [5, 6] + [20] * third),
    )
    yield (
        "large references",
        lists,
        lambda: document(lists, [[0] * 400_000] + [{"$": []}] * third, [5, 6] + [20] * third),
    )
    yield (
        "references that double",
        twins,
        lambda: document(twins, [{"left": None}] + [both] * 60, [5, 6] + [n << 5 for n in range(60)]),
    )
    deep = keeper(tuple[tuple[int, ...], ...], steps=15)
    yield (
        "as much as may be behind references",
        deep,
        lambda: _running(deep, [[[]] * 340_000] + [{"$": []}] * 15, [5, 6, *(n << 5 for n in range(15))]),
    )


def _bombs_of_values() -> Iterator[Bomb]:
    """What takes long to be told that it does not fit."""
    items, nodes, hashes = keeper(tuple[Item, ...]), keeper(Node), keeper(frozenset[int])
    uuids, decimals = keeper(Mapping[UUID, None]), keeper(tuple[Decimal, ...])
    yield "wrong at the depth", nodes, lambda: document(nodes, [_nodes(47, [{"name": ""}] * 80_000)])
    yield "wrong at the end", items, lambda: document(items, [[{"name": ""}] * 80_000 + [5]])
    yield (
        "equal hashes",
        hashes,
        lambda: document(hashes, [[{"$int": str(n * MODULUS << 8)} for n in range(1, 25_000)]]),
    )
    yield (
        "equal keys",
        uuids,
        lambda: document(uuids, [[[str(UUID(int=n * MODULUS)), None] for n in range(20_000)]]),
    )
    yield "long decimals", decimals, lambda: document(decimals, [["9" * 1_000_000]])
    yield "far decimals", decimals, lambda: document(decimals, [["1E+999999999"] * 60_000])


def bombs() -> Iterator[Bomb]:
    """Every bomb by its name, the saga that loads it, and what makes it."""
    yield from _plain_bombs()
    yield from _bombs_of_rows()
    yield from _bombs_of_references()
    yield from _bombs_of_values()


def main(name: str) -> None:
    """Load one bomb, and print what came of it, the seconds, and the memory as a multiple of its size."""
    saga, make = next((saga, make) for one, saga, make in bombs() if one == name)
    blob = make()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = process_time()
    try:
        came = saga.load(blob).status.value
    except BlobError as error:
        came = f"{type(error).__name__}: {str(error)[:90]}"
    seconds = process_time() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    print(json.dumps({"came": came, "bytes": len(blob), "seconds": seconds, "grown": grown}))  # noqa: T201 - its answer


if __name__ == "__main__":
    main(sys.argv[1])
