"""What outgrows a document is stopped while everybody can still read it."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import frozen

from resaga import Attempt, Completed, NotYet, RolledBack, Saga, Stuck, read, step
from resaga.codec import limits
from resaga.core.errors import PastNoReturn
from resaga.stores.memory import MemoryStore
from resaga.testing import FakeClock
from tests.runtime.runtimes import made

LARGE = "a" * 1_000_000
CALLS: list[str] = []


@step
def grow(text: str) -> str:
    CALLS.append("grow")
    return text[1:]


@read
def look(text: str) -> str:
    CALLS.append("look")
    return text[1:]


@step
def poll(text: str) -> str:
    CALLS.append("poll")
    if len(CALLS) < 500:
        raise NotYet("later", again=timedelta(seconds=1))
    return text


@read
def ask(text: str) -> str:
    raise NotYet("later", again=timedelta(seconds=1))


@step
def charge(text: str) -> str:
    return text


def shrink(text: str) -> None:
    CALLS.append("shrink")


def shrink_later(text: str) -> None:
    CALLS.append("shrink")
    raise NotYet("later", again=timedelta(seconds=1))


GROW: Any = grow.undone_by(shrink)


def chained(step_: Any, times: int) -> Any:  # noqa: ANN401 - a block
    """The same step again and again."""
    chain = step_.named("s0")
    for number in range(1, times):
        chain = chain >> step_.named(f"s{number}")
    return chain


def polled(monkeypatch: pytest.MonkeyPatch, block: Any) -> tuple[Any, Any, Any]:  # noqa: ANN401 - a block
    """Run it where a trail has few rows, until nothing comes of that any more."""
    monkeypatch.setattr(limits, "ROWS", 64)
    CALLS.clear()
    clock, saga = FakeClock(), Saga("polled", block)
    runtime = made(MemoryStore(), [saga], clock=clock)
    outcome = runtime.run(saga, "a", id="x")
    for _ in range(100):
        clock.advance(timedelta(seconds=1))
        outcome = runtime.resume(saga, "x")
    assert len(outcome.state.trail) < limits.ROWS
    return outcome, runtime, saga


@pytest.mark.parametrize("times", [17, 30])
@pytest.mark.usefixtures("both_runtimes")
def test_a_run_that_outgrows_its_document(times: int) -> None:
    """It is rolled back before nobody could read it any more; all that it has done is undone."""
    CALLS.clear()
    store, saga = MemoryStore(), Saga("growing", chained(GROW, times))
    outcome = made(store, [saga]).run(saga, LARGE, id="x")
    assert isinstance(outcome, RolledBack)
    assert outcome.failure.path != "s0"
    assert "no room left" in str(outcome.failure)
    assert CALLS.count("grow") == CALLS.count("shrink") < times
    assert isinstance(made(store, [saga]).load(saga, "x"), RolledBack)


@pytest.mark.usefixtures("both_runtimes")
def test_a_run_of_reads_that_outgrows_its_document() -> None:
    """Nothing is recorded of those before the end, and so they would be called again and again."""
    saga = Saga("looking", chained(look, 30))
    runtime = made(MemoryStore(), [saga])
    assert isinstance(runtime.run(saga, LARGE, id="x"), RolledBack)
    assert runtime.get("x").status == "rolled back"


@frozen
class Line:
    text: str


@step
def chatter(text: str, attempt: Attempt) -> str:
    for _ in range(3):
        attempt.emit(Line(text[:400_000]))
    return text


@pytest.mark.usefixtures("both_runtimes")
def test_an_attempt_that_emits_more_than_a_value_may_take() -> None:
    """Each of its events could be kept; all of them together could not, wherever the run stands."""
    saga = Saga("chatting", chatter.kept("it is a test"), emits=(Line,))
    outcome = made(MemoryStore(), [saga]).run(saga, LARGE, id="x")
    assert isinstance(outcome, Stuck)
    assert outcome.failure.kind == "unwritable"
    assert "more than 1,048,576 bytes" in outcome.failure.message


def test_a_run_that_nearly_does() -> None:
    """There is room for what fits."""
    saga = Saga("growing", chained(GROW, 10))
    assert isinstance(made(MemoryStore(), [saga]).run(saga, LARGE), Completed)


@pytest.mark.usefixtures("both_runtimes")
def test_a_poll_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time that it is put off is a row."""
    outcome, runtime, saga = polled(monkeypatch, GROW >> poll.kept("nothing"))
    assert isinstance(outcome, RolledBack)
    assert isinstance(runtime.load(saga, "x"), RolledBack)


def test_a_poll_without_an_end_past_the_point_of_no_return(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person says what came of it."""
    outcome, runtime, saga = polled(monkeypatch, grow.irreversible() >> poll.irreversible())
    assert isinstance(outcome, Stuck)
    with pytest.raises(PastNoReturn):
        runtime.skip("x", "enough", by="ann")
    runtime.mark_done("x", "b", by="ann")
    assert runtime.resume(saga, "x").result == "b"


@pytest.mark.usefixtures("both_runtimes")
@pytest.mark.parametrize("happened", [True, False])
def test_a_read_without_an_end_past_the_point_of_no_return(monkeypatch: pytest.MonkeyPatch, *, happened: bool) -> None:
    """Nobody has cancelled it: a person gives its result, or says again, and nothing is undone."""
    outcome, runtime, saga = polled(monkeypatch, GROW >> charge.irreversible() >> ask)
    assert isinstance(outcome, Stuck)
    assert outcome.failure.kind == "no_room"
    if happened:
        runtime.mark_done("x", "b", by="ann")
        assert runtime.resume(saga, "x").result == "b"
    else:
        runtime.retry("x")
        assert isinstance(runtime.resume(saga, "x"), Stuck), "there is as little room as before"
    assert "shrink" not in CALLS


def test_an_undo_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may use what the way forward left; then a person decides."""

    @step
    def fail(text: str) -> str:
        raise ValueError(text)

    outcome, runtime, saga = polled(monkeypatch, grow.undone_by(shrink_later) >> fail.kept("nothing"))
    assert isinstance(outcome, Stuck)
    runtime.skip("x", "enough", by="ann")
    assert isinstance(runtime.resume(saga, "x"), RolledBack)
