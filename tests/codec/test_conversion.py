"""Conversions: what may be passed and left out, in which states, and where the values come from."""

from datetime import timedelta
from typing import Any, Final

import pytest
from attrs import field, frozen

from resaga import (
    Attempt,
    Completed,
    Paused,
    Retry,
    RolledBack,
    Saga,
    Stuck,
    Verdict,
    gate,
    read,
    wait,
    within,
)
from resaga.core.fact import Fact
from resaga.errors import ProgramChanged
from tests.codec.versions import AFTER, NOT_YET, RAISES, REJECTS, AnyExecution, AnySaga, Shop
from tests.steps import AnyBlock
from tests.worlds import Fate

HOUR: Final = timedelta(hours=1)
ONCE: Final = Retry(1)

# ---- what needs no word ---------------------------------------------------------------------------------


def test_what_has_kept_its_path_needs_no_word() -> None:
    """Nor do conditions and timers, nor a context taken out."""
    one = Shop()
    a, b, c = one.steps.read("a"), one.steps.undone("B"), one.steps.gate("c")
    one.run(a, wait(HOUR, name="first"), b, c)
    one.world.clock.advance(HOUR)
    one.execution = one.execution.resume(clock=one.world.clock)
    inside = within(b, lambda context: context, lambda _, inner: inner, gives=int)
    loaded = one.load(one.migration(wait(3 * HOUR), a, inside, wait(2 * HOUR), c))
    assert isinstance(loaded, Paused)
    assert loaded.state.path == "c"
    assert [fact for fact, _, _, _, _ in loaded.state.trail.rows()][2:] == [
        Fact.WOKE,
        Fact.RETURNED,
        Fact.RETURNED,
        Fact.RETURNED,
        Fact.RETURNED,
        Fact.WOKE,
    ]


def doubled(context: int) -> int:
    return context * 2


def added(context: int, inner: int) -> int:
    return context + inner


def test_what_is_taken_out_of_a_context_is_computed_anew() -> None:
    """It follows from what was converted around it."""
    one = Shop()
    inner, ask = one.steps.read("inner"), one.steps.gate("ask")
    one.run(within(inner, doubled, added), ask)
    assert one.execution.state.value == 1
    migration = one.migration(within(inner, doubled, added), ask).first(lambda first: first + 10)
    loaded = one.load(migration.step(inner, inner).using(lambda result: result + 100))
    values = [value for fact, _, _, _, value in loaded.state.trail.rows() if fact is Fact.RETURNED]
    assert values == [20, 101, 111]


def test_a_run_inside_of_a_within_has_its_outer_context() -> None:
    """Converted, for when the result is put back."""
    one = Shop()
    inner, ask = one.steps.read("inner"), one.steps.gate("ask")
    one.run(inner, ask)
    loaded = one.load(one.migration(inner, within(ask, doubled, added)).first(lambda first: first))
    assert loaded.state.frames == (1,)
    ended = loaded.answer(type("Asked", (), {"node": ask.node})(), True).resume(clock=one.world.clock)
    assert isinstance(ended, Completed)
    assert ended.result == 1 + 3


def test_what_is_done_needs_a_word_only_for_what_it_gave() -> None:
    """What a gate that the run waits at asks for may change, and what a done step took."""
    one = Shop()

    @gate(name="ask", takes=int, asks=bool, gives=int)
    def before(number: int, answer: bool) -> int:  # noqa: FBT001 - an answer
        return number

    @gate(name="ask", takes=int, asks=str, gives=str)
    def after(number: int, answer: str) -> str:
        return answer

    @read(name="a", takes=int | None, gives=int)
    def wider(number: Any) -> int:  # noqa: ANN401 - a number or none
        return 0

    a: Any = wider
    one.run(one.steps.read("a"), before)
    loaded = one.load(one.migration(a, after).first(lambda first: first))
    assert isinstance(loaded, Paused)
    assert isinstance(loaded.answer(after, "yes").resume(), Completed)


# ---- values ---------------------------------------------------------------------------------------------


def test_what_a_person_marked_is_converted() -> None:
    """With who said so."""
    one = Shop(b=[RAISES])
    b, ask = one.steps.irreversible("b"), one.steps.gate("ask")
    one.run(b, ask)
    marked = one.execution.mark_done(7, by="ann")
    one.execution = marked
    loaded = one.load(one.migration(b, ask).step(b, b).using(lambda result: -result))
    assert loaded.state.value == -7
    assert loaded.state.trail.values[-1].by == "ann"


@frozen
class Small:
    size: int


def refuse(fussy: object, attribute: object, size: int) -> None:
    """A validator."""
    raise ValueError(f"{size} is too small")


