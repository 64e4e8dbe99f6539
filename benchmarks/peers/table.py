"""The table: one row per peer and mode, best first, and below it what the numbers can and cannot say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from clockwork import STEPS

HEADINGS = {
    "peer": "<",
    "version": "<",
    "mode": "<",
    "step/bare": ">",
    "step µs": ">",
    "undo/bare": ">",
    "undo µs": ">",
    "bare ns": ">",
    "undoes": "<",
    "timings": "<",
    "dump": "<",
    "async": "<",
}
NOTES = """\
step     a run of ten no-op steps, from making the execution to its result, divided by ten
undo     a run whose eleventh step fails, less the run of ten, divided by the undos that ran; raising and
         reporting the failure is in it
bare     a Python call of one argument in blocking mode, an await of one in awaiting mode: compare the ratios
         within a mode, the times across; rows are in order of time. All interleaved in one process, medians
undoes   seen in a watched run: reverse = what was done is undone, last first; +failed = so is the step that
         failed; result, input = what an undo is given of its step
         none = no compensation in the library: its rows are graph engines, not sagas, and carry less
timings  yes = always kept; extra = only by a tracker or tracer, which was off
dump     yes = a run's state can be serialised; extra = only by a checkpointer, which was off
When an undo fails: saga_py goes on and raises all failures at the end, simple-saga goes on and just logs it,
resaga stops, stuck, until somebody decides. A step of theirs is a call and a list entry; one of resaga is
also named, timed, retried where so declared, and can be dumped and resumed.\
"""


@dataclass(frozen=True)
class Measured:
    """What a worker printed."""

    version: str
    python: str
    bare_ns: float
    step_ns: float
    step_ratio: float
    undo_ns: float | None
    undo_ratio: float | None
    undone: list[list[int]]


@dataclass(frozen=True)
class Row:
    """One peer in one mode: measured, or the reason why not."""

    peer: str
    mode: str
    timings: str
    dump: str
    awaits: str
    seen: Measured | str

    @property
    def rank(self) -> tuple[bool, float]:
        """Best first by time, as the ratios of the two modes have different denominators; failures last."""
        return (True, 0.0) if isinstance(self.seen, str) else (False, self.seen.step_ns)


def rendered(rows: Iterable[Row]) -> str:
    """Draw the table, the reasons of what failed, and the notes."""
    ordered = sorted(rows, key=lambda row: row.rank)
    lines = drawn(HEADINGS, [_cells(row) for row in ordered])
    failed = [f"failed: {row.peer}, {row.mode}: {row.seen}" for row in ordered if isinstance(row.seen, str)]
    pythons = sorted({row.seen.python for row in ordered if isinstance(row.seen, Measured)})
    return "\n".join([*lines, *failed, f"Python {', '.join(pythons)}", "", NOTES])


def drawn(headings: Mapping[str, str], cells: Sequence[Sequence[str]]) -> list[str]:
    """Draw the lines of a table; each heading says to which side its column leans."""
    table = [list(headings), *cells]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings))]
    table.insert(1, ["-" * width for width in widths])
    return [
        "  ".join(
            f"{cell:{side}{width}}" for cell, side, width in zip(row, headings.values(), widths, strict=True)
        ).rstrip()
        for row in table
    ]


def undo_order(undone: Sequence[Sequence[int]]) -> str:
    """Say in a few words what a watched rollback did.

    Each entry is a step and the count its undo was given; step n takes the count n and gives n + 1.
    """
    if not undone:
        return "none"
    steps = [step for step, _ in undone]
    backwards = list(range(STEPS - 1, -1, -1))
    order = "other"
    if steps == backwards:
        order = "reverse"
    elif steps == [STEPS, *backwards]:
        order = "reverse+failed"
    given = {count - step for step, count in undone}
    if given == {0}:
        return f"{order}, input"
    return f"{order}, result" if given == {1} else f"{order}, other"


def _cells(row: Row) -> list[str]:
    seen = row.seen
    if isinstance(seen, str):
        return [row.peer, "", row.mode, "failed", *[""] * 5, row.timings, row.dump, row.awaits]
    numbers = [f"{seen.step_ratio:,.1f}", f"{seen.step_ns / 1000:,.2f}", "-", "-", f"{seen.bare_ns:,.0f}"]
    if seen.undo_ns is not None and seen.undo_ratio is not None:
        numbers[2:4] = f"{seen.undo_ratio:,.1f}", f"{seen.undo_ns / 1000:,.2f}"
    about = [undo_order(seen.undone), row.timings, row.dump, row.awaits]
    return [row.peer, seen.version, row.mode, *numbers, *about]
