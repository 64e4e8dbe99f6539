"""What a runtime says of executions that it cannot go on with, though it comes to them again and again."""

import logging
from typing import Final, final

from resaga.core.errors import Conflict, NoSuchExecution, Quarantined, StoreBroken, StoreError
from resaga.runtime.held import LAST_TAKEOVER

LOG: Final = logging.getLogger("resaga.runtime")

MOST: Final = 10_000
"""How many are remembered; then all are forgotten, and may be said once more."""


def is_about_one(error: BaseException) -> bool:
    """Whether the others can be gone on with all the same."""
    return isinstance(error, Exception) and (not isinstance(error, StoreError) or isinstance(error, StoreBroken))


@final
class Told:
    """The memory of what was said, so that all is said once."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def tell(self, id_: str, error: BaseException) -> None:
        """Say why this one cannot be gone on with; not if somebody else has it, or has deleted it."""
        said = f"execution {id_!r} cannot be gone on with: {type(error).__name__}: {error}"
        if isinstance(error, Quarantined) or not isinstance(error, Conflict | NoSuchExecution):
            self._once(said, error)

    def leaks(self, id_: str, path: str | None, cut: BaseException) -> None:
        """Say that a body of this one cuts off whoever drives it."""
        self._once(
            f"execution {id_!r} was cut off by its own {path!r}: a {type(cut).__name__} came out of it, and nobody had"
            f" cancelled it; after {LAST_TAKEOVER} in a row it is quarantined",
            cut,
        )

    def leaves(self, saga: str) -> None:
        """Say that others have to go on with those of this saga: somebody who misses one will look for that."""
        said = f"executions of {saga} are due, and left to others: it is not among the sagas that are driven here"
        if self._is_new(said):
            LOG.info(said)

    def _once(self, said: str, error: BaseException) -> None:
        if self._is_new(said):
            LOG.error(said, exc_info=error)

    def _is_new(self, said: str) -> bool:
        if said in self._said:
            return False
        if len(self._said) >= MOST:
            self._said.clear()
        self._said.add(said)
        return True
