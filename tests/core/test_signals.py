"""Signals: what a body may say instead of giving a context."""

from datetime import timedelta
from typing import Any

import pytest

from resaga import DidNotHappen, NotYet, Rejected
from resaga.core.errors import InvalidOption, ResagaError


def test_not_yet_says_why_and_when_to_come_back() -> None:
    """Both may be left out."""
    later = NotYet("the bank is closed", again=timedelta(hours=1))
    assert (str(later), later.reason, later.again) == (
        "the bank is closed",
        "the bank is closed",
        timedelta(hours=1),
    )
    assert (NotYet().reason, NotYet().again) == ("", None)


@pytest.mark.parametrize("again", [timedelta(seconds=-1), 3600, "1h"])
def test_one_comes_back_after_a_span_of_time(again: Any) -> None:  # noqa: ANN401 - of any wrong type
    """A time that has passed, or no time at all, is refused where it is said."""
    with pytest.raises(InvalidOption, match="give a timedelta of zero or more"):
        NotYet(again=again)


def test_rejected_says_why_with_a_code_for_programs() -> None:
    """Both may be left out."""
    no = Rejected("declined by ann", code="declined")
    assert (str(no), no.message, no.code) == ("declined by ann", "declined by ann", "declined")
    assert (Rejected().message, Rejected().code) == ("", None)


def test_signals_are_no_errors() -> None:
    """Who catches the errors of this library does not catch what a body says."""
    assert not issubclass(NotYet, ResagaError)
    assert not issubclass(Rejected, ResagaError)


def test_rejected_may_be_refined() -> None:
    """A domain may have its own ways to say no."""

    class OutOfStock(Rejected):
        pass

    assert isinstance(OutOfStock("none left"), Rejected)


def test_did_not_happen_is_a_value() -> None:
    """Any two are equal, and equal to nothing else."""
    assert DidNotHappen() == DidNotHappen() != None  # noqa: E711 - it is compared on purpose
    assert {DidNotHappen(), DidNotHappen()} == {DidNotHappen()}
    assert repr(DidNotHappen()) == "DidNotHappen()"
