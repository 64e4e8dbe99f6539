"""The largest hostile documents cost a few seconds and a bounded amount of memory, or are refused at once."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from time import thread_time
from typing import Final

import pytest

import resaga
from resaga.codec import limits
from resaga.codec.document import crowded
from resaga.errors import BlobError, BlobTooLarge, NotStorable
from tests.codec.bombs import bombs
from tests.codec.documents import closed, document, keeper, opened
from tests.codec.goldens import GOLDEN
from tests.codec.mutations import hostile
from tests.seeds import reseed, scaled, seeds

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


@pytest.mark.proof
def test_a_hostile_document_of_64_kilobytes_takes_5_milliseconds_at_most() -> None:
    """Of a thousand one may take longer: processor time, of documents made large and then tampered with."""
    sagas = list(GOLDEN.values())
    large = [(saga, _enlarged(blob)) for saga, blob in sagas]
    others = [blob for _, blob in sagas]
    taken: list[float] = []
    for seed in seeds(20_000, least=200):
        with reseed(seed) as chance:
            saga, blob = chance.choice(large)
            odd, _ = hostile(chance, saga, blob, others)
            began = thread_time()
            with suppress(BlobError):
                saga.load(odd)
            taken.append(thread_time() - began)
    taken.sort()
    assert taken[-1 - len(taken) // 1000] <= 0.005, taken[-5:]
    assert scaled(20_000, least=200) <= len(taken) or "RESAGA_SEED" in os.environ


def _enlarged(blob: bytes) -> bytes:
    """The same document with longer texts and lists, up to 64 KB."""
    plain = opened(blob)
    size = len(blob)

    def grown(part: object) -> object:
        nonlocal size
        if isinstance(part, dict):
            return {key: part[key] if key.startswith("$") else grown(part[key]) for key in part}
        if isinstance(part, list):
            return [grown(one) for one in part]
        if isinstance(part, str) and size < 60_000:
            size += 8_000
            return part + "x" * 8_000
        return part

    plain["values"] = grown(plain["values"])
    return closed(plain)
