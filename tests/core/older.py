"""Runs of an older program, and what becomes of them in a newer one."""

from resaga import Saga
from resaga.core.compatibility import Compatibility
from resaga.core.difference import difference
from resaga.core.fact import BITS, MASK, Fact
from resaga.core.line import Line
from resaga.core.walk import STRICT, Liberties, walk
from resaga.core.way import Way
from tests.core.play import Play
from tests.steps import AnyBlock


def way_of(play: Play) -> Way:
    """The way that a run has gone."""
    trail = play.state.trail
    lines = [Line.read(row) for row in play.program.rows]
    return Way(lines, trail.codes, play.state.index)


def walked(play: Play, newer: AnyBlock, liberties: Liberties = STRICT) -> list[tuple[str, str, int | None]] | None:
    """The rows behind the start: the path and the fact of each, and the row that it comes from."""
    program = Saga("play", newer).program
    placed = walk(way_of(play), program, liberties)
    if placed is None:
        return None
    paths = [one.path for one in program.instructions]
    return [(paths[code >> BITS], Fact(code & MASK).name, source) for code, source in placed[2:]]


def told(play: Play, newer: AnyBlock, liberties: Liberties = STRICT) -> Compatibility:
    """What has changed."""
    return difference(way_of(play), Saga("play", newer).program, liberties)


def matters(play: Play, newer: AnyBlock, liberties: Liberties = STRICT) -> list[str]:
    """What matters of it, in words."""
    return [str(change) for change in told(play, newer, liberties).changes if change.matters]
