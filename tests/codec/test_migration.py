"""Migrations: from a typed execution of an older saga to a typed one of a newer saga."""

from datetime import timedelta
from typing import Any, Final, assert_type

import pytest
from attrs import frozen

from resaga import Change, Completed, Paused, RolledBack, Saga, Sync, Verdict, gate, read, step, wait
from resaga.core.compatibility import Reach
from resaga.errors import (
    InvalidArgument,
    InvalidBody,
    InvalidOption,
    ProgramChanged,
    WrongAnswer,
    WrongContext,
    WrongSaga,
)
from resaga.saga import Loaded

DAY: Final = timedelta(days=1)


@frozen
class OldOrder:
    id: str
    cents: int


@frozen
class OldHeld:
    order: OldOrder
    hold: str


@frozen
class OldYes:
    by: str


@frozen
class Order:
    id: str
    cents: int
    currency: str


@frozen
class Held:
    order: Order
    hold: str


@frozen
class Scored:
    held: Held
    score: int


@frozen
class Yes:
    by: str
    comment: str


@frozen
class Receipt:
    text: str


calls: list[str] = []


@step(name="reserve")
def old_reserve(order: OldOrder) -> OldHeld:
    calls.append("old reserve")
    return OldHeld(order, "h1")


def old_release(held: OldHeld) -> None:
    calls.append("old release")


@step(name="audit")
def old_audit(held: OldHeld) -> OldHeld:
    return held


@gate(name="approval")
def old_approval(held: OldHeld, answer: OldYes) -> OldHeld:
    return held


@step(name="charge")
def old_charge(held: OldHeld) -> Receipt:
    return Receipt(held.hold)


@step
def hold(order: Order) -> Held:
    calls.append("hold")
    return Held(order, "h2")


def release(held: Held) -> None:
    calls.append(f"release {held.hold} in {held.order.currency}")


@read
def score(held: Held) -> Scored:
    calls.append("score")
    return Scored(held, 99)


@gate
def approval(scored: Scored, answer: Yes) -> Scored:
    calls.append(f"approval by {answer.by}")
    return scored


@step
def charge(scored: Scored) -> Receipt:
    return Receipt(f"{scored.held.hold} {scored.held.order.currency} {scored.score}")


RESERVED = old_reserve.undone_by(old_release)
AUDITED = old_audit.kept("a log stays")
CHARGED = old_charge.irreversible()
HOLDING = hold.undone_by(release)
CHARGING = charge.irreversible()

v1 = Saga("checkout", RESERVED >> AUDITED >> old_approval >> CHARGED)
v2 = Saga("checkout", HOLDING >> score >> approval >> wait(DAY) >> CHARGING, version=2)


def with_currency(order: OldOrder) -> Order:
    return Order(order.id, order.cents, "EUR")


def held(old: OldHeld) -> Held:
    return Held(with_currency(old.order), old.hold)


def unknown(held: Held) -> Scored:
    return Scored(held, 0)


MIGRATION: Final = (
    v2.migration(v1)
    .first(with_currency)
    .step(RESERVED, HOLDING)
    .using(held)
    .drop(AUDITED, "nobody has read it for years")
    .supply(score)
    .using(unknown)
    .step(old_approval, approval)
)


def paused() -> "Paused[OldOrder, Receipt, Sync]":
    outcome = v1.new(OldOrder("A-1", 900), id="a").start()
    assert isinstance(outcome, Paused)
    calls.clear()
    return outcome


def test_a_paused_execution_goes_on_in_the_new_saga() -> None:
    """With what its steps gave converted; nothing that is done runs again, nor what was supplied."""
    loaded = MIGRATION.load(paused().dump())
    assert_type(loaded, Loaded[Order, Receipt, Sync])
    assert isinstance(loaded, Paused)
    assert loaded.id == "a"
    question = loaded.asked(approval)
    assert question is not None
    assert question.context == Scored(Held(Order("A-1", 900, "EUR"), "h1"), 0)
    answered = loaded.answer(approval, Yes("ann", "fine")).resume()
    assert isinstance(answered, Paused)
    assert calls == ["approval by ann"]
    assert v2.load(answered.dump()).dump() == answered.dump()


def test_undos_get_the_converted_results() -> None:
    """They are the new ones, and get what the new step would have given."""
    loaded = MIGRATION.load(paused().dump())
    assert isinstance(loaded, Paused)
    ended = loaded.cancel("no need").resume()
    assert isinstance(ended, RolledBack)
    assert calls == ["release h1 in EUR"]
    assert ended.context == Order("A-1", 900, "EUR")
    assert [timing.path for timing in ended.undone] == ["hold"]


