"""What the docs say stands behind the promise is there."""

import re
from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).parent
PAGE: Final = (TESTS.parent / "docs" / "promise.md").read_text()
NAMED: Final = sorted(set(re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", PAGE)))


def test_the_page_names_tests() -> None:
    """Or what follows would prove nothing."""
    assert len(NAMED) > 40
    assert sum(bool(name) for _, name in NAMED) > 25


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_is_named_is_there(path: str, name: str) -> None:
    """Under that name, in that file."""
    text = (TESTS / path).read_text()
    assert not name or f"def {name}(" in text
