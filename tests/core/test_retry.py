"""Retry: how often, and after how long."""

import copy
import pickle
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resaga.core import limits
from resaga.core.errors import InvalidOption
from resaga.core.retry import ONCE, PATIENT, Retry

SECOND = 1_000_000


def test_each_delay_is_longer_by_the_factor_up_to_the_longest() -> None:
    """One, two, four seconds, and never more than the maximum."""
    retry = Retry(9, delay=timedelta(seconds=1), max_delay=timedelta(seconds=5))
    assert [retry.delay_after(attempt, 0) for attempt in (1, 2, 3, 4, 900)] == [
        1 * SECOND,
        2 * SECOND,
        4 * SECOND,
        5 * SECOND,
        5 * SECOND,
    ]


def test_without_a_delay_there_is_none() -> None:
    """The next attempt may begin at once, however many there were."""
    assert [Retry(3).delay_after(attempt, 0.5) for attempt in (1, 2, 1_000)] == [0, 0, 0]


@pytest.mark.parametrize("factor", [1e300, float("inf"), 10])
def test_a_delay_too_long_to_compute_is_the_longest(factor: float) -> None:
    """Growth beyond any number ends at the maximum."""
    retry = Retry(limits.ATTEMPTS, delay=timedelta(seconds=1), factor=factor)
    assert retry.delay_after(limits.ATTEMPTS, 0) == 60 * SECOND


@given(chance=st.floats(0, 1, exclude_max=True), attempt=st.integers(1, limits.ATTEMPTS))
def test_jitter_takes_away_at_most_its_share(chance: float, attempt: int) -> None:
    """With a jitter of a quarter, at least three quarters of the delay are waited."""
    plain = Retry(delay=timedelta(seconds=1)).delay_after(attempt, chance)
    shorter = Retry(delay=timedelta(seconds=1), jitter=0.25).delay_after(attempt, chance)
    assert plain * 0.75 - 1 <= shorter <= plain


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"attempts": 0}, "attempts must be a whole number from 1 to 1,000"),
        ({"attempts": limits.ATTEMPTS + 1}, "attempts must be"),
        ({"attempts": 2.0}, "attempts must be"),
        ({"attempts": True}, "attempts must be"),
        ({"delay": timedelta(-1)}, "delay and max_delay must be timedeltas"),
        ({"delay": 3}, "delay and max_delay must be timedeltas"),
        ({"max_delay": None}, "delay and max_delay must be timedeltas"),
        ({"factor": 0.5}, "factor must be a number of 1 or more"),
        ({"factor": float("nan")}, "factor must be"),
        ({"factor": "2"}, "factor must be"),
        ({"jitter": 1.5}, "jitter must be a number from 0 to 1"),
        ({"jitter": float("nan")}, "jitter must be"),
        ({"jitter": None}, "jitter must be"),
        ({"on": ValueError}, "on must be a tuple of classes that derive from Exception"),
        ({"on": (ValueError, "TypeError")}, "on must be a tuple of classes that derive from Exception"),
        ({"on": (KeyboardInterrupt,)}, "on must be a tuple of classes that derive from Exception"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(options: dict[str, Any], wrong: str) -> None:
    """What is wrong is said, and the policy that it is wrong in is shown."""
    with pytest.raises(InvalidOption, match=wrong) as caught:
        Retry(**options)
    assert str(caught.value).startswith("Retry(")


def test_what_nobody_chose() -> None:
    """A step is tried once; an undo and a settle are patient."""
    assert ONCE.attempts == 1
    assert (PATIENT.attempts, PATIENT.delay, PATIENT.max_delay) == (
        10,
        timedelta(seconds=1),
        timedelta(minutes=1),
    )


def test_a_policy_can_be_copied_and_sent() -> None:
    """As any value can."""
    policy = Retry(5, delay=timedelta(seconds=2), jitter=0.5, on=(ValueError,))
    assert copy.deepcopy(policy) == pickle.loads(pickle.dumps(policy)) == policy  # noqa: S301 - our own
