"""Compiling: what a block means as a list of instructions, and what is refused, with what to do about it."""

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pytest
from attrs import frozen

from resaga import Attempt, Block, DidNotHappen, branch, gate, only, read, step, wait, when, within
from resaga.core import limits
from resaga.core.annotation import kinds
from resaga.core.block import Arrow, node_of
from resaga.core.compile import compile_program
from resaga.core.errors import (
    DefinitionError,
    DuplicatePath,
    InvalidStepOrder,
    TooLarge,
    TypesDoNotMeet,
    UnresolvedAnnotation,
    UnsupportedType,
    UntypedStep,
)
from resaga.core.instruction import Instruction, Op
from resaga.core.names import names_seen_from
from resaga.core.node import Kind
from resaga.core.program import Program
from resaga.core.shape import Basic, Choice, Record, Scalar

if TYPE_CHECKING:
    from somewhere import Elsewhere  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]  # it is nowhere at run time

DAY = timedelta(days=1)


@frozen
class Order:
    id: str


@frozen
class Held:
    order: Order


@frozen
class Asked:
    held: Held


@frozen
class Cleared:
    held: Held


class Basket(NamedTuple):
    order: Order
    held: Held | None


@read
def look(order: Order) -> Order:
    return order


@read
def check(held: Held) -> Held:
    return held


def hold(order: Order) -> Held:
    return Held(order)


reserve = step(name="reserve")(hold)


@read
def check_cleared(cleared: Cleared) -> Cleared:
    return cleared


@step
def notify(held: Held) -> Held:
    return held


@read
def policy(held: Held) -> Asked | Cleared:
    return Cleared(held)


@gate
def approval(asked: Asked, answer: bool) -> Cleared:  # noqa: FBT001 - the answer is a bool
    return Cleared(asked.held)


@step
def charge(cleared: Cleared) -> Held:
    return cleared.held


def release(held: Held) -> None: ...


def find(order: Order, attempt: Attempt) -> Held | DidNotHappen:
    return DidNotHappen()


def is_large(order: Order) -> bool:
    return len(order.id) > 3


def is_held(held: Held) -> bool:
    return held.order.id != ""


def _never(context: object) -> bool:
    return False


def order_of(basket: Basket) -> Order:
    return basket.order


def with_held(basket: Basket, held: Held) -> Basket:
    return Basket(basket.order, held)


def second(order: Order, held: Held) -> Held:
    return held


def with_order(basket: Basket, order: Order) -> Basket:
    return Basket(order, basket.held)


undone = reserve.undone_by(release)
kept = notify.kept("a notice can't be unsent")
final = charge.irreversible()
seal = notify.irreversible()


def chained(*parts: Any) -> Any:  # noqa: ANN401 - of blocks that types refuse
    block = parts[0]
    for part in parts[1:]:
        block = block >> part
    return block


def made(block: Any, emits: tuple[Any, ...] = ()) -> Program:  # noqa: ANN401 - of blocks that types refuse
    return compile_program("s", 1, node_of(block), (), emits)


only_untyped: Any = only


def lines(block: Any) -> list[Instruction]:  # noqa: ANN401 - of any block
    return list(made(block).instructions)


def paths(block: Any) -> list[str]:  # noqa: ANN401 - of any block
    return [one.path for one in lines(block)]


# ---- what a block means ---------------------------------------------------------------------------------


def test_a_chain_is_its_parts_in_order() -> None:
    """However it is put together."""
    assert paths(look >> undone >> kept >> policy) == ["look", "reserve", "notify", "policy"]
    assert paths(look >> (undone >> (kept >> policy))) == ["look", "reserve", "notify", "policy"]


