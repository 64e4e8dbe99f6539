"""T12: interrupts at every await and every line of the engine.

Whatever is cut off wherever: no undo starts because of it, the interrupt is re-raised, what is left can be
dumped, loaded and driven to its end by the same rules, and no task is left running.
"""

import asyncio
from collections.abc import Iterator
from random import Random
from typing import Final

import pytest

from resaga import Completed
from tests.faults.sabotage import Run, Sabotage, judge
from tests.faults.scenarios import BACKWARD, DOUBTFUL, FORWARD, SCENARIOS
from tests.seeds import scaled

Cut = tuple[type[BaseException], int, int]
"""Which interrupt, at which line, or at which await."""

CASES: Final = [(name, awaits) for name, one in SCENARIOS.items() for awaits in (False, True) if awaits or not one.timed]

pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),  # cut off before that
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def quiet(name: str, *, awaits: bool) -> Sabotage:
    """The scenario without any interrupt; gives what it has counted."""
    run = Run(SCENARIOS[name], Sabotage(), awaits=awaits)
    outcome = run.to_its_end()
    judge(run, outcome)
    if name in FORWARD:
        assert isinstance(outcome, Completed)
    if name in BACKWARD:
        assert not isinstance(outcome, Completed)
    return run.sabotage


def cut(name: str, awaits: bool, interrupt: type[BaseException], line: int, turn: int) -> None:  # noqa: FBT001
    """The scenario, cut off there."""
    sabotage = Sabotage(interrupt, line=line, turn=turn)
    run = Run(SCENARIOS[name], sabotage, awaits=awaits)
    try:
        outcome = run.to_its_end()
        assert sabotage.done, "it was not cut off at all"
        judge(run, outcome)
        if name in FORWARD:
            assert isinstance(outcome, Completed), "it is rolled back because of the interrupt"
    except BaseException as error:
        error.add_note(f"again: cut({name!r}, {awaits}, {interrupt.__name__}, {line}, {turn})  # {sabotage.where}")
        raise


def cuts(counted: Sabotage, *, awaits: bool) -> Iterator[Cut]:
    """All that can be done to a run."""
    for line in range(1, counted.lines + 1):
        yield KeyboardInterrupt, line, 0
        yield asyncio.CancelledError, line, 0
    for turn in range(1, counted.turns + 1):
        yield asyncio.CancelledError, 0, turn


def test_there_are_enough_scenarios() -> None:
    """Fifty, and each is lawful when nobody interrupts it."""
    assert len(SCENARIOS) >= 50
    for name, awaits in CASES:
        counted = quiet(name, awaits=awaits)
        assert counted.lines > 20
        assert (counted.turns > 0) is awaits


@pytest.mark.parametrize(("name", "awaits"), [("past return", False), ("settled at the second try", True), ("given up", True)])
def test_an_interrupt_at_a_few_lines_and_awaits(name: str, awaits: bool) -> None:  # noqa: FBT001
    """Enough to see that something is broken."""
    counted = quiet(name, awaits=awaits)
    for one in list(cuts(counted, awaits=awaits))[:: max(1, counted.lines // 40)]:
        cut(name, awaits, *one)


@pytest.mark.proof
@pytest.mark.parametrize(("name", "awaits"), CASES, ids=[f"{name}-{'awaiting' if awaits else 'blocking'}" for name, awaits in CASES])
def test_an_interrupt_anywhere(name: str, awaits: bool) -> None:  # noqa: FBT001
    """At every line and every await, or at some of them by chance."""
    every = list(cuts(quiet(name, awaits=awaits), awaits=awaits))
    for one in Random(name).sample(every, scaled(len(every))):  # noqa: S311 - the same each time
        cut(name, awaits, *one)