@frozen
class Fussy:
    size: int = field(validator=refuse)


def sized(kind: Any, *, emits: bool = False) -> tuple[Any, AnySaga]:  # noqa: ANN401 - a type
    @read(name="a", takes=int, gives=kind)
    def a(number: int, attempt: Attempt) -> Any:  # noqa: ANN401 - of that type
        if emits:
            attempt.emit(Small(1))
        return kind(number)

    @gate(takes=kind, asks=bool, gives=int)
    def ask(found: object, answer: bool) -> int:  # noqa: FBT001 - an answer
        return 0

    saga: AnySaga = Saga("sized", a >> ask, version=2 if kind is Fussy else 1, emits=(Small,) if emits else ())
    return a, saga


def test_a_value_that_cannot_be_read_again_has_to_be_converted() -> None:
    """Although it looks alike; it is not shown."""
    (a, older), (b, newer) = sized(Small), sized(Fussy)
    blob = older.new(77).start().dump()
    with pytest.raises(ProgramChanged, match="a was re-typed, after it had run; say what becomes of it") as caught:
        newer.migration(older).load(blob)
    assert "77" not in str(caught.value)
    assert caught.value.__context__ is None
    assert a is not b


def test_an_event_has_to_be_declared() -> None:
    """There is no word for what it would become."""
    (_, older), _ = sized(Small, emits=True), None
    _, newer = sized(Small)
    blob = older.new(1).start().dump()
    newer = Saga("sized", sized(Small)[0] >> one_more(), version=2)
    with pytest.raises(ProgramChanged, match=r"a was re-typed in an event.*leave the class of that event in the emits"):
        newer.migration(older).load(blob)


def one_more() -> Any:  # noqa: ANN401 - a gate
    @gate(takes=Small, asks=bool, gives=int)
    def ask(found: object, answer: bool) -> int:  # noqa: FBT001 - an answer
        return 0

    return ask


# ---- what is supplied -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["read", "kept", "undone", "irreversible"])
def test_what_is_supplied_counts_as_done(kind: str) -> None:
    """Its body is not called; its undo is, and behind an irreversible one there is no way back."""
    one = Shop()
    a, ask = one.steps.read("a"), one.steps.gate("ask")
    one.run(a, ask)
    x = getattr(one.steps, kind)("x")
    loaded = one.load(one.migration(a, x, ask).supply(x).using(lambda context: context + 10))
    assert loaded.state.value == 11
    assert (loaded.rollback_plan().past_return == "x") is (kind == "irreversible")
    assert list(loaded.rollback_plan().undos) == (["x"] if kind == "undone" else [])


@pytest.mark.parametrize("kind", ["read", "kept", "undone", "irreversible"])
def test_while_it_is_rolled_back_nothing_can_be_supplied_that_would_be_taken_back(kind: str) -> None:
    """It never happened, and what happened is being undone already."""
    one = Shop(B=[REJECTS], undo_A=[NOT_YET])
    a, b = one.steps.undone("A"), one.steps.undone("B")
    one.run(a, b)
    x = getattr(one.steps, kind)("x")
    migration = one.migration(a, x, *([b] if kind != "irreversible" else [one.steps.irreversible("B")]))
    migration = migration.supply(x).using(lambda context: context)
    if kind in ("read", "kept"):
        loaded = one.load(migration)
        assert isinstance(loaded, Paused)
        assert loaded.state.path == "A"
    else:
        assert "x was added, before where it stands" in str(one.refused(migration))


# ---- doubt ----------------------------------------------------------------------------------------------


def renamed(one: Shop, a: AnyBlock, b: AnyBlock, *, name: str = "shop") -> Any:  # noqa: ANN401 - a Migration
    """To a saga where b has another name, or to one of another name."""
    x = one.steps.undone("x", settled=True) if name == "shop" else b
    return one.migration(a, x, name=name).step(b, x)


@pytest.mark.parametrize("name", ["shop", "store"])
@pytest.mark.parametrize("fate", [RAISES, NOT_YET])
def test_what_is_in_doubt_keeps_its_key(name: str, fate: Fate) -> None:
    """Under another name the world outside would take the next attempt for another step."""
    one = Shop(b=[AFTER], settle_b=[fate])
    a, b = one.steps.read("a"), one.steps.undone("b", settled=True, settle_retry=ONCE)
    one.run(a, b)
    refused = one.refused(renamed(one, a, b, name=name))
    assert refused.verdict is Verdict.IMPOSSIBLE
    assert "b was renamed while it is in doubt, so that its key is another, where it stands" in str(refused)
    assert isinstance(one.load(one.migration(a, b)), type(one.execution))


