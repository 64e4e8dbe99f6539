"""Large hostile documents, each below 16 MiB: `python -m tests.codec.bombs <name>` says what loading one costs."""

import json
import resource
import sys
from collections.abc import Callable, Iterator, Mapping
from time import process_time
from typing import Any, Final
from uuid import UUID
from zlib import crc32

from attrs import frozen

from resaga import Saga, gate, read, wait
from resaga.errors import BlobError
from tests.codec.documents import AnySaga, document, keeper

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


def _with_values(saga: AnySaga, values: str) -> bytes:
    """A document whose list of values is this text, which must be as it would be written."""
    head = document(saga, [])
    body = head[: head.rindex(b'],"sum"')] + values.encode() + b"]}"
    return b'%b,"sum":"%08x"}' % (body[:-1], crc32(body))


def _running(saga: AnySaga, values: list[Any], codes: list[int]) -> bytes:
    return document(saga, values, codes, status="running")


def _lists(count: int) -> str:
    return ",".join(["[]"] * count)


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

    from datetime import timedelta  # noqa: PLC0415 - only here

    return Saga("later", wait(timedelta(0)) >> same >> asked, emits=(int, str))


def bombs() -> Iterator[tuple[str, AnySaga, Callable[[], bytes]]]:
    """Every bomb by its name, the saga that loads it, and what makes it."""
    numbers, lists, text = keeper(int), keeper(tuple[int, ...]), keeper(str)
    items, mapping = keeper(tuple[Item, ...]), keeper(dict[str, int])
    nodes, twins = keeper(Node), keeper(Twins, steps=60)
    later = _later()
    yield "empty lists", numbers, lambda: _with_values(numbers, _lists(MOST // 3))
    yield "empty lists inside", lists, lambda: _with_values(lists, f"[{_lists(MOST // 3)}]")
    yield "zeros", lists, lambda: _with_values(lists, "[" + ",".join("0" * (MOST // 2)) + "]")
    yield (
        "deep lists",
        numbers,
        lambda: _with_values(numbers, ",".join(["[" * 98 + "]" * 98] * (MOST // 197))),
    )
    yield "too deep", numbers, lambda: _with_values(numbers, "[" * (MOST // 2) + "]" * (MOST // 2))
    yield "a bit too deep", numbers, lambda: _with_values(numbers, "[" * 1000 + "]" * 1000)
    yield "empty objects", numbers, lambda: _with_values(numbers, ",".join(["{}"] * (MOST // 3)))
    yield "small objects", numbers, lambda: _with_values(numbers, ",".join(['{"a":0}'] * (MOST // 8)))
    yield "many keys", mapping, lambda: document(mapping, [{f"k{n}": n for n in range(MOST // 20)}])
    yield "long text", text, lambda: document(text, ["x" * MOST])
    yield "escapes", text, lambda: document(text, ["\0" * (MOST // 6)])
    yield "floats", lists, lambda: document(lists, [[n + 0.5 for n in range(MOST // 9)]])
    yield "big number", numbers, lambda: _with_values(numbers, "9" * MOST)
    yield "big numbers", lists, lambda: document(lists, [[{"$int": str(10**900)} for _ in range(1_100)]] * 15)
    yield "references", lists, lambda: document(lists, [[{"$": []}] * (MOST // 9)])
    yield "listing", numbers, lambda: document(numbers, [1], listing=["a b c"] * (MOST // 8), fingerprint="x")
    yield (
        "longest listing",
        numbers,
        lambda: document(
            numbers, [1], listing=[f"read p{n}{'x' * 140} 12345678" for n in range(99_999)], fingerprint="x"
        ),
    )
    yield "rows", numbers, lambda: document(numbers, [5], [5, *[6] * (MOST // 6)])
    yield (
        "rows that wake",
        later,
        lambda: _running(later, [5] + [["", None]] * 700_000, [5, 6, *[9, 3] * 700_000]),
    )
    yield (
        "rows that emit",
        later,
        lambda: _running(later, [5] + [{"int": 1}] * 900_000, [5, 6, 3, *[52] * 900_000]),
    )
    yield (
        "rows with a large context",
        lists,
        lambda: document(lists, [[0] * 500_000] + [{"$": 5}] + [5] * 1_000_000, [5, 6] + [20] * 1_000_001),
    )
    yield (
        "small references to a large context",
        lists,
        lambda: document(lists, [[0] * 500_000] + [[{"$": [7]}]] * 800_000, [5, 6] + [20] * 800_000),
    )
    yield (
        "references that double",
        twins,
        lambda: document(
            twins,
            [{"left": None, "right": None}] + [{"left": {"$": []}, "right": {"$": []}}] * 60,
            [5, 6] + [n << 5 for n in range(60)],
        ),
    )
    yield (
        "large references",
        lists,
        lambda: document(lists, [[0] * 400_000] + [{"$": []}] * 500_000, [5, 6] + [20] * 500_000),
    )
    yield "wrong at the depth", nodes, lambda: document(nodes, [_nodes(47, [{"name": ""}] * 95_000)])
    yield "wrong at the end", items, lambda: document(items, [[{"name": ""}] * 100_000 + [5]])
    yield (
        "wrong at the end of much",
        items,
        lambda: _running(items, [[{"name": ""}] * 100_000] * 14 + [5], [5, 6] + [20] * 13),
    )
    hashes = keeper(frozenset[int])
    yield (
        "equal hashes",
        hashes,
        lambda: document(hashes, [[{"$int": str(n * MODULUS << 8)} for n in range(1, 30_000)]]),
    )
    uuids = keeper(Mapping[UUID, None])
    yield (
        "equal hashes of keys",
        uuids,
        lambda: document(uuids, [[[str(UUID(int=n * MODULUS)), None] for n in range(20_000)]]),
    )
    yield "small document", numbers, lambda: document(numbers, [5])


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
