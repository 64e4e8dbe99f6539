"""What a block is made of: the tree that `>>` and its friends build and that compiling flattens.

No node that holds others has a generated `eq`, `hash` or `repr`: a chain of 100,000 steps would recurse.
"""

from datetime import timedelta
from enum import Enum
from typing import Generic, TypeAlias, TypeVar, final

from resaga.core.body import Body
from resaga.core.retry import Retry
from resaga.core.value import Value

R = TypeVar("R", covariant=True)


@final
class Kind(Enum):
    """What an instruction is to a rollback, and to a reader of the listing."""

    READ = "read"
    UNDONE = "undone"
    KEPT = "kept"
    IRREVERSIBLE = "irreversible"
    GATE = "gate"
    WAIT = "wait"
    TEST = "test"
    GET = "get"
    PUT = "put"


EFFECTS = (Kind.UNDONE, Kind.KEPT, Kind.IRREVERSIBLE)
"""The kinds of step that change the world; no set, as the hash of an enumeration's member is a call."""


CONTEXT = frozenset({Kind.GET, Kind.PUT})
"""The kinds that only take one context out of another, or put it back."""


@final
class Reject(Value):
    """When a gate's deadline passes: as if somebody had declined."""

    message: str = "nobody answered in time"


@final
class Default(Value, Generic[R]):
    """When a gate's deadline passes: as if somebody had given this answer.

    Where the gate asks for a wider type than this answer's, say so: `Default[Approval | None](None)`.
    """

    answer: R


@final
class Stay:
    """When a gate's deadline passes: nothing; the question stays open."""

    __slots__ = ()


Expiry: TypeAlias = Reject | Default[object] | Stay


@final
class Settling(Value):
    """How one finds out whether an attempt in doubt has happened."""

    body: Body
    retry: Retry


@final
class Undoing(Value):
    """How a step is taken back."""

    body: Body
    retry: Retry


@final
class Doing(Value):
    """A body, and how it is repeated, timed, found out about and taken back."""

    body: Body
    kind: Kind
    retry: Retry | None = None
    timeout: timedelta | None = None
    key_life: timedelta | None = None
    settling: Settling | None = None
    undoing: Undoing | None = None
    reason: str | None = None


@final
class Questioning(Value):
    """A question; its body decides what the answer means."""

    body: Body
    deadline: timedelta | None
    expiry: Expiry


@final
class Waiting(Value):
    """A durable timer."""

    duration: timedelta
    name: str | None


@final
class Chain:
    """One after the other."""

    __slots__ = ("left", "right")

    def __init__(self, left: "Node", right: "Node") -> None:
        self.left = left
        self.right = right


@final
class Named:
    """A block whose paths begin with a name; what is a saga elsewhere says what its bodies may emit."""

    __slots__ = ("emits", "inner", "name")

    def __init__(self, name: str, inner: "Node", emits: tuple[type, ...] = ()) -> None:
        self.name = name
        self.inner = inner
        self.emits = emits


@final
class Either:
    """One block or the other; without the other, the context goes on as it is.

    The test is a function of the context, or the class of one case of a union.
    """

    __slots__ = ("no", "test", "yes")

    def __init__(self, test: Body | type, yes: "Node", no: "Node | None") -> None:
        self.test = test
        self.yes = yes
        self.no = no


@final
class Inside:
    """A block on another context, taken out of this one and put back into it."""

    __slots__ = ("get", "inner", "put")

    def __init__(self, inner: "Node", get: Body, put: Body) -> None:
        self.inner = inner
        self.get = get
        self.put = put


Node: TypeAlias = Doing | Questioning | Waiting | Chain | Named | Either | Inside
