"""Documents of an older program: which load, which do not, and what is said of those."""

from collections.abc import Callable
from datetime import timedelta
from functools import reduce
from operator import rshift
from typing import Any, Final

import pytest
from attrs import field, frozen

from resaga import (
    Attempt,
    Change,
    Completed,
    New,
    Retry,
    RolledBack,
    Saga,
    Stuck,
    Verdict,
    branch,
    gate,
    read,
    wait,
    when,
)
from resaga.core.compatibility import Reach
from resaga.core.fact import BITS, Fact
from resaga.core.state import ExecutionState
from resaga.core.why import AtTimer
from resaga.errors import BlobCorrupt, BlobError, BlobMismatch, ProgramChanged, WrongSaga
from tests.codec.documents import changed, document, opened
from tests.counting import counted
from tests.steps import AnyBlock, Steps
from tests.worlds import Cut, Fate, Role, World

AnySaga = Saga[Any, Any, Any]
AnyExecution = Any
HOUR: Final = timedelta(hours=1)
ONCE: Final = Retry(1)
SLOWLY: Final = Retry(3, delay=HOUR)
CHOICES: Final = (Fact.CHOSE_YES, Fact.CHOSE_NO)


def never(context: object) -> bool:
    return False


def always(context: object) -> bool:
    return True


class Shop:
    """The blocks of one program after the other, on one world."""

    def __init__(self, **fates: list[Fate]) -> None:
        self.world = World({name.replace("_", " "): these for name, these in fates.items()})
        self.steps = Steps(self.world)

    def chain(self, *names: str) -> AnyBlock:
        """Steps by name: `A` is undone, `(a)` kept, `a!` irreversible, `a?` a gate, `a` a read."""
        return reduce(rshift, map(self.one, names))

    def one(self, name: str) -> AnyBlock:
        bare, steps = name.strip("()!?"), self.steps
        if name.endswith("?"):
            return steps.gate(bare)
        if name.endswith("!"):
            return steps.irreversible(bare)
        if name.startswith("("):
            return steps.kept(bare)
        return steps.undone(bare) if name.isupper() else steps.read(bare)

    def asks(self, context: object) -> bool:
        """A condition."""
        self.world.called(Role.TEST, "asks", context)
        return True

    def started(self, block: AnyBlock) -> AnyExecution:
        """A run of that program, as far as it comes by itself."""
        return Saga("shop", block).new(0, id="x", clock=self.world.clock).start(clock=self.world.clock)


def shop(block: AnyBlock) -> AnySaga:
    """The same saga with another program."""
    return Saga("shop", block)


def facts(state: ExecutionState) -> list[tuple[Fact, object]]:
    """What the trail says, but which way was chosen."""
    return [(fact, value) for fact, _, _, _, value in state.trail.rows() if fact not in CHOICES]


# ---- eight edits of a program under a run that waits for an approval -------------------------------------


HARMLESS: Final[dict[str, Callable[[Shop], AnyBlock]]] = {
    "an optional step is added above": lambda one: (
        one.chain("a") >> when(never, one.chain("x")) >> one.chain("B", "c?", "D")
    ),
    "a done step is made optional": lambda one: one.chain("a") >> when(always, one.chain("B")) >> one.chain("c?", "D"),
    "a way that was not taken changes": lambda one: (
        one.chain("a") >> branch(always, one.chain("B"), one.chain("x", "Y")) >> one.chain("c?", "D")
    ),
    "what comes after changes": lambda one: one.chain("a", "B", "c?", "(d)", "x!"),
}

HARMFUL: Final[dict[str, tuple[Callable[[Shop], AnyBlock], Change]]] = {
    "a step is put in before the gate": (
        lambda one: one.chain("a", "B", "X", "c?", "D"),
        Change("added", "X", Reach.BEFORE),
    ),
    "done steps change places": (
        lambda one: one.chain("B", "a", "c?", "D"),
        Change("moved", "a", Reach.DONE),
    ),
    "a done step loses its undo": (
        lambda one: one.chain("a", "(B)", "c?", "D"),
        Change("changed from undone to kept", "B", Reach.DONE),
    ),
    "the gate is renamed": (
        lambda one: one.chain("a", "B", "approve?", "D"),
        Change("removed", "c", Reach.HERE),
    ),
}


