"""Lines of a listing: what one says, and which of them a run may go on at."""

from datetime import timedelta
from typing import Any

import pytest

from resaga import Saga, wait
from resaga.core.limits import PATH_LENGTH
from resaga.core.line import END, Line
from tests.core.play import STEPS


def line(kind: str = "read", path: str = "look", digest: str = "00000000") -> Line:
    return Line(kind, path, digest)


def waiting(duration: timedelta, name: str | None = None) -> Line:
    """The line of a timer, in a named block."""
    block: Any = (STEPS.read("a") >> wait(duration, name=name)).named("later")
    return Line.read(Saga("line", block).program.rows[1])


def test_a_row_is_read_as_it_is_written() -> None:
    """Kind, path and digest, whatever is in the path."""
    assert Line.read("read look 1234abcd") == Line("read", "look", "1234abcd")
    assert Line.read("test only-A B 1234abcd") == Line("test", "only-A B", "1234abcd")


@pytest.mark.parametrize("row", ["", "read", "read ", "reads look 1234abcd", "read a\tb 0", "read  0"])
def test_what_is_no_row_gives_no_sound_line(row: str) -> None:
    """Whatever a document has for a listing can be asked about."""
    assert not Line.read(row).sound


def test_the_lines_of_a_program() -> None:
    """They are its rows, read once, when somebody asks for them."""
    program = Saga("line", STEPS.read("a") >> wait(timedelta(days=1))).program
    assert [" ".join(line) for line in program.lines] == list(program.rows)
    assert program.lines is program.lines


def test_the_lines_of_a_program_are_sound() -> None:
    """A path as long as it may be is one; a longer one is none."""
    assert line(path="x" * PATH_LENGTH).sound
    assert not line(path="x" * (PATH_LENGTH + 1)).sound
    assert not END.sound


@pytest.mark.parametrize(
    "duration", [timedelta(0), timedelta(days=7), timedelta(hours=25, seconds=3), timedelta(microseconds=5)]
)
def test_a_timer_without_a_name_is_known_as_one(duration: timedelta) -> None:
    """Its path says how long it takes; another such timer of its block may stand for it, no other one."""
    timer = waiting(duration)
    assert timer.untitled
    assert not timer.alone
    assert timer.block == "later"
    assert timer.same(waiting(timedelta(days=3)))
    assert not timer.same(timer._replace(path="sooner/wait-3d"))


def test_a_timer_with_a_name_is_known_by_it() -> None:
    """However long it takes; even one that is called wait-for-it."""
    named = waiting(timedelta(days=1), "wait-for-it")
    assert not named.untitled
    assert named.alone
    assert named.same(waiting(timedelta(days=2), "wait-for-it"))
    assert not named.same(waiting(timedelta(days=1)))


@pytest.mark.parametrize(
    ("kind", "alone"),
    [("read", True), ("undone", True), ("gate", True), ("test", False), ("get", False), ("put", False)],
)
def test_a_path_means_one_step(kind: str, alone: bool) -> None:  # noqa: FBT001 - the expectation
    """Conditions and contexts may share a path."""
    assert line(kind).alone is alone


@pytest.mark.parametrize("other", [line("kept"), line(path="see"), line(digest="00000001")])
def test_a_run_goes_on_at_the_same_line_only(other: Line) -> None:
    """Kind, path and digest have to be the same."""
    assert line().same(line())
    assert not line().same(other)
