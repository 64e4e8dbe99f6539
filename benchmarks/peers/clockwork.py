"""Time one peer against bare Python, in one process, and print what was seen as JSON.

A worker gives a *chain*: a function that builds the ten-step saga and returns a callable that runs it once.
Clockwork runs it watched (who did what, in which order, given what) and then timed.

Theory of measurement. The machine is shared, so a time alone means little, and a ratio of two times that
were taken minutes apart means nothing. Each round therefore times all things one after the other, a few
milliseconds each; ratios are made within a round; what is printed is the median over the rounds. The
collector stays on, as it is for users.

- a step: a whole run of ten, from making the execution to its result, divided by ten;
- an undo: a run whose eleventh step fails, less the run of ten of the same round, divided by the undos that
  ran. Raising, catching and reporting the failure is therefore part of it, for everyone;
- bare: ten calls (or awaits) written out by hand, divided by ten.
"""

import asyncio
import json
import platform
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import repeat
from statistics import median
from time import perf_counter_ns
from typing import Protocol, TypeAlias

STEPS = 10
ROUNDS = 101
SLICE_NS = 5_000_000
"""How long a sample lasts at least: far above the clock's grain, short enough to share a round's weather."""

Timer: TypeAlias = Callable[[int], float]
"""Runs something that many times and gives the nanoseconds of one."""


class Refused(Exception):
    """What the eleventh step raises."""


@dataclass(frozen=True)
class Trail:
    """What happened in a watched run.

    Each step adds one to its context, so what an undo is given tells if that is the step's input or result.
    """

    done: list[int] = field(default_factory=list)
    undone: list[tuple[int, int]] = field(default_factory=list)


class Chain(Protocol):
    """Builds ten steps; if it fails, an eleventh that raises `Refused`; with a trail, steps that tell it."""

    def __call__(self, *, fails: bool, trail: Trail | None) -> Callable[[], object]:
        """Return what runs the saga once, and swallows the failure it was asked for."""
        ...


class AsyncChain(Protocol):
    """The same, awaited."""

    def __call__(self, *, fails: bool, trail: Trail | None) -> Callable[[], Awaitable[object]]:
        """Return what runs the saga once when awaited, and swallows the failure it was asked for."""
        ...


def report(
    distribution: str,
    *,
    blocking: Chain | None = None,
    awaiting: AsyncChain | None = None,
    undoes: bool = False,
) -> None:
    """Measure the mode named by the first argument of the command line, and print it as one line of JSON."""
    mode = sys.argv[1]
    with asyncio.Runner() as runner:
        if mode == "blocking" and blocking is not None:
            seen = measured(_called(blocking), by_hand, undoes=undoes)
        elif mode == "awaiting" and awaiting is not None:
            seen = measured(_awaited(awaiting, runner), lambda n: runner.run(awaited_by_hand(n)), undoes=undoes)
        else:
            message = f"{distribution} has no mode {mode!r}"
            raise SystemExit(message)
    about = {"version": version(distribution), "python": platform.python_version()}
    sys.stdout.write(json.dumps(about | seen) + "\n")


def measured(start: Callable[[bool, Trail | None], Timer], bare: Timer, *, undoes: bool) -> dict[str, object]:
    """Watch the chain once, then time it beside bare Python."""
    _watched(start, fails=False)
    undone = _watched(start, fails=True).undone if undoes else []
    timers = {"bare": bare, "ten": start(False, None)}  # noqa: FBT003 - a callable type has no keywords
    if undoes:
        timers["failing"] = start(True, None)  # noqa: FBT003 - as above
    rounds = sampled(timers)
    bare_ns = [one["bare"] / STEPS for one in rounds]
    step_ns = [one["ten"] / STEPS for one in rounds]
    undo_ns = [(one["failing"] - one["ten"]) / len(undone) for one in rounds] if undone else None
    return {
        "bare_ns": median(bare_ns),
        "step_ns": median(step_ns),
        "step_ratio": _ratio(step_ns, bare_ns),
        "undo_ns": None if undo_ns is None else median(undo_ns),
        "undo_ratio": None if undo_ns is None else _ratio(undo_ns, bare_ns),
        "undone": undone,
    }


def sampled(timers: Mapping[str, Timer]) -> list[dict[str, float]]:
    """Time everything once per round, in turn."""
    often = {name: _enough(timer) for name, timer in timers.items()}
    return [{name: timer(often[name]) for name, timer in timers.items()} for _ in range(ROUNDS)]


def by_hand(times: int) -> float:
    """Call a function of one argument ten times, as one would without a library."""
    context = object()
    begun = perf_counter_ns()
    for _ in repeat(None, times):
        bare(bare(bare(bare(bare(bare(bare(bare(bare(bare(context))))))))))
    return (perf_counter_ns() - begun) / times


async def awaited_by_hand(times: int) -> float:
    """Await a coroutine of one argument ten times, as one would without a library."""
    context = object()
    begun = perf_counter_ns()
    for _ in repeat(None, times):
        await bare_async(context)
        await bare_async(context)
        await bare_async(context)
        await bare_async(context)
        await bare_async(context)
        await bare_async(context)
        await bare_async(context)
        await bare_async(context)
        await bare_async(context)
        await bare_async(context)
    return (perf_counter_ns() - begun) / times


def bare(context: object) -> object:
    """Do what the peers' steps do: nothing."""
    return context


async def bare_async(context: object) -> object:
    """Do what the peers' coroutine steps do: nothing."""
    return context


def _called(chain: Chain) -> Callable[[bool, Trail | None], Timer]:
    def start(fails: bool, trail: Trail | None) -> Timer:  # noqa: FBT001 - see `measured`
        run = chain(fails=fails, trail=trail)

        def timer(times: int) -> float:
            begun = perf_counter_ns()
            for _ in repeat(None, times):
                run()
            return (perf_counter_ns() - begun) / times

        return timer

    return start


def _awaited(chain: AsyncChain, runner: asyncio.Runner) -> Callable[[bool, Trail | None], Timer]:
    # One loop for all samples, and the clock is read inside it: starting a loop is nobody's cost per step.
    def start(fails: bool, trail: Trail | None) -> Timer:  # noqa: FBT001 - see `measured`
        run = chain(fails=fails, trail=trail)

        async def timer(times: int) -> float:
            begun = perf_counter_ns()
            for _ in repeat(None, times):
                await run()
            return (perf_counter_ns() - begun) / times

        return lambda times: runner.run(timer(times))

    return start


def _watched(start: Callable[[bool, Trail | None], Timer], *, fails: bool) -> Trail:
    trail = Trail()
    start(fails, trail)(1)
    expected = list(range(STEPS + fails))
    if trail.done != expected:
        message = f"the steps that ran are {trail.done}, not {expected}"
        raise SystemExit(message)
    return trail


def _enough(timer: Timer) -> int:
    times = 1
    while timer(times) * times < SLICE_NS:
        times *= 2
    return times


def _ratio(above: list[float], below: list[float]) -> float:
    return median(one / other for one, other in zip(above, below, strict=True))
