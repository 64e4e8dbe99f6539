"""What has changed between the listing of a run and this program, line by line, and where the run sees it.

Lines that are alone are told by their path; of those that have changed places, the run's own are taken to
have stayed. The others are told by where they stand between those. Conditions are not told of: which way is
taken is asked anew.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from heapq import heappop, heappush
from typing import Final, final

from resaga.core.compatibility import Change, Compatibility, Reach, Verdict
from resaga.core.line import END, TEST, Line
from resaga.core.node import Kind
from resaga.core.program import Program
from resaga.core.walk import NEUTRAL, STRICT, Liberties
from resaga.core.way import Way

GATE: Final = Kind.GATE.value


def difference(way: Way, program: Program, liberties: Liberties = STRICT) -> Compatibility:
    """What has changed for a run that cannot go on, and whether a migration could help."""
    found = _Difference(way, program, liberties)
    changes = sorted(found.changes(), key=lambda change: not change.matters)
    return Compatibility(found.verdict(), tuple(changes))


@final
class _Difference:
    """Two listings, and which line of one is which of the other."""

    def __init__(self, way: Way, program: Program, liberties: Liberties) -> None:
        self.way = way
        self.program = program
        self.liberties = liberties
        self.old = way.old
        self.new = [*program.lines, END]
        self.reach = {one.index: Reach.DONE if one.done else Reach.HERE for one in way.stations}
        places = {line.path: place for place, line in enumerate(self.new) if line.alone}
        self.pairs = {
            index: places[line.path]
            for index, line in enumerate(self.old)
            if line.alone and line.path in places and index not in liberties.dropped
        }
        self.unpaired = set(range(program.end)) - set(self.pairs.values())
        self.stayed = self._stay()
        self.before = sorted(self.stayed), sorted(self.pairs[index] for index in self.stayed)
        self._pair_others()
        self.passed: set[int] = set()
        self.cut_off: set[int] = set()
        self.held = way.held()
        self.right_here: set[int] = set()
        self._on_the_way()

    def _stay(self) -> set[int]:
        """The lines that still stand in the same order: the run's own as many as can be, then the others."""
        own = _rising((index for index in self.pairs if index in self.reach), self.pairs)
        here, there = sorted(own), sorted(self.pairs[index] for index in own)
        kept = set(own)
        fits = (
            index
            for index, place in self.pairs.items()
            if index in kept or bisect_left(here, index) == bisect_left(there, place)
        )
        return set(_rising(fits, self.pairs))

    def _gap(self, side: int, position: int) -> int:
        """Between which of those that stayed a line stands, in the old listing (0) or in the new one (1)."""
        return bisect_left(self.before[side], position)

    def _pair_others(self) -> None:
        """Pair what is not alone: in order, with what is of its kind in the same gap and the same block."""
        groups: dict[tuple[int, str, str], tuple[list[int], list[int]]] = {}
        for side, lines in enumerate((self.old, self.new)):
            for position, line in enumerate(lines):
                if line.kind in NEUTRAL and not line.alone:
                    key = (self._gap(side, position), line.kind, line.block)
                    groups.setdefault(key, ([], []))[side].append(position)
        for indexes, places in groups.values():
            if len(indexes) != len(places):
                self._pair(indexes, places, lambda line: line)
            self._pair(indexes, places, lambda line: line.kind)
        # Conditions from the end, so that the one that the run stands at is met.
        asked = [index for index, line in enumerate(self.old) if line.kind == TEST][::-1]
        choices = [one.index for one in self.program.instructions if one.otherwise is not None][::-1]
        self._pair(asked, choices, lambda line: line.path)
        self._pair([index for index in asked if index in self.reach], choices, lambda line: line.kind)

    def _pair(self, indexes: list[int], places: list[int], likeness: Callable[[Line], object]) -> None:
        """Pair what stands in the same gap, in order, as far as it is alike."""
        left: dict[object, list[int]] = {}
        for place in reversed(places):
            if place in self.unpaired:
                left.setdefault((self._gap(1, place), likeness(self.new[place])), []).append(place)
        for index in indexes:
            alike = left.get((self._gap(0, index), likeness(self.old[index])))
            if alike and index not in self.pairs:
                self.pairs[index] = alike.pop()
                self.unpaired.remove(self.pairs[index])

    # ---- the run's way --------------------------------------------------------------------------

    def _on_the_way(self) -> None:
        """Go along the stations: what would have to be passed here, and which cannot be come to any more."""
        place = self.program.start
        free = {self.pairs[index] for index in self.reach if index in self.pairs} | self.liberties.supplied
        for station in self.way.stations:
            target = self.pairs.get(station.index)
            if target is None or self._has_moved(station.index):
                continue
            route = _cheapest(self.program, place, target, free)
            if route is None:
                self.cut_off.add(station.index)
            else:
                self.passed.update(route)
                place = self.program.after[target] if station.done else target
        last = self.way.stations[-1].index if self.way.stations else len(self.old) - 1
        if last not in self.pairs and not self._is_free(last):
            while place in self.unpaired and self.new[place].kind != TEST:
                self.right_here.add(place)
                place = self.program.after[place]

    def _has_moved(self, index: int) -> bool:
        return self.old[index].alone and index not in self.stayed

    def _reach_of(self, place: int) -> Reach:
        if place in self.passed:
            return Reach.BEFORE
        return Reach.HERE if place in self.right_here else Reach.ELSEWHERE

    # ---- what is told ---------------------------------------------------------------------------

    def changes(self) -> Iterator[Change]:
        """All of them, in the order of the old listing, then what is new, in the order of the new one."""
        for index, line in enumerate(self.old):
            reach = self.reach.get(index, Reach.ELSEWHERE)
            if line.kind == TEST:
                if reach is not Reach.ELSEWHERE and index not in self.pairs:
                    yield Change("removed", line.path, reach)
            elif not self._is_free(index):
                yield from (Change(what, line.path, where) for what, where in self._became(index, reach))
        for place in sorted(self.unpaired - self.liberties.supplied):
            line = self.new[place]
            if line.kind != TEST and not self._may_come_and_go(line):
                yield Change("added", line.path, self._reach_of(place))

    def _is_free(self, index: int) -> bool:
        """Whether a line of the old listing may be gone, or changed."""
        return index in self.liberties.dropped or self._may_come_and_go(self.old[index])

    def _may_come_and_go(self, line: Line) -> bool:
        return self.liberties.neutral and line.kind in NEUTRAL

    def _became(self, index: int, reach: Reach) -> Iterator[tuple[str, Reach]]:
        """What became of a line of the old listing, and where."""
        place, line = self.pairs.get(index), self.old[index]
        if place is None:
            yield "removed", reach
            return
        other = self.new[place]
        if other.kind != line.kind:
            yield f"changed from {line.kind} to {other.kind}", reach
        elif other.digest != line.digest:
            yield "re-typed", reach
        where = reach if index in self.reach else self._reach_of(place)
        if index in self.cut_off or self._has_moved(index):
            yield "moved", where
        elif where is Reach.BEFORE:
            yield "put on the way", where

    def verdict(self) -> Verdict:
        """Whether a migration could help: not if what takes back a done step is gone, nor past a new gate.

        What is gone may only have got another name, if one of its kind is new in its place.
        """
        spare = Counter((self._gap(1, place), self.new[place].kind) for place in self.unpaired)
        asked = Counter(self._gap(1, place) for place in self.passed & self.unpaired if self._is_gate(place))
        highest = -1
        for station in self.way.stations:
            index, line, place = station.index, self.old[station.index], self.pairs.get(station.index)
            held = index in self.held
            if place is None or self.new[place].kind != line.kind:
                gap = self._gap(0, index)
                spare[gap, line.kind] -= 1
                asked[gap] -= line.kind == GATE
                if held and spare[gap, line.kind] < 0:
                    return Verdict.IMPOSSIBLE
            elif held and place < highest:
                return Verdict.IMPOSSIBLE
            elif held:
                highest = place
        unasked = any(count > 0 for count in asked.values())
        return Verdict.IMPOSSIBLE if unasked else Verdict.NEEDS_MIGRATION

    def _is_gate(self, place: int) -> bool:
        return self.new[place].kind == GATE