def test_an_answer_is_converted_where_it_was_given_already() -> None:
    """The step after the gate then runs in the new saga."""
    blob = paused().answer(old_approval, OldYes("ann")).dump()
    with pytest.raises(ProgramChanged, match="approval was re-typed, where it stands"):
        MIGRATION.load(blob)
    said = MIGRATION.step(old_approval, approval).answered(lambda old: Yes(old.by, ""))
    loaded = said.load(blob)
    assert loaded.state.answer is not None
    assert loaded.state.answer.value == Yes("ann", "")


def test_a_gate_that_is_done_has_a_result_and_an_answer() -> None:
    """Both are converted."""
    later = Saga("later", RESERVED >> old_approval >> wait(DAY) >> CHARGED)
    newer = Saga("later", HOLDING >> score >> approval >> wait(DAY) >> CHARGING, version=2)
    asked = later.new(OldOrder("A-1", 900)).start()
    assert isinstance(asked, Paused)
    waiting = asked.answer(old_approval, OldYes("ann"), by="ann").resume()
    migration = (
        newer.migration(later)
        .first(with_currency)
        .step(RESERVED, HOLDING)
        .using(held)
        .supply(score)
        .using(unknown)
        .step(old_approval, approval)
        .answered(lambda old: Yes(old.by, ""))
        .using(lambda old: Scored(held(old), 1))
    )
    loaded = migration.load(waiting.dump())
    assert isinstance(loaded, Paused)
    assert loaded.state.value == Scored(Held(Order("A-1", 900, "EUR"), "h1"), 1)


def test_each_word_leaves_what_it_is_said_to_as_it_was() -> None:
    """A migration can be said in parts."""
    bare = v2.migration(v1)
    bare.first(with_currency).drop(AUDITED, "gone")
    with pytest.raises(ProgramChanged, match="first context"):
        bare.load(paused().dump())


def test_what_is_not_said_is_named_all_at_once() -> None:
    """With what it would need, and nothing has run."""
    with pytest.raises(ProgramChanged, match=r"say what becomes of it by \.first") as caught:
        v2.migration(v1).load(paused().dump())
    assert calls == []
    assert caught.value.verdict is Verdict.NEEDS_MIGRATION
    assert caught.value.changes == (
        Change("re-typed in its first context", "checkout", Reach.DONE),
        Change("removed", "reserve", Reach.DONE),
        Change("removed", "audit", Reach.DONE),
        Change("added", "hold", Reach.BEFORE),
        Change("added", "score", Reach.BEFORE),
    )


def test_every_word_that_is_left_out_is_missed() -> None:
    """One by one."""
    blob = paused().dump()
    bare = v2.migration(v1)
    unsaid = bare.step(RESERVED, HOLDING).using(held).drop(AUDITED, "gone").supply(score).using(unknown)
    started = bare.first(with_currency)
    result = started.step(RESERVED, HOLDING).drop(AUDITED, "gone").supply(score).using(unknown)
    dropped = started.step(RESERVED, HOLDING).using(held).supply(score).using(unknown)
    supplied = started.step(RESERVED, HOLDING).using(held).drop(AUDITED, "gone")
    for migration, change in (
        (unsaid, Change("re-typed in its first context", "checkout", Reach.DONE)),
        (result, Change("re-typed", "hold", Reach.DONE)),
        (dropped, Change("removed", "audit", Reach.DONE)),
        (supplied, Change("added", "score", Reach.BEFORE)),
    ):
        with pytest.raises(ProgramChanged) as caught:
            migration.load(blob)
        assert caught.value.changes == (change,)


# ---- what cannot be said --------------------------------------------------------------------------------


def test_a_step_must_be_one_of_its_saga() -> None:
    """The old one of the old saga, the new one of the new saga."""
    migration = v2.migration(v1)
    with pytest.raises(InvalidOption, match="'hold' is none of the blocks that saga 'checkout' version 1"):
        migration.step(HOLDING, HOLDING)
    with pytest.raises(InvalidOption, match="'reserve' is none of the blocks that saga 'checkout' version 2"):
        migration.step(RESERVED, RESERVED)
    with pytest.raises(InvalidOption, match="'score' is none of the blocks that saga 'checkout' version 1"):
        migration.drop(score, "gone")
    with pytest.raises(InvalidOption, match="'reserve' is none of the blocks that saga 'checkout' version 2"):
        migration.supply(RESERVED)
    untyped: Any = migration
    with pytest.raises(InvalidOption, match="<Block> is none of the blocks"):
        untyped.drop(RESERVED >> AUDITED, "gone")
    with pytest.raises(InvalidBody):
        untyped.drop("reserve", "gone")