def test_a_step_keeps_all_that_was_said_of_it() -> None:
    """Times are in microseconds; a key lives for a day unless told."""
    settled = step(name="hold", key_life=timedelta(hours=1))(hold).settled_by(find)
    (one,) = lines(settled.undone_by(release))
    assert (one.op, one.kind, one.path, one.key_life) == (Op.PERFORM, Kind.UNDONE, "hold", 3_600_000_000)
    assert one.settling is not None
    assert one.undoing is not None
    assert (one.settling.body.function, one.undoing.body.function) == (find, release)
    assert isinstance(one.takes, Record)
    assert isinstance(one.gives, Record)
    assert (one.takes.kind, one.gives.kind) == (Order, Held)
    assert lines(kept)[0].key_life == 24 * 3_600_000_000
    assert lines(kept)[0].reason == "a notice can't be unsent"


def test_a_gate_asks() -> None:
    """With a deadline, if it has one."""
    (one,) = lines(gate(deadline=DAY)(approval.node.body.function))
    assert (one.op, one.kind, one.deadline) == (Op.ASK, Kind.GATE, 86_400_000_000)
    assert one.asks == Scalar(Basic.BOOL, bool)
    assert one.node is not None


@pytest.mark.parametrize(
    ("duration", "path"),
    [
        (timedelta(days=7), "wait-7d"),
        (timedelta(seconds=90), "wait-1m30s"),
        (timedelta(days=1, hours=2), "wait-1d2h"),
        (timedelta(0), "wait-0s"),
        (timedelta(microseconds=5), "wait-5us"),
        (timedelta(seconds=1, milliseconds=1), "wait-1s1000us"),
    ],
)
def test_a_wait_is_called_by_its_length(duration: timedelta, path: str) -> None:
    """So a listing says what it waits for; more than one may be alike."""
    block = look >> wait(duration) >> wait(duration)
    assert paths(block) == ["look", path, path]
    assert lines(block)[1].op is Op.SLEEP
    assert paths(wait(duration, name="later") >> look) == ["later", "look"]


def test_a_name_goes_before_all_paths_of_a_block() -> None:
    """Blocks within blocks, conditions and waits too."""
    block = (look >> when(is_large, wait(DAY)).named("cool") >> undone).named("payment")
    assert paths(block) == [
        "payment/look",
        "payment/cool/is_large",
        "payment/cool/wait-1d",
        "payment/reserve",
    ]


def test_a_block_used_twice_gets_two_names() -> None:
    """So each step has a path of its own."""
    assert paths(kept.named("first") >> kept.named("second")) == ["first/notify", "second/notify"]


def test_when_jumps_over_its_block() -> None:
    """The jump leads behind it."""
    first, second, third = lines(when(is_held, kept) >> check)
    assert (first.op, first.kind, first.path) == (Op.CHOOSE, Kind.TEST, "is_held")
    assert (first.after, first.otherwise) == (1, 2)
    assert (second.after, third.after) == (2, 3)


def test_branch_goes_one_way_or_the_other() -> None:
    """Both lead to the same place."""
    block = branch(is_large, undone, reserve.kept("x").named("big")) >> check
    test, yes, jump, no, after = lines(block)
    assert [one.op for one in (test, yes, jump, no)] == [Op.CHOOSE, Op.PERFORM, Op.JUMP, Op.PERFORM]
    assert (test.after, test.otherwise) == (1, 3)
    assert (yes.after, jump.after, no.after) == (4, 4, 4)
    assert after.path == "check"


def test_jumps_to_jumps_are_followed_when_compiling() -> None:
    """A branch at the end of a branch leads out at once."""
    inner = branch(is_held, kept, check)
    block = branch(is_held, inner, seal.named("other"))
    ends = [one.after for one in lines(block) if one.op is not Op.CHOOSE]
    assert ends == [7, 7, 7, 7, 7]


def test_only_is_for_one_case_of_a_union() -> None:
    """The case goes in; what comes out is what the block gives, or the other cases."""
    block = policy >> only(Asked, approval) >> final
    test = lines(block)[1]
    assert (test.op, test.path, test.case, test.body) == (Op.CHOOSE, "only-Asked", Asked, None)
    assert (test.after, test.otherwise) == (2, 3)


