"""The way that a run has gone: the stations that its trail tells of, in their order.

Only the trail and the lines of its listing are read; the program that wrote them need not be there any more.
"""

from collections.abc import Sequence
from typing import Final, final

from resaga.core.fact import BITS, COMPLETIONS, MASK, Fact, turns
from resaga.core.line import END, TEST, WAIT, Line
from resaga.core.node import Kind

CREATED: Final = int(Fact.CREATED)
STARTED: Final = int(Fact.STARTED)
FAILED: Final = int(Fact.FAILED)
WOKE: Final = int(Fact.WOKE)
CHOICES: Final = (int(Fact.CHOSE_YES), int(Fact.CHOSE_NO))
UNANSWERED: Final = -1
FINAL: Final = Kind.IRREVERSIBLE.value
UNDONE: Final = Kind.UNDONE.value
TAKEN_BACK: Final = (UNDONE, FINAL)
UNDOS: Final = (int(Fact.UNDONE), int(Fact.UNDONE_BY_HAND), int(Fact.SKIPPED))
"""The facts that, on the way back, the undo of a step is over."""


@final
class Choice:
    """A condition that the run went through: its rows, and which way it went."""

    __slots__ = ("index", "rows", "way")

    def __init__(self, index: int) -> None:
        self.index = index
        self.rows: list[int] = []
        self.way = UNANSWERED


@final
class Station:
    """One instruction that the run came to: its rows, and the conditions between it and the station before.

    `index` is that of its line; behind the last line of the listing there is the end.
    """

    __slots__ = ("choices", "done", "index", "rows")

    def __init__(self, index: int, choices: list[Choice], rows: list[int]) -> None:
        self.index = index
        self.choices = choices
        self.rows = rows
        self.done = False


@final
class Way:
    """The rows of a trail by what they belong to: the beginning, each station, the way back.

    All stations are done but the last, which is where the run stands, or where it turned round.
    A row is meant by its number in the trail.
    """

    __slots__ = ("back", "begun", "codes", "old", "standing", "stations", "turned")

    def __init__(self, old: Sequence[Line], codes: Sequence[int], standing: int) -> None:
        self.old = [*old, END]
        self.codes = codes
        self.standing = standing
        self.begun: list[int] = []
        self.stations: list[Station] = []
        self.back: list[int] = []
        self.turned = False
        choices: list[Choice] = []
        for row, code in enumerate(codes):
            fact, index = code & MASK, code >> BITS
            if fact in (CREATED, STARTED):
                self.begun.append(row)
            elif self.turned:
                self.back.append(row)
            elif old[index].kind == TEST and fact != FAILED:
                if not choices or choices[-1].index != index or choices[-1].way != UNANSWERED:
                    choices.append(Choice(index))
                choices[-1].rows.append(row)
                choices[-1].way = fact if fact in CHOICES else UNANSWERED
            else:
                station, choices = self._came_to(index, choices)
                station.rows.append(row)
                kind = old[index].kind
                station.done = fact in COMPLETIONS or (fact == WOKE and kind == WAIT)
                self.turned = turns(fact, final=kind == FINAL)
        if len(self.begun) > 1 and (not self.stations or self.stations[-1].done) and not self.turned:
            self._came_to(standing, choices)

    @property
    def here(self) -> int:
        """The line of what is done now, on the way back of what is being undone; behind the last one at the end."""
        if not self.turned:
            return self.standing
        undone = [one.index for one in self.stations if one.done and self.old[one.index].kind == UNDONE]
        over = sum(self.codes[row] & MASK in UNDOS for row in self.back)
        return undone[-1 - over] if over < len(undone) else len(self.old) - 1

    def held(self) -> set[int]:
        """The lines of what is done and has to stay: it is taken back, or never can be, or turned the run."""
        last = self.stations[-1] if self.turned else None
        return {
            one.index for one in self.stations if one.done and (one is last or self.old[one.index].kind in TAKEN_BACK)
        }

    def _came_to(self, index: int, choices: list[Choice]) -> tuple[Station, list[Choice]]:
        """The station that is being done; at another index it is the next one."""
        if self.stations and not self.stations[-1].done and self.stations[-1].index == index:
            return self.stations[-1], choices
        rows: list[int] = []
        if choices and choices[-1].index == index and choices[-1].way == UNANSWERED:  # it stands at a condition
            rows = choices.pop().rows
        self.stations.append(Station(index, choices, rows))
        return self.stations[-1], []
