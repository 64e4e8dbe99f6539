"""What the core costs, as ratios to plain Python and plain orjson in the same run.

    python -m benchmarks.core [--strict]

The machine is noisy. Short work is compared by the median of the ratios of interleaved rounds, long work by the best of
five of each; sizes are bytes. What is measured beside a figure is named in its line. With `--strict` the exit status
says whether every figure holds.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from statistics import median
from typing import Any, Final

import orjson

from benchmarks import work
from benchmarks.clock import Figure, best_ratio, importing, line, ratio, rounds, shown
from resaga import Paused, Saga
from resaga.execution import Execution

STEPS: Final = 10
MORE: Final = 100
"""So many steps more tell what one costs, whatever the beginning and the end of a run cost."""

MANY: Final = 100_000
FEW: Final = 1_000


def main() -> int:
    """Measure everything, print a table, and say whether it holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a figure does not hold")
    strict = parser.parse_args().strict
    missed: list[str] = []
    print(line("", "seen", "must", "aim", "beside"))
    for figure in chain(steps(), undos(), documents(), scale(), imports()):
        print(shown(figure), flush=True)
        missed += [] if figure.holds else [figure.name]
    print(f"missed: {', '.join(missed)}" if missed else "all hold")
    return 1 if strict and missed else 0


def steps() -> Iterator[Figure]:
    """A step forward: the whole of a run of ten, and what each of a hundred more steps adds."""
    ten, more = work.saga(STEPS), work.saga(STEPS + MORE)

    def run(saga: Saga[work.Count, work.Count, Any]) -> Callable[[], object]:
        return lambda: saga.new(work.ZERO, id="bench").start()

    seen = rounds(run(ten), run(more), work.calls)
    whole, further = _whole_and_further(seen)
    yield Figure("a step, blocking, in a run of ten", whole, 16, 10, "a bare call; other engines: bench_peers")
    yield Figure("each further step", further, 16, 10, "a bare call")

    with asyncio.Runner() as runner:
        loop = runner.get_loop()

        def wait(make: Callable[[], Any]) -> Callable[[], object]:
            return lambda: loop.run_until_complete(make())

        async def many(saga: Saga[work.Count, work.Count, Any]) -> None:
            for _ in range(50):
                await saga.new(work.ZERO, id="bench").start_async()

        async def awaits() -> None:
            for _ in range(50):
                await work.awaits()

        ten_async, more_async = work.saga_async(STEPS), work.saga_async(STEPS + MORE)
        seen = rounds(wait(lambda: many(ten_async)), wait(lambda: many(more_async)), wait(awaits))
    whole, further = _whole_and_further(seen)
    yield Figure("a step, async, in a run of ten", whole, 10, 6, "a bare await")
    yield Figure("each further step, async", further, 10, 6, "a bare await")


def undos() -> Iterator[Figure]:
    """An undo: what each of a hundred more steps adds to a rollback, less what it adds to a run."""

    def run(saga: Saga[work.Count, work.Count, Any]) -> Callable[[], object]:
        return lambda: saga.new(work.ZERO, id="bench").start()

    there, back = ([run(make(STEPS)), run(make(STEPS + MORE))] for make in (work.saga, work.failing))
    seen = rounds(*there, *back, work.calls)
    undo = median(
        _further([fails, fails_more, bare]) - _further([runs, runs_more, bare])
        for runs, runs_more, fails, fails_more, bare in seen
    )
    yield Figure("an undo", undo, 16, 10, "a bare call")


def _whole_and_further(seen: list[list[float]]) -> tuple[float, float]:
    """What a step takes of a short run, and what each of a hundred more takes, in bare calls."""
    return median(short / bare for short, _, bare in seen), median(map(_further, seen))


def _further(times: Sequence[float]) -> float:
    """What each of a hundred more steps takes, given a short run, a long one, and ten bare calls."""
    short, long, bare = times
    return (long - short) / MORE / (bare / STEPS)


def scale() -> Iterator[Figure]:
    """Cost per step at 100,000 steps against 1,000; composing and compiling too."""
    few, many = work.saga(FEW), work.saga(MANY)
    times = MANY // FEW
    yield Figure(
        "per step at 100,000 / at 1,000",
        best_ratio(lambda: many.new(work.ZERO).start(), lambda: few.new(work.ZERO).start(), times),
        1.5,
        1.0,
        "the same run of 1,000",
    )
    few_back, many_back = work.failing(FEW), work.failing(MANY - 1)
    yield Figure(
        "rollback per step, likewise",
        best_ratio(lambda: many_back.new(work.ZERO).start(), lambda: few_back.new(work.ZERO).start(), times),
        1.5,
        1.0,
        "the same rollback of 1,000",
    )
    yield Figure(
        "compose and compile, likewise",
        best_ratio(lambda: work.saga(MANY), lambda: work.saga(FEW), times),
        1.5,
        1.0,
        "the same for 1,000",
    )


def documents() -> Iterator[Figure]:
    """A ten-step run that waits at a gate: its size, dump and load."""
    small = work.paused(STEPS)
    yield Figure("paused run of ten, bytes", len(small.dump()), 1_200, None, "")
    yield Figure("… with 1 KB carried flat, bytes", len(work.paused_flat(STEPS).dump()), 2_500, None, "")
    yield Figure("… through ten nested contexts, bytes", len(work.paused_nested().dump()), 2_500, None, "")
    for name, execution, saga in (
        ("", small, work.paused_saga(STEPS)),
        (" with 1 KB nested", work.paused_nested(), work.NESTED),
    ):
        yield from _both_ways(name, execution, saga)


def _both_ways(name: str, execution: Paused[Any, Any, Any], saga: Saga[Any, Any, Any]) -> Iterator[Figure]:
    blob = execution.dump()
    plain = orjson.loads(blob)
    loaded: Execution[Any, Any, Any] = saga.load(blob)
    assert loaded.dump() == blob, "a loaded execution is written as it was"
    yield Figure(f"dump{name}", ratio(execution.dump, lambda: orjson.dumps(plain)), 10, 4, "orjson.dumps")
    yield Figure(f"load{name}", ratio(lambda: saga.load(blob), lambda: orjson.loads(blob)), 10, 4, "orjson.loads")


def imports() -> Iterator[Figure]:
    """Importing resaga in a fresh process."""
    yield Figure(
        "import resaga",
        importing("resaga", "attrs, typing_extensions"),
        1.5,
        None,
        "attrs, typing_extensions",
    )


if __name__ == "__main__":
    sys.exit(main())