def test_a_step_becomes_one_that_is_taken_back_alike() -> None:
    """What is undone cannot become what is not."""
    with pytest.raises(InvalidOption, match="'audit' cannot become 'hold': they are kept and undone"):
        v2.migration(v1).step(AUDITED, HOLDING)


def test_a_gate_cannot_be_supplied() -> None:
    """Nobody was asked."""
    untyped: Any = v2.migration(v1)
    with pytest.raises(InvalidOption, match="'approval' cannot be supplied: nobody was asked"):
        untyped.supply(approval)


@pytest.mark.parametrize("why", ["", "  ", None])
def test_a_reason_is_one(why: Any) -> None:  # noqa: ANN401 - what an untyped caller gets wrong
    """Somebody will want to know."""
    with pytest.raises(InvalidOption, match=r"drop\('audit', …\): say why"):
        v2.migration(v1).drop(AUDITED, why)


@read
def look(held: Held) -> Held:
    return held


@read
def see(held: Held) -> Held:
    raise AssertionError("it was done before")


@gate
def wonder(held: Held, answer: Yes) -> Held:
    return held


def test_a_step_that_is_used_more_than_once_becomes_one_that_is_used_as_often() -> None:
    """They are paired in their order."""
    older = Saga("twice", look.named("a") >> look.named("b") >> wonder)
    newer = Saga("twice", see.named("a") >> see.named("c") >> wonder, version=2)
    blob = older.new(Held(Order("A-1", 900, "EUR"), "h")).start().dump()
    loaded = newer.migration(older).step(look, see).load(blob)
    assert [timing.path for timing in loaded.state.step_timings] == ["a/see", "c/see"]
    once = Saga("twice", see >> wonder, version=2)
    with pytest.raises(InvalidOption, match="'look' stands 2 times in the old saga, 'see' 1 times in the new one"):
        once.migration(older).step(look, see)


# ---- what a function gives ------------------------------------------------------------------------------


def test_what_a_function_gives_is_checked() -> None:
    """Whatever its annotations say."""
    blob = paused().dump()
    wrong: Any = object
    for migration, error in (
        (MIGRATION.first(lambda _: wrong()), WrongContext),
        (MIGRATION.step(RESERVED, HOLDING).using(lambda _: wrong()), WrongAnswer),
        (MIGRATION.supply(score).using(lambda _: wrong()), WrongAnswer),
    ):
        with pytest.raises(error):
            migration.load(blob)


def test_what_a_function_raises_is_raised() -> None:
    """It is the caller's own, and a note says where it was called."""

    def refuse(order: OldOrder) -> Order:
        raise LookupError(order.id)

    with pytest.raises(LookupError) as caught:
        MIGRATION.first(refuse).load(paused().dump())
    (note,) = caught.value.__notes__
    assert "raised in a migration to <Program checkout" in note


def test_what_is_no_function_is_refused() -> None:
    """Where it is said."""
    untyped: Any = v2.migration(v1)
    for word in (untyped.first, untyped.step(RESERVED, HOLDING).using, untyped.supply(score).using):
        with pytest.raises(InvalidArgument, match=r"(first|using)\(…\) was given a int; give it a function"):
            word(5)


# ---- which documents ------------------------------------------------------------------------------------


def test_only_documents_of_the_older_saga_are_taken() -> None:
    """One of the newer saga needs no migration."""
    with pytest.raises(WrongSaga):
        MIGRATION.load(v2.new(Order("A-1", 900, "EUR")).dump())


def test_a_document_of_an_older_program_of_the_older_saga_is_taken_too() -> None:
    """If it loads there."""
    older = Saga("checkout", RESERVED >> AUDITED >> old_approval)
    outcome = older.new(OldOrder("A-1", 900)).start()
    assert isinstance(MIGRATION.load(outcome.dump()), Paused)


def test_a_migration_may_change_the_name() -> None:
    """Of the saga."""
    renamed = Saga("purchase", HOLDING >> score >> approval >> CHARGING)
    migration = renamed.migration(v1).first(with_currency).step(RESERVED, HOLDING).using(held)
    loaded = migration.drop(AUDITED, "gone").supply(score).using(unknown).load(paused().dump())
    assert isinstance(loaded, Paused)
    ended = loaded.answer(approval, Yes("ann", "")).resume()
    assert isinstance(ended, Completed)
    assert ended.result == Receipt("h1 EUR 0")


def test_a_migration_says_what_it_is() -> None:
    """From which saga to which."""
    assert repr(MIGRATION) == "<Migration of 'checkout' v1 to 'checkout' v2>"
