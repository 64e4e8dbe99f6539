"""The durable runtime for blocking code: executions that survive the process that drives them."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from os import urandom
from types import TracebackType
from typing import Any, Final, Self, TypeAlias, TypeVar, final

from resaga.codec.journal import ANSWER
from resaga.core.block import Gate, Sync
from resaga.core.errors import (
    AlreadyExists,
    Conflict,
    NeedsAwait,
    NotAsked,
    NotKept,
    NotStuckThere,
    PastNoReturn,
    ResagaError,
    StoreError,
    UnknownSaga,
)
from resaga.core.outcome import Answer
from resaga.core.state import ExecutionState
from resaga.core.word import reason_of, signature
from resaga.drive.clock import SYSTEM, Clock
from resaga.execution import Answered, Completed, Execution, Interrupted, New, Outcome, Paused, Stuck, settled
from resaga.runtime.held import QUARANTINED, Held
from resaga.runtime.life import LEASE, WORKER, Life
from resaga.runtime.loop import run
from resaga.runtime.standing import journaled, named
from resaga.runtime.summary import Summary, summary
from resaga.saga import Loaded, Saga
from resaga.stores.opening import open_store
from resaga.stores.store import Append, Head, Store, Stored

X = TypeVar("X")
B = TypeVar("B")
R = TypeVar("R")

AnyExecution: TypeAlias = Execution[Any, Any, Any]
PAGE: Final = 100


@final
class BlockingRuntime:
    """Runs sagas on a store, which several runtimes may share, here and in other processes.

    Any of them can go on with what another left. What it gives of an execution is for looking at: that goes on by
    the runtime's verbs only, which record it.
    """

    def __init__(
        self, store: Store, sagas: Iterable[Saga[Any, Any, Any]], *, clock: Clock = SYSTEM, lease: timedelta = LEASE
    ) -> None:
        self._store = store
        self._sagas = {named(saga.program): saga for saga in sagas}
        for saga in self._sagas.values():
            if saga.program.awaits:
                raise NeedsAwait(f"saga {saga.name!r} has async bodies; a blocking runtime cannot call them.")
        self._clock = clock
        self._driving: dict[str, Held] = {}
        self._left: set[str] = set()
        self._unwritten: dict[str, Held] = {}
        self._life = Life(store, clock, lease)

    @classmethod
    def open(cls, url: str, sagas: Iterable[Saga[Any, Any, Any]], *, clock: Clock = SYSTEM) -> Self:
        """A runtime on the store that a URL names: `sqlite:///shop.db`, `file:///dir`, `memory://`."""
        return cls(open_store(url), sagas, clock=clock)

    def close(self) -> None:
        """Let go of the store; what is not over can be gone on with by others at once."""
        try:
            self._life.end(leaves=bool(self._left))
        finally:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # ---- beginning -------------------------------------------------------------------------------

    def run(
        self,
        saga: Saga[X, B, Sync],
        context: X,
        /,
        *,
        id: str | None = None,  # noqa: A002 - it is called that everywhere else
        tags: tuple[str, ...] = (),
    ) -> Outcome[X, B, Sync]:
        """Begin an execution and drive it here until it ends, pauses or is stuck.

        With the id of one that began with the same, that one is gone on with; with anything else, `AlreadyExists`.
        """
        state = self._begun(saga, context, id)
        held = Held.created(self._store, saga.codec, state, self._life.owner(), tags)
        try:
            return self._driven(saga, held)
        except AlreadyExists:
            self._same(self._store, saga, state)
        return self.resume(saga, state.execution_id)

    def submit(
        self,
        saga: Saga[X, Any, Any],
        context: X,
        /,
        *,
        id: str | None = None,  # noqa: A002 - as above
        tags: tuple[str, ...] = (),
        into: Store | None = None,
    ) -> str:
        """Keep an execution for whoever drives what is due; gives its id.

        `into` is a store inside your own transaction: `SqliteStore.joined(connection)`.
        """
        state = self._begun(saga, context, id)
        store = into or self._store
        first = journaled(state, b"", snapshot=saga.codec.dump(state))
        if not store.append([first._replace(revision=1, write_id=urandom(16), tags=tags)])[0]:
            self._same(store, saga, state)
        return state.execution_id

    # ---- going on --------------------------------------------------------------------------------

    def resume(self, saga: Saga[X, B, Sync], id: str, /) -> Outcome[X, B, Sync]:  # noqa: A002 - as above
        """Go on with one here, as far as it goes; one that waits is given as it is."""
        unwritten = self._unwritten.pop(id, None)
        if unwritten is not None:
            return self._driven(saga, unwritten)
        stored, now, owner = _stored(self._store, id), self._clock.wall(), self._life.owner()
        if stored.owner not in ("", owner) and self._lives(stored.owner, now):
            raise Conflict(f"execution {id!r} is being driven by somebody else.", id=id)
        if stored.saga != named(saga.program):
            raise self._unknown(stored.saga)
        held = Held.seen(self._store, saga.codec, stored, owner, now)
        if stored.status == QUARANTINED or held.worn_out:
            if held.worn_out:
                held.quarantine()
            raise Conflict(
                f"execution {id!r} is quarantined: all who drove it died; retry({id!r}) takes it up again.", id=id
            )
        return self._driven(saga, held)

    def tick(self) -> int:
        """Drive here what is due, and what was being driven by processes that died; gives how many went on.

        Call it from a loop, a thread or cron. What belongs to sagas that this runtime was not given is left alone.
        """
        went_on = 0
        for id_, saga in self._found():
            try:
                self.resume(saga, id_)
            except StoreError:
                raise
            except ResagaError:  # somebody else has it, it is gone, or nothing can be done about it by this program
                continue
            went_on += 1
        return went_on

    def answer(self, id: str, gate: Gate[Any, Any, R, Any], value: R, /, *, by: str | None = None) -> None:  # noqa: A002 - as above
        """Record the answer to a gate; who drives what is due goes on with it.

        One that comes before the gate is reached is kept for it; a second one is a `Conflict`.
        """
        while not self._answered(id, gate, value, by):
            continue

    def cancel(self, id: str, reason: str, /, *, by: str | None = None) -> None:  # noqa: A002 - as above
        """Ask for a rollback. What is being driven takes it in before its next call."""
        while not self._cancelled(id, reason, by):
            continue

    def skip(self, id: str, reason: str, /, *, by: str) -> None:  # noqa: A002 - as above
        """See `Stuck.skip`."""
        while not self._decided(id, lambda stuck: stuck.skip(reason, by, clock=self._clock)):
            continue

    def mark_done(self, id: str, result: object = None, /, *, by: str) -> None:  # noqa: A002 - as above
        """See `Stuck.mark_done`."""
        while not self._decided(id, lambda stuck: stuck.mark_done(result, by=by, clock=self._clock)):
            continue

    def retry(self, id: str, /, *, by: str | None = None) -> None:  # noqa: A002 - as above
        """See `Stuck.retry`; also takes one up again that was quarantined."""
        while not self._retried(id, by):
            continue

    # ---- looking ---------------------------------------------------------------------------------

    def load(self, saga: Saga[X, B, Sync], id: str, /) -> Loaded[X, B, Sync]:  # noqa: A002 - as above
        """An execution as it stands, to look at."""
        return saga.opened(self._seen(saga, _stored(self._store, id)).state, used=True)

    def get(self, id: str, /) -> Summary:  # noqa: A002 - as above
        """How an execution stands; its saga is not needed."""
        return summary(_stored(self._store, id))

    def find(self, *, status: str | None = None, saga: str | None = None, tag: str | None = None) -> Iterator[Head]:
        """The heads of all executions that fit, by their ids. `saga` is a name with a version, as in `checkout/1`."""
        after = ""
        while heads := self._store.find(status=status, saga=saga, tag=tag, after=after, limit=PAGE):
            after = heads[-1][0]
            yield from (Head(*head) for head in heads if head[2] != WORKER)

    def delete(self, id: str, /) -> None:  # noqa: A002 - as above
        """Forget an execution, wherever it stands. Nothing is undone."""
        while not self._store.delete(id, _stored(self._store, id).revision):
            continue

    # ---- inside ----------------------------------------------------------------------------------

    def _begun(self, saga: Saga[X, Any, Any], context: X, id_: str | None) -> ExecutionState:
        if self._sagas.get(named(saga.program)) is not saga:
            raise self._unknown(named(saga.program))
        return saga.new(context, id=id_, clock=self._clock).state

    def _same(self, store: Store, saga: Saga[Any, Any, Any], state: ExecutionState) -> None:
        """Raise unless the execution that is kept under this id began with the same."""
        stored = _stored(store, state.execution_id)
        if stored.saga == named(saga.program):
            kept = self._seen(saga, stored).state
            if saga.codec.beginning(kept) == saga.codec.beginning(state):
                return
        raise AlreadyExists(
            f"execution {stored.id!r} is kept already, and it began with something else; give this one another id.",
            id=stored.id,
        )

    def _driven(self, saga: Saga[X, B, Sync], held: Held) -> Outcome[X, B, Sync]:
        id_ = held.state.execution_id
        if self._driving.setdefault(id_, held) is not held:
            raise held.lost("it is being driven here")
        self._left.add(id_)  # until it is known that it rests, or is somebody else's
        try:
            decision = run(held, self._clock, saga.codec.copy)
            self._left.discard(id_)
        except (Conflict, AlreadyExists):
            self._left.discard(id_)
            raise
        except StoreError:  # what happened is not forgotten: it is written when the store is back
            self._unwritten[id_] = held
            raise
        finally:
            del self._driving[id_]
        return settled(saga.codec, held.state, decision, [])

    def _found(self) -> Iterator[tuple[str, Saga[Any, Any, Any]]]:
        """What is due, and what the dead have left."""
        now = self._clock.wall()
        for id_ in self._left - self._driving.keys():
            stored = self._store.read(id_)
            if stored is not None:
                yield from self._known([Head(*stored[:8])])
        for head in self._pages(due=now):
            if head.status == WORKER:
                yield from self._known(one for one in self._pages(owner=head.id) if one.id != head.id)
                if all(one.id == head.id for one in self._pages(owner=head.id)):  # it has nothing left
                    self._store.delete(head.id, head.revision)
            elif not head.owner or not self._lives(head.owner, now):
                yield from self._known([head])

    def _known(self, heads: Iterable[Head]) -> Iterator[tuple[str, Saga[Any, Any, Any]]]:
        return ((head.id, self._sagas[head.saga]) for head in heads if head.saga in self._sagas)

    def _pages(self, *, due: int | None = None, owner: str | None = None) -> Iterator[Head]:
        after = ""
        while heads := self._store.find(due=due, owner=owner, after=after, limit=PAGE):
            after = heads[-1][0]
            yield from (Head(*head) for head in heads)

    def _lives(self, owner: str, now: int) -> bool:
        sign = self._store.read(owner)
        return sign is not None and sign.wake_at is not None and sign.wake_at > now

    def _kept(self, id_: str) -> tuple[Saga[Any, Any, Any], Stored, Held]:
        stored = _stored(self._store, id_)
        if stored.saga not in self._sagas:
            raise self._unknown(stored.saga)
        saga = self._sagas[stored.saga]
        return saga, stored, self._seen(saga, stored)

    def _seen(self, saga: Saga[Any, Any, Any], stored: Stored) -> Held:
        if stored.saga != named(saga.program):
            raise self._unknown(stored.saga)
        return Held.seen(self._store, saga.codec, stored)

    # ---- what somebody says; False where somebody else was faster, and all is to be looked at anew ------

    def _answered(self, id_: str, gate: Gate[Any, Any, R, Any], value: R, by: str | None) -> bool:
        saga, stored, held = self._kept(id_)
        state = held.state
        places = [one for one in state.program.instructions if one.node is gate.node and one.asks is not None]
        if not places:
            name = gate.node.body.name
            raise NotAsked(f"saga {saga.name!r} has no such gate as {name!r}.", path=name)
        if state.asked and state.here in places:
            paused: Any = saga.opened(state)
            return _say(held, paused.answer(gate, value, by=by, clock=self._clock))
        given = {request.said[0] for request in held.requests if request.what == ANSWER}
        for one in places:
            if held.is_ahead(one.path) and one.path not in given and one.asks is not None:
                own = saga.codec.check_answer(one.asks, value, one.path)
                return self._ask(stored, saga.codec.answering(one.index, Answer(own, signature("answer", by))))
        raise Conflict(f"execution {id_!r} does not wait at {places[-1].path!r}, or has its answer.", id=id_)

    def _cancelled(self, id_: str, reason: str, by: str | None) -> bool:
        saga, stored, held = self._kept(id_)
        match one := saga.opened(held.state):
            case Completed():
                raise PastNoReturn(f"execution {id_!r} is completed, so nothing is cancelled.", path="the end")
            case New() | Paused() | Answered() | Interrupted() if stored.owner:
                one.cancel(reason, by=by, clock=self._clock)  # raises, if it is known by now that it cannot be
                return self._ask(stored, saga.codec.cancelling(reason_of("cancel", reason, by)))
            case New() | Paused() | Answered() | Interrupted():
                return _say(held, one.cancel(reason, by=by, clock=self._clock))
            case _:  # it was rolled back, or a person has to decide first
                return True

    def _decided(self, id_: str, verb: Callable[[Stuck[Any, Any, Any]], AnyExecution]) -> bool:
        saga, _, held = self._kept(id_)
        return _say(held, verb(_stuck(saga.opened(held.state))))

    def _retried(self, id_: str, by: str | None) -> bool:
        saga, stored, held = self._kept(id_)
        one = saga.opened(held.state)
        if stored.status == QUARANTINED:
            return _say(held, one)
        return _say(held, _stuck(one).retried(by=by, clock=self._clock))

    def _ask(self, stored: Stored, entry: bytes) -> bool:
        """Record what somebody asks of an execution, whoever drives it; it is found by what it was found by."""
        head = stored.saga, stored.status, stored.wake_at, stored.owner
        return self._store.append([Append(stored.id, stored.revision + 1, urandom(16), entry, *head)])[0]

    def _unknown(self, saga: str) -> UnknownSaga:
        known = ", ".join(sorted(self._sagas)) or "none"
        return UnknownSaga(f"this runtime was not given the saga {saga!r}; it has {known}.", saga=saga)


def _stored(store: Store, id_: str) -> Stored:
    stored = store.read(id_)
    if stored is None or stored.status == WORKER:
        raise NotKept(f"no execution {id_!r} is kept here.", id=id_)
    return Stored(*stored)


def _say(held: Held, after: AnyExecution) -> bool:
    """Record how somebody's word leaves an execution that nobody drives."""
    try:
        held.say(after.state)
    except Conflict:
        return False
    return True


def _stuck(one: AnyExecution) -> Stuck[Any, Any, Any]:
    if isinstance(one, Stuck):
        return one
    raise NotStuckThere(f"execution {one.id!r} is {one.status.value}, not stuck.", path=one.state.path or "")
