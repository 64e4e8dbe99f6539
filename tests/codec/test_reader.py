"""The format page is enough to read a document: a reader written from it agrees with resaga."""

import json
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from resaga.codec import limits
from resaga.codec.facts import CONTEXTS, SILENT
from resaga.core.fact import BITS, Fact
from resaga.core.limits import STEPS as MOST_STEPS
from resaga.core.outcome import Interrupted, Refused, Retried, Returned, Unstorable, Woke
from resaga.core.replay import replay
from resaga.core.state import ExecutionState
from resaga.core.timing import EPOCH
from tests.codec import reader
from tests.codec.goldens import GOLDEN
from tests.core.places import told
from tests.core.play import NO, STEPS, Play, started
from tests.golden.make import example
from tests.golden.values import VALUES

PAGE: Final = Path(__file__).parents[2] / "docs" / "format.md"
TEXT: Final = PAGE.read_text(encoding="utf-8")
PLAIN: Final = {str(kind) for kind in (int, str, dict[str, int])}
MICROSECOND: Final = timedelta(microseconds=1)

read: Callable[[bytes], Any] = reader.read


def rows_of(part: str) -> list[list[str]]:
    """The rows of the tables under a headline of the page, cell by cell, without the heads."""
    section = TEXT.partition(f"\n## {part}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_reader_is_short_and_knows_nothing_of_resaga() -> None:
    """Less than a hundred lines, and the standard library."""
    source = Path(reader.__file__).read_text(encoding="utf-8")
    assert len(source.splitlines()) < 100
    names = set(re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE))
    assert names == {"json", "zlib", "collections", "typing"}
    assert names <= sys.stdlib_module_names


@pytest.mark.parametrize("name", GOLDEN)
def test_the_reader_rebuilds_what_resaga_loads(name: str) -> None:
    """Every row with its path, kind, fact, time and value; and every timing."""
    saga, blob = GOLDEN[name]
    state = saga.load(blob).state
    found = read(blob)
    assert [(path, kind, fact, at, took) for path, kind, fact, at, took, _ in found["rows"]] == [
        (
            saga.program.instructions[index].path,
            saga.program.instructions[index].kind.value,
            fact,
            at,
            took,
        )
        for fact, index, at, took, _ in state.trail.rows()
    ]
    assert [value for *_, value in found["rows"]] == [
        None if fact in SILENT else reader._plain(_full(saga.codec.facts.encode(index << BITS | fact, value)))
        for fact, index, _, _, value in state.trail.rows()
    ]
    agrees(found, state)


def agrees(found: Any, state: ExecutionState) -> None:  # noqa: ANN401 - plain JSON
    """The timings that the reader finds are those of the state."""
    assert [
        (
            path,
            attempt,
            undo,
            EPOCH + began // 1000 * MICROSECOND,
            None if took is None else took // 1000 * MICROSECOND,
            outcome,
        )
        for path, attempt, undo, began, took, outcome in found["timings"]
    ] == [
        (one.path, one.attempt, one.is_compensation, one.started_at, one.duration, one.outcome)
        for one in state.step_timings
    ]


def test_the_reader_tells_a_settle_that_a_person_begins_from_a_call() -> None:
    """One of a program that has learnt since how to find out; what cannot be stored comes from a call."""
    old = told(started(STEPS.undone("a")), Interrupted(), Woke(), Refused(NO))
    learnt = Play(STEPS.undone("a", settled=True))
    learnt.state = replay(learnt.program, "p", old.state.trail.rows())
    learnt.say(Retried("ann"), Returned(1))
    agrees(read(learnt.saga.codec.dump(learnt.state)), learnt.state)
    old.say(Retried("ann"), Unstorable(1, NO.replaced(kind="unstorable")))
    agrees(read(old.saga.codec.dump(old.state)), old.state)


def _full(plain: object) -> object:
    """A value as JSON has it."""
    return json.loads(json.dumps(plain))


@pytest.mark.parametrize("name", [name for name, (kind, _) in VALUES.items() if str(kind) in PLAIN])
def test_the_reader_gives_numbers_texts_and_mappings_as_they_were(name: str) -> None:
    """Long integers and odd keys, too."""
    _, blob = GOLDEN[f"value-{name}"]
    assert [value for _, _, fact, _, _, value in read(blob)["rows"] if fact == 0] == [VALUES[name][1]] * 2


def test_the_reader_finds_damage() -> None:
    """By the checksum, and by the number of values."""
    _, blob = GOLDEN["checkout-small-1"]
    with pytest.raises(ValueError, match="damaged"):
        read(blob.replace(b"checkout", b"checkin!"))


def test_the_example_of_the_page_is_a_real_one() -> None:
    """Laid out there, but what is dumped."""
    shown = json.loads(TEXT.partition("```json\n")[2].partition("```")[0])
    assert json.dumps(shown, separators=(",", ":")).encode() == example()


def test_the_tables_of_the_page_are_those_of_the_code() -> None:
    """Members, facts, which of them have a value, and which of those are contexts."""
    facts = {int(number): (name, value) for number, name, _, value in rows_of("The trail") if number.isdigit()}
    assert {number: name for number, (name, _) in facts.items()} == {
        fact.value: fact.name.lower().replace("_", " ") for fact in Fact
    }
    assert {Fact(number) for number, (_, value) in facts.items() if len(value) == 1} == SILENT
    assert {Fact(number) for number, (_, value) in facts.items() if "**context**" in value} == CONTEXTS
    members = re.findall(r"`(\w+)`", " ".join(row[0] for row in rows_of("Members") if row[0] != "member"))
    _, blob = GOLDEN["checkout-small-1"]
    assert members[: len(json.loads(blob))] == list(json.loads(blob))


def test_the_limits_of_the_page_are_those_of_the_code() -> None:
    """Each is named where the page says it."""
    told = " ".join(" ".join(row) for row in rows_of("Limits"))
    for limit in (limits.BLOB_BYTES, limits.PARTS, limits.ROWS, MOST_STEPS, limits.DEPTH, limits.CROWD):
        assert f"{limit:,}" in told
    assert limits.VALUE_BYTES == 1024 * 1024
    assert f"at most {limits.INTEGER_DIGITS:,} characters" in TEXT
