"""What the runtime asks of a store, in plain types.

A store keeps one *head* for each execution, which says what it is found by, and its *journal*: one entry for each
revision. Everything is compared and swapped on the revision, so that of two who go on from the same one, one wins; and
on the newest write id, so that nobody goes on with another execution that has the id of a deleted one by now.
Who writes a store need not import this: it may read the attributes of what it is given, and give plain tuples back.
`resaga.testing.conformance` says in tests what is said here in words.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable


class Append(NamedTuple):
    """One entry to be added to one execution."""

    id: str
    """The runtime sees to it that it is 1 to 128 of `[A-Za-z0-9_.-]`; others must do no harm all the same."""

    revision: int
    """The one that this makes. 1 creates, and any other is applied only where the one before it is the newest."""

    write_id: bytes
    """Kept in the head, so that who does not know whether it was applied can see it."""

    entry: bytes
    """What happened."""

    saga: str
    """The name of the saga with its version, as in `checkout/2`."""

    status: str
    """A word to find it by."""

    wake_at: int | None = None
    """When somebody must look at it again, in nanoseconds since 1970."""

    owner: str = ""
    """Who drives it; nobody, if empty."""

    tags: tuple[str, ...] = ()
    """More words to find it by, for as long as it is kept; only looked at with revision 1. A set, given back sorted.

    The runtime sees to it that they are 100 at most, of at most 512 characters.
    """

    snapshot: bytes | None = None
    """All of it up to here in one document: from now on read in place of the entries up to this one, and of this."""

    after: bytes | None = None
    """The write id of the entry that it comes behind: behind any other one it is a conflict. None: behind whichever.

    Compared together with the revision; behind an item of the same batch, that one's. Not looked at with revision 1.
    """


class Head(NamedTuple):
    """What an execution is found by, as its newest entry left it."""

    id: str
    saga: str
    status: str
    revision: int
    wake_at: int | None
    owner: str
    write_id: bytes
    tags: tuple[str, ...]


class Stored(NamedTuple):
    """All that is kept of one execution: its head, the newest snapshot, and the entries after that."""

    id: str
    saga: str
    status: str
    revision: int
    wake_at: int | None
    owner: str
    write_id: bytes
    tags: tuple[str, ...]
    snapshot: bytes | None
    snapshot_revision: int
    entries: Sequence[tuple[int, bytes]]
    """Revision and bytes of each, with no gap from `snapshot_revision` (0 where there is none) to `revision`."""


class Store(Protocol):
    """Keeps executions. Blocks; may be called by any thread; fails only with a `StoreError`.

    After such an error it goes on as soon as the cause is gone.
    """

    def append(self, batch: Sequence[Append], /) -> Sequence[bool]:
        """Say of each item, in this order, whether it was applied; those that were are durable by then.

        False is a conflict: another revision or another write id was the newest, and nothing of this item was written;
        nor is anything that comes behind it in the batch for the same execution.
        An error says nothing of any of them.
        """
        ...

    def read(self, id: str, /) -> Stored | None:
        """All of one execution, as it was at one moment."""
        ...

    def find(  # noqa: PLR0913 - each is another thing to ask for
        self,
        *,
        status: str | None = None,
        saga: str | None = None,
        tag: str | None = None,
        owner: str | None = None,
        due: int | None = None,
        after: str = "",
        limit: int = 100,
    ) -> Sequence[Head]:
        """The heads that fit all that is asked, `limit` of them, ordered by id, or what is due by `wake_at` and id.

        `due` asks for those with a `wake_at` that is not after it. `after` is the id of the last one of the page
        before. Where that one is itself no longer due, what is due is given from its start: nothing due is left out.
        """
        ...

    def delete(self, id: str, revision: int, write_id: bytes | None = None, /) -> bool:
        """Forget an execution, if that is its newest revision, with that write id or None for any; whether it was."""
        ...

    def close(self) -> None:
        """Let go of everything; to be called any number of times. All else raises `StoreClosed` from then on."""
        ...


@runtime_checkable
class Joining(Protocol):
    """A store in a database, in which an application may have transactions of its own."""

    def joined(self, connection: Any, /) -> "Store":  # noqa: ANN401 - as the database's own package has it
        """A store inside the transaction that is open in a connection: kept with the rest of it, or not at all."""
        ...


class Prompt(Protocol):
    """A store that may be quick enough for an event loop to wait for it."""

    def append_promptly(self, batch: Sequence[Append], /) -> Sequence[bool]:
        """The same as `append`, but `StoreBusy` at once where somebody else has to be waited for."""
        ...


class Timed(Protocol):
    """A store with a clock, which all who share it can read: then signs of life go by that one."""

    def wall_ns(self) -> int:
        """Nanoseconds since 1970."""
        ...


@runtime_checkable
class Waking(Protocol):
    """A store that can say when something is left that anybody may go on with, so that nobody asks again and again."""

    def wait_for_due(self, seconds: float, /) -> bool:
        """Return as soon as that happens, or has since this was last called, or after that time; whether it did.

        Whoever has not listened until now does not know whether it did, and is to look.
        """
        ...
