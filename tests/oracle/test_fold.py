"""The registers are a fold of the trail, whatever is said to an execution and in whatever order."""

from datetime import timedelta
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from resaga.core.combine import wait, when, within
from resaga.core.errors import ResagaError
from resaga.core.failure import Failure
from resaga.core.node import Default, Reject
from resaga.core.outcome import (
    Answer,
    Cancelled,
    Chose,
    Expired,
    Failed,
    Interrupted,
    Later,
    MarkedDone,
    NothingHappened,
    Outcome,
    Refused,
    Retried,
    Returned,
    Skipped,
    Started,
    Unstorable,
    Woke,
)
from resaga.core.retry import Retry
from tests.core.play import DAY, HOUR, SECOND, STEPS, Play, registers
from tests.steps import AnyBlock

SLOWLY: Final = Retry(3, delay=timedelta(minutes=1))


def _odd(context: int) -> bool:
    return context % 2 == 1


def _get(outer: int) -> int:
    return outer


def _put(outer: int, inner: int) -> int:
    return outer + inner


def _programs() -> list[AnyBlock]:
    return [
        STEPS.undone("a", retry=SLOWLY, settled=True) >> STEPS.undone("b", plain=True) >> STEPS.kept("c"),
        STEPS.undone("a") >> STEPS.gate("g", deadline=timedelta(hours=1), expiry=Reject()) >> STEPS.irreversible("b"),
        STEPS.irreversible("a", retry=SLOWLY) >> STEPS.irreversible("b", settled=True) >> STEPS.read("c"),
        STEPS.undone("a") >> when(_odd, STEPS.undone("b")) >> wait(timedelta(hours=1)) >> STEPS.read("c", retry=SLOWLY),
        STEPS.undone("a") >> within(STEPS.undone("b", settled=True), _get, _put) >> STEPS.read("c"),
        STEPS.irreversible("a")
        >> STEPS.gate("g", deadline=timedelta(hours=1), expiry=Default(True))
        >> STEPS.read("b"),
    ]


PLAYS: Final = [Play(program) for program in _programs()]

FAILURES: Final = st.builds(
    Failure,
    st.just("a"),
    st.sampled_from(("failed", "timed_out", "rejected", "unstorable")),
    st.just("no"),
    st.sampled_from((None, "no")),
)

OUTCOMES: Final[st.SearchStrategy[Outcome]] = st.one_of(
    st.builds(Returned, st.integers(0, 5), st.sampled_from(((), ("event",)))),
    st.builds(Returned, st.integers(0, 5)),
    st.builds(Failed, FAILURES, st.booleans()),
    st.builds(Refused, FAILURES),
    st.builds(Unstorable, st.integers(0, 5), FAILURES),
    st.builds(Later, st.just("later"), st.sampled_from((None, HOUR, 10**20))),
    st.builds(Cancelled, FAILURES),
    st.builds(Answer, st.booleans(), st.sampled_from((None, "ann"))),
    st.builds(Chose, st.booleans()),
    st.builds(Skipped, st.just("it may stay"), st.just("ann")),
    st.builds(MarkedDone, st.integers(0, 5), st.just("ann")),
    st.sampled_from((Interrupted(), NothingHappened(), Woke(), Woke(), Expired(), Retried("ann"))),
)

TIMES: Final = st.sampled_from((0, SECOND, HOUR, 2 * DAY, -HOUR, -3650 * DAY))


@given(
    st.integers(0, len(PLAYS) - 1),
    st.lists(st.tuples(OUTCOMES, TIMES, st.sampled_from((0, SECOND, 2 * DAY))), max_size=40),
)
def test_whatever_is_said_the_registers_are_what_the_trail_says(
    program: int, said: list[tuple[Outcome, int, int]]
) -> None:
    """And what is refused changes nothing."""
    play = PLAYS[program].again()
    play.say(Started())
    for outcome, later, took in said:
        play.now = max(play.now + later, -1000 * DAY)
        before, rows = registers(play.state), len(play.state.trail)
        try:
            play.say(outcome, took=took)
        except ResagaError:
            assert (registers(play.state), len(play.state.trail)) == (before, rows)
        play.hold()
