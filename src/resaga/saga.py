"""A saga: a named, versioned block, compiled once, and the way to its executions."""

from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from typing_extensions import TypeAliasType

from resaga.core import limits, machine
from resaga.core.block import Block, M, Sealed, Wait, node_of
from resaga.core.body import valid_name
from resaga.core.decision import Status
from resaga.core.errors import (
    EmptySaga,
    InvalidArgument,
    InvalidBody,
    InvalidOption,
    InvalidStepOrder,
    NotPaused,
    WrongSaga,
)
from resaga.core.execution_id import is_id
from resaga.core.hook import Hook
from resaga.core.instruction import Op
from resaga.core.names import names_seen_from
from resaga.core.node import Kind, Named
from resaga.core.program import Program
from resaga.core.state import ExecutionState
from resaga.drive.clock import SYSTEM, Clock
from resaga.drive.identity import IDENTITY
from resaga.execution import Answered, Execution, Interrupted, New, Outcome, Paused, came_to

if TYPE_CHECKING:
    from resaga.codec import Codec
    from resaga.codec.migration import Migration
    from resaga.core.compatibility import Compatibility

X0 = TypeVar("X0")
X = TypeVar("X")
B = TypeVar("B", covariant=True)

Loaded = TypeAliasType(
    "Loaded", New[X, B, M] | Interrupted[X, B, M] | Answered[X, B, M] | Outcome[X, B, M], type_params=(X, B, M)
)
"""What a document can be of."""