def test_only_may_come_first() -> None:
    """The saga then takes the case, or what the block gives."""
    takes = made(only(Asked, approval >> charge.irreversible())).takes
    assert isinstance(takes, Choice)
    assert [name for name, _ in takes.members] == ["Asked", "Held"]
    assert paths(only(Order, when(is_large, look))) == ["only-Order", "is_large", "look"]


def test_within_takes_a_context_out_and_puts_it_back() -> None:
    """What `get` gives and what `put` gives is stored."""
    program = made(within(undone, order_of, with_held))
    get, inner, put = program.instructions
    assert [one.op for one in (get, inner, put)] == [Op.ENTER, Op.PERFORM, Op.LEAVE]
    assert [one.path for one in (get, inner, put)] == ["get", "reserve", "put"]
    assert isinstance(get.gives, Record)
    assert isinstance(put.gives, Record)
    assert (get.gives.kind, put.gives.kind) == (Order, Basket)
    assert program.takes is put.gives


def test_within_a_wait_only_get_says_what_is_inside() -> None:
    """There is no step to ask."""
    untyped: Any = within
    assert paths(untyped(wait(DAY), order_of, with_order)) == ["get", "wait-1d", "put"]
    assert paths(within(look, lambda basket: basket.order, with_order)) == ["get", "look", "put"]


@pytest.mark.parametrize(
    ("block", "takes", "gives"),
    [
        (look, Order, Order),
        (wait(DAY) >> undone, Order, Held),
        (undone.named("a") >> wait(DAY), Order, Held),
        (when(lambda _: True, look), Order, Order),
        (when(is_large, look), Order, Order),
        (when(is_large, wait(DAY)), Order, Order),
        (chained(when(_never, wait(DAY)), look), Order, Order),
        (branch(is_large, undone, reserve.kept("x").named("b")), Order, Held),
        (within(undone, order_of, with_held), Basket, Basket),
        (only(Order, undone), Order, Held),
        (only(Order, undone >> wait(DAY)), Order, Held),
        (only(Order, (look >> undone).named("a")), Order, Held),
        (only_untyped(Order, wait(DAY)), Order, Order),
        (only(Order, within(undone, lambda order: order, second, gives=Held)), Order, Held),
        (only(Order, branch(is_large, undone, reserve.kept("x").named("b"))), Order, Held),
    ],
)
def test_a_saga_takes_what_its_first_step_takes(block: Any, takes: type, gives: type) -> None:  # noqa: ANN401 - of any block
    """And gives what its last one gives."""
    program = made(block)
    assert takes in kinds(program.takes)
    assert gives in kinds(program.gives)


def test_events_are_told_apart_by_their_class() -> None:
    """What a saga emits can be stored like any value."""
    program = made(look, (Order, Held))
    assert isinstance(program.events, Choice)
    assert [name for name, _ in program.events.members] == ["Order", "Held"]
    assert made(look).events is None


# ---- annotations that are text --------------------------------------------------------------------------


def test_local_classes_are_found_where_the_saga_is_made() -> None:
    """Whether they were there when the step was decorated, or came later."""

    @read
    def early(context: "Later") -> "list[Later]":
        return [context]

    @read
    def then(context: "list[Later]") -> "Later":
        return context[0]

    @frozen
    class Later:
        inner: "Inner | None"

    @frozen
    class Inner:
        value: int

    names = names_seen_from(0)
    for block in (early >> then, when(_never, early >> then), when(lambda _: True, early >> then)):
        program = compile_program("s", 1, block.node, names=names)
        assert kinds(program.takes) == (Later,)
        assert isinstance(program.takes, Record)
        assert kinds(program.takes.slots[0].shape) == (Inner,)


def test_a_name_for_type_checkers_only_is_no_way_to_say_a_type() -> None:
    """The message says what to do; `takes=` and `gives=` are the way out."""

    def lost(context: "Elsewhere") -> int:
        return 3

    said = "'Elsewhere' of 'lost' cannot be resolved.*import its names at run time.*or give takes=…, gives=…"
    with pytest.raises(UnresolvedAnnotation, match=said):
        made(read(lost))
    assert paths(read(takes=str)(lost)) == ["lost"]