@pytest.mark.parametrize("newer", HARMLESS.values(), ids=HARMLESS)
def test_a_harmless_edit_is_let_pass(newer: Callable[[Shop], AnyBlock]) -> None:
    """Although the programs have not the same beginning; the run goes on as if nothing had happened."""
    one = Shop()
    blob = one.started(one.chain("a", "B", "c?", "D")).dump()
    saga = shop(newer(one))
    paused = saga.load_paused(blob)
    assert paused.state.path == "c"
    assert saga.compatibility(blob).verdict is Verdict.COMPATIBLE
    asked: Any = type("Asked", (), {"node": paused.state.here.node})()
    ended = paused.answer(asked, True).resume(clock=one.world.clock)
    assert isinstance(ended, Completed)
    assert [one.world.count(name) for name in "aB"] == [1, 1]


@pytest.mark.parametrize(("newer", "change"), HARMFUL.values(), ids=HARMFUL)
def test_a_harmful_edit_is_found(newer: Callable[[Shop], AnyBlock], change: Change) -> None:
    """Before anything runs, although most of the done steps are still there; and it is named."""
    one = Shop()
    blob = one.started(one.chain("a", "B", "c?", "D")).dump()
    saga, calls = shop(newer(one)), len(one.world.calls)
    with pytest.raises(ProgramChanged, match=str(change)) as caught:
        saga.load(blob)
    assert change in caught.value.changes
    assert caught.value.path == "$.listing"
    assert len(one.world.calls) == calls
    told = saga.compatibility(blob)
    assert (told.verdict, told.changes) == (caught.value.verdict, caught.value.changes)


# ---- every state ----------------------------------------------------------------------------------------


def new(one: Shop, block: AnyBlock) -> AnyExecution:
    return shop(block).new(0, id="x", clock=one.world.clock)


def started(one: Shop, block: AnyBlock) -> AnyExecution:
    return one.started(block)


def cut_off(one: Shop, block: AnyBlock) -> AnyExecution:
    execution = new(one, block)
    with pytest.raises(Cut):
        execution.start(clock=one.world.clock)
    return execution.interrupted


def answered(one: Shop, block: AnyBlock) -> AnyExecution:
    paused = one.started(block)
    asked: Any = type("Asked", (), {"node": paused.state.here.node})()
    return paused.answer(asked, True)


def cancelled(one: Shop, block: AnyBlock) -> AnyExecution:
    return one.started(block).cancel("no need").resume(clock=one.world.clock)


def marked(one: Shop, block: AnyBlock) -> AnyExecution:
    return one.started(block).mark_done(7, by="ann")


RAISES, CUT, NOT_YET, REJECTS = Fate.RAISES, Fate.CUT, Fate.NOT_YET, Fate.REJECTS
RUNS: Final[dict[str, tuple[Callable[[Shop, AnyBlock], AnyExecution], str, dict[str, list[Fate]]]]] = {
    "new": (new, "B", {}),
    "at a gate": (started, "b?", {}),
    "at a timer": (started, "wait", {}),
    "not yet": (started, "B", {"B": [NOT_YET]}),
    "backing off": (started, "slow", {"slow": [RAISES]}),
    "cut off in a step": (cut_off, "B", {"B": [CUT]}),
    "cut off in a condition": (cut_off, "when", {"test_asks": [CUT]}),
    "answered": (answered, "b?", {}),
    "cancelled": (cancelled, "b?", {}),
    "stuck in doubt": (started, "b!", {"b": [RAISES]}),
    "marked as done": (marked, "b!", {"b": [RAISES]}),
    "being rolled back": (started, "B", {"B": [REJECTS], "undo_A": [NOT_YET]}),
    "cut off in an undo": (cut_off, "B", {"B": [REJECTS], "undo_A": [CUT]}),
    "stuck in an undo": (started, "B", {"B": [REJECTS], "undo_A": [REJECTS]}),
    "rolled back": (started, "B", {"B": [REJECTS]}),
    "completed": (started, "B", {}),
}


