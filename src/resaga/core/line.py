"""Lines of a listing: what an instruction is, as documents carry it and as programs are compared by it."""

import re
from typing import Final, NamedTuple, final

from resaga.core import limits
from resaga.core.node import Kind

TEST: Final = Kind.TEST.value
WAIT: Final = Kind.WAIT.value
CONTEXTS: Final = (Kind.GET.value, Kind.PUT.value)
GIVING: Final = frozenset(kind.value for kind in Kind) - {TEST, WAIT, *CONTEXTS}
"""The kinds that give a result of their own: steps, reads and gates."""

KINDS: Final = frozenset(kind.value for kind in Kind)
TIMED: Final = re.compile(r"wait-(?:\d+(?:us|[dhms]))+")
"""What a timer is called that was given no name."""


@final
class Line(NamedTuple):
    """One row of a listing: the kind, the path, and a digest of the shapes of the values."""

    kind: str
    path: str
    digest: str

    @classmethod
    def read(cls, row: str) -> "Line":
        """The line of a row; what is no row gives one that is not `sound`."""
        kind, _, rest = row.partition(" ")
        path, _, digest = rest.rpartition(" ")
        return cls(kind, path, digest)

    @property
    def sound(self) -> bool:
        """Whether a program could have such a line."""
        return self.kind in KINDS and self.path.isprintable() and 0 < len(self.path) <= limits.PATH_LENGTH

    @property
    def untitled(self) -> bool:
        """Whether it is a timer that was given no name, and so is called by how long it takes."""
        return self.kind == WAIT and TIMED.fullmatch(self.path.rpartition("/")[2]) is not None

    @property
    def alone(self) -> bool:
        """Whether no other line of its program has its path."""
        return self.kind != TEST and self.kind not in CONTEXTS and not self.untitled

    @property
    def block(self) -> str:
        """The names of the blocks around it."""
        return self.path.rpartition("/")[0]

    def same(self, other: "Line") -> bool:
        """Whether a run that came to one may go on at the other."""
        if self.untitled and other.untitled:
            return self.block == other.block  # how long it takes is no part of what it is
        return self == other


END: Final = Line("end", "", "")
"""What stands behind the last line of every program; no listing has it."""
