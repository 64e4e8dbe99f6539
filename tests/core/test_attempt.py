"""Attempts: what a body may know."""

import pytest
from attrs import frozen

from resaga import Attempt
from resaga.core.errors import UndeclaredEvent
from resaga.core.key import Work, derive


@frozen
class Reserved:
    id: str


@frozen
class Forgotten:
    id: str


def test_an_attempt_is_made_by_hand_for_a_unit_test() -> None:
    """A path is enough; all else has a sensible value."""
    attempt = Attempt(path="reserve")
    assert (attempt.path, attempt.execution_id, attempt.number) == ("reserve", "test", 1)
    assert repr(attempt) == "Attempt(path='reserve', execution_id='test', number=1)"


def test_the_key_is_the_same_for_every_attempt() -> None:
    """The world outside sees one request, however often it is made."""
    first = Attempt(path="reserve", execution_id="A-1", saga="shop", number=1)
    third = Attempt(path="reserve", execution_id="A-1", saga="shop", number=3)
    assert first.key == first.key == third.key == derive("shop", "A-1", "reserve", Work.DO)


def test_a_key_may_be_given() -> None:
    """A test may want to see its own key come out at the other end."""
    assert Attempt(path="reserve", key="k-1").key == "k-1"
    assert Attempt(path="reserve", key="k-1").key_of_doing == "k-1"


def test_an_undo_knows_the_key_of_what_it_undoes() -> None:
    """Its own key is another one."""
    undo = Attempt(path="reserve", work=Work.UNDO)
    assert undo.key_of_doing == Attempt(path="reserve").key != undo.key


def test_events_leave_in_order() -> None:
    """What is emitted is kept until the attempt's outcome is recorded."""
    attempt = Attempt(path="reserve", declared=(Reserved,))
    attempt.emit(Reserved("a"))
    attempt.emit(Reserved("b"))
    assert attempt.emitted == [Reserved("a"), Reserved("b")]


def test_without_a_declaration_every_event_is_welcome() -> None:
    """A unit test need not say what a saga emits."""
    attempt = Attempt(path="reserve")
    attempt.emit("anything")
    assert attempt.emitted == ["anything"]


def test_an_undeclared_event_is_refused() -> None:
    """The message says which step, which event, and where to declare it."""
    attempt = Attempt(path="reserve", declared=(Reserved,))
    with pytest.raises(UndeclaredEvent, match=r"'reserve' emitted a Forgotten.*emits=\(Forgotten, …\)") as caught:
        attempt.emit(Forgotten("a"))
    assert caught.value.path == "reserve"
    assert attempt.emitted == []
