from typing import get_args

import pytest

from resaga.core.outcome import Answer, Outcome, Retried, Returned
from tests.core.test_judge import OUTCOMES


def test_every_outcome_is_held_against_every_place() -> None:
    """The table of the judge's tests leaves none out."""
    failed = {type(outcome) for outcome in OUTCOMES.values()}
    assert failed == set(get_args(Outcome))


def test_an_outcome_is_a_value() -> None:
    assert Returned(1) == Returned(1, ())
    assert Answer(value=True, by="ann") != Answer(value=True, by="bob")
    assert Retried().by is None


def test_an_outcome_does_not_change() -> None:
    with pytest.raises(AttributeError):
        Returned(1).value = 2  # type: ignore[misc]