def middle(one: Shop, what: str) -> AnyBlock:
    """The block that a run stands at, or fails at."""
    match what:
        case "wait":
            return wait(HOUR) >> one.chain("B")
        case "slow":
            return one.steps.undone("slow", retry=SLOWLY)
        case "when":
            return when(one.asks, one.chain("B"))
        case _:
            return one.one(what)


@pytest.mark.parametrize(("begin", "what", "fates"), RUNS.values(), ids=RUNS)
def test_a_run_in_any_state_loads_in_a_newer_program(
    begin: Callable[[Shop, AnyBlock], AnyExecution], what: str, fates: dict[str, list[Fate]]
) -> None:
    """As what it was; and dumped by that, it is a document of the newer program."""
    one = Shop(**fates)
    older = one.chain("A") >> middle(one, what)
    execution = begin(one, older)
    blob, calls = execution.dump(), len(one.world.calls)
    newer = shop(when(never, one.chain("x")) >> one.chain("A") >> middle(one, what) >> when(never, one.chain("y")))
    before, after = shop(older).load(blob), newer.load(blob)
    assert type(after) is type(before)
    assert facts(after.state) == facts(before.state)
    assert isinstance(after, New) or after.state.path == before.state.path
    assert after.state.wake_at == before.state.wake_at
    assert len(one.world.calls) == calls
    assert newer.load(after.dump()).dump() == after.dump()
    assert opened(after.dump())["fingerprint"] == newer.program.fingerprint


def test_a_run_that_is_over_is_over() -> None:
    """So a step that is new at the end stands in its way."""
    one = Shop()
    blob = one.started(one.chain("a")).dump()
    with pytest.raises(ProgramChanged, match="b was added, before where it stands"):
        shop(one.chain("a", "b")).load(blob)


def test_rows_that_are_added_take_no_time() -> None:
    """They are as old as the row before them."""
    one = Shop()
    blob = one.started(one.chain("a", "b?")).dump()
    newer = shop(one.chain("a") >> when(never, one.chain("x")) >> one.chain("b?"))
    rows = list(newer.load(blob).state.trail.rows())
    assert rows[-1][:4] == (Fact.CHOSE_NO, 1, rows[-2][2], 0)


def test_a_timer_that_the_run_stands_at_takes_as_long_as_the_newer_program_says() -> None:
    """From when it came there."""
    one = Shop()
    paused = one.started(one.chain("a") >> wait(HOUR) >> one.chain("b"))
    loaded = shop(one.chain("a") >> wait(3 * HOUR) >> one.chain("b")).load_paused(paused.dump())
    assert isinstance(loaded.why, AtTimer)
    assert loaded.why.until - paused.why.until == 2 * HOUR


# ---- settles --------------------------------------------------------------------------------------------


def settling(one: Shop, *, settled: bool) -> AnyBlock:
    return one.chain("a") >> one.steps.undone("B", settled=settled, settle_retry=ONCE) >> one.chain("c")


@pytest.mark.parametrize("fate", [Fate.NOT_YET, Fate.RAISES])
@pytest.mark.parametrize("below", ["c", "d"])
def test_a_run_in_doubt_needs_its_settle(fate: Fate, below: str) -> None:
    """Nobody else can find out; it is missed even where nothing else has changed."""
    one = Shop(B=[Fate.RAISES_AFTER], settle_B=[fate])
    blob = one.started(settling(one, settled=True)).dump()
    newer = shop(one.chain("a") >> one.steps.undone("B") >> one.chain(below))
    with pytest.raises(ProgramChanged, match="B was left without its settle, where it stands") as caught:
        newer.load(blob)
    assert caught.value.verdict is Verdict.IMPOSSIBLE
    assert newer.compatibility(blob).verdict is Verdict.IMPOSSIBLE


