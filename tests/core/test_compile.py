"""Compiling: what a block means as a list of instructions."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from attrs import frozen

from resaga import Attempt, DidNotHappen, branch, gate, only, read, step, wait, when, within
from resaga.core.annotation import kinds
from resaga.core.compile import compile_program
from resaga.core.errors import UnresolvedAnnotation
from resaga.core.instruction import Op
from resaga.core.names import names_seen_from
from resaga.core.node import Kind
from resaga.core.shape import Basic, Choice, Record, Scalar
from tests.core.sale import (
    DAY,
    Asked,
    Basket,
    Held,
    Order,
    approval,
    chained,
    charge,
    check,
    final,
    hold,
    is_held,
    is_large,
    kept,
    lines,
    look,
    made,
    only_untyped,
    order_of,
    policy,
    release,
    reserve,
    seal,
    undone,
    with_held,
    with_order,
)

if TYPE_CHECKING:
    from somewhere import Elsewhere  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]  # it is nowhere at run time


def find(order: Order, attempt: Attempt) -> Held | DidNotHappen:
    return DidNotHappen()


def _never(context: object) -> bool:
    return False


def second(order: Order, held: Held) -> Held:
    return held


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
    assert program.events is not None
    assert isinstance(program.events.item, Choice)
    assert [name for name, _ in program.events.item.members] == ["Order", "Held"]
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