def test_an_undo_that_was_tried_keeps_its_key() -> None:
    """It may have happened as well."""
    one = Shop(B=[REJECTS], undo_A=[RAISES])
    a, b, x = one.steps.undone("A", undo_retry=ONCE), one.steps.undone("B"), one.steps.undone("X", undo_retry=ONCE)
    one.run(a, b)
    assert isinstance(one.execution, Stuck)
    refused = one.refused(one.migration(x, b).step(a, x))
    assert "A was renamed while it is in doubt" in str(refused)


@pytest.mark.parametrize("name", ["shop", "store"])
def test_what_is_done_keeps_the_key_that_its_undo_may_ask_for(name: str) -> None:
    """Under another one it would find nothing to take back, and the run would end as if it had."""
    one = Shop(b=[NOT_YET])
    a, b, x = one.steps.undone("A"), one.steps.read("b"), one.steps.undone("X" if name == "shop" else "A")
    one.run(a, b)
    migration = one.migration(x, b, name=name).step(a, x)
    refused = one.refused(migration)
    assert refused.verdict is Verdict.NEEDS_MIGRATION
    assert "was renamed, and its undo can ask for the key of doing it, after it had run; keep its name" in str(refused)
    assert isinstance(one.load(migration.rekeyed()), Paused)


def test_an_undo_that_is_told_of_no_attempt_asks_for_no_key() -> None:
    """So its step may be renamed."""
    one = Shop(b=[NOT_YET])
    a, b, x = one.steps.undone("A", plain=True), one.steps.read("b"), one.steps.undone("X", plain=True)
    one.run(a, b)
    assert isinstance(one.load(one.migration(x, b).step(a, x)), Paused)


@pytest.mark.parametrize("past", [True, False])
def test_what_is_never_undone_asks_for_no_key(past: bool) -> None:  # noqa: FBT001 - a case
    """It is over, or past the point of no return."""
    one = Shop(b=[NOT_YET] if past else [])
    a, b, x, c = one.steps.undone("A"), one.steps.read("b"), one.steps.undone("X"), one.steps.irreversible("C")
    one.run(a, c, b)
    assert isinstance(one.load(one.migration(x, c, b).step(a, x)), Paused if past else Completed)


def test_what_is_not_in_doubt_may_be_renamed() -> None:
    """An attempt that failed says that nothing happened."""
    one = Shop(b=[RAISES])
    slowly = Retry(3, delay=HOUR)
    a, b, x = one.steps.read("a"), one.steps.undone("b", retry=slowly), one.steps.undone("x", retry=slowly)
    one.run(a, b)
    loaded = one.load(one.migration(a, x).step(b, x))
    assert isinstance(loaded, Paused)
    assert loaded.state.path == "x"


def test_a_run_in_doubt_needs_its_settle() -> None:
    """In the newer saga too."""
    one = Shop(B=[AFTER], settle_B=[NOT_YET])
    a, b = one.steps.read("a"), one.steps.undone("B", settled=True)
    one.run(a, b)
    refused = one.refused(one.migration(a, one.steps.undone("B")))
    assert "B was left without its settle, where it stands" in str(refused)


# ---- states ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fates", "kind"),
    [
        ({}, Completed),
        ({"b": [REJECTS]}, RolledBack),
        ({"b": [REJECTS], "undo_A": [REJECTS]}, Stuck),
        ({"b": [REJECTS], "undo_A": [NOT_YET]}, Paused),
        ({"b": [NOT_YET]}, Paused),
    ],
)
def test_a_run_stays_in_its_state(fates: dict[str, list[Fate]], kind: type) -> None:
    """What is over stays over."""
    one = Shop(**fates)
    a, b, x = one.steps.undone("A", undo_retry=ONCE), one.steps.read("b"), one.steps.undone("X", undo_retry=ONCE)
    one.run(a, b)
    before: AnyExecution = one.execution
    in_doubt, rows = isinstance(before, Stuck), len(before.state.trail)
    loaded = one.load(one.migration(a if in_doubt else x, b).step(a, a if in_doubt else x).rekeyed())
    assert type(loaded) is type(before)
    assert issubclass(type(loaded), kind)
    assert len(loaded.state.trail) == rows


def test_a_run_that_was_not_begun_becomes_one_that_was_not_begun() -> None:
    """Only its first context is converted."""
    one = Shop()
    one.run(one.steps.read("a"))
    one.execution = one.older.new(5)
    loaded = one.load(one.migration(one.steps.gate("b")).first(lambda first: first * 2))
    assert loaded.state.value == 10
