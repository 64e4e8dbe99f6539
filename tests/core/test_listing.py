"""Listings and drawings: a program for people to read, as golden texts."""

from datetime import timedelta

import pytest
from attrs import frozen

from resaga import Failure, Reject, Retry, branch, gate, only, read, step, wait, when, within
from resaga.core import machine
from resaga.core.compile import compile_program
from resaga.core.listing import listing, mermaid
from resaga.core.outcome import (
    Answer,
    Chose,
    Failed,
    Interrupted,
    Later,
    Outcome,
    Refused,
    Returned,
)
from resaga.core.state import ExecutionState
from tests.core.play import BOOM as A_BROKE
from tests.core.play import NO as A_REFUSED
from tests.core.play import STEPS, started

SECOND = 1_000_000


@frozen
class Order:
    id: str


@frozen
class Large:
    order: Order


@read(retry=Retry(5))
def look(order: Order) -> Order:
    return order


@step(retry=Retry(3))
def reserve(order: Order) -> Order:
    return order


@step
def notify(order: Order) -> Order:
    return order


@read(timeout=timedelta(seconds=30))
async def score(order: Order) -> Order:
    return order


@read
def sort(order: Order) -> Large | Order:
    return order


@gate(deadline=timedelta(days=2), expiry=Reject())
def approve(large: Large, answer: bool) -> Order:  # noqa: FBT001 - the answer is a bool
    return large.order


@step
def charge(order: Order) -> Order:
    return order


def same(order: Order) -> Order:
    return order


def put(order: Order, result: Large | Order) -> Order:
    return order


def release(order: Order) -> None: ...


def is_new(order: Order) -> bool:
    return True


def is_known(order: Order) -> bool:
    return False


REASON = """a "notice"
    can't be unsent"""

checkout = compile_program(
    "checkout",
    2,
    (
        look
        >> when(is_new, score)
        >> reserve.undone_by(release)
        >> branch(is_known, notify.kept(REASON), wait(timedelta(hours=1)) >> look.named("again"))
        >> within(sort, same, put).named("sorted")
        >> sort.named("last")
        >> only(Large, approve)
        >> charge.irreversible()
    ).node,
)

LISTING = f"""\
checkout v2  {checkout.fingerprint}
       op       path         kind          undo                        retry  deadline         jumps
   0   perform  look         read                                      5x
   1   choose   is_new       test                                                              no -> 3
   2   perform  score        read                                             0:00:30
   3   perform  reserve      undone        release                     3x
   4   choose   is_known     test                                                              no -> 7
   5   perform  notify       kept          a "notice" can't be unsent                          -> 9
   6   jump     otherwise    test                                                              -> 9
   7   sleep    wait-1h      wait                                             1:00:00
   8   perform  again/look   read                                      5x
   9   enter    sorted/get   get
   10  perform  sorted/sort  read
   11  leave    sorted/put   put
   12  perform  last/sort    read
   13  choose   only-Large   test                                                              no -> 15
   14  ask      approve      gate                                             2 days, 0:00:00
   15  perform  charge       irreversible"""

MERMAID = """\
flowchart TD
    start([start])
    done([done])
    i0["look"]
    i1{"is_new"}
    i2["score"]
    i3["reserve<br/>undo: release"]
    i4{"is_known"}
    i5["notify<br/>kept: a 'notice' can't be unsent"]
    i7(["wait-1h"])
    i8["again/look"]
    i9["sorted/get"]
    i10["sorted/sort"]
    i11["sorted/put"]
    i12["last/sort"]
    i13{"only-Large"}
    i14[/"approve?"/]
    i15["charge<br/>irreversible"]
    start --> i0
    i0 --> i1
    i1 -- yes --> i2
    i1 -- no --> i3
    i2 --> i3
    i3 --> i4
    i4 -- yes --> i5
    i4 -- no --> i7
    i5 --> i9
    i7 --> i8
    i8 --> i9
    i9 --> i10
    i10 --> i11
    i11 --> i12
    i12 --> i13
    i13 -- yes --> i14
    i13 -- no --> i15
    i14 --> i15
    i15 --> done"""


def test_a_program_is_listed_line_by_line() -> None:
    """What is done, where it goes, how it is taken back, how often and until when."""
    assert listing(checkout) == LISTING


def test_a_program_is_drawn() -> None:
    """Steps with their undos, gates, timers, conditions and their two ways."""
    assert mermaid(checkout) == MERMAID


