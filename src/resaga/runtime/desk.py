"""All that can be said to kept executions and asked of them: each verb as what it asks of the store."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from os import urandom
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast, final

from resaga.codec import Codec
from resaga.codec.journal import ANSWER
from resaga.core.block import Gate
from resaga.core.errors import (
    AlreadyExists,
    Conflict,
    InvalidArgument,
    NotAsked,
    NotStuckThere,
    PastNoReturn,
    Quarantined,
    UnknownSaga,
    WrongSaga,
)
from resaga.core.instruction import Instruction
from resaga.core.outcome import Answer
from resaga.core.state import ExecutionState
from resaga.core.word import reason_of, signature
from resaga.drive.clock import Clock
from resaga.execution import Answered, Completed, Execution, Interrupted, New, Paused, Stuck
from resaga.runtime.asking import Asking, delete, kept, read, surely
from resaga.runtime.driving import PAGE
from resaga.runtime.event import Event, events
from resaga.runtime.held import LAST_TAKEOVER, Held
from resaga.runtime.life import WORKER, Life
from resaga.runtime.options import AnySaga, by_name, looked_for, tags_of
from resaga.runtime.standing import QUARANTINED, Standing, journaled, named, standing
from resaga.runtime.summary import Summary, summary
from resaga.saga import Saga
from resaga.stores.store import Append, Head, Stored

if TYPE_CHECKING:
    from resaga.codec.migration import Migration

L = TypeVar("L")

AnyExecution: TypeAlias = Execution[Any, Any, Any]
AnyGate: TypeAlias = Gate[Any, Any, Any, Any]
AnyStuck: TypeAlias = Stuck[Any, Any, Any]


@final
class Desk:
    """The sagas that a runtime was given, and what is said to their executions in whatever store."""

    def __init__(self, sagas: Iterable[AnySaga], clock: Clock, life: Life) -> None:
        self.sagas = by_name(sagas)
        self._clock = clock
        self._life = life

    def check(self, saga: AnySaga) -> None:
        """Raise unless this runtime was given this very saga."""
        if not isinstance(saga, Saga):
            raise UnknownSaga(f"{type(saga).__name__} was given where a Saga belongs; give the saga itself.", saga="")
        name = named(saga.program)
        self._known(name, saga.codec)

    # ---- beginning -------------------------------------------------------------------------------

    def begun(self, saga: AnySaga, context: object, id_: str | None) -> ExecutionState:
        """One that no store knows yet."""
        self.check(saga)
        return saga.new(context, id=id_, clock=self._clock).state

    def submit(self, saga: AnySaga, context: object, id_: str | None, tags: tuple[str, ...]) -> Asking[str]:
        """Keep it for whoever drives what is due; gives its id."""
        state = self.begun(saga, context, id_)
        first = journaled(state, b"", 1, urandom(16), tags=tags_of(tags), snapshot=saga.codec.dump(state))
        if not (yield from surely(first)):
            yield from self.same(saga, state, tags)
        return state.execution_id

    def same(self, saga: AnySaga, state: ExecutionState, tags: tuple[str, ...]) -> Asking[None]:
        """Raise unless the execution that is kept under this id began with the same; no tags are any tags."""
        stored = yield from kept(state.execution_id)
        other = f"is of {stored.saga!r}"
        if stored.saga == named(saga.program):
            there = Held.seen(saga.codec, stored).state
            other = "it began with something else"
            if saga.codec.beginning(there) == saga.codec.beginning(state):
                if not tags or set(tags) == set(stored.tags):
                    return
                other = f"it has the tags {stored.tags!r}"
        raise AlreadyExists(
            f"execution {stored.id!r} is kept already, and {other}; give this one another id.", id=stored.id
        )

    def create(self, saga: AnySaga, state: ExecutionState, tags: tuple[str, ...]) -> Asking[Held]:
        """One that no store knows yet, to be driven here."""
        tags = tags_of(tags)  # before anything is written
        return Held.created(saga.codec, state, (yield from self._owner()), tags)

    # ---- going on --------------------------------------------------------------------------------

    def take(self, saga: AnySaga, id_: str, clock: Clock) -> Asking[Held]:
        """One that is to be gone on with here by that clock, if nobody else does."""
        self.check(saga)
        stored = yield from kept(id_)
        owner = yield from self._owner()
        if stored.owner != owner and (yield from self._lives(stored.owner)):
            raise Conflict(f"execution {id_!r} is being driven by another runtime; try again when it rests.", id=id_)
        self._compare(saga, stored)
        held = Held.seen(saga.codec, stored, owner, clock.wall())
        if stored.status == QUARANTINED or held.worn_out:
            if stored.status != QUARANTINED:
                yield from held.quarantine()
            died = f"{LAST_TAKEOVER} in a row died while they drove it, or were cut off by its own body"
            raise Quarantined(
                f"execution {id_!r} is quarantined, as {died}; once the cause is gone, call retry({id_!r}).", id=id_
            )
        return held

    def is_driven(self, id_: str) -> Asking[bool]:
        """Whether somebody who lives goes on with it."""
        stored = yield from read(id_)
        return stored is not None and (yield from self._lives(stored.owner))

    # ---- what somebody says; where somebody else was faster, all is looked at anew -------------------

    def answer(self, id_: str, gate: AnyGate, value: object, *, by: str | None, path: str | None) -> Asking[None]:
        """Record the answer to a gate."""
        while not (yield from self._answered(id_, gate, value, by, path)):
            continue

    def cancel(self, id_: str, reason: str, by: str | None) -> Asking[None]:
        """Record that it is to be rolled back."""
        while not (yield from self._cancelled(id_, reason, by)):
            continue

    def decide(self, id_: str, verb: Callable[[AnyStuck], AnyExecution]) -> Asking[None]:
        """Record what a person decided about one that is stuck."""
        while True:
            saga, stored, held = yield from self._kept(id_)
            if stored.status == QUARANTINED:
                said = (
                    f"execution {id_!r} is quarantined, not stuck in a step; say retry({id_!r}) once the cause is gone."
                )
                raise NotStuckThere(said, path=held.state.path or "")
            if (yield from _said(held, verb(_stuck(saga.opened(held.state))))):
                return

    def retry(self, id_: str, by: str | None) -> Asking[None]:
        """Record that it is to be tried again, what is stuck or what was quarantined."""
        while True:
            saga, stored, held = yield from self._kept(id_)
            one = saga.opened(held.state)
            again = one if stored.status == QUARANTINED else _stuck(one).retried(by=by, clock=self._clock)
            if (yield from _said(held, again)):
                return

    def migrate(self, migration: "Migration[Any, Any, L]", id_: str) -> Asking[L]:
        """Record it as an execution of another saga; gives how it stands there, to look at."""
        saga = self._migrating(migration)
        while True:
            stored = yield from kept(id_)
            conversion = migration.conversion
            if stored.saga != named(conversion.old.program):
                given = named(conversion.old.program)
                said = f"execution {id_!r} is of the saga {stored.saga!r}, and this migration begins at {given!r}."
                raise WrongSaga(said, path="$.saga")
            if (yield from self._lives(stored.owner)):
                raise Conflict(f"execution {id_!r} is being driven; migrate it when it rests.", id=id_)
            now = self._clock.wall()
            held = Held.migrated(conversion, stored, (yield from self._owner()), now)
            held.hear(now)
            with suppress(Conflict):
                if (yield from held.rest(aside=stored.status == QUARANTINED)):
                    own: Any = saga.opened(held.state, looked_at=True)
                    return cast("L", own)

    def forget(self, id_: str) -> Asking[None]:
        """Delete it, wherever it stands."""
        while not (yield from delete((yield from kept(id_)))):
            continue

    # ---- looking ---------------------------------------------------------------------------------

    def state(self, saga: AnySaga, id_: str) -> Asking[ExecutionState]:
        """How it stands, for those who have its saga."""
        self.check(saga)
        stored = yield from kept(id_)
        self._compare(saga, stored)
        return Held.seen(saga.codec, stored).state

    def page(
        self, after: str, *, status: str | None, saga: str | None, tag: str | None
    ) -> Asking[tuple[list[Standing], str | None]]:
        """Some of those that fit, by their ids, and behind which the next ones are."""
        looked_for(status=status, saga=saga, tag=tag)
        word = None if status is None else str(status)  # a member of an enumeration is not what a store asks for
        found: Sequence[Head] = yield lambda store: store.find(status=word, saga=saga, tag=tag, after=after, limit=PAGE)
        heads = [Head(*head) for head in found]
        return [standing(head) for head in heads if head.status != WORKER], heads[-1].id if heads else None

    def summary(self, id_: str) -> Asking[Summary]:
        """How it stands."""
        return summary((yield from kept(id_)))

    def events(self, id_: str) -> Asking[tuple[Event, ...]]:
        """What happened to it."""
        return events((yield from kept(id_)))

    # ---- inside ----------------------------------------------------------------------------------

    def _owner(self) -> Asking[str]:
        owner: str = self._life.known or (yield lambda _: self._life.owner())
        return owner

    def _lives(self, owner: str) -> Asking[bool]:
        """Whether there is an owner, who lives."""
        lives: bool = owner != "" and (yield lambda _: self._life.lives(owner))
        return lives

    def _kept(self, id_: str) -> Asking[tuple[AnySaga, Stored, Held]]:
        stored = yield from kept(id_)
        if stored.saga not in self.sagas:
            raise self._unknown(stored.saga)
        saga = self.sagas[stored.saga]
        return saga, stored, Held.seen(saga.codec, stored)

    def _answered(self, id_: str, gate: AnyGate, value: object, by: str | None, path: str | None) -> Asking[bool]:
        saga, stored, held = yield from self._kept(id_)
        state, one = held.state, _asking(saga, gate, path)
        if state.asked and state.here is one and not held.has_answer():
            paused: Any = saga.opened(state)
            return (yield from _said(held, paused.answer(gate, value, by=by, clock=self._clock)))
        given = {request.said[0] for request in held.requests if request.what == ANSWER}
        if held.is_ahead(one.path) and one.path not in given and one.asks is not None:
            own = saga.codec.check_answer(one.asks, value, one.path)
            answer = Answer(own, signature("answer", by))
            return (yield from _asked(stored, saga.codec.answering(one.index, answer)))
        why = f"gate {one.path!r} has its answer already, or the execution has gone past it"
        if state.failure is not None:
            why = f"{state.failure}, so it is rolled back"
        raise Conflict(f"execution {id_!r} takes no such answer: {why}.", id=id_)

    def _cancelled(self, id_: str, reason: str, by: str | None) -> Asking[bool]:
        saga, stored, held = yield from self._kept(id_)
        match one := saga.opened(held.state):
            case Completed():
                raise PastNoReturn(f"execution {id_!r} is completed, so it can no longer be cancelled.", path="the end")
            case New() | Paused() | Answered() | Interrupted() if stored.owner:
                one.cancel(reason, by=by, clock=self._clock)  # raises, if it is known by now that it cannot be
                return (yield from _asked(stored, saga.codec.cancelling(reason_of("cancel", reason, by))))
            case New() | Paused() | Answered() | Interrupted() | Stuck():
                return (yield from _said(held, one.cancel(reason, by=by, clock=self._clock)))
            case _:  # it was rolled back
                return True

    def _migrating(self, migration: object) -> AnySaga:
        """The saga that it leads to, which is one of this runtime's."""
        from resaga.codec.migration import Migration  # noqa: PLC0415 - who never migrates does not load it

        if not isinstance(migration, Migration):
            said = f"migrate(…) was given a {type(migration).__name__}; give it a Migration, as in new.migration(old)."
            raise InvalidArgument(said)
        new = migration.conversion.new
        return self._known(named(new.program), new)

    def _known(self, name: str, codec: Codec) -> AnySaga:
        """The saga of that name, if it is the very one that this codec is of."""
        if name not in self.sagas:
            raise self._unknown(name)
        if self.sagas[name].codec is not codec:
            said = f"this runtime was given another saga {name!r} than this one; use the object that it was given."
            raise UnknownSaga(said, saga=name)
        return self.sagas[name]

    def _compare(self, saga: AnySaga, stored: Stored) -> None:
        """Raise unless the execution is of this saga."""
        if stored.saga not in self.sagas:
            raise self._unknown(stored.saga)
        if stored.saga != named(saga.program):
            given = named(saga.program)
            said = f"execution {stored.id!r} is of the saga {stored.saga!r}, not of {given!r}; give that one."
            raise UnknownSaga(said, saga=stored.saga)

    def _unknown(self, saga: str) -> UnknownSaga:
        known = ", ".join(sorted(self.sagas)) or "none"
        return UnknownSaga(f"this runtime has no saga {saga!r} (it has {known}); add it to its sagas=[…].", saga=saga)


