"""How an execution stands, as a store is to know it: the head that goes with every entry; and as people see that."""

from datetime import datetime
from typing import Final, Literal, TypeAlias, cast, final

from resaga.core.decision import Status
from resaga.core.node import Stay
from resaga.core.program import Program
from resaga.core.state import ExecutionState
from resaga.core.timing import moment
from resaga.core.value import Value
from resaga.stores.store import Append, Head

AnyStatus: TypeAlias = Literal[
    "new", "running", "paused", "compensating", "completed", "rolled back", "stuck", "quarantined"
]
"""The statuses of executions, and the one that only a runtime gives."""

QUARANTINED: Final = "quarantined"
"""The status of what killed those who drove it, again and again."""

PAUSED: Final[tuple[AnyStatus, ...]] = (Status.PAUSED.value,)
RUNNING: Final[tuple[AnyStatus, ...]] = (Status.NEW.value, Status.RUNNING.value, Status.COMPENSATING.value)
STUCK: Final[tuple[AnyStatus, ...]] = (Status.STUCK.value, QUARANTINED)
OVER: Final[tuple[AnyStatus, ...]] = (Status.COMPLETED.value, Status.ROLLED_BACK.value)
"""What the statuses say to somebody who asks."""


HORIZON: Final = 2**63 - 1
"""The last nanosecond that a store can look for, in the year 2262; what is due later is looked at then."""


@final
class Standing(Value):
    """How an execution that was found stands, in short; `get` tells more of it."""

    id: str
    saga: str
    version: int
    status: AnyStatus
    tags: tuple[str, ...]
    wake_at: datetime | None
    """When it goes on by itself, or the time for an answer is over."""


def standing(head: Head) -> Standing:
    """What a head says, but for what is only the store's and the runtime's business."""
    saga, _, version = head.saga.rpartition("/")
    wake_at = None if head.wake_at is None else moment(head.wake_at)
    return Standing(head.id, saga, int(version), cast("AnyStatus", head.status), tuple(head.tags), wake_at)


def named(program: Program) -> str:
    """The saga as a store knows it: its name with its version."""
    return f"{program.name}/{program.version}"


def journaled(  # noqa: PLR0913 - each is a column
    state: ExecutionState,
    entry: bytes,
    revision: int,
    write_id: bytes,
    *,
    owner: str = "",
    tags: tuple[str, ...] = (),
    snapshot: bytes | None = None,
    after: bytes | None = None,
) -> Append:
    """What is to be appended: an entry, and how the execution stands with it."""
    status = state.status._value_
    until = None if owner and status in RUNNING else _due(state, status)
    saga = named(state.program)
    return Append(state.execution_id, revision, write_id, entry, saga, status, until, owner, tags, snapshot, after)


def _due(state: ExecutionState, status: str) -> int | None:
    """When somebody must look at it again, in nanoseconds; what is being driven is looked after by its owner."""
    if status in RUNNING:
        return min(state.trail.at[-1], HORIZON)
    if state.asked:
        until = None if isinstance(state.here.expiry, Stay | None) else state.deadline
    else:
        until = None if state.stuck is not None else state.wake_at
    return None if until is None else min(until * 1000, HORIZON)
