"""One execution as the process that drives it holds it: its state, and how much of that is recorded.

**Write ahead.** Before a body with effects is called, all that happened before, and that this one may begin, is in the
store. A result is there before the next body is called. Bodies without effects are called without a record of their
own: a result that is lost with them is asked for again.

**One writer.** Every append is compared and swapped on the revision and on the write id that it comes behind. A
conflict is looked into: if others only asked for something, the entry is appended again behind what they asked; if
anybody else recorded a step, or if the execution was deleted, and another one has its id by now, this process has lost
it, and `Conflict` ends it here. So the first append of whoever takes an execution over is also its
claim, and it comes before the first call. Each holder's steps bear its mark: two who go on from the same revision at
the same moment would write the same otherwise, and both take it for their own.

**Nothing half recorded.** Where a write failed, the same held execution can be driven on, once that write is finished;
or it can be dropped. What was applied after all is known by its place, its bytes and its write id.

What goes to the store is asked for (`Asking`): whoever drives it performs that.
"""

from contextlib import suppress
from os import urandom
from typing import TYPE_CHECKING, Final, final

from resaga.codec import Codec, journal
from resaga.core.decision import PLAIN, Choose, Decision, Perform
from resaga.core.errors import AlreadyExists, BlobError, Conflict, PastNoReturn, StoreError
from resaga.core.fact import BITS
from resaga.core.failure import Failure
from resaga.core.machine import advance, decide
from resaga.core.node import EFFECTS
from resaga.core.outcome import Cancelled
from resaga.core.replay import interrupt, retrace
from resaga.core.state import FORWARD, NEW, SETTLING, ExecutionState, Phase, Trail
from resaga.drive.call import Calling
from resaga.runtime.asking import TRIES, Asking, read
from resaga.runtime.foothold import Foothold, applied
from resaga.runtime.room import Room, refused
from resaga.runtime.standing import QUARANTINED, journaled
from resaga.stores.store import Append, Stored

if TYPE_CHECKING:
    from resaga.codec.conversion import Conversion

LAST_TAKEOVER: Final = 5
"""How often an execution is taken over from one that died without having recorded anything new."""

SUSPICIOUS: Final = 2
"""From how many takeovers on it is driven apart: they may have died of it, or of one that was driven beside it."""


