"""What went wrong, as a value that survives a dump."""

from typing import Final, Literal, final, get_args

from resaga.core import limits
from resaga.core.value import Value

Kind = Literal[
    "rejected", "failed", "timed_out", "interrupted", "expired", "cancelled", "unstorable", "unwritable", "no_room"
]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

UNCALLED: Final = frozenset[Kind]({"interrupted", "expired", "cancelled", "no_room"})
"""The kinds that no call ended with: a row of its own tells of a call that was cut off."""


@final
class Failure(Value):
    """One failed attempt: where, how, and what was said.

    `code` is that of a `Rejected`, or the name of the exception's class. `exception` is the live
    object, only in the process where it was raised; it takes no part in comparisons.
    """

    path: str
    kind: Kind
    message: str
    code: str | None = None
    exception: Exception | None = None

    def _fields(self) -> tuple[object, ...]:
        return self.path, self.kind, self.message, self.code

    def __repr__(self) -> str:
        return f"Failure(path={self.path!r}, kind={self.kind!r}, message={self.message!r}, code={self.code!r})"

    def __str__(self) -> str:
        code = f" [{self.code}]" if self.code else ""
        said = f": {self.message}" if self.message else ""
        return f"{self.path} {self.kind.replace('_', ' ')}{code}{said}"


def clipped(text: str) -> str:
    """Text from outside, cut to the limit and free of lone surrogates, which JSON cannot hold."""
    return text[: limits.REASON_LENGTH].encode("utf-8", "replace").decode()