def test_a_step_that_was_never_in_doubt_does_not_need_its_settle() -> None:
    """Nor does one whose doubt is over."""
    one = Shop(B=[Fate.RAISES_AFTER])
    blob = one.started(settling(one, settled=True)).dump()
    loaded = shop(settling(one, settled=False)).load(blob)
    assert isinstance(loaded, RolledBack)


def test_a_settle_may_be_added_to_a_step_that_was_stuck_in_doubt() -> None:
    """The next retry finds out; and what was retried without one still means what it meant."""
    one = Shop(b=[Fate.RAISES, Fate.GIVES], d=[Fate.RAISES_AFTER])

    def block(*, settled: bool) -> AnyBlock:
        return one.steps.irreversible("b", settled=settled) >> one.steps.irreversible("d", settled=settled)

    stuck = one.started(block(settled=False))
    again = stuck.retry(by="ann", clock=one.world.clock)
    assert isinstance(again, Stuck)
    loaded: AnyExecution = shop(block(settled=True)).load(again.dump())
    ended = loaded.retry(by="ann", clock=one.world.clock)
    assert isinstance(ended, Completed)
    assert one.world.order() == ["b", "b", "d", "settle d"]
    assert isinstance(shop(block(settled=True)).load(ended.dump()), Completed)


# ---- values ---------------------------------------------------------------------------------------------


@frozen
class Cart:
    items: int
    note: str = ""


@frozen
class Basket:
    note: str = ""
    items: int = field(kw_only=True)


@frozen
class Full:
    items: int
    note: str = ""
    tip: int = 0


@frozen
class Bare:
    items: int


@frozen
class Priced:
    items: int
    cents: int
    note: str = ""


def few(cart: object, attribute: object, items: int) -> None:
    """What a validator of a newer class refuses."""
    if items > 0:
        raise ValueError("sold out")


@frozen
class Sold:
    items: int = field(validator=few)
    note: str = ""


def carts(kind: Any, *, asks: Any = bool, more: int = 0, emits: tuple[type, ...] = ()) -> AnySaga:  # noqa: ANN401 - types
    """A step and a gate of carts of that class."""

    @read(takes=kind, gives=kind)
    def fill(cart: Any, attempt: Attempt) -> Any:  # noqa: ANN401
        for event in emits:
            attempt.emit(event(1))
        return kind(items=cart.items + 1)

    @gate(takes=kind, asks=asks, gives=kind)
    def approve(cart: Any, answer: Any) -> Any:  # noqa: ANN401
        return cart

    block: Any = fill >> approve
    for number in range(more):
        block = block >> fill.named(f"more{number}")
    return Saga("carts", block, emits=emits)


def paused_cart(emits: tuple[type, ...] = ()) -> bytes:
    return carts(Cart, emits=emits).new(Cart(0)).start().dump()


@pytest.mark.parametrize("kind", [Basket, Full])
def test_a_class_may_be_renamed_reordered_and_get_a_field_with_a_default(kind: type) -> None:
    """Its values are stored by the names of their fields."""
    loaded = carts(kind).load_paused(paused_cart())
    assert loaded.state.value == kind(items=1)


def test_a_field_without_a_default_makes_another_type() -> None:
    """The step that gave such a value is named, and the gate that would get it."""
    told = carts(Priced).compatibility(paused_cart())
    assert [str(change) for change in told.changes] == [
        "fill was re-typed, after it had run",
        "approve was re-typed, where it stands",
    ]


@pytest.mark.parametrize("kind", [Bare, Sold])
def test_a_value_that_does_not_fit_any_more_is_told_as_its_step_re_typed(kind: type) -> None:
    """What can be compared is alike, but a field is gone, or a validator refuses; a value is not shown."""
    newer = carts(kind, more=1)
    with pytest.raises(ProgramChanged) as caught:
        newer.load(carts(Cart).new(Cart(1, "a secret")).start().dump())
    [change] = caught.value.changes
    assert change == Change("re-typed in its first context", "carts", Reach.DONE)
    assert caught.value.verdict is Verdict.NEEDS_MIGRATION
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_which_step_gave_what_does_not_fit_is_told() -> None:
    """If the first context still does."""
    newer = carts(Sold, more=1)
    with pytest.raises(ProgramChanged, match="fill was re-typed, after it had run"):
        newer.load(carts(Cart).new(Cart(0)).start().dump())


