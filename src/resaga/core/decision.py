"""What must happen next: the machine's whole vocabulary towards the world.

Decisions are made when a program is compiled and owned by it; none is made while it runs.
"""

from enum import Enum, StrEnum
from typing import Final, TypeAlias, final

from resaga.core.body import Function
from resaga.core.instruction import Instruction
from resaga.core.value import Value


@final
class Status(StrEnum):
    """How an execution stands, as it is written in a document and asked for in an index."""

    NEW = "new"
    RUNNING = "running"
    PAUSED = "paused"
    COMPENSATING = "compensating"
    COMPLETED = "completed"
    ROLLED_BACK = "rolled back"
    STUCK = "stuck"


@final
class Cause(Enum):
    """Why an execution sleeps."""

    WAIT = "wait"
    RETRY = "retry"
    NOT_YET = "not yet"
    INTERRUPTION = "interruption"


@final
class Perform(Value):
    """Call the body of a step, a read, a gate, a get or a put, with the context."""

    instruction: Instruction


@final
class Choose(Value):
    """Ask a condition which way to go; it has no effect."""

    instruction: Instruction


@final
class Settle(Value):
    """Find out whether the attempt in doubt has happened."""

    instruction: Instruction


@final
class Undo(Value):
    """Take back the completion that the state's cursor stands at, whose result is the state's value."""

    instruction: Instruction


class _Plainly:
    """A `Perform` or an `Undo` of which nothing is to be thought but to call a function with the state's value.

    It takes one argument, values are immutable, nothing times it. `code` is the row that its return makes, where
    that is of one of the classes `given`. Forward, `after` is the index behind it, and `then` the decision there if
    that needs no look at the state. Backward, `then` is the undo that comes next if the row before it is `after`.
    """

    __slots__ = ("after", "code", "full", "function", "given", "then", "undoes")

    def __init__(  # noqa: PLR0913 - one field each
        self,
        full: Perform | Undo,
        function: Function,
        *,
        undoes: bool,
        code: int,
        after: int = 0,
        then: "Decision | None" = None,
    ) -> None:
        self.full = full
        self.function = function
        self.given: frozenset[type] = frozenset() if undoes else full.instruction.given
        self.undoes = undoes
        self.code = code
        self.after = after
        self.then = then

    @property
    def instruction(self) -> Instruction:
        """The instruction that it is of."""
        return self.full.instruction


@final
class Plain(_Plainly):
    """One of which a blocking loop need not think."""

    __slots__ = ()


@final
class PlainAsync(_Plainly):
    """One of which an awaiting loop need not think."""

    __slots__ = ()


@final
class Ask(Value):
    """Wait for an answer to this gate's question."""

    instruction: Instruction


@final
class Sleep(Value):
    """Wait until the state's `wake_at`, then report `Woke`."""

    cause: Cause


@final
class Halt(Value):
    """Nothing happens by itself any more."""

    status: Status


PLAIN: Final = (Plain, PlainAsync)
"""For `isinstance`; a union of them would be made anew at each step."""

Decision: TypeAlias = Plain | PlainAsync | Perform | Choose | Settle | Undo | Ask | Sleep | Halt

COMPLETED: Final = Halt(Status.COMPLETED)
ROLLED_BACK: Final = Halt(Status.ROLLED_BACK)
STUCK: Final = Halt(Status.STUCK)
WAITING: Final = Sleep(Cause.WAIT)
BACKING_OFF: Final = Sleep(Cause.RETRY)
NOT_YET: Final = Sleep(Cause.NOT_YET)
CUT_OFF: Final = Sleep(Cause.INTERRUPTION)
