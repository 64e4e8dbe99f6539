"""What a saga does, said again as plainly as one can; it knows nothing of the machine.

A mode, a place in a row of steps, and what was done so far. Each call of a body asks for its next fate.
"""

from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Final, final

from attrs import define, field, frozen

from tests.worlds import Fate

AT_IT: Final = 2
"""So often a settle and an undo are tried."""


@final
class Mode(Enum):
    """What is being done."""

    FORWARD = "forward"
    SETTLING = "settling"
    UNDOING = "undoing"
    COMPLETED = "completed"
    ROLLED_BACK = "rolled back"


@final
@frozen
class Plan:
    """One step: its kind, how often it is tried, and whether one can find out about it."""

    name: str
    kind: str
    attempts: int = 1
    settled: bool = False


@final
@define
class Model:
    """One execution."""

    plans: list[Plan]
    fates: deque[Fate]
    mode: Mode | None = None
    place: int = 0
    stuck: bool = False
    asked: bool = False
    later: bool = False
    answer: bool | None = None
    doubt: bool = False
    tries: int = 0
    given_up: bool = False
    cancelled: bool = False
    done: list[str] = field(factory=list)
    standing: list[str] = field(factory=list)
    skipped: list[str] = field(factory=list)
    there: set[str] = field(factory=set)
    calls: list[str] = field(factory=list)

    def run(self) -> bool:
        """Go on until somebody has to come; False if it was cut off."""
        self.later = False
        if self.mode is None:
            self._arrive()
        doing: dict[Mode, Callable[[], bool]] = {
            Mode.FORWARD: self._forward,
            Mode.SETTLING: self._settle,
            Mode.UNDOING: self._undo,
        }
        whole = True
        while whole and not (self.stuck or self.asked or self.later) and self.mode in doing:
            whole = doing[self.mode]()
        return whole

    @property
    def revoked(self) -> bool:
        """Whether it was cancelled and is not to be tried again: a person is to say what has happened."""
        return self.cancelled and self.mode is Mode.FORWARD

    @property
    def sealed(self) -> bool:
        """Whether there is no way back."""
        return any(plan.kind == "irreversible" and plan.name in self.done for plan in self.plans)

    # ---- the three ways -------------------------------------------------------------------------

    def _forward(self) -> bool:
        plan = self.plans[self.place]
        effect = plan.kind not in ("read", "gate")
        fate = self._call(plan.name)
        if effect and fate in (Fate.GIVES, Fate.RAISES_AFTER, Fate.CUT_AFTER):
            self.there.add(plan.name)
        if fate is Fate.REJECTS or (plan.kind == "gate" and fate is Fate.GIVES and not self.answer):
            self._give_up() if self.doubt else self._fail()
        elif fate is Fate.GIVES:
            self._complete()
        elif fate in (Fate.RAISES, Fate.RAISES_AFTER):
            self.tries += 1
            self.doubt = self.doubt or (effect and (plan.settled or plan.kind == "irreversible"))
            if self.tries >= plan.attempts:
                self._give_up() if self.doubt else self._fail()
        elif fate is Fate.NOT_YET:
            self.later = True
        else:
            self.doubt = self.doubt or effect
            if plan.kind == "irreversible" and plan.attempts == 1:
                self.mode, self.stuck, self.tries = (
                    (Mode.SETTLING, False, 0) if plan.settled else (self.mode, True, self.tries)
                )
            return False
        return True

    def _settle(self) -> bool:
        plan = self.plans[self.place]
        fate = self._call(f"settle {plan.name}")
        if fate is Fate.GIVES and plan.name in self.there:
            if self.given_up and plan.kind != "irreversible":
                self._note_done()
                self._turn()
            else:
                self._complete()
        elif fate is Fate.GIVES:
            self._calm()
            self.mode = Mode.FORWARD
            if self.given_up:
                self.given_up = False
                self._fail()
        return self._missed(fate)

    def _undo(self) -> bool:
        fate = self._call(f"undo {self.standing[-1]}")
        if fate in (Fate.GIVES, Fate.RAISES_AFTER, Fate.CUT_AFTER):
            self.there.discard(self.standing[-1])
        if fate is Fate.GIVES:
            self._taken_back()
        return self._missed(fate)

    def _missed(self, fate: Fate) -> bool:
        """What comes of a settle or an undo that did not go well."""
        if fate is Fate.REJECTS:
            self.stuck = True
        elif fate in (Fate.RAISES, Fate.RAISES_AFTER):
            self.tries += 1
            self.stuck = self.tries >= AT_IT
        elif fate is Fate.NOT_YET:
            self.later = True
        return fate not in (Fate.CUT, Fate.CUT_AFTER)

    # ---- people ---------------------------------------------------------------------------------

    def say_yes_or_no(self, answer: bool) -> None:  # noqa: FBT001 - an answer
        """The open question is answered."""
        self.asked, self.answer = False, answer

    def cancel(self) -> None:
        """Somebody wants it to be taken back; if that is under way, nothing changes."""
        if self.mode in (Mode.FORWARD, None):
            self.asked = self.later = False
            self.cancelled = self.doubt
            self._give_up() if self.doubt else self._turn()
        elif self.mode is Mode.SETTLING and not self.cancelled:
            self.cancelled = self.given_up = True
            self.later, self.tries = False, 0

    def retry(self) -> None:
        """A person says: again."""
        self.stuck, self.tries, self.answer = False, 0, None
        if self.mode is Mode.FORWARD and not self.doubt:
            self._arrive()

    def skip(self) -> None:
        """A person says: leave it."""
        self.stuck = False
        if self.mode is Mode.UNDOING:
            self.skipped.append(self._taken_back())
        else:
            self._turn()

    def mark_done(self) -> None:
        """A person says: it has happened."""
        self.stuck = False
        if self.mode is Mode.UNDOING:
            self._taken_back()
        elif self.cancelled and self.plans[self.place].kind != "irreversible":
            self._note_done()
            self._turn()
        else:
            self._complete()

    # ---- what they share ------------------------------------------------------------------------

    def _call(self, said: str) -> Fate:
        self.calls.append(said)
        return self.fates.popleft() if self.fates else Fate.GIVES

    def _complete(self) -> None:
        self._note_done()
        self.place, self.given_up, self.cancelled = self.place + 1, False, False
        self._calm()
        self._arrive()

    def _arrive(self) -> None:
        self.mode = Mode.COMPLETED if self.place == len(self.plans) else Mode.FORWARD
        self.asked = self.mode is Mode.FORWARD and self.plans[self.place].kind == "gate"

    def _note_done(self) -> None:
        plan = self.plans[self.place]
        self.done.append(plan.name)
        if plan.kind == "undone":
            self.standing.append(plan.name)

    def _give_up(self) -> None:
        if self.plans[self.place].settled:
            self.mode, self.given_up, self.tries = Mode.SETTLING, True, 0
        else:
            self.stuck = True

    def _fail(self) -> None:
        if self.sealed:
            self.stuck = True
        else:
            self._turn()

    def _turn(self) -> None:
        self.mode = Mode.UNDOING if self.standing else Mode.ROLLED_BACK
        self._calm()

    def _taken_back(self) -> str:
        name = self.standing.pop()
        self._turn()
        return name

    def _calm(self) -> None:
        self.tries, self.doubt, self.answer = 0, False, None