@frozen
class Packed:
    number: int


def test_an_answer_that_does_not_fit_any_more_is_told() -> None:
    """Where the run stands, if the gate has not given its result yet."""

    @frozen
    class Yes:
        by: str
        note: str = ""

    @frozen
    class No:
        by: str

    older, newer = carts(Cart, asks=Yes), carts(Cart, asks=No, more=1)
    paused: Any = older.new(Cart(0)).start()
    asked: Any = type("Asked", (), {"node": paused.state.here.node})()
    said = paused.answer(asked, Yes("ann"))
    told = newer.compatibility(said.dump())
    assert told.changes == (Change("re-typed in its answer", "approve", Reach.HERE),)
    told = newer.compatibility(said.resume().dump())
    assert told.changes == (Change("added", "more0/fill", Reach.BEFORE),)


def test_an_event_that_does_not_fit_any_more_is_told() -> None:
    """By the step that emitted it."""
    blob = paused_cart(emits=(Packed,))
    told = carts(Cart, more=1).compatibility(blob)
    assert told.changes == (Change("re-typed in an event", "fill", Reach.DONE),)


def test_a_class_that_is_stored_as_a_tag_cannot_be_renamed() -> None:
    """The cases of a union are told apart by their names."""

    def cases(*kinds: type) -> AnySaga:
        case: Any = kinds[0]

        @read(takes=int, gives=case | int)
        def pick(number: int) -> Any:  # noqa: ANN401
            return case(number)

        @gate(takes=case | int, asks=bool, gives=int)
        def approve(found: object, answer: bool) -> int:  # noqa: FBT001 - an answer
            return 0

        return Saga("cases", pick >> approve)

    blob = cases(Bare).new(1).start().dump()
    assert cases(Packed).compatibility(blob).changes[0] == Change("re-typed", "pick", Reach.DONE)


# ---- the error ------------------------------------------------------------------------------------------


def test_so_many_changes_are_told_in_a_sentence() -> None:
    """All of them are on the error."""
    one = Shop()
    names = [f"r{number}" for number in range(10)]
    blob = one.started(one.chain(*names, "c?")).dump()
    with pytest.raises(ProgramChanged) as caught:
        shop(one.chain("c?")).load(blob)
    assert str(caught.value).count("was removed") == 8
    assert len(caught.value.changes) == 10


def test_it_says_what_can_be_done() -> None:
    """A migration, if that could help; otherwise the older program has to finish it."""
    one = Shop()
    blob = one.started(one.chain("A", "c?")).dump()
    with pytest.raises(ProgramChanged, match=r"carry it over with new\.migration\(old\)"):
        shop(one.chain("A", "x", "c?")).load(blob)
    with pytest.raises(ProgramChanged, match="load it with the saga that it was dumped by"):
        shop(one.chain("c?")).load(blob)


def test_where_nothing_can_be_named_it_says_so() -> None:
    """Two timers, and nothing tells which of them the run stands at."""
    one = Shop()

    def sides(test: Callable[[object], bool], yes: int, no: int) -> AnyBlock:
        return branch(test, wait(yes * HOUR) >> one.chain("a"), wait(no * HOUR) >> one.chain("b"))

    blob = one.started(sides(never, 1, 2)).dump()
    with pytest.raises(ProgramChanged, match="which way led to where it stands cannot be told"):
        shop(sides(always, 3, 4)).load(blob)


def test_a_compatible_document_tells_what_has_changed_elsewhere() -> None:
    """For the curious; nothing of it matters."""
    one = Shop()
    blob = one.started(one.chain("a", "b?", "c")).dump()
    assert str(shop(one.chain("a", "b?", "x")).compatibility(blob)) == (
        "compatible\n  c was removed, where it has not come to\n  x was added, where it has not come to"
    )
    assert str(shop(one.chain("a", "b?", "c")).compatibility(blob)) == "compatible"


# ---- documents that are broken --------------------------------------------------------------------------