def test_what_stands_beside_a_step_need_not_say_its_types() -> None:
    """An undo, a settle or a condition that cannot be judged is let pass."""

    def lost(held: "Elsewhere") -> None: ...
    def found(order: Order, attempt: Attempt) -> "Elsewhere": ...
    def test(order: "Elsewhere") -> bool:
        return True

    settled: Any = reserve.settled_by(found)
    assert paths(look >> when(test, look.named("again")) >> settled.undone_by(lost)) == [
        "look",
        "test",
        "again/look",
        "reserve",
    ]


# ---- refused --------------------------------------------------------------------------------------------


def other(cleared: Cleared) -> None: ...
def find_by_held(held: Held, attempt: Attempt) -> Held | DidNotHappen: ...  # type: ignore[empty-body]  # never called
def find_order(order: Order, attempt: Attempt) -> Order | DidNotHappen: ...  # type: ignore[empty-body]  # never called
def not_held(cleared: Cleared) -> bool: ...  # type: ignore[empty-body]  # never called
def held_of(basket: Basket) -> Held: ...  # type: ignore[empty-body]  # never called
def order_of_held(held: Held) -> Order: ...  # type: ignore[empty-body]  # never called
def with_cleared(basket: Basket, cleared: Cleared) -> Basket: ...  # type: ignore[empty-body]  # never called
def same_held(held: Held) -> Held: ...  # type: ignore[empty-body]  # never called
def put_in_held(held: Held, result: Held) -> Held: ...  # type: ignore[empty-body]  # never called


def settled_untyped(settle: Any) -> Any:  # noqa: ANN401 - of settles that types refuse
    return reserve.settled_by(settle).kept("x")


reserve_untyped: Any = reserve
when_untyped: Any = when
within_untyped: Any = within


@pytest.mark.parametrize(
    ("block", "path", "said"),
    [
        (lambda: chained(undone, final), "charge", "charge takes Cleared, but what .* gives Held"),
        (lambda: chained(undone, look.named("a")), "a/look", "a/look takes Order, but .* gives Held"),
        (lambda: chained(policy, final), "charge", "charge takes Cleared, but .* gives .*Asked"),
        (lambda: chained(look, approval), "approval", "approval takes Asked, but .* gives Order"),
        (lambda: reserve_untyped.undone_by(other), "reserve", ": its undo 'other' takes Cleared, .* Held"),
        (
            lambda: settled_untyped(find_by_held),
            "reserve",
            ": its settle .* takes Held, .* Order",
        ),
        (
            lambda: settled_untyped(find_order),
            "reserve",
            "its settle .* gives .*Order.*, where .*Held",
        ),
        (lambda: chained(look, when(not_held, check_cleared)), "not_held", ": the condition takes Cleared"),
        (lambda: chained(policy, only_untyped(Order, look)), "only-Order", "Order is no case of .*Asked"),
        (lambda: chained(undone, only_untyped(Order, look)), "only-Order", "Order is no case of Held"),
        (
            lambda: chained(branch(is_large, undone, look), check),
            "check",
            "takes Held, .* gives .*Order",
        ),
        (
            lambda: chained(when_untyped(is_large, undone), check),
            "check",
            "takes Held, .* gives .*Order",
        ),
        (lambda: within_untyped(undone, held_of, with_held), "get", ": .* gives Held, where Order is wanted"),
        (lambda: chained(look, within(undone, order_of, with_held)), "get", ": .* takes Basket, .* Order"),
        (lambda: within_untyped(undone, order_of, with_cleared), "put", ": .* takes Cleared, .* Held"),
        (lambda: within_untyped(undone, order_of, put_in_held), "put", ": .* takes Held, but .* Basket"),
    ],
)
def test_types_that_do_not_meet_are_refused(block: Any, path: str, said: str) -> None:  # noqa: ANN401 - untyped on purpose
    """At joints, and between a step and what stands beside it."""
    with pytest.raises(TypesDoNotMeet, match=said) as caught:
        made(block())
    assert caught.value.path == path


