"""Failures: what went wrong, as a value."""

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from resaga import Failure
from resaga.core import limits
from resaga.core.failure import KINDS, Kind, clipped


def test_a_failure_reads_as_a_sentence() -> None:
    """Where, how, with which code, and what was said."""
    assert str(Failure("charge", "timed_out", "no answer")) == "charge timed out: no answer"
    assert str(Failure("approval", "rejected", "by ann", "no")) == "approval rejected [no]: by ann"
    assert str(Failure("charge", "interrupted", "")) == "charge interrupted"


def test_the_live_exception_takes_no_part_in_comparisons() -> None:
    """So a failure is the same before a dump and after a load."""
    live = Failure("charge", "failed", "boom", "ValueError", ValueError("boom"))
    loaded = Failure("charge", "failed", "boom", "ValueError")
    assert live == loaded
    assert not live != loaded  # noqa: SIM202 - that the two agree is the truth here
    assert {live, loaded} == {loaded}
    assert repr(live) == repr(loaded)


def test_another_failure_is_another() -> None:
    """In where, how, or what was said; and no failure is a mere tuple of that."""
    one = Failure("charge", "failed", "boom", "ValueError")
    others = [
        Failure("refund", "failed", "boom"),
        Failure("charge", "rejected", "boom"),
        ("charge", "failed", "boom", "ValueError", None),
        None,
    ]
    assert all(one != other for other in others)


def test_the_kinds_are_those_of_the_type() -> None:
    """What a document may say and what the type checker knows are one list."""
    assert get_args(Kind) == KINDS


@given(st.text(st.characters(), max_size=20))
def test_what_is_kept_of_a_text_can_be_written(text: str) -> None:
    """Lone surrogates, which JSON cannot hold, are replaced; all else stays."""
    kept = clipped(text)
    assert kept.encode().decode() == kept
    surrogates = [one for one in text if "\ud800" <= one <= "\udfff"]
    assert [one for one, other in zip(text, kept, strict=True) if one != other] == surrogates


def test_a_long_text_is_cut() -> None:
    """An error's text has a limit like everything else."""
    assert clipped("x" * 10_000) == "x" * limits.REASON_LENGTH
