"""The codec of one program: what it checks at the door, copies, dumps and loads."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import define, frozen

from resaga import (
    Answered,
    Completed,
    Hook,
    New,
    NotYet,
    Paused,
    Retry,
    RolledBack,
    Saga,
    Stuck,
    gate,
    read,
    step,
    wait,
)
from resaga.errors import (
    BlobCorrupt,
    BlobError,
    BlobMismatch,
    NotStorable,
    ProgramChanged,
    WrongAnswer,
    WrongContext,
)
from resaga.testing import FakeClock
from tests.codec.documents import changed, keeper, opened, untyped
from tests.codec.goldens import GOLDEN


@frozen
class Order:
    id: str
    cents: int


@define
class Open:
    numbers: list[float]


@frozen
class Yes:
    by: str


@step(retry=Retry(3, delay=timedelta(seconds=90)))
def reserve(order: Order) -> Order:
    raise OSError("busy")


@read
def same(order: Order) -> Order:
    return order


@gate
def approval(order: Order, yes: Yes) -> Order:
    return order


# ---- at the door ------------------------------------------------------------------------------------------


def test_a_first_context_of_another_class_is_refused() -> None:
    """Before there is an execution at all."""
    saga = Saga("door", same)
    with pytest.raises(WrongContext, match=r"^saga 'door' takes Order, and was given dict\.$"):
        saga.new(untyped({"id": "A", "cents": 1}))
    assert isinstance(saga.new(Order("A", 1)), New)


def test_what_is_inside_of_a_first_context_is_checked_when_it_is_dumped() -> None:
    """A frozen class is taken as it is, for speed; a document of it is never wrong."""
    new = Saga("door", same).new(Order("A", untyped("1")))
    with pytest.raises(NotStorable, match=r"^door\.cents: "):
        new.dump()


def test_a_mutable_context_is_checked_and_copied_at_once() -> None:
    """What the caller does to it later is not seen."""
    saga = keeper(Open)
    mine = Open([1.0])
    new = saga.new(mine)
    mine.numbers.append(2.0)
    assert new.state.value == Open([1.0])
    with pytest.raises(WrongContext, match=r"numbers\[1\]"):
        saga.new(Open([1.0, float("nan")]))


def test_one_of_several_classes_is_asked_for() -> None:
    """The error names all of them; what is of one of them, and cannot be stored, has no other place than itself."""
    wrong: Any = b"1"
    with pytest.raises(WrongContext, match=r"takes float or str or None, and was given bytes\.$"):
        keeper(float | str | None).new(wrong)
    codec = keeper(float | str | None).codec
    with pytest.raises(WrongAnswer, match=r"was given one that does not fit: this value cannot be stored, because "):
        codec.check_answer(codec.program.takes, "\ud800", "same")


def test_an_answer_of_another_class_is_refused_and_the_question_stays_open() -> None:
    """Inside of it, too; the error says what the gate asks for, and where what was given does not fit."""
    paused: Any = Saga("door", approval).new(Order("A", 1)).start()
    inside = r"and was given one that does not fit: \$\.by: this value cannot be stored, because "
    for wrong, said in (
        ({"by": "ann"}, r"and was given dict\.$"),
        (None, r"and was given NoneType\.$"),
        (Yes(untyped(5)), inside),
    ):
        with pytest.raises(WrongAnswer, match=f"^gate 'approval' asks for Yes, {said}"):
            paused.answer(approval, wrong)
    assert isinstance(paused.answer(approval, Yes("ann")), Answered)


def test_a_result_that_a_person_gives_is_checked() -> None:
    """It is handed on as if the step had given it."""
    stuck: Any = Saga("door", reserve.irreversible()).new(Order("A", 1)).start(clock=FakeClock())
    while not isinstance(stuck, Stuck):
        stuck = stuck.resume(clock=FakeClock(stuck.why.until))
    with pytest.raises(WrongAnswer, match="reserve"):
        stuck.mark_done("A", by="bob")
    assert stuck.mark_done(Order("A", 1), by="bob") is not None


# ---- copies -----------------------------------------------------------------------------------------------


def test_what_cannot_be_read_again_is_not_storable() -> None:
    """A hook that stores what it cannot take back is found out by the first copy."""
    hook = Hook(complex, float, abs, complex)
    saga = keeper(list[complex], hooks=(hook,))
    assert saga.new([1j]).state.value == [1 + 0j]
    broken = Hook(complex, float, abs, float)
    with pytest.raises(WrongContext, match="could be stored, but not be read again"):
        keeper(list[complex], hooks=(broken,)).new([1j])


def test_a_value_that_cannot_be_stored_keeps_nothing_of_others_errors() -> None:
    """Neither their text nor their frames."""

    def leak(value: complex) -> float:
        raise ValueError(f"secret {value}")

    saga = keeper(list[complex], hooks=(Hook(complex, float, leak, complex),))
    with pytest.raises(NotStorable) as caught:
        saga.codec.copy(saga.program.takes, [1j])
    assert caught.value.path == "$[0]"
    assert caught.value.__context__ is None


# ---- dump and load ----------------------------------------------------------------------------------------


def test_an_execution_comes_back_in_each_of_its_states() -> None:
    """With its status, its place, and what it waits for."""
    clock = FakeClock()
    saga = Saga("states", approval)
    new = saga.new(Order("A", 1), id="A", clock=clock)
    assert isinstance(saga.load(new.dump()), New)
    paused = saga.load(new.start(clock=clock).dump())
    assert isinstance(paused, Paused)
    answered = saga.load(paused.answer(approval, Yes("ann"), clock=clock).dump())
    assert isinstance(answered, Answered)
    done = saga.load(answered.resume(clock=clock).dump())
    assert isinstance(done, Completed)
    assert done.result == Order("A", 1)


@pytest.mark.parametrize("name", GOLDEN)
def test_what_is_loaded_knows_what_the_dumped_one_knew(name: str) -> None:
    """Registers, timings, events and the listing are the same after each further round."""
    saga, blob = GOLDEN[name]
    once = saga.load(blob).state
    twice = saga.load(saga.codec.dump(once)).state
    registers = [slot for slot in type(once).__slots__ if slot not in ("program", "trail")]
    assert [getattr(once, slot) for slot in registers] == [getattr(twice, slot) for slot in registers]
    assert once.step_timings == twice.step_timings
    assert once.events == twice.events
    assert saga.listing(once) == saga.listing(twice)


@pytest.mark.parametrize("far", [timedelta.max, timedelta(days=36_500_000)])
def test_times_beyond_the_calendar_and_beyond_64_bits_can_be_waited_for(far: timedelta) -> None:
    """A timer, a deadline, a delay, a not-yet: it is never, but it can be dumped, loaded and shown."""

    @read
    def later(order: Order) -> Order:
        raise NotYet("never", again=far)

    @read(retry=Retry(2, delay=far, max_delay=far))
    def fails(order: Order) -> Order:
        raise OSError

    @gate(deadline=far)
    def asked(order: Order, yes: Yes) -> Order:
        return order

    for saga in (
        Saga("far", wait(far) >> same),
        Saga("far", later),
        Saga("far", fails),
        Saga("far", asked),
    ):
        paused: Any = saga.new(Order("A", 1)).start(clock=FakeClock())
        blob = paused.dump()
        again: Any = saga.load(blob)
        assert isinstance(again, Paused)
        assert again.why == paused.why
        assert again.dump() == blob


def test_a_trail_that_cannot_have_happened_is_refused() -> None:
    """Rows in another order, of another instruction, twice, or after the end."""
    saga = keeper(int, steps=3)
    blob = saga.new(5).start().dump()
    assert opened(blob)["codes"] == [5, 6, 0, 32, 64]
    for wrong in (
        [5, 6, 0, 64, 32],
        [5, 6, 0, 0, 32],
        [5, 6, 5, 32, 64],
        [5, 0, 6, 32, 64],
        [5, 6, 0, 32, 76],
    ):
        with pytest.raises(BlobCorrupt, match="cannot have happened"):
            saga.load(changed(blob, codes=wrong))


def test_a_document_of_a_changed_program_may_stand_elsewhere_in_it() -> None:
    """Its rows find their places; a value that does not fit any more is a change of the program."""

    @read
    def check(order: Order) -> Order:
        return order

    old = Saga("changing", approval)
    blob = old.new(Order("A", 1)).start().dump()
    longer = Saga("changing", approval >> check)
    loaded = longer.load(blob)
    assert isinstance(loaded, Paused)
    assert opened(loaded.dump())["listing"] == list(longer.program.rows)
    with pytest.raises(ProgramChanged):
        Saga("changing", check >> approval).load(blob)
    with pytest.raises(BlobMismatch):
        old.load(changed(blob, values=[{"id": "A", "cents": "1"}]))
    with pytest.raises(ProgramChanged) as caught:
        longer.load(changed(blob, values=[{"id": "A", "cents": "1"}]))
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "listing",
    [["gate approval"], ["gate approval 12345678 more"], ["", ""], ["x"], ["gate approval 12345678"] * 2],
)
def test_a_listing_that_is_none_is_refused(listing: list[str]) -> None:
    """It is looked at only if the fingerprint is another one, but then closely."""
    saga = Saga("changing", approval)
    blob = saga.new(Order("A", 1)).start().dump()
    with pytest.raises(BlobError):
        saga.load(changed(blob, fingerprint="0" * 16, listing=listing))


def test_where_a_run_stands_must_be_in_its_listing() -> None:
    """Also if the program has changed."""
    saga = Saga("changing", approval)
    blob = saga.new(Order("A", 1)).start().dump()
    for index in (-1, 2, 2**63):
        with pytest.raises(BlobCorrupt):
            saga.load(changed(blob, fingerprint="0" * 16, index=index))
    with pytest.raises(BlobCorrupt):
        saga.load(changed(blob, fingerprint="0" * 16, status="running"))


def test_a_rollback_needs_nothing_that_is_not_read_when_it_is_loaded() -> None:
    """A value of a step that was done is read at once, not in the middle of the rollback."""
    saga, blob = GOLDEN["checkout-allowed-1"]
    plain = opened(blob)
    done: Any = plain["values"][1]
    with pytest.raises(BlobMismatch, match=r"values\[1\]\.hold"):
        saga.load(changed(blob, values=[plain["values"][0], {**done, "hold": "x"}, *plain["values"][2:]]))
    back: Any = saga.load(blob)
    assert isinstance(back.cancel("no").resume(), RolledBack)
