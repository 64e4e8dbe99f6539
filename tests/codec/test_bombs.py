"""The largest hostile documents cost a few seconds and a bounded amount of memory, or are refused at once."""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import thread_time
from typing import Any, Final
from uuid import UUID

import pytest

import resaga
from resaga import Saga, read
from resaga.codec import limits
from resaga.codec.document import crowded
from resaga.errors import BlobError, BlobTooLarge, NotStorable
from resaga.testing.clock import NEW_YEAR
from tests.codec.bombs import bombs
from tests.codec.documents import AnySaga, document, keeper
from tests.codec.goldens import GOLDEN
from tests.codec.mutations import hostile
from tests.golden.sagas import Order
from tests.golden.values import Tree
from tests.seeds import reseed, seeds

ROOT: Final = Path(__file__).parents[2]
SOURCE: Final = Path(resaga.__file__).parents[1]
MEBIBYTE: Final = 1024 * 1024

SECONDS: Final = 6
"""Of processor time, where all that is within the limits is read: 16 MiB with references at full size."""

QUICK: Final = {
    "references that double",
    "a bit too deep",
    "equal keys",
    "wrong at the depth",
    "quotes in text",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.proof) for name, _, _ in bombs()]
)
def test_a_bomb_takes_neither_long_nor_much(name: str) -> None:
    """In a process of its own: at most 40 times its size, or 128 MiB, whichever is more."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.codec.bombs", name],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{SOURCE}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    told = json.loads(run.stdout)
    assert told["bytes"] <= limits.BLOB_BYTES
    assert told["seconds"] <= SECONDS, told
    assert told["grown"] <= max(40 * told["bytes"], 128 * MEBIBYTE), told


def test_too_many_objects_and_lists_are_found_before_they_are_made() -> None:
    """Brackets in text are none."""
    numbers = keeper(int)
    blob = document(numbers, [5])
    most = limits.PARTS - blob.count(b"[") - blob.count(b"{")
    for count, error in ((most, "not as many values"), (most + 1, "1,000,000 objects and lists")):
        with pytest.raises(BlobError, match=error):
            numbers.load(document(numbers, [5, *[[]] * count]))
    for text in ('["[' * 400_000, '[\\"{' * 300_000, '\\"' * 1_000_000, '"' * 1_000_001):
        assert not crowded(b'{"a":' + json.dumps(text).encode() + b"}")
    assert crowded(b'{"a":"' + b"[" * 999_999 + b'",' + b"[" * 1_000_001)


def test_too_many_rows_are_refused_both_ways() -> None:
    """A trail that is longer could not be read in time."""
    numbers = keeper(int)
    rows = limits.ROWS
    with pytest.raises(BlobTooLarge, match="250,000 rows"):
        numbers.load(document(numbers, [5], [5, *[6] * rows]))
    state = numbers.new(5).state.copy()
    for _ in range(rows):
        state.trail.add(6, state.trail.at[0], 0, None)
    with pytest.raises(NotStorable, match="250,000 rows"):
        numbers.codec.dump(state)


@pytest.mark.bench
def test_a_hostile_document_of_64_kilobytes_takes_5_milliseconds_at_most() -> None:
    """Of a thousand one may take longer: processor time, of documents as they are dumped, tampered with."""
    took = [seconds for _, seconds in _tampered(list(_usual()))]
    assert took[-1 - len(took) // 1000] <= 0.005, took[-5:]


@pytest.mark.bench
def test_a_hostile_document_takes_no_longer_than_an_honest_one() -> None:
    """Or three times as long, but for one in a thousand: what is wrong is found by the way."""
    took = sorted(seconds / honest for honest, seconds in _tampered(list(_dense())))
    assert took[-1 - len(took) // 1000] <= 3, took[-5:]


def _tampered(large: list[tuple[AnySaga, bytes]]) -> list[tuple[float, float]]:
    """Seconds that each honest document took, and one that was made of it; the longest last."""
    sizes = [len(blob) for _, blob in large]
    assert all(40_000 <= size <= 65_536 for size in sizes), str(sizes)
    others = [blob for _, blob in GOLDEN.values()]
    honest = [min(_seconds(saga, blob) for _ in range(9)) for saga, blob in large]
    gc.collect()
    gc.freeze()  # what the other tests have left is not to be counted
    taken: list[tuple[float, float]] = []
    for seed in seeds(20_000, least=2_000):
        with reseed(seed) as chance:
            which = chance.randrange(len(large))
            saga, blob = large[which]
            odd, _ = hostile(chance, saga, blob, others)
            taken.append((honest[which], _seconds(saga, odd)))
    gc.unfreeze()
    return sorted(taken, key=lambda pair: pair[1])


def _seconds(saga: AnySaga, blob: bytes) -> float:
    gc.collect(0)
    began = thread_time()
    with suppress(BlobError):
        saga.load(blob)
    return thread_time() - began


def _orders(count: int, note: str) -> tuple[Order, ...]:
    return tuple(Order(f"A-{number}", number, ("a", note)) for number in range(count))


def _usual() -> Iterator[tuple[AnySaga, bytes]]:
    """Records with some text, a tree, what is carried along, a long run."""
    yield _dumped(tuple[Order, ...], _orders(300, "n" * 150))
    yield _dumped(dict[str, Order], {order.id: order for order in _orders(300, "n" * 140)})
    yield _dumped(list[list[float]], [[number / 7 for number in range(30)]] * 100)
    yield _dumped(str, "text " * 12_000)
    tree = Tree(value=0)
    for number in range(90):
        tree = Tree(value=number, left=tree, right=Tree(value=10**600))
    yield _dumped(Tree, tree)
    carried = keeper(str, steps=15)
    yield carried, carried.new("x" * 55_000).start().dump()

    @read
    def longer(text: str) -> str:
        return text + "."

    chain: Any = longer.named("s0")
    for number in range(1, 100):
        chain = chain >> longer.named(f"s{number}")
    run = Saga("longer", chain)
    yield run, run.new("x" * 500).start().dump()


def _dense() -> Iterator[tuple[AnySaga, bytes]]:
    """As many small parts as 64 KB can hold."""
    yield _dumped(tuple[Order, ...], _orders(1_300, "b"))
    yield _dumped(dict[str, Order], {order.id: order for order in _orders(1_100, "b")})
    pairs = {number: (UUID(int=number), Decimal(number)) for number in range(1_100)}
    yield _dumped(Mapping[int, tuple[UUID, Decimal]], pairs)
    yield _dumped(frozenset[datetime], frozenset(NEW_YEAR + timedelta(seconds=n) for n in range(2_100)))
    yield _dumped(tuple[str | int | None, ...], tuple(n if n % 3 else str(n) for n in range(4_500)))


def _dumped(kind: object, value: object) -> tuple[AnySaga, bytes]:
    saga = keeper(kind)
    return saga, saga.new(value).dump()