@pytest.mark.parametrize(
    "block",
    [
        lambda: chained(seal, kept.named("b")),
        lambda: chained(seal, check, kept.named("b")),
        lambda: chained(seal, wait(DAY), kept.named("b")),
        lambda: chained(seal, chained(check, kept).named("b")),
        lambda: chained(when(is_held, seal), kept.named("b")),
        lambda: chained(branch(is_held, seal, check), kept.named("b")),
        lambda: chained(branch(is_held, check, seal), kept.named("b")),
        lambda: chained(seal, when(is_held, kept.named("b"))),
        lambda: chained(seal, branch(is_held, check, kept.named("b"))),
        lambda: chained(seal.named("a"), kept.named("b")),
        lambda: chained(within(seal, same_held, put_in_held), kept.named("b")),
    ],
)
def test_nothing_that_needs_an_undo_follows_an_irreversible_step(block: Any) -> None:  # noqa: ANN401 - untyped on purpose
    """Through blocks, names and conditions too: it might have been reached."""
    said = "step 'b/notify' stands after '.*notify', which is irreversible, .* or make it .irreversible.* too"
    with pytest.raises(InvalidStepOrder, match=said) as caught:
        made(block())
    assert caught.value.path == "b/notify"
    assert caught.value.after.endswith("notify")


def test_one_way_of_a_branch_does_not_seal_the_other() -> None:
    """Only what comes after both."""
    assert len(lines(branch(is_held, seal.named("a"), kept.named("b")) >> check)) == 5


@pytest.mark.parametrize(
    ("block", "path"),
    [
        (look >> look, "look"),
        ((look >> look).named("a"), "a/look"),
        (look.named("a") >> look.named("a"), "a/look"),
        (branch(is_large, look, look), "look"),
        (look >> wait(DAY, name="look"), "look"),
    ],
)
def test_two_steps_of_one_path_are_refused(block: Arrow, path: str) -> None:
    """The message says the two ways to tell them apart."""
    with pytest.raises(DuplicatePath, match=f"the path '{path}'; give one of them name=….*named") as caught:
        made(block)
    assert caught.value.path == path


def bare(context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - an untyped body is meant
    return context


def half(context: Order):  # type: ignore[no-untyped-def]  # noqa: ANN201 - an untyped body is meant
    return context


def ask_bare(context: Order, answer) -> Order:  # type: ignore[no-untyped-def]  # noqa: ANN001 - an untyped body is meant
    return context


def put_bare(context: Basket, result: Order):  # type: ignore[no-untyped-def]  # noqa: ANN201 - an untyped body is meant
    return context


def get_bare(context: Basket):  # type: ignore[no-untyped-def]  # noqa: ANN201 - an untyped body is meant
    return context.order


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (lambda: read(bare), "'bare' does not say what it takes; annotate bare, or give takes=…"),
        (lambda: read(half), "'half' does not say what it returns; annotate half, or give gives=…"),
        (lambda: look >> read(bare), "'bare' does not say what it takes"),
        (lambda: gate(ask_bare), "'ask_bare' does not say what the answer is"),
        (lambda: within_untyped(look, order_of, put_bare), "'put' does not say what it returns"),
        (lambda: within_untyped(wait(DAY), get_bare, with_order), "'get' does not say what it returns"),
        (lambda: within_untyped(wait(DAY), get_bare, lambda a, b: a), "'get' does not say what it returns"),
        (lambda: when_untyped(lambda _: True, wait(DAY)), "'s' does not say what its first context is"),
        (
            lambda: within_untyped(look, lambda a: a, lambda a, b: b),
            "'s' does not say what its first context",
        ),
    ],
)
def test_a_body_says_its_types(block: Any, said: str) -> None:  # noqa: ANN401 - untyped on purpose
    """By annotation, or beside it."""
    with pytest.raises(UntypedStep, match=said):
        made(block())