class Saga(Generic[X, B, M]):
    """A block under a name and a version.

    Everything that can be wrong with it is refused here, with a `DefinitionError`. `hooks` say how types of
    your own are stored; `emits` are the classes of the events that its bodies may emit.
    """

    __slots__ = ("_emits", "_root", "codec", "program")

    program: Program
    codec: "Codec"

    def __init__(
        self,
        name: str,
        body: Block[X, B, M] | Sealed[X, B, M],
        /,
        *,
        version: int = 1,
        hooks: tuple[Hook, ...] = (),
        emits: tuple[type, ...] = (),
    ) -> None:
        if type(version) is not int or not 1 <= version <= limits.VERSION:
            raise InvalidOption(f"saga {name!r}: version={version!r} is no whole number from 1 to {limits.VERSION:,}.")
        if not isinstance(hooks, tuple) or not all(isinstance(one, Hook) for one in hooks):
            raise InvalidOption(f"saga {name!r}: hooks={hooks!r} is no tuple of Hook.")
        if len({one.kind for one in hooks}) < len(hooks):
            raise InvalidOption(f"saga {name!r}: two of its hooks are for one class; say once how that is stored.")
        if not isinstance(emits, tuple):
            raise InvalidOption(f"saga {name!r}: emits={emits!r} is no tuple of classes.")
        if body is None or isinstance(body, Wait):
            raise EmptySaga(f"saga {name!r} has no step; give it at least one: a @read, a @step or a @gate.")
        # Importing resaga must not load what only defining a saga needs: attrs, orjson.
        from resaga.codec import Codec  # noqa: PLC0415
        from resaga.core.compile import compile_program  # noqa: PLC0415

        self._root, self._emits, names = node_of(body), emits, names_seen_from(1)
        self.program = compile_program(valid_name(name), version, self._root, hooks, emits, names=names)
        self.codec = Codec(self.program)

    @property
    def name(self) -> str:
        """The name by which documents and stores know it."""
        return self.program.name

    @property
    def version(self) -> int:
        """Which of the programs of that name it is."""
        return self.program.version

    def new(self, context: X, /, *, id: str | None = None, clock: Clock = SYSTEM) -> New[X, B, M]:
        """An execution of it, not begun yet. Without an `id` it gets a random one."""
        own = self.codec.check_context(context)
        if id is not None and not is_id(id):
            raise InvalidArgument(
                f"{id!r} is no id: 1 to {limits.ID_LENGTH} characters of letters, digits, '_', '-', '.'."
            )
        execution_id = IDENTITY.fresh() if id is None else id
        return New(self.codec, (execution_id, own, clock.wall()), [None])

    def load(self, blob: bytes, /) -> Loaded[X, B, M]:
        """The execution that a document tells of. Nothing that the document says is imported or run."""
        return self.opened(self.codec.load(blob))

    def load_paused(self, blob: bytes, /) -> Paused[X, B, M]:
        """The paused execution that a document tells of; `NotPaused` if it is in another state."""
        loaded = self.load(blob)
        if not isinstance(loaded, Paused):
            status = loaded.status.value
            raise NotPaused(
                f"execution {loaded.id!r} is {status}, not paused; saga.load(…) gives it as it is.",
                status=status,
            )
        return loaded

    def compatibility(self, blob: bytes, /) -> "Compatibility":
        """Whether an execution that an older program of this name and version dumped can go on in this one.

        A program that has changed is no error here: `verdict` and `changes` tell. A broken document is.
        """
        return self.codec.compatibility(blob)

    def migration(self, old: "Saga[X0, Any, Any]", /) -> "Migration[X0, X, Loaded[X, B, M]]":
        """Say, step by step, what executions of an older saga become in this one; then load them by that."""
        if not isinstance(old, Saga):
            raise InvalidArgument(f"migration(…) was given a {type(old).__name__}; give it the older Saga.")
        from resaga.codec.conversion import Conversion  # noqa: PLC0415 - as above
        from resaga.codec.migration import Migration  # noqa: PLC0415 - as above

        return Migration(Conversion(old=old.codec, new=self.codec), self.opened)

    def opened(self, state: ExecutionState, /, *, looked_at: bool = False) -> Loaded[X, B, M]:
        """The execution of a state; one that is `looked_at` goes on elsewhere."""
        codec, unused = self.codec, None if looked_at else [None]
        match state.status:
            case Status.PAUSED:
                return Paused(codec, state, unused)
            case Status.NEW:
                return New(codec, (state.execution_id, state.value, state.trail.at[0]), unused)
            case Status.RUNNING if state.answer is not None:
                return Answered(codec, state, unused)
            case Status.RUNNING | Status.COMPENSATING:
                return Interrupted(codec, state, unused)
            case _:
                return came_to(codec, state, machine.decide(self.program, state), unused)

    def as_child(self, name: str, /) -> Named:
        """What another saga runs of it: see `run_saga`."""
        return Named(valid_name(name), self._root, self._emits)

    def listing(self, state: "ExecutionState | Execution[Any, Any, Any] | None" = None, /) -> str:
        """The program, an instruction a line; with a state, where that execution stands and what it did."""
        from resaga.core.listing import listing  # noqa: PLC0415 - for people, so it can wait for them

        own = state.state if isinstance(state, Execution) else state
        if not isinstance(own, ExecutionState | None):
            raise InvalidArgument(f"listing(…) was given a {type(own).__name__}; give it an execution, or nothing.")
        if own is not None and own.program.fingerprint != self.program.fingerprint:
            raise WrongSaga(f"execution {own.execution_id!r} is of {own.program!r}, not of this saga.", path="$.saga")
        return listing(self.program, own)

    def mermaid(self) -> str:
        """The program as a Mermaid flowchart."""
        from resaga.core.listing import mermaid  # noqa: PLC0415 - the same

        return mermaid(self.program)

    def steps_by_kind(self) -> dict[str, int]:
        """How many reads, undone, kept and irreversible steps, gates and waits there are."""
        counts: dict[str, int] = {}
        for one in self.program.instructions:
            if one.op not in (Op.PERFORM, Op.ASK, Op.SLEEP):
                continue
            counts[one.kind.value] = counts.get(one.kind.value, 0) + 1
        return counts

    def __repr__(self) -> str:
        return f"<Saga {self.name!r} v{self.version}: {self.program.end} instructions>"


@overload
def run_saga(child: Saga[X, B, M], /, *, name: str | None = None) -> Block[X, B, M]: ...
@overload
def run_saga(child: Saga[X, B, M], /, *, name: str | None = None, irreversible: Literal[True]) -> Sealed[X, B, M]: ...
def run_saga(
    child: Saga[X, B, M], /, *, name: str | None = None, irreversible: bool = False
) -> Block[X, B, M] | Sealed[X, B, M]:
    """Run a saga as a step of another one, which goes on with its result.

    It is part of the execution that runs it: its steps have paths like `payment/charge`, its gates are answered there,
    and what takes back the whole takes it back, too. One with an irreversible step has to be run `irreversible=True`.
    """
    if not isinstance(child, Saga):
        raise InvalidBody(f"run_saga(…) was given a {type(child).__name__}; give it a Saga.")
    node = child.as_child(name or child.name)
    if irreversible:
        return Sealed(node)
    for one in child.program.instructions:
        if one.kind is Kind.IRREVERSIBLE:
            raise InvalidStepOrder(
                f"saga {child.name!r} cannot be taken back once its step {one.path!r} is done;"
                " run it with irreversible=True, behind all that needs an undo.",
                path=node.name,
                after=one.path,
            )
    return Block(node)
