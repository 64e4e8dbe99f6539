"""The walk: a program is gone through from its start along the way of a run that an older program began.

Each station must be the next instruction here, as the same line; conditions go the way that makes the walk
match; and the walk must end where the run stands. What lies further down, or on a way not taken, is not
looked at.

Most lines are alone in their program, so it is known where a station has to be, and only the conditions
before it have to be found: no part of the program is searched twice. Timers without a name, and `get` and
`put`, may be meant by several lines; there all places are followed at once, and the way that departs least
from the run's own is taken. If two places are as likely for where the run stands, there is none.
"""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import Final, TypeAlias, final

from resaga.core.fact import BITS, MASK, Fact
from resaga.core.line import CONTEXTS, END, TEST, WAIT, Line
from resaga.core.program import Program
from resaga.core.value import Value
from resaga.core.way import CHOICES, FAILED, Choice, Station, Way

Placed: TypeAlias = tuple[int, int | None]
"""A row's code in this program, and the row of the old trail that it comes from; None if it is added."""

YES, NO = CHOICES
RETURNED: Final = int(Fact.RETURNED)
WOKE: Final = int(Fact.WOKE)
NEUTRAL: Final = (WAIT, *CONTEXTS)
"""The kinds of line that have no effect and no result of their own."""

ELSEWHERE: Final = 1
"""The cost of another way through conditions than the run's own, and of another timer."""

LIBERTY: Final = 2
"""The cost of leaving out, or of passing, what is neutral; leaving out where the run stands costs double."""

NOWHERE: Final = -1

PLACES: Final = 64
"""How many places are looked at, at most, for a station that may be at several."""


@final
class Liberties(Value):
    """What a migration allows the walk: to pass what is supplied, to leave out stations that are dropped.

    With `neutral`, timers, and contexts that are taken out and put back, may come and go as well.
    """

    supplied: frozenset[int] = frozenset()
    dropped: frozenset[int] = frozenset()
    neutral: bool = False


STRICT: Final = Liberties()


def walk(way: Way, program: Program, liberties: Liberties = STRICT) -> list[Placed] | None:
    """The rows of an older trail, placed in this program; None if the walk does not match."""
    return _Walk(way, program, liberties).placed()


@final
class _Trace:
    """One thing that the walk did, and what it did before: a chain from the end to the start.

    It placed a station, or left one out, or passed (with that fact) what the run has no rows for.
    """

    __slots__ = ("before", "fact", "left_out", "place", "station")

    def __init__(
        self,
        before: "_Trace | None",
        place: int,
        *,
        station: Station | None = None,
        left_out: bool = False,
        fact: int = 0,
    ) -> None:
        self.before = before
        self.place = place
        self.station = station
        self.left_out = left_out
        self.fact = fact


_Front: TypeAlias = dict[int, tuple[int, _Trace | None]]
"""The places that the walk may be at, each with the cost of coming there, and how."""


