"""All that can be raised, as a tree by whose fault it is: author, caller, data, world, us.

Every error has fields and one sentence: what is wrong, where, and what to do about it.
What a body may raise to steer its own execution (`NotYet`, `Rejected`) is no error: see `signals`.
"""

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resaga.core.compatibility import Change, Verdict


class ResagaError(Exception):
    """The root of everything that resaga raises on its own account."""

    def __init__(self, sentence: str, **fields: object) -> None:
        super().__init__(sentence)
        self.__dict__.update(fields)


class UsageError(ResagaError):
    """A verb was called that is not legal there, or like that; nothing has changed."""


# ---- the author of a saga ---------------------------------------------------------------------------------


class DefinitionError(ResagaError):
    """A saga cannot be defined like this; raised where it is defined."""


class EmptySaga(DefinitionError):
    """A saga needs at least one step."""


class MissingUndo(DefinitionError):
    """Nobody said how a step is taken back."""

    path: str


class InvalidStepOrder(DefinitionError):
    """A step that needs an undo stands after an irreversible one."""

    path: str
    after: str


class DuplicatePath(DefinitionError):
    """Two steps of one saga answer to the same path."""

    path: str


class UntypedStep(DefinitionError):
    """A body says neither by annotation nor by `takes=`, `gives=` what goes in and what comes out."""

    path: str


class UnresolvedAnnotation(DefinitionError):
    """An annotation is text that names something which cannot be found."""

    path: str
    annotation: str


class TypesDoNotMeet(DefinitionError):
    """What one step gives is not what the next one takes."""

    path: str


class UnsupportedType(DefinitionError):
    """A type has no way to be stored."""

    path: str


class InvalidBody(DefinitionError):
    """Something that is not a function of a context (and an attempt) was given as a body."""


class InvalidName(DefinitionError):
    """A name is empty, too long, or has characters that it may not have."""


class InvalidOption(DefinitionError):
    """An option has a value that it cannot have, where a saga or a migration is defined."""


class TooLarge(DefinitionError):
    """A limit of `resaga.core.limits` is passed by a definition."""


# ---- the caller -------------------------------------------------------------------------------------------


class InvalidArgument(UsageError):
    """A verb was given something that it cannot take."""


class AlreadyUsed(UsageError):
    """An execution was started, answered or resumed before; go on with what that gave."""

    id: str


class NotAsked(UsageError):
    """An answer was given to a gate that is not the one the execution waits at."""

    path: str


class WrongAnswer(UsageError):
    """An answer is not of the type that its gate asks for."""

    path: str


class TooLate(UsageError):
    """The gate's deadline has passed; resume, and the declared way is taken."""

    path: str
    deadline: datetime


class WrongContext(UsageError):
    """The first context is not of the type that the saga takes."""

    path: str


class NeedsAwait(UsageError):
    """An async saga was started or resumed as if it were a blocking one."""


class WrongLoop(UsageError):
    """A runtime was used in another event loop than the one that it was first used in."""


class NeedsAttempt(UsageError):
    """A step that takes an `Attempt` was called without one."""

    path: str


class PastNoReturn(UsageError):
    """An irreversible step is done, so the execution can no longer be cancelled or skipped over."""

    path: str


class NotStuckThere(UsageError):
    """A person's decision does not fit the place where the execution is stuck."""

    path: str


class NotPaused(UsageError):
    """A document was loaded as paused that is not."""

    status: str


class UndeclaredEvent(UsageError):
    """A body emitted an event of a type that its saga did not declare."""

    path: str


class NotStorable(UsageError):
    """A value cannot be written, or would not be the same when read; the execution itself is unharmed."""

    path: str


class UnknownStore(UsageError):
    """A URL names a kind of store that is not here: never heard of, or its package is not installed."""

    scheme: str


class UnknownSaga(UsageError):
    """A runtime was asked about a saga, or a version of one, that it was not given."""

    saga: str


class NoSuchExecution(UsageError):
    """A store keeps no execution of that id."""

    id: str


class AlreadyExists(UsageError):
    """An execution of that id is kept that began with something else, or is of another saga."""

    id: str


class NotInTransaction(UsageError):
    """A connection was to be joined in its transaction, and it has none open."""


# ---- the data ---------------------------------------------------------------------------------------------


class BlobError(ResagaError):
    """A document cannot be loaded. Never shows a value; names the place where it can."""

    path: str = "$"


class BlobTooLarge(BlobError):
    """A document passes a limit of size, depth or number."""


class BlobCorrupt(BlobError):
    """A document is not what was written: cut, changed, or never a document of ours."""


class BlobMismatch(BlobError):
    """A document is whole, but a value in it is not of the type that the saga says."""


class FormatTooNew(BlobError):
    """A document was written by a newer resaga."""

    format: int


class WrongSaga(BlobError):
    """A document belongs to another saga, or to another version of this one."""


class ProgramChanged(BlobError):
    """The saga has changed since, in a way that matters to this run; `changes` says how, step by step.

    `verdict` says whether `new.migration(old)` can carry it over.
    """

    changes: tuple["Change", ...]
    verdict: "Verdict"


# ---- the world --------------------------------------------------------------------------------------------


class Conflict(UsageError):
    """Somebody else was faster with this execution; nothing was recorded, and nothing more was run.

    What happened to it meanwhile is in the store.
    """

    id: str


class Quarantined(Conflict):
    """Whoever drove this execution died of it, again and again: nobody drives it until `retry` is said."""


class StoreError(ResagaError):
    """A store could not do what it was asked to; once the cause is gone, the same store goes on.

    Whether a failed `append` was applied can be unknown: read again, and compare the write id.
    `where` is the store, `code` what the system called it: "SQLITE_FULL", "ENOSPC", an SQLSTATE.
    """

    where: str
    code: str


class StoreFull(StoreError):
    """There is no room left."""


class StoreReadOnly(StoreError):
    """It may be read, but not written."""


class StoreBusy(StoreError):
    """Somebody else kept it locked for too long, or changed it meanwhile: try again."""


class StoreUnreachable(StoreError):
    """It is not there, or it stopped answering."""


class StoreBroken(StoreError):
    """What is there was damaged, is not ours, is of a newer resaga, or would not keep what it is given."""


class StoreClosed(StoreError):
    """It was closed before; open another one."""


class NoThread(ResagaError):
    """The system gives this process no more threads, so that something could not be called in one; and it was not."""


# ---- us ---------------------------------------------------------------------------------------------------


class IllegalTransition(ResagaError):
    """The machine was told something that cannot have happened there: a bug, or a forged document."""
