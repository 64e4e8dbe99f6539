"""How many seeds a proof runs, and how one of them is run again.

`RESAGA_SEEDS` scales the figures (1 is all of them), `RESAGA_SEED` runs one seed only.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

SHARE: Final = float(os.environ.get("RESAGA_SEEDS", "0.01"))
LEAST: Final = 20


def scaled(figure: int, *, least: int = LEAST) -> int:
    """That figure's share for this session, and never so few that it proves nothing."""
    return max(min(figure, least), round(figure * SHARE))


def seeds(figure: int, *, least: int = LEAST) -> Iterator[int]:
    """The seeds to run; only the one that is asked for, if one is."""
    only = os.environ.get("RESAGA_SEED")
    yield from range(scaled(figure, least=least)) if only is None else (int(only),)


@contextmanager
def reseed(seed: int) -> Iterator[Random]:
    """The chance of that seed; a failure inside says how it is run again."""
    try:
        yield Random(seed)  # noqa: S311 - it has to be the same each time, not a secret
    except BaseException as error:
        test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
        error.add_note(f"seed {seed}; again: RESAGA_SEED={seed} python -m pytest -m proof '{test}'")
        raise
