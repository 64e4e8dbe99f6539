"""Steps and reads: how a body becomes a block, and what may be said of it."""

import asyncio
import functools
import inspect
from datetime import timedelta
from typing import Any

import pytest
from attrs import frozen

from resaga import Action, AsyncAction, Attempt, DidNotHappen, Irreversible, Read, Retry, Step, read, step
from resaga.core.block import Arrow
from resaga.core.errors import InvalidBody, InvalidName, InvalidOption, NeedsAttempt
from resaga.core.node import Doing, Kind
from resaga.core.retry import PATIENT
from resaga.core.step import span as span_of

SECOND = timedelta(seconds=1)


@frozen
class Order:
    id: str


@frozen
class Held:
    hold: str


def reserve(order: Order) -> Held:
    """Hold the money."""
    return Held(order.id)


async def reserve_async(order: Order, attempt: Attempt) -> Held:
    return Held(attempt.key)


def release(held: Held, attempt: Attempt) -> None: ...


def find(order: Order, attempt: Attempt) -> Held | DidNotHappen:
    return DidNotHappen()


async def find_async(order: Order, attempt: Attempt) -> Held | DidNotHappen:
    return DidNotHappen()


def charge(held: Held, attempt: Attempt) -> str:
    return attempt.path


class Bank:
    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def hold(self, order: Order, attempt: Attempt) -> Held:
        return Held(self.prefix + order.id)

    def release(self, held: Held) -> None: ...


def doing(block: Arrow) -> Doing:
    assert isinstance(block.node, Doing)
    return block.node


# ---- a step ---------------------------------------------------------------------------------------------


def test_a_step_is_no_block_until_it_is_said_how_it_is_taken_back() -> None:
    """Three ways, three kinds."""
    action = step(reserve)
    assert isinstance(action, Action)
    assert not isinstance(action, Arrow)
    undone, kept, final = action.undone_by(release), action.kept("it lapses"), action.irreversible()
    assert (type(undone), type(kept), type(final)) == (Step, Step, Irreversible)
    assert [doing(one).kind for one in (undone, kept, final)] == [Kind.UNDONE, Kind.KEPT, Kind.IRREVERSIBLE]
    undoing = doing(undone).undoing
    assert undoing is not None
    assert (undoing.body.function, undoing.retry) == (release, PATIENT)
    assert doing(kept).reason == "it lapses"


def test_an_async_step_is_said_in_the_same_words() -> None:
    """It alone may time out, if there is a way to find out what became of it."""
    action = step(reserve_async)
    assert isinstance(action, AsyncAction)
    settled = action.settled_by(find_async, timeout=SECOND, retry=Retry(2))
    assert isinstance(settled, AsyncAction)
    undone, kept, final = settled.undone_by(release), settled.kept("it lapses"), settled.irreversible()
    assert (type(undone), type(kept), type(final)) == (Step, Step, Irreversible)
    for block in (undone, kept, final):
        node = doing(block)
        assert node.settling is not None
        assert (node.settling.body.function, node.settling.retry, node.timeout) == (
            find_async,
            Retry(2),
            SECOND,
        )


def test_what_is_said_of_a_step_changes_no_other() -> None:
    """An action is a value; each word gives a new one."""
    action = step(reserve)
    settled = action.settled_by(find)
    assert doing(action.kept("x")).settling is None
    assert doing(settled.kept("x")).settling is not None
    assert doing(settled.undone_by(release, retry=Retry(3))).reason is None


def test_the_options_of_a_step() -> None:
    """How often, under which name, how long the world honours the key, and types against annotations."""
    made = step(name="hold", retry=Retry(3), key_life=SECOND, takes=str, gives=int)(reserve)
    node = doing(made.kept("x"))
    assert (node.body.name, node.retry, node.key_life) == ("hold", Retry(3), SECOND)
    assert (node.body.takes, node.body.gives) == (str, int)


def test_a_bound_method_brings_its_client() -> None:
    """The step of one bank is not that of another."""
    bank = Bank("north-")
    action = step(bank.hold)
    assert action(Order("1"), Attempt(path="hold")) == Held("north-1")
    undoing = doing(action.undone_by(bank.release)).undoing
    assert undoing is not None
    assert undoing.body.function == bank.release


def test_a_partial_is_a_body_too() -> None:
    """It is called as the function inside, and known by its name."""

    def hold(order: Order, *, prefix: str) -> Held:
        return Held(prefix + order.id)

    action = step(functools.partial(hold, prefix="south-"))
    assert action(Order("1")) == Held("south-1")
    assert action.unfinished == "hold"


def test_local_types_of_annotations_that_are_text_are_found() -> None:
    """In a body, and in what stands beside it."""

    class Local: ...

    def make(order: "Local") -> "list[Local]":
        return [order]

    def unmake(made: "list[Local]", attempt: "Attempt") -> "None": ...
    def look(order: "Local", attempt: "Attempt") -> "list[Local] | DidNotHappen":
        return [order]

    for action in (step(make), step(name="make")(make)):
        node = doing(action.settled_by(look).undone_by(unmake))
        assert node.undoing is not None
        assert node.settling is not None
        assert (node.body.takes, node.body.gives) == (Local, list[Local])
        assert node.undoing.body.takes == list[Local]
        assert node.settling.body.takes is Local
    for found in (read(make), read(name="make")(make)):
        assert doing(found).body.takes is Local


# ---- called ---------------------------------------------------------------------------------------------


def test_a_step_called_is_the_plain_function() -> None:
    """So it is tested as one; it also keeps the function's name and docstring."""
    action = step(reserve)
    assert action(Order("1")) == Held("1")
    assert (action.__name__, action.__doc__) == ("reserve", "Hold the money.")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # of the function
    assert action.unfinished == "reserve"


