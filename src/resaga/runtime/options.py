"""What a runtime is told: looked at where it is told, and refused in words of the one who told it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from resaga.core.errors import InvalidArgument
from resaga.core.limits import TAG_LENGTH, TAGS
from resaga.core.step import span
from resaga.core.timing import EPOCH
from resaga.drive.clock import Clock, Shifted
from resaga.runtime.standing import HORIZON, OVER, PAUSED, RUNNING, STUCK, named
from resaga.saga import Saga
from resaga.stores.store import Store

AnySaga: TypeAlias = Saga[Any, Any, Any]

STATUSES: Final = (*RUNNING, *PAUSED, *STUCK, *OVER)

LONGEST_LEASE: Final = timedelta(days=1)
"""For longer than that nobody should wait for a process that died."""


def _is_text(word: object) -> bool:
    """Whether every store can keep it and look for it: text in UTF-8, with no NUL in it."""
    if not isinstance(word, str) or "\0" in word:
        return False
    return word.isascii() or not any("\ud800" <= character <= "\udfff" for character in word)


def by_name(sagas: Iterable[AnySaga]) -> dict[str, AnySaga]:
    """The sagas of a runtime, as its store knows them."""
    found: dict[str, AnySaga] = {}
    given: list[Any] = list(sagas) if isinstance(sagas, Iterable) else [None]
    if not all(isinstance(saga, Saga) for saga in given):
        raise InvalidArgument(
            "sagas=…: give a list of all the Sagas that this runtime is to run, as in [checkout, refund]."
        )
    for saga in given:
        if found.setdefault(named(saga.program), saga) is not saga:
            raise InvalidArgument(
                f"sagas=…: two of them are {named(saga.program)!r}; give one another name or version."
            )
    return found


def store_of(store: Store) -> Store:
    """The store of a runtime; a URL is opened, not given."""
    if not all(callable(getattr(store, verb, None)) for verb in ("append", "read", "find", "delete", "close")):
        given = type(store).__name__
        raise InvalidArgument(f"a {given} was given where a store belongs; for a URL there is .open(url, …).")
    return store


def tags_of(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Words to find an execution by; a single text is one of them, written wrongly, and not all of its letters."""
    if not isinstance(tags, tuple) or not all(_is_text(tag) and tag for tag in tags):
        raise InvalidArgument(f"tags={tags!r:.80}: give a tuple of texts, as in tags=('urgent',).")
    if len(tags) > TAGS:
        raise InvalidArgument(f"tags=…: these are {len(tags):,}, and the limit is {TAGS}; give fewer.")
    for tag in tags:
        if len(tag) > TAG_LENGTH:
            said = f"this one has {len(tag):,} characters, and the limit is {TAG_LENGTH}; give a shorter one"
            raise InvalidArgument(f"tags=({tag!r:.80}…): {said}.")
    return tags


def looked_for(*, status: object, **asked: object) -> None:
    """Raise unless these can be looked for."""
    if status is not None and status not in STATUSES:
        raise InvalidArgument(f"find(status={status!r:.80}): no execution stands so; they are {', '.join(STATUSES)}.")
    for what, word in asked.items():
        if word is not None and not _is_text(word):
            raise InvalidArgument(f"find({what}={word!r:.80}): give a text, as in saga='checkout/1'.")
    saga = asked.get("saga")
    if isinstance(saga, str) and "/" not in saga:
        raise InvalidArgument(f"find(saga={saga!r:.80}): give a name with its version, as in saga='{saga:.80}/1'.")


def clock_at(now: object, clock: Clock) -> Clock:
    """The clock; told what the time is, one that begins there."""
    if now is None:
        return clock
    if not isinstance(now, datetime) or now.utcoffset() is None:
        raise InvalidArgument(f"now={now!r:.80}: give a datetime that knows its zone, as in datetime.now(UTC).")
    nanoseconds = (now - EPOCH) // timedelta(microseconds=1) * 1000
    if not 0 <= nanoseconds <= HORIZON:
        raise InvalidArgument(f"now={now}: give a time from 1970 to 2262; no store can look for another one.")
    return Shifted(clock, nanoseconds)


def count(what: str, value: object) -> int:
    """A whole number of something."""
    if not isinstance(value, int) or value < 1:
        raise InvalidArgument(f"{what}={value!r} is no whole number of 1 or more.")
    return value


def lease_of(lease: timedelta) -> timedelta:
    """How long a sign of life lasts, and so how long nobody takes over from a process that died."""
    if span("lease", lease, InvalidArgument) > LONGEST_LEASE:
        said = "give a day at most: for so long nobody takes over from a process that died"
        raise InvalidArgument(f"lease={lease!r} is too long; {said}.")
    return lease
