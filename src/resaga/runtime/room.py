"""How much of what a document may hold is left for one execution.

A journal has no end of its own. But whoever takes an execution over reads all of it as one document, and one that is
too large cannot be read by anybody: nothing of it could be taken back any more. So no body of the way forward is begun
when three quarters are used. What is left is for taking back, for finding out, and for what people say.
"""

from typing import Final, final

from resaga.codec import Codec, limits
from resaga.codec.reference import REFERRING
from resaga.core.failure import Failure
from resaga.core.outcome import Refused
from resaga.core.state import FORWARD, ExecutionState

UNMEASURED: Final = 3
"""How many rows there may be of which it is not known what they take."""

FEW_BYTES: Final = 512 * 1024
"""Until more than this is recorded nothing is measured: it cannot hold too many objects and lists either."""

FORWARD_SHARE: Final = 3 / 4
SHARE: Final = 15 / 16
"""Of each limit, what may be used when the way forward, or anything else, goes on."""


@final
class Room:
    """What is left for one execution. A row is taken to need what its entry takes; beyond `FEW_BYTES`, is measured."""

    __slots__ = ("_bytes", "_codec", "_measured", "_parts", "_recorded", "_rows")

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._rows = self._recorded = 0
        self._measured = self._bytes = self._parts = 0

    def recorded(self, state: ExecutionState, since: int, written: bytes) -> None:
        """The rows from there on are recorded by that; what references in it stand for is not seen."""
        if since <= self._rows and REFERRING not in written:
            self._rows = len(state.trail.codes)
            self._recorded += len(written)

    def is_left(self, state: ExecutionState) -> bool:
        """Whether something may be begun that adds to it."""
        rows = len(state.trail.codes)
        if rows - self._rows <= UNMEASURED and self._recorded <= FEW_BYTES and 2 * rows <= limits.ROWS:
            return True  # most often; half of the rows is within every share
        share, more = FORWARD_SHARE if state.phase is FORWARD else SHARE, rows - self._measured
        if (
            more > UNMEASURED
            or self._bytes + more * limits.VALUE_BYTES > share * limits.BLOB_BYTES
            or self._parts + more * limits.VALUE_PARTS > share * limits.PARTS
        ):
            size, parts = self._codec.extent(state, self._measured)
            self._measured, self._bytes, self._parts = rows, self._bytes + size, self._parts + parts
        return (
            self._bytes <= share * limits.BLOB_BYTES
            and self._parts <= share * limits.PARTS
            and rows <= share * limits.ROWS
        )


def refused(state: ExecutionState) -> Refused:
    """What becomes of a body that is not called, for want of room."""
    said = f"it was not called: there is no room left for what it gives in a document of {limits.BLOB_BYTES:,} bytes"
    return Refused(
        Failure(state.here.path, "no_room", f"{said} and {limits.ROWS:,} rows; carry less from step to step")
    )
