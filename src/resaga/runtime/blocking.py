"""The durable runtime for blocking code: executions that survive the process that drives them."""

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, final

from resaga.core.block import Gate, M, Sync
from resaga.core.decision import Status
from resaga.core.errors import AlreadyExists, Conflict, InvalidArgument, NeedsAwait, StoreClosed, StoreError
from resaga.core.execution_id import is_id
from resaga.core.step import span
from resaga.drive.clock import SYSTEM, Clock
from resaga.execution import Outcome, came_to
from resaga.runtime.asking import Asking, ask, closed, joined, no_such
from resaga.runtime.desk import Desk
from resaga.runtime.driving import EVERY, Driving, Found
from resaga.runtime.event import Event
from resaga.runtime.hands import Hands, Stopped
from resaga.runtime.held import Held
from resaga.runtime.life import LEASE, Life
from resaga.runtime.loop import run
from resaga.runtime.options import clock_at, store_of
from resaga.runtime.sigterm import on_sigterm
from resaga.runtime.standing import OVER, PAUSED, RUNNING, STUCK, AnyStatus, Standing
from resaga.runtime.summary import Summary
from resaga.runtime.told import is_about_one
from resaga.saga import Loaded, Saga
from resaga.stores.opening import open_store
from resaga.stores.store import Store

if TYPE_CHECKING:
    from resaga.codec.migration import Migration

T = TypeVar("T")
X = TypeVar("X")
B = TypeVar("B")
R = TypeVar("R")
L = TypeVar("L")

LOG: Final = logging.getLogger("resaga.runtime")
LISTENING_SECONDS: Final = 0.1
"""How long a signal may stay unheard."""


