"""The golden documents load, are written again to the same bytes, and are what today's code writes."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from resaga.core.decision import Status
from resaga.core.fact import MASK, Fact
from resaga.core.failure import KINDS
from resaga.core.node import Kind
from tests.codec.goldens import GOLDEN
from tests.golden.make import CURRENT
from tests.golden.make import GOLDEN as FOLDER


def test_todays_code_writes_the_golden_documents() -> None:
    """What is stored under the current format is what is written now, byte by byte, and nothing else."""
    files = {path.stem: path.read_bytes() for path in CURRENT.glob("*.json")}
    assert files == {name: blob for name, (_, blob) in GOLDEN.items()}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_golden_document_loads_and_is_written_again(name: str) -> None:
    """Loading and dumping gives the bytes back; nothing gets lost, nothing is added."""
    saga, _ = GOLDEN[name]
    blob = (CURRENT / f"{name}.json").read_bytes()
    assert saga.load(blob).dump() == blob


@pytest.mark.parametrize("folder", sorted(FOLDER.glob("format-*")), ids=lambda folder: folder.name)
def test_documents_of_every_format_load(folder: Path) -> None:
    """Whatever was written once is read for ever."""
    documents = sorted(folder.glob("*.json"))
    assert len(documents) >= 200
    for path in documents:
        saga, _ = GOLDEN[path.stem]
        assert saga.load(path.read_bytes()).status is not None


def _facts(plain: Any) -> set[str]:  # noqa: ANN401 - a document
    return {Fact(code & MASK).name for code in plain["codes"]}


def _kinds(plain: Any) -> set[str]:  # noqa: ANN401 - a document
    return {line.partition(" ")[0] for line in plain["listing"]}


def _failures(plain: Any) -> set[str]:  # noqa: ANN401 - a document
    text = json.dumps(plain["values"])
    return {kind for kind in KINDS if f', "{kind}", ' in text}


def _member(name: str, plain: Any) -> set[str]:  # noqa: ANN401 - a document
    return {plain[name]}


@pytest.mark.parametrize(
    ("part", "all_of_them"),
    [
        (partial(_member, "status"), {status.value for status in Status}),
        (_facts, {fact.name for fact in Fact}),
        (_kinds, {kind.value for kind in Kind}),
        (_failures, set(KINDS)),
    ],
    ids=["status", "fact", "kind of instruction", "kind of failure"],
)
def test_the_golden_documents_leave_nothing_out(part: Callable[[Any], set[str]], all_of_them: set[str]) -> None:
    """Every status, fact, kind of instruction and kind of failure is in some golden document."""
    assert set().union(*(part(json.loads(blob)) for _, blob in GOLDEN.values())) == all_of_them
    assert len(GOLDEN) >= 200