def _rising(indexes: Iterable[int], places: Mapping[int, int]) -> list[int]:
    """The longest choice of these whose places rise."""
    ends: list[int] = []  # the index that ends the best choice of each length, by the lowest place
    lowest: list[int] = []
    before: dict[int, int | None] = {}
    for index in indexes:
        length = bisect_left(lowest, places[index])
        before[index] = ends[length - 1] if length else None
        ends[length : length + 1] = [index]
        lowest[length : length + 1] = [places[index]]
    chosen: list[int] = []
    last = ends[-1] if ends else None
    while last is not None:
        chosen.append(last)
        last = before[last]
    return chosen[::-1]


def _cheapest(program: Program, start: int, target: int, free: Collection[int]) -> list[int] | None:
    """The fewest places to pass from one place to another; conditions and free ones do not count."""
    come: dict[int, tuple[int, int]] = {start: (0, start)}
    places = [start]
    while places and places[0] < target:  # every way leads on to a higher place
        place = heappop(places)
        one, cost = program.instructions[place], come[place][0]
        toll = cost if one.otherwise is not None or place in free else cost + 1
        for there in (one.after, one.after if one.otherwise is None else one.otherwise):
            if there <= target and (there not in come or come[there][0] > toll):
                if there not in come:
                    heappush(places, there)
                come[there] = toll, place
    passed: list[int] = []
    place = target
    while place in come and place != start:
        place = come[place][1]
        if program.instructions[place].otherwise is None and place not in free:
            passed.append(place)
    return passed[::-1] if target in come else None