# ---- with a state ---------------------------------------------------------------------------------------

small = compile_program(
    "small",
    1,
    (
        look
        >> reserve.undone_by(release)
        >> when(is_new, wait(timedelta(hours=1)))
        >> gate(name="ask", takes=Order)(approve.node.body.function)
        >> notify.kept("x")
        >> charge.irreversible()
    ).node,
)
DONE = Returned(Order("1"))
NO = Refused(Failure("notify", "rejected", "", "declined"))
BOOM = Failed(Failure("reserve", "failed", "boom", "ValueError"))


def run(*outcomes: Outcome) -> ExecutionState:
    state = machine.create(small, "A-1", Order("1"), 0)
    machine.start(small, state, 0)
    for at, outcome in enumerate(outcomes, start=1):
        machine.advance(small, state, outcome, at * 4_000 * SECOND, SECOND)
    return state


def told(*outcomes: Outcome) -> list[str]:
    """The last column of the listing, and its last line."""
    lines = listing(small, run(*outcomes)).splitlines()
    column = lines[1].index("state")
    return [line[column:] for line in lines[2:-1]] + [lines[-1]]


PAUSED = f"""\
small v1  {small.fingerprint}
      op       path     kind          undo     retry  deadline  jumps    state
   0  perform  look     read                   5x                        done
   1  perform  reserve  undone        release  3x                        done
   2  choose   is_new   test                                    no -> 4  yes
-> 3  sleep    wait-1h  wait                          1:00:00
   4  ask      ask      gate
   5  perform  notify   kept          x
   6  perform  charge   irreversible
A-1: paused"""


def test_a_listing_with_a_state_is_marked() -> None:
    """Where it stands, and what became of each."""
    assert listing(small, run(DONE, DONE, Chose(yes=True))) == PAUSED


def test_what_is_over_stands_nowhere() -> None:
    """There is no mark when all is done, or taken back."""
    passed: list[Outcome] = [DONE, DONE, Chose(yes=False), Answer(value=True)]
    ends: list[list[Outcome]] = [[DONE, DONE, DONE], [DONE, NO, DONE]]
    for end in ends:
        assert "->" not in listing(small, run(*passed, *end)).replace("no -> 4", "")


@pytest.mark.parametrize(
    ("outcomes", "column"),
    [
        ([], ["", "", "", "", "", "", "", "A-1: running"]),
        ([BOOM], ["done", "failed, again", "", "", "", "", "", "A-1: running"]),
        ([Later("busy", None)], ["done", "not yet", "", "", "", "", "", "A-1: paused"]),
        ([Interrupted()], ["done", "interrupted", "", "", "", "", "", "A-1: running"]),
        ([DONE, Chose(yes=False)], ["done", "done", "no", "", "asked", "", "", "A-1: paused"]),
    ],
)
def test_what_became_of_each_on_the_way(outcomes: list[Outcome], column: list[str]) -> None:
    """What is not reached yet is empty."""
    assert told(DONE, *outcomes) == (column if outcomes else ["done", *column[1:]])


@pytest.mark.parametrize(
    ("outcomes", "undo", "end"),
    [
        ([], "done", "compensating"),
        ([DONE], "undone", "rolled back"),
        ([BOOM], "undo failed, again", "paused"),
        ([Later("busy", None)], "undo not yet", "paused"),
        ([Interrupted()], "undo interrupted", "compensating"),
    ],
)
def test_what_became_of_each_on_the_way_back(outcomes: list[Outcome], undo: str, end: str) -> None:
    """A step says what became of its undo, and the last line why."""
    column = told(DONE, DONE, Chose(yes=False), Answer(value=True), DONE, NO, *outcomes)
    assert column == ["done", undo, "no", "", "done", "failed", "", f"A-1: {end}, notify rejected [declined]"]


def test_what_became_of_the_undo_of_a_step_that_was_settled() -> None:
    """It was given up, was found to have happened, and so is taken back: from there on it is the undo that is told."""
    play = started(STEPS.undone("a", settled=True))
    play.say(Failed(A_BROKE), Returned(1), Refused(A_REFUSED))
    assert listing(play.program, play.state).splitlines()[2].endswith("undo stuck")
    final = started(STEPS.irreversible("a", settled=True) >> STEPS.read("b"))
    final.say(Failed(A_BROKE), Returned(1), Refused(A_REFUSED))
    assert listing(final.program, final.state).splitlines()[3].endswith("  stuck")