@final
class _Walk:
    def __init__(self, way: Way, program: Program, liberties: Liberties) -> None:
        self.way = way
        self.program = program
        self.liberties = liberties
        self.new = [*program.lines, END]
        self.places = {line.path: place for place, line in enumerate(self.new) if line.alone}

    def placed(self) -> list[Placed] | None:
        """All rows, where they belong now."""
        front: _Front = {self.program.start: (0, None)}
        for station, limit in zip(self.way.stations, self._limits(), strict=True):
            front = self._come_to(station, front, limit)
        cost = min((cost for cost, _ in front.values()), default=0)
        best = [trace for other, trace in front.values() if other == cost]
        return self._rows(best[0]) if len(best) == 1 else None

    def _limits(self) -> list[int]:
        """For each station, the place behind which it cannot be: its own, or that of a later one."""
        limit, limits = self.program.end, list[int]()
        for station in reversed(self.way.stations):
            place = self._fixed(station)
            limit = limit if place is None or self._may_leave_out(station) else place
            limits.append(limit)
        return limits[::-1]

    def _fixed(self, station: Station) -> int | None:
        """Where a station has to be, if only one place can be it; before the start if there is none."""
        line = self.way.old[station.index]
        return self.places.get(line.path, NOWHERE) if line.alone else None

    def _may_leave_out(self, station: Station) -> bool:
        neutral = self.liberties.neutral and self.way.old[station.index].kind in NEUTRAL
        return neutral or self._is_dropped(station)

    def _is_dropped(self, station: Station) -> bool:
        return station.index in self.liberties.dropped

    # ---- from one station to the next -----------------------------------------------------------

    def _come_to(self, station: Station, front: _Front, limit: int) -> _Front:
        """The places behind a station; if it is the last one, those that it may be at."""
        after, last = self.program.after, station is self.way.stations[-1]
        found: _Front = {}
        for place, (cost, trace) in self._found(station, front, limit).items():
            _keep(found, place if last else after[place], cost, _Trace(trace, place, station=station))
        if self._may_leave_out(station):
            for place, (cost, trace) in front.items():
                if place < self.program.end or not (last and self.way.turned):  # it turned round somewhere
                    left = _Trace(trace, place, station=station, left_out=True)
                    _keep(found, place, cost + (2 * LIBERTY if last else LIBERTY), left)
        return found

    def _found(self, station: Station, front: _Front, limit: int) -> _Front:
        """The places that a station may be at."""
        line, fixed = self.way.old[station.index], self._fixed(station)
        if fixed is not None:
            if fixed == NOWHERE or self.new[fixed] != line or self._is_dropped(station):
                return {}
            reached = self._followed(station, front, limit)
            if fixed not in reached:
                reached = self._searched(front, limit, self.program.end)
            return {fixed: reached[fixed]} if fixed in reached else {}
        if line.kind == TEST:
            return self._conditions(line, station, front, limit)
        reached = self._followed(station, front, limit)
        for place, (cost, trace) in self._searched(front, limit, PLACES).items():
            _keep(reached, place, cost, trace)
        return {
            place: (cost if self.new[place] == line else cost + ELSEWHERE, trace)
            for place, (cost, trace) in reached.items()
            if self.new[place].same(line) or self._is_free(line, self.new[place])
        }

    def _is_free(self, line: Line, new: Line) -> bool:
        """Whether what is taken out or put back may be of another type."""
        alike = line.kind in CONTEXTS and (line.kind, line.block) == (new.kind, new.block)
        return alike and self.liberties.neutral

    def _conditions(self, line: Line, station: Station, front: _Front, limit: int) -> _Front:
        """It stands at a condition, or failed there: whichever comes next will do, as it is asked anew."""
        next_ones = self._searched(front, limit, self.program.end, ask=False)
        found = {place: how for place, how in next_ones.items() if self.new[place].kind == TEST}
        for place, (cost, trace) in self._followed(station, front, limit).items():
            if self.new[place] == line:
                _keep(found, place, cost, trace)
        return found

    def _followed(self, station: Station, front: _Front, limit: int) -> _Front:
        """The places that one comes to by what the run has chosen, as far as the same is asked."""
        reached: _Front = {}
        for start, (cost, trace) in front.items():
            place, how = start, trace
            for choice in station.choices:
                chosen = self._chosen(place, choice)
                if chosen is None:
                    break
                how = _Trace(how, place, fact=choice.way)
                place = chosen
            else:
                if place <= limit:
                    _keep(reached, place, cost, how)
        return reached

    def _chosen(self, place: int, choice: Choice) -> int | None:
        """Where the run's choice leads, if that is what is asked at a place."""
        if self.new[place] != self.way.old[choice.index] or choice.way not in CHOICES:
            return None
        return self.program.after[place] if choice.way == YES else self.program.instructions[place].otherwise

    def _searched(self, front: _Front, limit: int, most: int, *, ask: bool = True) -> _Front:
        """The places up to `limit`, and about `most` of them, that one comes to by whatever may be passed.

        Conditions are passed only if one may `ask` them.
        """
        reached = {place: (cost + ELSEWHERE, trace) for place, (cost, trace) in front.items() if place <= limit}
        places = list(reached)
        heapify(places)
        while places and places[0] < limit and len(reached) <= most:  # every way leads on to a higher place
            place = heappop(places)
            cost, trace = reached[place]
            for there, fact, toll in self._exits(place, ask=ask):
                if there <= limit:
                    if there not in reached:
                        heappush(places, there)
                    _keep(reached, there, cost + toll, _Trace(trace, place, fact=fact))
        return reached

    def _exits(self, place: int, *, ask: bool) -> Iterator[tuple[int, int, int]]:
        """Where one may go from a place that the run has no row for, the fact that says so, and the cost."""
        one = self.program.instructions[place]
        if one.otherwise is not None:
            yield from ((one.after, YES, 0), (one.otherwise, NO, 0)) if ask else ()
        elif place in self.liberties.supplied:
            yield one.after, RETURNED, 0
        elif self.liberties.neutral and self.new[place].kind in NEUTRAL:
            yield one.after, WOKE if self.new[place].kind == WAIT else RETURNED, LIBERTY

    # ---- the rows -------------------------------------------------------------------------------

    def _rows(self, trace: _Trace | None) -> list[Placed] | None:
        """The rows that the chain to there stands for."""
        traces: list[_Trace] = []
        while trace is not None:
            traces.append(trace)
            trace = trace.before
        codes = self.way.codes
        placed: list[Placed] = [(self.program.start << BITS | codes[row] & MASK, row) for row in self.way.begun]
        passed: list[_Trace] = []
        places: dict[int, int] = {}
        for one in reversed(traces):
            if one.station is None:
                passed.append(one)
                continue
            placed += self._passed(passed, one.station)
            passed = []
            places[one.station.index] = one.place
            for row in one.station.rows:
                if not one.left_out or codes[row] & MASK == FAILED:
                    placed.append((one.place << BITS | codes[row] & MASK, row))
        for row in self.way.back:
            place = places.get(codes[row] >> BITS)
            if place is None:
                return None
            placed.append((place << BITS | codes[row] & MASK, row))
        return placed

    def _passed(self, passed: list[_Trace], station: Station) -> Iterator[Placed]:
        """The rows of what was passed before a station; those of a condition that was asked then are kept."""
        again: dict[str, list[Choice]] = {}
        for choice in reversed(station.choices):
            again.setdefault(self.way.old[choice.index].path, []).append(choice)
        for one in passed:
            code = one.place << BITS
            before = again.get(self.new[one.place].path) if one.fact in CHOICES else None
            rows = before.pop().rows if before else []
            for row in rows[:-1]:
                yield code | self.way.codes[row] & MASK, row
            yield code | one.fact, rows[-1] if rows else None


def _keep(front: _Front, place: int, cost: int, trace: _Trace | None) -> None:
    """Remember how a place was come to, unless there is as cheap a way."""
    if place not in front or front[place][0] > cost:
        front[place] = (cost, trace)
