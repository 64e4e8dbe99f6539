"""What happened to an execution, line by line, for people: a view of its trail."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import timedelta
from textwrap import wrap
from typing import Final, NamedTuple

from resaga.core.fact import Fact, Mark, Postponement, Setback, Skip, turns
from resaga.core.failure import Failure
from resaga.core.instruction import Op
from resaga.core.node import CONTEXT, Kind
from resaga.core.outcome import Answer
from resaga.core.state import ExecutionState
from resaga.core.timing import moment

WIDTH: Final = 80
LEAST: Final = 20
"""What is left for words where paths are long; the lines are wider then."""

WORTH_A_LINE: Final = 1_000_000
"""Nanoseconds in which nothing happens; a shorter gap gets no line."""

WORDS: Final = {
    Fact.STARTED: "started",
    Fact.RETURNED: "returned",
    Fact.CHOSE_YES: "yes",
    Fact.CHOSE_NO: "no",
    Fact.INTERRUPTED: "cut off",
    Fact.SETTLED: "settled: it happened",
    Fact.DID_NOT_HAPPEN: "settled: it did not happen",
    Fact.UNDONE: "undone",
}
"""The facts whose value, if they have one, is the user's and is not shown."""

AFTER: Final = {
    Fact.SETBACK: "again",
    Fact.DOUBTED: "in doubt, again",
    Fact.SETTLING: "in doubt, settle",
    Fact.FAILED: "roll back",
    Fact.STUCK: "stuck",
}
"""What follows from a failure."""

WAITED: Final = (Fact.SETBACK, Fact.DOUBTED, Fact.POSTPONED)
"""The facts after which a time is waited for; any other gap is taken by recording, or by nobody being there."""

BY_HAND: Final = {Fact.RETRIED: "to be tried again", Fact.UNDONE_BY_HAND: "marked undone"}
"""The facts whose value is a person's name."""


class Line(NamedTuple):
    """One line of a timeline."""

    when: str
    took: str
    process: str
    path: str
    what: str


def timeline(state: ExecutionState, handed_over: Sequence[int] = ()) -> str:
    """When, how long, in which process, where, and what happened.

    `handed_over` are the lengths that the trail had when another process took over; a trail does not say
    who wrote it.
    """
    lines = [Line("when", "took", "process", "path", "what happened"), *_lines(state, handed_over)]
    when, took, process, path = (max(map(len, column)) for column in list(zip(*lines, strict=True))[:-1])
    room = max(LEAST, WIDTH - when - took - process - path - 2 * len(Line._fields))
    told = [f"  {state.execution_id}: {state.status.value}"]
    for line in reversed(lines):
        first, *rest = wrap(line.what, room) or [""]
        told += [" " * (WIDTH - room) + more for more in reversed(rest)]
        left = f"  {line.when:{when}}  {line.took:>{took}}  {line.process:^{process}}  {line.path:{path}}"
        told.append(f"{left}  {first}".rstrip())
    return "\n".join(reversed(told))


def span(nanoseconds: int) -> str:
    """A duration, as exactly as a person wants it."""
    seconds = nanoseconds / 1_000_000_000
    if seconds < 1:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else str(timedelta(seconds=int(seconds)))  # noqa: PLR2004 - a minute


def _lines(state: ExecutionState, handed_over: Sequence[int]) -> Iterator[Line]:
    program, before, undoing = state.program, None, False
    last = Fact.CREATED
    for position, (fact, index, at, took, value) in enumerate(state.trail.rows()):
        one, began = program.instructions[index], at - took
        still = one.op in (Op.ASK, Op.SLEEP) and last is not Fact.ANSWERED
        gap = 0 if before is None else began - before
        waited = gap >= WORTH_A_LINE and (still or last in WAITED)
        if before is not None and (waited or fact is Fact.ANSWERED):
            yield Line(_clock(before), span(max(0, gap)), "", one.path, "paused" if still else "waited")
        what = _said(fact, value, "undo " if undoing else "")
        if what and one.kind not in CONTEXT:
            path = program.name if fact is Fact.STARTED else one.path
            process = str(bisect_right(handed_over, position) + 1)
            yield Line(_clock(began), span(took) if took else "", process, path, what)
        before, last = at, fact
        undoing = undoing or turns(fact, final=one.kind is Kind.IRREVERSIBLE)
    if state.asked and before is not None:
        yield Line(_clock(before), "", "", state.here.path, "paused: waits for an answer")


def _said(fact: Fact, value: object, undo: str) -> str:
    """What a row tells, in words; nothing where it goes without saying."""
    match fact, value:
        case ((Fact.SETBACK | Fact.DOUBTED), Setback(failure=failure)):
            return f"{undo}{_why(failure)}; {AFTER[fact]}"
        case ((Fact.SETTLING | Fact.FAILED | Fact.STUCK), Failure()):
            return f"{undo}{_why(value)}; {AFTER[fact]}"
        case Fact.SETTLING, _:
            return AFTER[fact]
        case Fact.POSTPONED, Postponement(reason=reason):
            return f"{undo}not yet{f': {reason}' if reason else ''}"
        case Fact.ANSWERED, Answer(by=by):
            return f"answered{_by(by)}"
        case ((Fact.MARKED | Fact.MARKED_TO_UNDO), Mark(by=by)):
            return f"marked done{_by(by)}{'; roll back' if fact is Fact.MARKED_TO_UNDO else ''}"
        case Fact.SKIPPED, Skip(reason=reason, by=by):
            return f"skipped{_by(by)}: {reason}"
        case ((Fact.RETRIED | Fact.UNDONE_BY_HAND), _):
            return f"{BY_HAND[fact]}{_by(value)}"
        case Fact.EMITTED, _:
            return f"emitted {type(value).__name__}"
        case _:
            return WORDS.get(fact, "")


def _why(failure: Failure) -> str:
    """A failure without its path, which stands in a column of its own."""
    return str(failure).removeprefix(failure.path).strip()


def _by(who: object) -> str:
    return f" by {who}" if who else ""


def _clock(nanoseconds: int) -> str:
    return moment(nanoseconds).astimezone().strftime("%H:%M:%S.%f")[:-3]
