"""What is refused when a saga is made, and what is said to its author."""

from typing import Any, Literal

import pytest

from resaga import Attempt, DidNotHappen, branch, gate, read, step, wait, when, within
from resaga.core.block import Arrow
from resaga.core.errors import (
    DefinitionError,
    DuplicatePath,
    InvalidStepOrder,
    TooLarge,
    TypesDoNotMeet,
    UnsupportedType,
    UntypedStep,
)
from tests.core.sale import (
    DAY,
    Basket,
    Cleared,
    Held,
    Order,
    approval,
    chained,
    check,
    final,
    is_held,
    is_large,
    kept,
    lines,
    look,
    made,
    only_untyped,
    order_of,
    policy,
    reserve,
    seal,
    undone,
    when_untyped,
    with_held,
    with_order,
)


@read
def check_cleared(cleared: Cleared) -> Cleared:
    return cleared


def other(cleared: Cleared) -> None: ...
def find_by_held(held: Held, attempt: Attempt) -> Held | DidNotHappen: ...  # type: ignore[empty-body]  # never called
def find_order(order: Order, attempt: Attempt) -> Order | DidNotHappen: ...  # type: ignore[empty-body]  # never called
def not_held(cleared: Cleared) -> bool: ...  # type: ignore[empty-body]  # never called
def held_of(basket: Basket) -> Held: ...  # type: ignore[empty-body]  # never called
def with_cleared(basket: Basket, cleared: Cleared) -> Basket: ...  # type: ignore[empty-body]  # never called
def same_held(held: Held) -> Held: ...  # type: ignore[empty-body]  # never called
def put_in_held(held: Held, result: Held) -> Held: ...  # type: ignore[empty-body]  # never called


def settled_untyped(settle: Any) -> Any:  # noqa: ANN401 - of settles that types refuse
    return reserve.settled_by(settle).kept("x")


reserve_untyped: Any = reserve
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


def test_every_refusal_is_the_author_s() -> None:
    """A definition that is wrong is wrong where it is made, and nowhere else."""
    assert all(
        issubclass(one, DefinitionError)
        for one in (DuplicatePath, InvalidStepOrder, TooLarge, TypesDoNotMeet, UnsupportedType, UntypedStep)
    )
