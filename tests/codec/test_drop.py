"""What a migration drops: it is forgotten, unless something of it may have to be taken back."""

from resaga import Completed, Interrupted, Paused, RolledBack, Verdict
from tests.codec.versions import AFTER, NOT_YET, RAISES, REJECTS, AnyExecution, Shop


def paths(execution: AnyExecution) -> list[str]:
    """The calls that its trail tells of."""
    return [timing.path for timing in execution.state.step_timings]


def test_what_is_dropped_is_forgotten() -> None:
    """A read, a kept step, a gate; the others stay in their order."""
    one = Shop()
    a, b, k, ask = one.steps.read("a"), one.steps.undone("B"), one.steps.kept("k"), one.steps.gate("ask")
    one.run(a, b, k, ask)
    loaded = one.load(one.migration(b, ask).drop(a, "gone").drop(k, "gone"))
    assert paths(loaded) == ["B"]
    assert loaded.rollback_plan().kept == ()


def test_what_is_done_and_has_an_undo_cannot_be_dropped() -> None:
    """Nor what can never be taken back."""
    for kind in ("undone", "irreversible"):
        one = Shop()
        b, ask = getattr(one.steps, kind)("B"), one.steps.gate("ask")
        one.run(b, ask)
        refused = one.refused(one.migration(ask).drop(b, "gone"))
        assert refused.verdict is Verdict.IMPOSSIBLE
        assert "load it with the saga that it was dumped by" in str(refused)


def test_where_it_stands_may_be_dropped() -> None:
    """It goes on at what comes next; a question is not asked any more."""
    one = Shop()
    a, ask, b = one.steps.read("a"), one.steps.gate("ask"), one.steps.undone("B")
    one.run(a, ask, b)
    loaded = one.load(one.migration(a, b).drop(ask, "nobody has to be asked"))
    assert isinstance(loaded, Interrupted)
    assert isinstance(loaded.resume(clock=one.world.clock), Completed)
    assert one.world.order() == ["a", "B"]


def test_a_new_step_takes_the_place_of_a_dropped_one() -> None:
    """Also under its name: a kept step that can be taken back now."""
    one = Shop()
    kept, ask, undone = one.steps.kept("k"), one.steps.gate("ask"), one.steps.undone("k")
    one.run(kept, ask)
    migration = one.migration(undone, ask).drop(kept, "it can be taken back now")
    assert "k was added, before where it stands" in str(one.refused(migration))
    loaded = one.load(migration.supply(undone).using(lambda context: context))
    assert loaded.rollback_plan().undos == ("k",)


def test_what_a_run_failed_at_may_be_dropped() -> None:
    """While it is rolled back; unless nothing is left to have failed at."""
    one = Shop(b=[REJECTS], undo_A=[NOT_YET])
    a, b, c = one.steps.undone("A"), one.steps.read("b"), one.steps.read("c")
    one.run(a, b, c)
    loaded = one.load(one.migration(a, c).drop(b, "gone"))
    assert isinstance(loaded, Paused)
    assert str(loaded.state.failure) == "b rejected [no]: no"
    one.refused(one.migration(a).drop(b, "gone"))


def test_what_was_settled_and_turned_the_run_cannot_be_dropped() -> None:
    """The rollback began with its result."""
    one = Shop(b=[AFTER])
    a, b, c = one.steps.undone("A"), one.steps.kept("b", settled=True), one.steps.read("c")
    one.run(a, b, c)
    assert isinstance(one.execution, RolledBack)
    refused = one.refused(one.migration(a, c).drop(b, "gone"))
    assert refused.verdict is Verdict.IMPOSSIBLE


def test_what_is_in_doubt_cannot_be_dropped() -> None:
    """Somebody has to find out first."""
    one = Shop(b=[RAISES])
    a, b, c = one.steps.read("a"), one.steps.irreversible("b"), one.steps.read("c")
    one.run(a, b, c)
    assert one.refused(one.migration(a, c).drop(b, "gone")).verdict is Verdict.IMPOSSIBLE