@final
class Held:
    """An execution that is, or is about to be, this process's own."""

    __slots__ = (
        "_claimed",
        "_codec",
        "_foothold",
        "_founded",
        "_left",
        "_looked",
        "_mark",
        "_owner",
        "_reaches",
        "_recorded_takeovers",
        "_room",
        "_tags",
        "_takeovers",
        "_writes",
        "_written",
        "_yields",
        "calling",
        "requests",
        "rests",
        "state",
    )

    def __init__(self, codec: Codec, state: ExecutionState, owner: str) -> None:
        self._codec = codec
        self._room = Room(codec)
        self._owner = owner
        self._mark = urandom(12)
        self._writes = 0
        self._foothold = Foothold()
        self._tags: tuple[str, ...] = ()
        self._takeovers = self._recorded_takeovers = 0  # what is to be recorded next, and what is
        self._written = self._reaches = self._looked = len(state.trail)
        self._left: list[Append] = []  # of a write that failed, or is under way
        self._yields = False
        self._founded = False  # there is a document of this very program to add rows to
        self._claimed = False  # the newest entry is ours
        self.rests = False  # nobody is known to drive it
        self.calling = False  # a body is being called: cut off now, it is in doubt
        self.state = state
        self.requests: list[journal.Request] = []

    @classmethod
    def created(cls, codec: Codec, state: ExecutionState, owner: str, tags: tuple[str, ...]) -> "Held":
        """One that no store knows yet; its first append makes it known."""
        held = cls(codec, state, owner)
        held._tags = tags
        return held

    @classmethod
    def seen(cls, codec: Codec, stored: Stored, owner: str = "", at: int | None = None) -> "Held":
        """One that is in the store; taken over `at` a time, if it was being driven its driver is dead."""
        restored = codec.restored(stored.snapshot, (raw for _, raw in stored.entries))
        held = cls(codec, restored.state, owner)
        held._foothold.reach(stored)
        held.requests = restored.requests
        held._founded, held.rests = not restored.carried, not stored.owner
        if at is not None:
            held._takeovers = restored.takeovers + (stored.owner not in ("", owner))  # who was interrupted lives
            if stored.owner and restored.intent:
                interrupt(restored.state, at)
        return held

    @classmethod
    def migrated(cls, conversion: "Conversion", stored: Stored, owner: str, at: int) -> "Held":
        """One that is in the store, as an execution of another saga; what is not honoured yet is asked of that."""
        before = cls.seen(conversion.old, stored, owner, at)
        held = cls(conversion.new, conversion.carried(before.state), owner)
        held._foothold.reach(stored)
        for request in before.requests:
            if request.what == journal.CANCEL or before.is_ahead(request.said[0]):
                held.requests += filter(None, [conversion.asked(request)])
        return held

    def part(self) -> None:
        """Be another holder than the one in the process that this one was forked from: one of both goes on with it."""
        self._mark = urandom(12)

    # ---- what the loop tells ---------------------------------------------------------------------

    @property
    def revision(self) -> int:
        """The newest one that is known; 0 where it was never kept."""
        return self._foothold.revision

    @property
    def suspicious(self) -> bool:
        """Whether it is to be driven apart from others of its kind, so that only the one that kills is worn out."""
        return self._takeovers >= SUSPICIOUS

    @property
    def worn_out(self) -> bool:
        """Whether it has killed so many that nobody should try again."""
        return self._takeovers >= LAST_TAKEOVER

    def before(self, decision: Calling) -> Asking[None]:
        """Something is about to be called: record what has to be recorded before that."""
        effect = _has_effects(decision)
        if effect or not self._claimed or self._unrecorded_effect():
            yield from self._write(self._items(self._owner, intent=effect))

    def before_sleep(self) -> Asking[None]:
        """It is about to sleep in this process: what is to be done then, and when, is recorded first."""
        yield from self._write(self._items(self._owner))

    def rest(self, *, aside: bool = False) -> Asking[bool]:
        """Nothing can be done here for now: record where it stands, as one document, and let go of it.

        False if somebody asked for something meanwhile: that is to be heard first. What is asked for later stays
        where it is, in the journal, and so there is no document then that would replace it.
        """
        if self.rests and self._written == len(self.state.trail):
            return True
        self._takeovers = 0
        items = self._items() if self.requests else [self._item(b"", snapshot=self._codec.dump(self.state))]
        return (yield from self._write(_aside(items) if aside else items, yields=True))

    def cut_off(self, at: int, *, by_itself: bool = False) -> None:
        """Whoever drives it is told to let go: a body that was being called is in doubt.

        If nobody but that body says so, it would do it to the next one, too: that counts as if it had killed this one.
        """
        if self.calling:
            interrupt(self.state, at)
            self.calling = False
            if by_itself:
                self._takeovers = self._recorded_takeovers + 1

    def leave(self) -> Asking[None]:
        """Let go of it between two calls: anybody can go on with it at once."""
        if self.unsure:
            yield from self.finish()
        if self.revision and not self.rests:
            yield from self._write(self._items())

    def say(self, state: ExecutionState) -> Asking[None]:
        """Record what somebody said to it, who does not go on with it: it stands like this now."""
        self.state = state
        yield from self._write(self._items())

    def quarantine(self) -> Asking[None]:
        """Put it aside: it would kill the next one, too."""
        yield from self._write(_aside(self._items()))

    def heard(self, decision: Decision, at: int) -> Decision:
        """What is to be done, now that it is known what others ask for."""
        state, waiting = self.state, list[journal.Request]()
        for request in self.requests:
            if request.what == journal.CANCEL:
                state = self._before_reads(state)
                failure = Failure(state.path or state.program.name, "cancelled", request.said[0])
                try:
                    decision = advance(state.program, state, Cancelled(failure), at, 0)
                except PastNoReturn:
                    continue
            elif self.is_ahead(request.said[0]):
                waiting.append(request)
        self.requests = waiting
        for request in waiting:
            if state.asked and state.path == request.said[0] and not state.expired(at):
                answer = self._codec.answer_of(state.index, request)
                if answer is not None:
                    waiting.remove(request)
                    return advance(state.program, state, answer, at, 0)
        return decision

    def _before_reads(self, state: ExecutionState) -> ExecutionState:
        """The state before what had no effect completed it, if nobody knows yet that it is completed."""
        if state.phase is Phase.COMPLETED and not self._unrecorded_effect():
            (codes, at, took, values), rows = state.trail.columns(), self._written
            trail = Trail(codes[:rows], at[:rows], took[:rows], values[:rows])
            self.state = retrace(state.program, state.execution_id, trail)
        return self.state

    def hear(self, at: int) -> None:
        """Take in what others ask for, where it stands."""
        if self.requests and self.state.phase is not NEW:
            self.heard(decide(self.state.program, self.state), at)

    def roomy(self, decision: Calling, at: int) -> Decision:
        """What is to be done: that, if there is room in a document for what comes of it."""
        if self._room.is_left(self.state):
            return decision
        return advance(self.state.program, self.state, refused(self.state), at, 0)

    # ---- recording -------------------------------------------------------------------------------

    def _items(self, owner: str = "", *, intent: bool = False) -> list[Append]:
        """What records where it stands: an entry; for want of a document that it can be added to, that first."""
        state, codec, since = self.state, self._codec, self._written
        items: list[Append] = []
        if not self._founded:
            document, since, ours = codec.dump(state), len(state.trail), owner or self._owner  # until all is there
            self._room.recorded(state, 0, document)
            items = [self._item(b"", ours, snapshot=document)]
            items += [self._item(journal.sealed(list(request)), ours) for request in self.requests]
        entry = codec.entry(state, since, mark=self._mark.hex(), intent=intent, takeovers=self._takeovers)
        self._room.recorded(state, since, entry)
        return [*items, self._item(entry, owner)]

    def _item(self, entry: bytes, owner: str = "", *, snapshot: bytes | None = None) -> Append:
        """One that is the next, as far as is known; no other holder has such a write id."""
        write_id = self._mark + self._writes.to_bytes(4)
        return journaled(
            self.state,
            entry,
            self.revision + 1,
            write_id,
            owner=owner,
            tags=self._tags,
            snapshot=snapshot,
            after=self._foothold.newest,
        )

    def _write(self, items: list[Append], *, yields: bool = False) -> Asking[bool]:
        """Append these behind all that is there; raises if that is not ours to do any more.

        One that `yields` is left when somebody asks for something: then it is False.
        """
        self._writes += 1
        self._left, self._yields, self._reaches = items, yields, len(self.state.trail)
        self.rests = False  # as long as it is not known how it is left: an interrupt may come before that
        return self.finish()

    @property
    def unsure(self) -> bool:
        """Whether a write has failed that may have been applied."""
        return bool(self._left)

    def finish(self) -> Asking[bool]:
        """Write what is left, as often as it is worth; what was applied after all is not written again."""
        failures, asked, owner = 0, len(self.requests), self._left[-1].owner
        while self._left:
            if self._yields and len(self.requests) > asked:
                self._left = []
                return False
            batch = self._foothold.behind(self._left)
            try:
                if all((yield batch)):
                    self._foothold.write(batch[-1])
                    self._left = []
                else:
                    self._left = yield from self._conflicting(batch)
            except StoreError:
                failures += 1
                if failures == TRIES:
                    raise
        self._written, self._founded = self._reaches, True
        self._recorded_takeovers, self._takeovers = self._takeovers, 0
        self._claimed, self.rests = bool(owner), not owner
        return True

    def _conflicting(self, batch: list[Append]) -> Asking[list[Append]]:
        """What of that is still to be appended: others may have asked for something in between."""
        items = self._left
        stored = yield from read(self.state.execution_id)
        if stored is None and self.revision == 0:  # it was there, and was deleted
            return items
        there = 0 if stored is None else applied(batch, stored)
        folded = there > 0 and batch[0].snapshot is not None  # what is known is in our own document
        if stored is None or not (folded or self._foothold.is_in(stored)):
            raise self._lost("it was deleted")
        known = self.revision + there
        if there == len(batch) and not batch[-1].owner:  # it was let go of, and what happened since is theirs
            return []
        if stored.snapshot_revision > known:
            if self._is_told_by(stored):  # an answer that was lost on the way, and somebody was quick
                return []
            raise self._lost("another runtime has gone on with it")
        asked = [raw for revision, raw in stored.entries if revision > known]
        self.requests += [self._request(raw) for raw in asked]
        self._foothold.reach(stored)
        left = items[there:]
        if left and left[0].snapshot is not None:  # it takes the place of that, so say it again
            left[1:1] = [self._item(raw, left[0].owner) for raw in asked]
        return left

    def _is_told_by(self, stored: Stored) -> bool:
        """Whether what was let go of with new rows has been gone on with: they are there, to the microsecond."""
        if self._left[-1].owner or self._written == self._reaches:
            return False
        with suppress(BlobError):  # as of another saga, to which it was migrated
            theirs = self._codec.restored(stored.snapshot, (raw for _, raw in stored.entries)).state
            return _rows(theirs, self._written, self._reaches) == _rows(self.state, self._written, self._reaches)
        return False

    def _request(self, raw: bytes) -> journal.Request:
        entry = journal.opened(raw)
        if not isinstance(entry, journal.Request):
            raise self._lost("another runtime has gone on with it")
        return entry

    def _lost(self, why: str) -> Conflict | AlreadyExists:
        """The error for one that is not ours to go on with."""
        id_ = self.state.execution_id
        if self.revision == 0:
            return AlreadyExists(f"execution {id_!r} is kept already; give this one another id.", id=id_)
        return Conflict(f"execution {id_!r} cannot be gone on with here: {why}.", id=id_)

    # ---- looking ---------------------------------------------------------------------------------

    def _unrecorded_effect(self) -> bool:
        """Whether anything has happened of which the store does not know, and that cannot be asked for again."""
        instructions, codes = self.state.program.instructions, self.state.trail.codes
        since = max(self._written, self._looked)
        if any(instructions[code >> BITS].kind in EFFECTS for code in codes[since:]):
            return True
        self._looked = len(codes)  # each of these is looked at once
        return False

    def has_answer(self) -> bool:
        """Whether the question that is open was answered before it was asked, and nobody has taken that in."""
        return any(
            request.what == journal.ANSWER
            and request.said[0] == self.state.path
            and self._codec.answer_of(self.state.index, request) is not None
            for request in self.requests
        )

    def is_ahead(self, path: str) -> bool:
        """Whether the gate of that path has still to be decided."""
        state = self.state
        at = state.program.gate(path)
        going = state.phase in (NEW, FORWARD, SETTLING)
        return going and (at > state.index or (at == state.index and state.answer is None))


def _rows(state: ExecutionState, since: int, until: int) -> list[tuple[int, int]]:
    """What happened there, and when: in microseconds, as the first of each entry is written."""
    trail = state.trail
    return [(code, at // 1000) for code, at in zip(trail.codes[since:until], trail.at[since:until], strict=True)]


def _aside(items: list[Append]) -> list[Append]:
    """The same, so that nobody goes on with it."""
    return [item._replace(status=QUARANTINED, wake_at=None) for item in items]


def _has_effects(decision: Calling) -> bool:
    """Whether calling this may do something to the world, or finds out whether something was done to it."""
    if isinstance(decision, PLAIN):
        return decision.undoes or decision.instruction.kind in EFFECTS
    return not isinstance(decision, Choose) and (
        not isinstance(decision, Perform) or decision.instruction.kind in EFFECTS
    )
