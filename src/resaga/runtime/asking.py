"""What is asked of a store, as a value: each verb is written once, and who performs it is a twin.

A verb is a generator. It yields what it needs and is sent what came of it, or an error is thrown into it: entries to
be appended, or a look at the store. The blocking runtime goes to the store with it; the awaiting one gives the entries
to its writer, which gathers those of many executions, and the looks to a thread.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any, Final, TypeAlias, TypeVar, cast

from resaga.core.errors import InvalidArgument, NoSuchExecution, StoreClosed, StoreError
from resaga.core.execution_id import is_id
from resaga.runtime.life import WORKER
from resaga.stores.store import Append, Joining, Store, Stored

T = TypeVar("T")

TRIES: Final = 5
"""How often an append that fails is tried."""

Look: TypeAlias = Callable[[Store], Any]
"""Anything that is asked of a store but an append."""

Asking: TypeAlias = Generator[Sequence[Append] | Look, Any, T]
"""A verb that asks the store for things, and gives this in the end."""


def surely(item: Append) -> Asking[bool]:
    """Whether it is there: where the store failed it may have been applied all the same."""
    applied: Sequence[bool] = ()
    failures = 0
    while not applied:
        try:
            applied = yield [item]
        except StoreError:
            failures += 1
            if failures == TRIES:
                raise
    if applied[0]:
        return True
    stored = yield from read(item.id)
    return stored is not None and (
        item.write_id == stored.write_id or dict(stored.entries).get(item.revision) == item.entry
    )


def read(id_: str) -> Asking[Stored | None]:
    """All of one execution."""
    stored: Stored | None = yield lambda store: store.read(id_)
    return None if stored is None else Stored(*stored)


def kept(id_: str) -> Asking[Stored]:
    """All of one execution that has to be there."""
    stored = (yield from read(id_)) if is_id(id_) else None
    if stored is None or stored.status == WORKER:
        raise no_such(id_)
    return stored


def no_such(id_: str) -> NoSuchExecution:
    """What is said of an id that the store does not have, or could not have."""
    said = f"the store has no execution {id_!r}: it was never kept there, or it was deleted; check the id."
    return NoSuchExecution(said, id=id_)


def delete(stored: Stored) -> Asking[bool]:
    """Whether it was there, with nothing behind that, and is not any more."""
    deleted: bool = yield lambda store: store.delete(stored.id, stored.revision, stored.write_id)
    return deleted


def ask(store: Store, asking: Asking[T]) -> T:
    """Perform it, here and now."""
    try:
        asked = next(asking)
        while True:
            try:
                reply = asked(store) if callable(asked) else store.append(asked)
            except StoreError as error:
                asked = asking.throw(error)
            else:
                asked = asking.send(reply)
    except StopIteration as done:
        return cast("T", done.value)


def joined(store: Store, connection: object) -> Store:
    """The same store inside somebody's own transaction."""
    if not isinstance(store, Joining):
        raise InvalidArgument(
            "submit(connection=…): this store cannot write in a transaction of yours; leave connection= out."
        )
    return store.joined(connection)


def closed() -> StoreClosed:
    """What everything says after `close`."""
    return StoreClosed("the runtime was closed; open another one.", where="", code="")