@final
class BlockingRuntime:
    """Runs sagas on a store, which several runtimes may share, here and in other processes.

    Any of them can go on with what another left. What it gives of an execution is for looking at: that goes on by
    the runtime's verbs only, which record it. Executions of a saga with async bodies can be begun here by `submit`,
    and answered, decided about and looked at; they are driven by a `Runtime`.
    """

    def __init__(
        self, store: Store, sagas: Iterable[Saga[Any, Any, Any]], *, clock: Clock = SYSTEM, lease: timedelta = LEASE
    ) -> None:
        self._store = store_of(store)
        self._clock = clock
        self._life = Life(store, clock, lease)
        self._desk = Desk(sagas, clock, self._life)
        self._driving = Driving(self._life, clock)
        self._hands = Hands(store)
        self._closed = False
        self._mine = {name: saga for name, saga in self._desk.sagas.items() if not saga.program.awaits}

    @classmethod
    def open(
        cls, url: str, sagas: Iterable[Saga[Any, Any, Any]], *, clock: Clock = SYSTEM, lease: timedelta = LEASE
    ) -> Self:
        """A runtime on the store that a URL names: `sqlite:///shop.db`, `file:///dir`, `memory://`."""
        return cls(open_store(url), sagas, clock=clock, lease=lease)

    def close(self) -> None:
        """Let go of the store; what is not over can be gone on with by others at once."""
        self._closed = True
        try:
            self._life.end(leaves=self._driving.leaves)
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
        id: str | None = None,
        tags: tuple[str, ...] = (),
    ) -> Outcome[X, B, Sync]:
        """Begin an execution and drive it here until it ends, pauses or is stuck.

        With the id of one that began with the same, that one is gone on with; with anything else, `AlreadyExists`.
        """
        self._check(saga)
        state = self._desk.begun(saga, context, id)
        try:
            return self._driven(saga, self._ask(self._desk.create(saga, state, tags)), self._clock, self._hands)
        except AlreadyExists:
            self._ask(self._desk.same(saga, state, tags))
        return self.resume(saga, state.execution_id)

    def submit(
        self,
        saga: Saga[X, Any, Any],
        context: X,
        /,
        *,
        id: str | None = None,
        tags: tuple[str, ...] = (),
        connection: object = None,
    ) -> str:
        """Keep an execution for whoever drives what is due; gives its id.

        With a `connection` to the same database it is kept in your own transaction there, or not at all.
        """
        if connection is not None and self._closed:  # nothing else asks the store that was closed
            raise closed()
        store = self._store if connection is None else joined(self._store, connection)
        return ask(store, self._desk.submit(saga, context, id, tags))

    # ---- going on --------------------------------------------------------------------------------

    def resume(self, saga: Saga[X, B, Sync], id: str, /) -> Outcome[X, B, Sync]:
        """Go on with one here, as far as it goes; one that waits is given as it is."""
        self._check(saga)
        if not is_id(id):
            raise no_such(id)
        return self._resumed(saga, id, self._clock, self._hands)

    def tick(self, now: datetime | None = None) -> int:
        """Drive here what is due, and what was being driven by processes that died; gives how many went on.

        Call it from a loop, a thread or cron. What belongs to sagas that this runtime was not given, or cannot call,
        is left alone.
        What cannot be gone on with, whatever the error, is said in the log once, and the others are driven. Only what
        the store could not do is raised.

        Given `now`, it acts as if that were the time: timers wake, deadlines pass, and that time is written. Only
        leases still go by the real clock. If `now` is before what was written, less is due.
        """
        return self._ticked(clock_at(now, self._clock), self._hands)

    def recover(self) -> int:
        """Drive here what was under way and nobody drives any more: its process died, or let go of it.

        Gives how many went on. What has not begun, and what waited for its time, is left to `tick`, which does both.
        Errors are treated as there.
        """
        return self._went_on(self._driving.left(self._store, self._mine), self._clock, self._hands)

    def work(self, *, every: timedelta = EVERY) -> None:
        """Drive what is due, one after the other, until the process is told to end by SIGTERM.

        A body that is being called then is called to its end, with what it runs itself, and what it gave is recorded;
        nothing is undone, and others go on with it, as do other threads of this process. `every` is the time between
        two looks at the store. Errors are treated as by `tick`; when the store fails that is said in the log, too, and
        it is tried again.
        """
        seconds = span("every", every, InvalidArgument).total_seconds()
        hands = Hands(self._store)  # its own: nobody else is told to stop
        with on_sigterm(hands.stop), suppress(Stopped):
            while not hands.stopping:
                try:
                    self._ticked(self._clock, hands)
                except StoreClosed:  # it does not come back
                    raise
                except StoreError as error:
                    LOG.warning("the store failed, it is tried again: %s", error)
                _rest(hands, seconds)

    def answer(
        self, id: str, gate: Gate[Any, Any, R, Any], value: R, /, *, by: str | None = None, path: str | None = None
    ) -> None:
        """Record the answer to a gate; who drives what is due goes on with it.

        One that comes before the gate is reached is kept for it; a second one is a `Conflict`. For a gate that the saga
        asks at several places, `path` says which.
        """
        self._ask(self._desk.answer(id, gate, value, by=by, path=path))

    def cancel(self, id: str, reason: str, /, *, by: str | None = None) -> None:
        """Ask for a rollback. What is being driven takes it in before its next call."""
        self._ask(self._desk.cancel(id, reason, by))

    def skip(self, id: str, reason: str, /, *, by: str) -> None:
        """See `Stuck.skip`."""
        self._ask(self._desk.decide(id, lambda stuck: stuck.skip(reason, by, clock=self._clock)))

    def mark_done(self, id: str, result: object = None, /, *, by: str) -> None:
        """See `Stuck.mark_done`."""
        self._ask(self._desk.decide(id, lambda stuck: stuck.mark_done(result, by=by, clock=self._clock)))

    def retry(self, id: str, /, *, by: str | None = None) -> None:
        """See `Stuck.retried`: who drives what is due goes on with it. Also takes one up again that was quarantined."""
        self._ask(self._desk.retry(id, by))

    def migrate(self, migration: "Migration[Any, Any, L]", id: str, /) -> L:
        """Take one over to a newer saga, by what `new.migration(old)` was told; gives it as it stands there.

        What was asked of it and not honoured yet, as an answer that came early, goes along. Either the old one stands
        in the store, or the new one. While somebody drives it, this process or another, it is a `Conflict`.
        """
        return self._ask(self._desk.migrate(migration, id))

    def delete(self, id: str, /) -> None:
        """Forget an execution, wherever it stands. Nothing is undone."""
        self._ask(self._desk.forget(id))

    # ---- looking ---------------------------------------------------------------------------------

    def load(self, saga: Saga[X, B, M], id: str, /) -> Loaded[X, B, M]:
        """An execution as it stands, to look at."""
        state = self._ask(self._desk.state(saga, id))
        return saga.opened(state, looked_at=True)

    def get(self, id: str, /) -> Summary:
        """How an execution stands; its saga is not needed."""
        return self._ask(self._desk.summary(id))

    def find(
        self, *, status: AnyStatus | Status | None = None, saga: str | None = None, tag: str | None = None
    ) -> Iterator[Standing]:
        """How all executions stand that fit, by their ids. `saga` is a name with a version, as in `checkout/1`."""
        after: str | None = ""
        while after is not None:
            found, after = self._ask(self._desk.page(after, status=status, saga=saga, tag=tag))
            yield from found

    def running(self) -> Iterator[Standing]:
        """Those that are not over, and wait for nobody."""
        return self._found(RUNNING)

    def paused(self) -> Iterator[Standing]:
        """Those that wait for an answer or a time."""
        return self._found(PAUSED)

    def stuck(self) -> Iterator[Standing]:
        """Those that a person has to decide about."""
        return self._found(STUCK)

    def history(self) -> Iterator[Standing]:
        """Those that are over."""
        return self._found(OVER)

    def events(self, id: str, /) -> tuple[Event, ...]:
        """What happened to an execution, in its order; its saga is not needed."""
        return self._ask(self._desk.events(id))

    # ---- inside ----------------------------------------------------------------------------------

    def _ticked(self, clock: Clock, hands: Hands) -> int:
        return self._went_on(self._driving.found(self._store, self._mine, clock), clock, hands)

    def _went_on(self, found: Found, clock: Clock, hands: Hands) -> int:
        went_on = 0
        for id_, saga in found:
            try:
                self._resumed(saga, id_, clock, hands)
            except Exception as error:
                if not is_about_one(error):
                    raise
                self._driving.told.tell(id_, error)
            else:
                went_on += 1
        return went_on

    def _check(self, saga: Saga[Any, Any, Any]) -> None:
        """Raise unless this runtime can drive executions of this saga."""
        self._desk.check(saga)
        if saga.program.awaits:
            raise NeedsAwait(
                f"saga {saga.name!r} has async bodies, which a BlockingRuntime cannot call; submit it here, and let a"
                " Runtime drive it."
            )

    def _resumed(self, saga: Saga[X, B, Sync], id_: str, clock: Clock, hands: Hands) -> Outcome[X, B, Sync]:
        if (unwritten := self._driving.take_unwritten(saga, id_)) is not None:
            with suppress(AlreadyExists):  # it was never kept, and another one is
                return self._driven(saga, unwritten, clock, hands)
        return self._driven(saga, self._ask(self._desk.take(saga, id_, clock)), clock, hands)

    def _ask(self, asking: Asking[T]) -> T:
        return ask(self._store, asking)

    def _found(self, statuses: tuple[AnyStatus, ...]) -> Iterator[Standing]:
        for status in statuses:
            yield from self.find(status=status)

    def _driven(self, saga: Saga[X, B, Sync], held: Held, clock: Clock, hands: Hands) -> Outcome[X, B, Sync]:
        with self._driving.of(held):
            if held.unsure:
                self._ask(held.finish())
            try:
                decision = run(held, clock, saga.codec.copy, hands)
            except Stopped:
                with suppress(StoreError, Conflict):
                    self._ask(held.leave())
                raise
        return came_to(saga.codec, held.state, decision, None)


def _rest(hands: Hands, seconds: float) -> None:
    """Do nothing for that time, or until it is told to stop."""
    until = time.monotonic() + seconds
    while not hands.stopping and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, LISTENING_SECONDS))