def test_an_async_step_called_is_awaited() -> None:
    """It gives what the coroutine function gives."""
    attempt = Attempt(path="reserve")
    assert asyncio.run(_awaited(step(reserve_async), attempt)) == Held(attempt.key)


async def _awaited(action: AsyncAction[Order, Held] | Read[Order, Held], attempt: Attempt) -> Held:
    return await action(Order("1"), attempt)


def test_a_step_that_takes_an_attempt_needs_one() -> None:
    """The message says how it is made; one that takes none may be given one all the same."""
    said = r"'charge' takes an Attempt.*charge\(context, attempt\('charge'\)\), with resaga"
    with pytest.raises(NeedsAttempt, match=said) as caught:
        step(charge)(Held("h"))
    assert caught.value.path == "charge"
    assert step(charge)(Held("h"), Attempt(path="here")) == "here"
    assert step(reserve)(Order("1"), Attempt(path="here")) == Held("1")


# ---- a read ---------------------------------------------------------------------------------------------


def test_a_read_is_a_block_at_once() -> None:
    """There is nothing to undo."""
    made = read(reserve)
    assert type(made) is Read
    assert (doing(made).kind, doing(made).retry, doing(made).timeout) == (Kind.READ, None, None)


def test_a_read_called_is_the_plain_function() -> None:
    """As a step is; and whoever inspects it sees that function."""
    made = read(reserve)
    assert made(Order("1")) == Held("1")
    assert (made.__name__, inspect.signature(made)) == ("reserve", inspect.signature(reserve))
    assert doing(read(made)).body.parameters == doing(made).body.parameters
    with pytest.raises(NeedsAttempt, match=r"'charge' takes an Attempt"):
        read(charge)(Held("h"))
    attempt = Attempt(path="look")
    assert asyncio.run(_awaited(read(reserve_async), attempt)) == Held(attempt.key)


def test_the_options_of_a_read() -> None:
    """An async one may time out: nothing can be in doubt."""
    made = read(name="look", retry=Retry(3), timeout=SECOND, takes=str, gives=int)(reserve_async)
    node = doing(made)
    assert (node.body.name, node.retry, node.timeout) == ("look", Retry(3), SECOND)
    assert (node.body.takes, node.body.gives) == (str, int)


def test_a_blocking_read_cannot_be_given_up() -> None:
    """A thread cannot be stopped."""
    untyped: Any = read(timeout=SECOND)
    with pytest.raises(InvalidOption, match="'reserve': a blocking body cannot be given up in time; make it async"):
        untyped(reserve)


# ---- refused --------------------------------------------------------------------------------------------


def with_customer(order: Order, customer: str) -> Held:
    return Held(customer)


def with_later(order: Order, attempt: "Elsewhere") -> Held:  # type: ignore[name-defined]  # noqa: F821  # pyright: ignore[reportUndefinedVariable]  # it is nowhere
    return Held("h")


@pytest.mark.parametrize("wrong", [step, read, step(reserve).undone_by, step(reserve).settled_by])
def test_a_second_parameter_is_an_attempt(wrong: Any) -> None:  # noqa: ANN401 - untyped on purpose
    """All else belongs to the context, or to the object whose method it is."""
    with pytest.raises(InvalidBody, match=r"'with_customer' would be given an Attempt as its second .* not str"):
        wrong(with_customer)


def test_a_second_parameter_that_nobody_can_judge_passes() -> None:
    """Without an annotation, or with one that cannot be resolved yet."""
    step(with_later)
    untyped: Any = step(name="lambda")
    untyped(lambda order, attempt: (order, attempt))


@pytest.mark.parametrize("why", ["", "  ", None, 3])
def test_what_is_kept_needs_a_reason(why: Any) -> None:  # noqa: ANN401 - of any wrong type
    """A rollback plan shows it."""
    with pytest.raises(InvalidOption, match=r"'reserve': \.kept\(…\) needs the reason why nothing is undone"):
        step(reserve).kept(why)


@pytest.mark.parametrize("made", [lambda: step(name="a/b")(reserve), lambda: read(name="a b")(reserve)])
def test_a_name_may_stand_in_a_path(made: Any) -> None:  # noqa: ANN401 - untyped on purpose
    """Slashes join names."""
    with pytest.raises(InvalidName, match="is no name"):
        made()


@pytest.mark.parametrize("made", [step, read])
def test_a_retry_is_a_policy(made: Any) -> None:  # noqa: ANN401 - untyped on purpose
    """A number says too little."""
    undone_by: Any = step(reserve).undone_by
    with pytest.raises(InvalidOption, match=r"retry=3 is no Retry; write retry=Retry\(attempts=3\)"):
        made(retry=3)(reserve)
    with pytest.raises(InvalidOption, match="retry=3 is no Retry"):
        undone_by(release, retry=3)


@pytest.mark.parametrize("span", [timedelta(0), timedelta(-1), 3, "1s"])
def test_a_span_of_time_lies_ahead(span: Any) -> None:  # noqa: ANN401 - of any wrong type
    """A timeout of nothing would give up before it begins."""
    with pytest.raises(InvalidOption, match=r"timeout=.* is no span of time; give a timedelta above zero"):
        step(reserve_async).settled_by(find_async, timeout=span)
    with pytest.raises(InvalidOption, match="key_life="):
        step(key_life=span)(reserve)
    with pytest.raises(InvalidOption, match="x="):
        span_of("x", span)
    assert span_of("x", SECOND) == SECOND
