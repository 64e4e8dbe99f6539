from resaga.core.decision import (
    BACKING_OFF,
    COMPLETED,
    CUT_OFF,
    NOT_YET,
    ROLLED_BACK,
    STUCK,
    WAITING,
    Cause,
    Plain,
    PlainAsync,
    Status,
)
from tests.core.play import STEPS, Play
from tests.steps import Steps
from tests.worlds import World


def test_decisions_are_made_once_and_owned_by_the_program() -> None:
    """None is made while it runs, so two of them are the same one."""
    program = Play(STEPS.undone("a") >> STEPS.gate("b") >> STEPS.irreversible("c", settled=True)).program
    assert program.performs[0] is program.entry[0]
    assert program.asks[1] is program.entry[1]
    assert program.settles[2] is not None


def test_a_plain_decision_stands_for_the_full_one() -> None:
    play = Play(STEPS.undone("a", plain=True) >> STEPS.read("b"))
    first, second = play.program.plain[0], play.program.plain[1]
    assert isinstance(first, Plain)
    assert isinstance(second, Plain)
    assert first.instruction is play.program.instructions[0]
    assert (first.undoes, first.after, first.then) == (False, 1, second)


def test_a_plain_decision_of_an_awaiting_loop_is_another() -> None:
    play = Play(Steps(World(), awaits=True).undone("a", plain=True))
    assert isinstance(play.program.plain[0], PlainAsync)


def test_every_cause_of_a_sleep_and_every_end_has_its_decision() -> None:
    assert {one.cause for one in (WAITING, BACKING_OFF, NOT_YET, CUT_OFF)} == set(Cause)
    assert [one.status for one in (COMPLETED, ROLLED_BACK, STUCK)] == [
        Status.COMPLETED,
        Status.ROLLED_BACK,
        Status.STUCK,
    ]
