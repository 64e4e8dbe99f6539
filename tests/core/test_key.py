"""Keys: equal for one piece of work, different for two."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from resaga.core.key import Work, chance, derive


def test_a_key_never_changes() -> None:
    """Worlds outside remember keys; this one may not differ in any later version."""
    assert derive("checkout", "A-1", "payment/charge", Work.DO) == "4wlridcfslkomzglq5wzxaq4y3cfjauc5johmtqw"


def test_each_piece_of_work_has_its_own_key() -> None:
    """Another saga, execution, path or direction is another key."""
    keys = [derive(saga, at, path, work) for saga, at, path, work in itertools.product("ab", "ab", "ab", Work)]
    assert len(set(keys)) == 16


def test_names_that_run_together_have_different_keys() -> None:
    """What stands between the parts cannot be in a name."""
    assert derive("a", "b-c", "d", Work.DO) != derive("a-b", "c", "d", Work.DO)


def test_a_key_fits_everywhere() -> None:
    """Forty lower-case letters and digits: headers, columns and file names can hold it."""
    key = derive("checkout", "A-1", "charge", Work.UNDO)
    assert len(key) == 40
    assert key.isalnum()
    assert key == key.lower()


@given(key=st.text(), attempt=st.integers(1, 1_000))
def test_chance_is_the_same_whenever_it_is_asked_for(key: str, attempt: int) -> None:
    """It is a number from 0 to below 1 that hangs on the key and the attempt only."""
    number = chance(key, attempt)
    assert 0 <= number < 1
    assert chance(key, attempt) == number


def test_chance_differs_by_attempt() -> None:
    """Attempts that failed together do not come back together."""
    assert len({chance("key", attempt) for attempt in range(100)}) == 100
