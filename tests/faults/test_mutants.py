"""T30: the seeded bugs fit the engine as it is, and a few of them, others with every change of it, are tried."""

import ast
import os
import zlib
from random import Random
from typing import Final

import pytest

from tests.faults.mutants import ROOT, SOURCES, Bug, Edit, Rotten, edited, known, rotten, verdict
from tests.seeds import scaled

ALL: Final = known()
LEAST: Final = 3


def chosen() -> list[str]:
    """Their names; RESAGA_SEED chooses, or else the text of the engine, so that they are the same until it changes."""
    texts = b"".join(file.read_bytes() for file in sorted(SOURCES.rglob("*.py")))
    seed = int(os.environ.get("RESAGA_SEED", zlib.crc32(texts)))
    return Random(seed).sample(sorted(ALL), scaled(len(ALL), least=LEAST))  # noqa: S311 - it has to be the same each time


def test_there_are_as_many_bugs_as_were_promised() -> None:
    assert len(ALL) >= 40


def test_every_bug_can_be_seeded() -> None:
    """Its old text stands in the sources, once, and what it becomes is Python."""
    assert not list(rotten(ALL.values()))
    for bug in ALL.values():
        for file, text in edited(bug):
            ast.parse(text, file)


@pytest.mark.parametrize("bug", ALL.values(), ids=ALL)
def test_the_tests_of_a_bug_are_there(bug: Bug) -> None:
    assert bug.breaks.endswith(".")
    assert bug.caught_by
    assert all((ROOT / file).exists() for file in bug.caught_by)


@pytest.mark.parametrize("old", ["no such text", "import"])
def test_a_bug_that_fits_nowhere_or_twice_is_an_error(old: str) -> None:
    bug = Bug("odd", "Nothing.", (), [Edit("core/machine.py", old, "")])
    with pytest.raises(Rotten, match=r"odd: core/machine\.py has this"):
        list(edited(bug))


@pytest.mark.proof
@pytest.mark.parametrize("name", chosen())
def test_a_seeded_bug_is_noticed(name: str) -> None:
    """All of them at RESAGA_SEEDS=1, or by `nox -s mutants`."""
    told = verdict(ALL[name])
    assert told.noticed_by, str(told)
