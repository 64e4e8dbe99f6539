"""Exceptions as failures: of whatever class and with whatever words, they can be stored."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest

from resaga import Attempt, NotYet, Rejected, RolledBack, Saga, read
from resaga.drive.clock import SYSTEM
from tests.drive.unreadable import UNREADABLE
from tests.loops import AWAITING, BLOCKING


class Mute(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


class Forgetful(Rejected):
    def __init__(self, sku: str) -> None:
        self.sku = sku


NOT_FOUND: Final[Any] = 404  # no text, on purpose
MUTE: Final[Any] = Mute("x")

ODD: Final = [
    (Mute("x"), "failed", "its message cannot be shown", "Mute"),
    (ValueError("\ud800" + "x" * 5000), "failed", "?" + "x" * 4095, "ValueError"),
    (type("Long" * 2000, (Exception,), {})("x"), "failed", "x", ("Long" * 2000)[:4096]),
    (StopIteration(7), "failed", "7", "StopIteration"),
    (ExceptionGroup("two", [OSError(1), KeyError(2)]), "failed", "two (2 sub-exceptions)", "ExceptionGroup"),
    (Forgetful("sku-1"), "rejected", "sku-1", None),
    (Rejected(NOT_FOUND, code=NOT_FOUND), "rejected", "404", "404"),
    (Rejected(MUTE, code="y" * 5000), "rejected", "its message cannot be shown", "y" * 4096),
]


@pytest.mark.parametrize(("error", "kind", "message", "code"), ODD, ids=[type(one[0]).__name__[:9] for one in ODD])
def test_any_exception_becomes_a_failure_that_can_be_stored(
    error: Exception, kind: str, message: str, code: str | None
) -> None:
    """Whatever its words are; the live one is there only in this process."""

    @read
    def a(context: int) -> int:
        raise error

    saga = Saga("shop", a)
    outcome = saga.new(0).start()
    assert isinstance(outcome, RolledBack)
    failure = outcome.failure
    assert (failure.path, failure.kind, failure.message, failure.code) == ("a", kind, message, code)
    assert failure.exception is error
    loaded = saga.load(outcome.dump())
    assert isinstance(loaded, RolledBack)
    assert (loaded.failure, loaded.failure.exception) == (failure, None)


def test_not_yet_may_give_any_reason() -> None:
    """It is kept as text."""
    reason: Any = ["the bank", "is closed"]  # no text, on purpose

    @read
    def a(context: int) -> int:
        raise NotYet(reason)

    saga = Saga("shop", a)
    paused = saga.load_paused(saga.new(0).start().dump())
    assert getattr(paused.why, "reason", None) == "['the bank', 'is closed']"


@pytest.mark.parametrize(("make", "kind"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_exception_that_cannot_be_read_is_a_failure(make: Callable[[], Exception], kind: str) -> None:
    """However the body is called; it is called once, and holds no frame afterwards."""
    calls: list[Exception] = []

    def raised() -> Exception:
        calls.append(make())
        return calls[-1]

    @read
    def plain(context: int) -> int:
        raise raised()

    @read
    def with_attempt(context: int, attempt: Attempt) -> int:
        raise raised()

    @read
    async def awaits(context: int) -> int:
        raise raised()

    @read(timeout=timedelta(hours=1))
    async def in_time(context: int, attempt: Attempt) -> int:
        raise raised()

    for body in (plain, with_attempt, awaits, in_time):
        loop = AWAITING if body in (awaits, in_time) else BLOCKING
        saga: Any = Saga("shop", body)
        outcome = loop.start(saga.new(0), SYSTEM)
        assert type(outcome) is RolledBack
        assert outcome.failure.kind == kind
        assert outcome.failure.exception is calls[-1]
        assert saga.load(outcome.dump()).failure == outcome.failure
        assert vars(BaseException)["__traceback__"].__get__(calls[-1]) is None
    assert len(calls) == 4
