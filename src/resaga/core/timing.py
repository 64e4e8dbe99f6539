"""Timings of every call of a body, as a view of the trail."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias, final

from resaga.core.fact import Fact, Row, Setback, turns
from resaga.core.failure import UNCALLED, Failure
from resaga.core.failure import Kind as FailureKind
from resaga.core.node import CONTEXT, Kind
from resaga.core.program import Program
from resaga.core.value import Value

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

LATEST: Final = 253_402_300_799_999_999
"""The last microsecond that a calendar knows; what is set for later is set for then."""


Said: TypeAlias = Literal["returned", "undone", "settled", "did_not_happen", "not_yet", "interrupted"] | FailureKind
"""What came of a call: that, or the kind of its failure."""


@final
class StepTiming(Value):
    """One call: of which body, which one in number, when, for how long, and what came of it.

    `duration` is None where the process was cut off inside the call.
    """

    path: str
    index: int
    attempt: int
    is_compensation: bool
    started_at: datetime
    duration: timedelta | None
    outcome: Said


LAST_OF_ITS_KIND: Final = frozenset(
    {
        Fact.RETURNED,
        Fact.SETTLING,
        Fact.SETTLED,
        Fact.DID_NOT_HAPPEN,
        Fact.FAILED,
        Fact.UNDONE,
        Fact.SKIPPED,
        Fact.MARKED,
        Fact.MARKED_TO_UNDO,
        Fact.UNDONE_BY_HAND,
    }
)
"""After one of these the next call is the first attempt of something else."""

DOUBTFUL: Final = frozenset({Fact.INTERRUPTED, Fact.DOUBTED})
PROVEN: Final = frozenset({None, "rejected"})
"""What the last call before a STUCK can have said without leaving doubt."""


def moment(nanoseconds: int) -> datetime:
    """A time of the trail as people know it, in UTC."""
    return EPOCH + timedelta(microseconds=min(max(0, nanoseconds // 1000), LATEST))


def later(nanoseconds: int, span: int) -> int:
    """A time of the trail and a span after it, in microseconds, as far as the calendar goes."""
    return min(nanoseconds // 1000 + span, LATEST)


def timings(program: Program, rows: Iterable[Row]) -> Iterator[StepTiming]:
    """The calls that the rows tell of, in order."""
    number = 0
    undoing = doubt = False
    before, given_up = Fact.CREATED, None
    for fact, index, at, took, value in rows:
        if fact is Fact.SETTLING:
            given_up = value
        said = None if _told(fact, before, given_up, doubt=doubt) else _said(fact, value)
        kind = program.instructions[index].kind
        if said is not None and kind not in CONTEXT:
            number += 1
            yield StepTiming(
                path=program.instructions[index].path,
                index=index,
                attempt=number,
                is_compensation=undoing,
                started_at=moment(at - took),
                duration=None if fact is Fact.INTERRUPTED else timedelta(microseconds=took // 1000),
                outcome=said,
            )
        undoing = undoing or turns(fact, final=kind is Kind.IRREVERSIBLE)
        doubt = doubt or fact in DOUBTFUL or (fact is Fact.STUCK and said not in PROVEN)
        if fact in LAST_OF_ITS_KIND:
            number, doubt = 0, False
        before = fact


def _told(fact: Fact, before: Fact, given_up: object, *, doubt: bool) -> bool:
    """Whether this row only draws the conclusion from a call that rows before it told of."""
    match fact, given_up:
        case Fact.FAILED | Fact.STUCK, Failure() if before is Fact.DID_NOT_HAPPEN:
            return True
        case Fact.SETTLED, Failure(kind="unstorable"):
            return before is Fact.SETTLING
        case Fact.FAILED, _:
            return before is Fact.SKIPPED
        case Fact.SETTLING, Failure(kind=kind):  # whose program has learnt since how to find out
            return before is Fact.RETRIED and doubt and kind != "unstorable"
        case _:
            return False


def _said(fact: Fact, value: object) -> Said | None:
    """What came of a call, or None where the row tells of none."""
    match fact, value:
        case Fact.RETURNED, _:
            return "returned"
        case Fact.UNDONE, _:
            return "undone"
        case Fact.SETTLED, _:
            return "settled"
        case Fact.DID_NOT_HAPPEN, _:
            return "did_not_happen"
        case Fact.POSTPONED, _:
            return "not_yet"
        case Fact.INTERRUPTED, _:
            return "interrupted"
        case ((Fact.SETBACK | Fact.DOUBTED), Setback(failure=failure)):
            return failure.kind
        case ((Fact.FAILED | Fact.STUCK | Fact.SETTLING), Failure(kind=kind)) if kind not in UNCALLED:
            return kind
        case _:
            return None
