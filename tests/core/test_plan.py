from resaga.core.machine import returned
from resaga.core.outcome import Failed, Interrupted, MarkedDone, Refused, Returned, Skipped
from resaga.core.plan import Kept, SkippedStep, in_effect, kept, rollback_plan, skipped_steps
from tests.core.places import PLACES, behind, told, two
from tests.core.play import BOOM, NO, STEPS, started


def test_a_plan_undoes_what_is_done_in_reverse_and_says_what_stays() -> None:
    play = told(started(two() >> STEPS.kept("k") >> STEPS.read("r") >> STEPS.read("z")), *map(Returned, range(4)))
    plan = rollback_plan(play.state)
    assert plan.undos == ("b", "a")
    assert plan.kept == (Kept("k", "it harms nobody"),)
    assert (plan.past_return, plan.in_doubt) == (None, None)
    assert str(plan) == "undo b\nundo a\nkeep k: it harms nobody"


def test_a_plan_of_what_has_no_effect_yet_is_empty() -> None:
    assert str(rollback_plan(PLACES["new"]().state)) == "nothing to undo"


def test_a_plan_settles_first_what_is_in_doubt() -> None:
    plan = rollback_plan(told(started(two()), Returned(1), Interrupted()).state)
    assert str(plan) == "settle b\nundo a"


def test_there_is_no_rollback_behind_the_point_of_no_return() -> None:
    plan = rollback_plan(behind(STEPS.read("a")).state)
    assert plan.past_return == "final"
    assert str(plan) == "no rollback: final is done and cannot be taken back"


def test_a_plan_in_the_middle_of_a_rollback_is_what_is_left_of_it() -> None:
    """What is undone, and what a person skipped, is not undone once more."""
    play = told(started(two() >> STEPS.undone("c") >> STEPS.read("d")), Returned(1), Returned(2), Returned(3))
    play.say(Refused(NO))
    assert rollback_plan(play.state).undos == ("c", "b", "a")
    play.say(Returned(None))
    assert rollback_plan(play.state).undos == ("b", "a")
    play.say(Refused(NO), Skipped("it may stay", "ann"))
    assert rollback_plan(play.state).undos == ("a",)
    assert rollback_plan(play.state).in_doubt is None


def test_what_is_in_effect_is_done_and_not_taken_back() -> None:
    play = told(started(two() >> STEPS.kept("k") >> STEPS.read("d")), Returned(1), Returned(2), Returned(3))
    assert in_effect(play.state) == (2, 1, 0)
    play.say(Refused(NO), Refused(NO), MarkedDone(None, "ann"))
    assert in_effect(play.state) == (2, 0)
    play.say(Refused(NO), Skipped("it may stay", "ann"))
    assert in_effect(play.state) == (2, 0)
    assert kept(play.state) == (Kept("k", "it harms nobody"),)
    assert skipped_steps(play.state) == (SkippedStep("a", "it may stay", "ann"),)


def test_what_was_settled_or_marked_is_in_effect_and_so_is_what_is_irreversible() -> None:
    marked = told(started(STEPS.irreversible("a")), Failed(BOOM), MarkedDone(1, "ann"))
    assert in_effect(marked.state) == (0,)
    settled = told(started(STEPS.undone("a", settled=True)), Failed(BOOM), Returned(1))
    assert in_effect(settled.state) == (0,)


def test_a_step_that_a_person_took_for_not_happened_is_listed_and_not_in_effect() -> None:
    play = told(PLACES["stuck in doubt"](), Skipped("the bank says no", "ann"))
    assert skipped_steps(play.state) == (SkippedStep("a", "the bank says no", "ann"),)
    assert in_effect(play.state) == ()


def test_a_rollback_of_many_steps_is_told_of_in_time() -> None:
    """No view of a long trail is quadratic in it."""
    block = STEPS.undone("s0", plain=True)
    for number in range(1, 3000):
        block = block >> STEPS.undone(f"s{number}", plain=True)
    play = started(block >> STEPS.read("end"))
    state = play.state
    for number in range(3000):
        plain = play.program.plain[number]
        assert plain is not None
        returned(plain, state, 1, play.at, 0)
    assert len(in_effect(state)) == 3000
    assert len(rollback_plan(state).undos) == 3000
