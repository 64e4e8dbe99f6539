"""Ratios of times, measured so that a noisy machine disturbs both sides alike."""

import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Final

from attrs import frozen

ROUNDS: Final = 61
BEST_OF: Final = 5
SLICE: Final = 0.003
"""Seconds of each sample."""

IMPORTS: Final = 31

WHOLE: Final = 100
"""From here on a figure is shown without decimals."""


@frozen
class Figure:
    """One measured figure, what it must be and what is aimed at, and what it is a ratio to."""

    name: str
    seen: float
    must: float | None
    aim: float | None
    beside: str

    @property
    def holds(self) -> bool:
        """Whether it is as it must be."""
        return self.must is None or self.seen <= self.must


def ratio(ours: Callable[[], object], bare: Callable[[], object]) -> float:
    """How many times as long one takes as the other: the median over interleaved rounds."""
    return median(mine / other for mine, other in rounds(ours, bare))


def rounds(*works: Callable[[], object]) -> list[list[float]]:
    """Seconds that each of them takes, one after the other, round for round."""
    counts = [_count(work) for work in works]
    return [[_time(work, count) / count for work, count in zip(works, counts, strict=True)] for _ in range(ROUNDS)]


def best_ratio(ours: Callable[[], object], bare: Callable[[], object], times: int) -> float:
    """The same for long runs: ours once, the other as often as it does the same work; the best of each."""
    mine = min(_time(ours, 1) for _ in range(BEST_OF))
    return mine / min(_time(bare, times) for _ in range(BEST_OF))


def importing(ours: str, bare: str) -> float:
    """How many times as long a fresh process takes to import one as the other, without its own start."""
    samples = [(_import(ours), _import(bare)) for _ in range(IMPORTS)]
    return median(mine / other for mine, other in samples)


def line(name: str, *cells: str) -> str:
    """One line of the table."""
    seen, must, aim, beside = cells
    return f"{name:<38}{seen:>9}{must:>9}{aim:>7}  {beside}".rstrip()


def shown(figure: Figure) -> str:
    """A figure as a line of the table; one that does not hold has a star."""
    star = "" if figure.holds else " *"
    return line(figure.name + star, _number(figure.seen), _number(figure.must), _number(figure.aim), figure.beside)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= WHOLE else f"{value:.2f}".rstrip("0").rstrip(".")


def _count(work: Callable[[], object]) -> int:
    once = min(_time(work, 5) / 5 for _ in range(5))
    return max(1, int(SLICE / once))


def _time(work: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        work()
    return time.perf_counter() - start


def _import(modules: str) -> float:
    code = f"import time; start = time.perf_counter(); import {modules}; print(time.perf_counter() - start)"
    return float(
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own code
    )