def test_another_saga_or_version_is_no_older_program() -> None:
    """That is what a migration is for."""
    one = Shop()
    blob = one.started(one.chain("a", "b?")).dump()
    for other in (Saga("store", one.chain("a", "b?")), Saga("shop", one.chain("a", "b?"), version=2)):
        with pytest.raises(WrongSaga):
            other.load(blob)
        with pytest.raises(WrongSaga):
            other.compatibility(blob)


def test_a_listing_must_be_that_of_its_fingerprint() -> None:
    """If it is the one of this program."""
    one = Shop()
    saga = shop(one.chain("a", "b?"))
    blob = one.started(one.chain("a", "b?")).dump()
    with pytest.raises(BlobCorrupt, match="not the one of its fingerprint"):
        saga.load(changed(blob, listing=list(reversed(saga.program.rows))))


@pytest.mark.parametrize(
    "members",
    [
        {"listing": ["read a", "gate b 00000000"]},
        {"listing": ["no a 00000000", "gate b 00000000"]},
        {"listing": ["read a\n 00000000", "gate b 00000000"]},
        {"index": 3},
        {"index": -1},
    ],
)
def test_a_listing_must_be_one(members: dict[str, object]) -> None:
    """And the run must stand somewhere in it."""
    one = Shop()
    saga = shop(one.chain("a", "b?"))
    blob = changed(one.started(one.chain("a", "b?")).dump(), fingerprint="0" * 16, **members)
    for load in (saga.load, saga.compatibility):
        with pytest.raises(BlobCorrupt, match="the listing is none"):
            load(blob)


def test_a_value_that_no_type_of_the_user_s_has_written_is_no_sign_of_a_change() -> None:
    """It is broken, whatever the program."""
    one = Shop(slow=[Fate.RAISES])
    blob = one.started(one.chain("a") >> one.steps.undone("slow", retry=SLOWLY)).dump()
    values = opened(blob)["values"]
    broken = changed(blob, fingerprint="0" * 16, values=[*values[:-1], ["no failure", None]])
    with pytest.raises(BlobMismatch):
        shop(one.chain("a") >> one.steps.undone("slow", retry=SLOWLY)).load(broken)


@pytest.mark.parametrize("codes", [[], [1 << BITS], [5, 6, 1 << BITS | 14], [5, 5, 5]])
def test_a_trail_that_cannot_be_is_refused(codes: list[int]) -> None:
    """Also where the program has changed."""
    one = Shop()
    saga = shop(one.chain("a", "b?"))
    silent = (6,)
    values = [0 for code in codes if code & 31 not in silent]
    with pytest.raises(BlobError):
        saga.load(document(saga, values, codes, fingerprint="0" * 16))


def forged(saga: AnySaga, count: int, codes: Callable[[int], list[int]]) -> bytes:
    """A document of many rows, of a program with as many lines."""
    listing = [
        row for number in range(count // 2) for row in (f"test t{number} 00000000", f"wait wait-{number}s 00000000")
    ]
    rows = [5, 6, *codes(count)]
    values = [0] * sum(code & 31 == 5 for code in rows)
    return document(saga, values, rows, listing=listing, fingerprint="0" * 16, index=count - 1)


@pytest.mark.parametrize(
    "codes",
    [
        lambda count: [number << 5 | (2 if number % 2 == 0 else 3) for number in range(count)],
        lambda count: [2] * count,
        lambda count: [(count - 1) << 5 | 3] * count,
        lambda count: [number << 5 | 10 for number in range(count)],
    ],
)
def test_a_forged_listing_costs_no_more_than_its_size(codes: Callable[[int], list[int]]) -> None:
    """Four times as many rows, about four times the work, and an error of the family."""
    saga = shop(reduce(rshift, (when(never, wait(HOUR) >> Shop().chain(f"r{number}")) for number in range(20))))

    def calls(count: int) -> int:
        blob = forged(saga, count, codes)

        def load() -> None:
            with pytest.raises(BlobError):
                saga.load(blob)

        return counted(load)

    assert calls(4000) < 6 * calls(1000)