@pytest.mark.parametrize("wrong", [object, Any, list, Attempt, set[list[int]], Literal[b"x"]])
def test_a_type_is_one_that_can_be_stored(wrong: object) -> None:
    """What goes in, what comes out, what is asked, and what is emitted."""
    wrong_in: Any = read(takes=wrong, gives=int, name="wrong")(bare)
    wrong_out: Any = step(takes=int, gives=wrong, name="wrong")(bare).kept("x")
    asks: Any = gate(takes=int, asks=wrong, gives=int, name="wrong")(ask_bare)
    for block in (wrong_in, wrong_out, asks):
        with pytest.raises(UnsupportedType, match="cannot be stored, because"):
            made(block)
    with pytest.raises(UnsupportedType):
        made(look, (wrong,))


def test_a_path_has_a_limit() -> None:
    """Eight names of sixty-four letters fill it."""
    block: Any = look
    for _ in range(8):
        block = block.named("x" * limits.NAME_LENGTH)
    with pytest.raises(TooLarge, match="is longer than 512 characters; nest fewer names"):
        made(block)


def numbered(count: int) -> list[Block[int, int]]:
    return [read(name=f"step-{number}")(_same) for number in range(count)]


def _same(number: int) -> int:
    return number


def left(steps: list[Block[int, int]]) -> Block[int, int]:
    """((a >> b) >> c) >> d."""
    block = steps[0]
    for one in steps[1:]:
        block = block >> one
    return block


def right(steps: list[Block[int, int]]) -> Block[int, int]:
    """A >> (b >> (c >> d))."""
    block = steps[-1]
    for one in reversed(steps[:-1]):
        block = one >> block
    return block


@pytest.mark.parametrize("nested", [left, right])
def test_a_long_chain_needs_no_recursion(nested: Any) -> None:  # noqa: ANN401 - one of two
    """Ten times deeper than Python's stack, nested either way."""
    assert made(nested(numbered(10_000))).end == 10_000


def test_a_deep_nest_needs_no_recursion() -> None:
    """Conditions in conditions, ten thousand deep."""
    block: Any = look
    for _ in range(10_000):
        block = when_untyped(is_large, block)
    assert made(block).end == 10_001


@pytest.mark.proof
@pytest.mark.parametrize("nested", [left, right])
def test_the_cost_of_a_step_does_not_grow_with_the_chain(nested: Any) -> None:  # noqa: ANN401 - one of two
    """Ten times as many steps do not cost twice as much each to compose and compile; `nox -s bench` says how much."""
    steps = numbered(20_000)

    def per_step(count: int) -> float:
        begun = time.process_time()
        made(nested(steps[:count]))
        return (time.process_time() - begun) / count

    assert min(per_step(20_000) for _ in range(5)) / min(per_step(2_000) for _ in range(5)) <= 2


@pytest.mark.proof
@pytest.mark.parametrize("nested", [left, right])
def test_a_hundred_thousand_steps_are_the_most(nested: Any) -> None:  # noqa: ANN401 - one of two
    """They compile, nested either way; one more is refused."""
    steps = numbered(limits.STEPS + 1)
    assert made(nested(steps[:-1])).end == limits.STEPS
    with pytest.raises(TooLarge, match="more than 100,000 instructions; run parts of it as sagas"):
        made(nested(steps))


def test_more_instructions_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jumps count too."""
    monkeypatch.setattr(limits, "STEPS", 3)
    assert made(look >> undone >> kept).end == 3
    with pytest.raises(TooLarge):
        made(branch(is_large, look.named("a"), look.named("b")))


def test_every_refusal_is_the_author_s() -> None:
    """A definition that is wrong is wrong where it is made, and nowhere else."""
    assert all(
        issubclass(one, DefinitionError)
        for one in (DuplicatePath, InvalidStepOrder, TooLarge, TypesDoNotMeet, UnsupportedType, UntypedStep)
    )
