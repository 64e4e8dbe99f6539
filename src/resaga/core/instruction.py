"""One line of a program."""

from enum import Enum
from typing import TYPE_CHECKING, final

from resaga.core.body import Body
from resaga.core.node import Doing, Expiry, Kind, Questioning, Settling, Undoing
from resaga.core.retry import Retry
from resaga.core.value import Value

if TYPE_CHECKING:
    from resaga.core.shape import Shape


@final
class Op(Enum):
    """What the machine does at an instruction."""

    PERFORM = "perform"
    ASK = "ask"
    SLEEP = "sleep"
    CHOOSE = "choose"
    ENTER = "enter"
    LEAVE = "leave"
    JUMP = "jump"


@final
class Instruction(Value):
    """What is done at one index, where it goes on, and what is known of its values.

    Times are in microseconds. `after` is where the index goes next, with jumps already followed;
    `otherwise` is where a condition that says no goes. `node` is what a step, read or gate was compiled of.
    A result of one of the classes `given` is taken at its word; any other is looked into.
    """

    index: int
    op: Op
    kind: Kind
    path: str
    after: int
    otherwise: int | None = None
    node: Doing | Questioning | None = None
    body: Body | None = None
    case: type | None = None
    retry: Retry | None = None
    timeout: int | None = None
    key_life: int = 0
    settling: Settling | None = None
    undoing: Undoing | None = None
    reason: str | None = None
    duration: int = 0
    deadline: int | None = None
    expiry: Expiry | None = None
    takes: "Shape | None" = None
    gives: "Shape | None" = None
    asks: "Shape | None" = None
    immutable: bool = True
    given: frozenset[type] = frozenset()
