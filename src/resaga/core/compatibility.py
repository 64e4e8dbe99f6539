"""Whether a run that an older program began can go on in this one, and what has changed meanwhile.

The listings are compared, not the source: `resaga.core.walk` finds out whether a run fits, and
`resaga.core.difference` says what has changed, and whether it concerns the run.
"""

from enum import Enum
from typing import final

from resaga.core.value import Value


@final
class Verdict(Enum):
    """What can be done with an older run."""

    COMPATIBLE = "compatible"
    NEEDS_MIGRATION = "needs migration"
    IMPOSSIBLE = "impossible"


@final
class Reach(Enum):
    """Where a change is, as the run sees it."""

    DONE = "after it had run"
    BEFORE = "before where it stands"
    HERE = "where it stands"
    ELSEWHERE = "where it has not come to"


@final
class Change(Value):
    """One difference between two programs: what became of a path, and where the run sees it.

    `what` is text for people: "removed", "added", "moved", "put on the way", "re-typed", "changed from undone to kept"
    where it is taken back in another way, or one of these with more to it.
    """

    what: str
    path: str
    reach: Reach

    @property
    def done(self) -> bool:
        """Whether that step had run already."""
        return self.reach is Reach.DONE

    @property
    def matters(self) -> bool:
        """Whether it stands in the way of this run."""
        return self.reach is not Reach.ELSEWHERE

    def __str__(self) -> str:
        return f"{self.path} was {self.what}, {self.reach.value}"


@final
class Compatibility(Value):
    """Whether an older run can go on, and all that has changed, what matters to the run first."""

    verdict: Verdict
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        return "\n".join((self.verdict.value, *(f"  {change}" for change in self.changes)))