def _asking(saga: AnySaga, gate: AnyGate, path: str | None) -> Instruction:
    """Where this gate is asked; one that is asked at several places is not answered by accident at the wrong one."""
    if not isinstance(gate, Gate):
        said = f"answer(…) was given {type(gate).__name__} for a gate; give it one that the saga was made of."
        raise NotAsked(said, path="")
    name = gate.node.body.name
    places = {one.path: one for one in saga.program.instructions if one.node is gate.node and one.asks is not None}
    if not places:
        said = f"saga {saga.name!r} was not made of this gate {name!r}; give one that it was made of."
        raise NotAsked(said, path=name)
    if path is None and len(places) > 1:
        said = f"gate {name!r} is asked at {' and at '.join(map(repr, places))}; say which by path=…."
        raise NotAsked(said, path=name)
    if path is not None and path not in tuple(places):  # it may be something without a hash
        said = f"gate {name!r} is not asked at {path!r:.80}, but at {' and at '.join(map(repr, places))}."
        raise NotAsked(said, path=name)
    return next(iter(places.values())) if path is None else places[path]


def _asked(stored: Stored, entry: bytes) -> Asking[bool]:
    """Record what somebody asks of an execution, whoever drives it; it is found by what it was found by."""
    head = stored.saga, stored.status, stored.wake_at, stored.owner
    request = Append(stored.id, stored.revision + 1, urandom(16), entry, *head, after=stored.write_id)
    return (yield from surely(request))


def _said(held: Held, after: AnyExecution) -> Asking[bool]:
    """Record how somebody's word leaves an execution that nobody drives; False where somebody else was faster."""
    try:
        yield from held.say(after.state)
    except Conflict:
        return False
    return True


def _stuck(one: AnyExecution) -> AnyStuck:
    if isinstance(one, Stuck):
        return one
    said = f"execution {one.id!r} is {one.status.value}, not stuck, so there is nothing to decide."
    raise NotStuckThere(said, path=one.state.path or "")
