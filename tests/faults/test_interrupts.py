"""T12: interrupts at every await and every line of the engine.

Whatever is cut off wherever: no undo starts because of it, the interrupt is re-raised, what is left can be
dumped, loaded and driven to its end by the same rules, and no task is left running.
"""

import asyncio
import gc
from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

import pytest

from resaga import Completed, RolledBack
from tests.faults.cut_run import CutRun
from tests.faults.sabotage import Sabotage
from tests.faults.scenarios import BACKWARD, FORWARD, SCENARIOS
from tests.seeds import scaled

pytestmark = [  # a coroutine may be cut off before it is awaited
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def swept() -> Iterator[None]:
    """What was never awaited is collected here, and not while another test runs, where that is an error."""
    yield
    gc.collect()


class Case(NamedTuple):
    """A scenario in one of the loops."""

    name: str
    awaits: bool

    def __str__(self) -> str:
        return f"{self.name}, {'awaiting' if self.awaits else 'blocking'}"


CASES: Final = [
    Case(name, awaits) for name, one in SCENARIOS.items() for awaits in (False, True) if awaits or not one.timed
]
A_FEW: Final = [Case("past return", False), Case("settled at the second try", True), Case("given up", True)]


class Cut(NamedTuple):
    """Which interrupt, at which line of the engine, or at which await."""

    interrupt: type[BaseException]
    line: int
    turn: int


def run(case: Case, cut: Cut | None) -> Sabotage:
    """Drive it to its lawful end; gives what was counted on the way."""
    sabotage = Sabotage() if cut is None else Sabotage(cut.interrupt, line=cut.line, turn=cut.turn)
    try:
        outcome = CutRun(SCENARIOS[case.name], sabotage, awaits=case.awaits).to_its_end()
        assert sabotage.done is (cut is not None), "it was not cut off at all"
        if case.name in FORWARD:
            assert isinstance(outcome, Completed), "it is rolled back because of the interrupt"
        if cut is None and case.name in BACKWARD:
            assert isinstance(outcome, RolledBack)
    except BaseException as error:
        error.add_note(f"again: run({case!r}, {cut!r})  # {sabotage.where}")
        raise
    return sabotage


def all_cuts(case: Case) -> list[Cut]:
    """All that can be done to it: both interrupts at each line, and a cancellation at each await."""
    counted = run(case, None)
    lines, turns = range(1, counted.lines + 1), range(1, counted.turns + 1)
    interrupts = (KeyboardInterrupt, asyncio.CancelledError)
    cuts = [Cut(interrupt, line, 0) for line in lines for interrupt in interrupts]
    return cuts + [Cut(asyncio.CancelledError, 0, turn) for turn in turns]


def test_there_are_enough_scenarios() -> None:
    """Fifty and more, and each is lawful when nobody interrupts it."""
    assert len(SCENARIOS) >= 50
    for case in CASES:
        counted = run(case, None)
        assert counted.lines > 20
        assert (counted.turns > 0) is case.awaits


@pytest.mark.parametrize("case", A_FEW, ids=str)
def test_an_interrupt_at_a_few_lines_and_awaits(case: Case) -> None:
    """Enough to see that something is broken."""
    every = all_cuts(case)
    for cut in every[:: max(1, len(every) // 80)]:
        run(case, cut)


@pytest.mark.proof
@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_interrupt_anywhere(case: Case) -> None:
    """At every line and every await, or at some of them by chance."""
    every = all_cuts(case)
    for cut in Random(str(case)).sample(every, scaled(len(every))):  # noqa: S311 - the same each time
        run(case, cut)
