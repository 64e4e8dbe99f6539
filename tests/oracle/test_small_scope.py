"""T01: small programs, every outcome, every fault at every point, and clocks that jump (T19)."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import islice
from typing import Final

import pytest

from tests.oracle.choices import Prefix, every_schedule
from tests.oracle.small_scope import Bench, Job, jobs, run
from tests.seeds import SHARE, scaled

SCHEDULES: Final = 1_500_000
WORKERS: Final = 2
AHEAD: Final = 8
"""Jobs that wait at the workers' door."""


@pytest.mark.proof
def test_no_schedule_of_a_small_program_breaks_a_promise() -> None:
    """Each one ends, and I1 to I13 hold in each of its states; all of them are run at RESAGA_SEEDS=1."""
    wanted = None if SHARE >= 1 else scaled(SCHEDULES)
    count = 0
    waiting = iter(jobs())
    with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn")) as pool:
        running = {pool.submit(run, job) for job in islice(waiting, AHEAD)}
        while running and (wanted is None or count < wanted):
            done = next(as_completed(running))
            running.remove(done)
            count += done.result()
            running |= {pool.submit(run, job) for job in islice(waiting, 1)}
        pool.shutdown(cancel_futures=True)
    print(f"{count:,} schedules")  # noqa: T201 - the figure
    assert count >= scaled(SCHEDULES)


QUICK: Final = pytest.mark.parametrize(
    "job",
    [
        Job("blocking", ("undone twice", "irreversible settled"), 1),
        Job("blocking", ("gate in time",), 2),
        Job("awaiting", ("settled",), 1),
    ],
    ids=lambda job: f"{job.loop}-{'-'.join(job.row)}-{job.faults}".replace(" ", "-"),
)


@QUICK
def test_no_schedule_of_these_programs_breaks_a_promise(job: Job) -> None:
    """The same for three programs, quick enough for every session."""
    assert run(job) > 20


@QUICK
def test_a_schedule_gone_on_with_is_the_same_from_its_start(job: Job) -> None:
    """What schedules have in common is run once; nothing that happens depends on that."""
    with Bench(job) as bench, Bench(job) as other:

        def twice(choices: Prefix) -> None:
            bench.schedule(choices)
            other.schedule(Prefix(tuple(choices.made)))
            assert bench.happened() == other.happened()

        assert every_schedule(twice) > 20
