"""Bodies: functions of the user's, and what their signatures say."""

import functools
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import pytest

from resaga import Attempt
from resaga.core import limits
from resaga.core.body import UNSAID, Body, awaits, body, is_text, title, valid_name
from resaga.core.errors import InvalidBody, InvalidName, UnresolvedAnnotation, UntypedStep

if TYPE_CHECKING:
    from somewhere import Elsewhere  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]  # it is nowhere at run time

F = TypeVar("F", bound=Callable[..., Any])
ATTEMPT = ("its context", "an Attempt")


class Order: ...


class Held: ...


def plain(order: Order) -> Held:
    return Held()


def with_attempt(order: Order, attempt: Attempt) -> Held:
    return Held()


async def coroutine(order: Order) -> Held:
    return Held()


def gives_an_awaitable(order: Order) -> Awaitable[Held]:
    return coroutine(order)


def gives_a_coroutine(order: Order) -> Coroutine[Any, Any, Held]:
    return coroutine(order)


def of_text(order: "Order", attempt: "Attempt") -> "list[Later]":
    return [Later()]


def of_parts(order: list["Order"]) -> dict[str, "Later"]:
    return {}


def with_more(order: Order, tries: int = 3, *, loud: bool = False) -> Held:
    return Held()


def with_optional_attempt(order: Order, attempt: Attempt | None = None) -> Held:
    return Held()


def of_elsewhere(order: "Elsewhere") -> Held:
    return Held()


def logged(function: F) -> F:
    @functools.wraps(function)
    def around(*arguments: object) -> object:
        return function(*arguments)

    return around  # type: ignore[return-value]  # pyright: ignore[reportReturnType]  # as decorators were written


class Bank:
    client: "Elsewhere"  # an annotation of the class is none of its bodies

    def hold(self, order: Order, attempt: Attempt) -> Held:
        return Held()

    @staticmethod
    def check(order: Order) -> Held:
        return Held()

    @classmethod
    def open(cls, order: Order) -> Held:
        return Held()

    def __call__(self, order: Order) -> Held:
        return Held()


class AsyncBank:
    async def __call__(self, order: Order) -> Held:
        return Held()


def read(function: object, **said: Any) -> Body:  # noqa: ANN401 - any option
    return body(function, ATTEMPT, optional=1, **said)


@pytest.mark.parametrize(
    ("function", "name", "takes", "waits"),
    [
        (plain, "plain", (Order,), False),
        (with_attempt, "with_attempt", (Order, Attempt), False),
        (coroutine, "coroutine", (Order,), True),
        (gives_an_awaitable, "gives_an_awaitable", (Order,), True),
        (gives_a_coroutine, "gives_a_coroutine", (Order,), True),
        (with_more, "with_more", (Order,), False),
        (with_optional_attempt, "with_optional_attempt", (Order, Attempt | None), False),
        (logged(plain), "plain", (Order,), False),
        (logged(coroutine), "coroutine", (Order,), True),
        (Bank().hold, "hold", (Order, Attempt), False),
        (Bank.check, "check", (Order,), False),
        (Bank.open, "open", (Order,), False),
        (Bank(), "Bank", (Order,), False),
        (AsyncBank(), "AsyncBank", (Order,), True),
        (functools.partial(with_more, tries=5), "with_more", (Order,), False),
        (functools.partial(coroutine), "coroutine", (Order,), True),
        (functools.partial(Bank().hold), "hold", (Order, Attempt), False),
        (functools.partial(Bank()), "Bank", (Order,), False),
    ],
)
def test_what_a_function_says(
    function: Callable[..., Any],
    name: str,
    takes: tuple[object, ...],
    waits: bool,  # noqa: FBT001 - it is said in a table
) -> None:
    """Plain or async, of one parameter or two; methods, partials and objects that can be called."""
    one = read(function)
    assert (one.function, one.name, one.parameters, one.gives) == (function, name, takes, Held)
    assert (one.takes, one.awaits) == (Order, waits)
    assert title(function) == name


def test_what_is_said_beside_a_function_comes_first() -> None:
    """A name against renaming; types where annotations can't be read."""
    one = body(plain, ("a", "b"), optional=1, name="reserve", takes=int, gives=str)
    assert (one.name, one.parameters, one.gives) == ("reserve", (int,), str)
    assert body(with_attempt, ("a", "b"), asks=int).parameters == (Order, int)
    assert read(lambda _: 3, name="three", takes=int, gives=int).name == "three"


def test_what_is_not_said_is_unsaid() -> None:
    """It is asked for only where it is needed."""
    one = read(lambda _: 3, name="three")
    assert (one.parameters, one.gives) == ((UNSAID,), UNSAID)
    with pytest.raises(UntypedStep, match=r"'x/three' does not say what it takes; annotate <lambda>, or give takes=…"):
        one.said(one.takes, "it takes", "x/three", {})
    with pytest.raises(UntypedStep, match=r"does not say what it returns; .*or give gives=…") as caught:
        one.said(one.gives, "it returns", "x/three", {})
    assert caught.value.path == "x/three"


# ---- annotations that are text --------------------------------------------------------------------------


def test_text_is_resolved_as_soon_as_it_can_be() -> None:
    """What is there when a function is decorated, then; what comes later, when a saga is made."""
    one = read(of_text)
    assert one.parameters == (Order, Attempt)
    assert one.gives == list[Later]
    other = read(of_parts)
    assert (other.takes, other.gives) == (list[Order], dict[str, Later])


def test_local_classes_are_found() -> None:
    """Annotations may name what is local to where the step is defined."""

    class Local: ...

    def local(order: "Local") -> "list[Local]":
        return [order]

    one = body(local, ("its context",), depth=1)
    assert (one.takes, one.gives) == (Local, list[Local])


def test_local_classes_that_come_later_are_found_when_the_saga_is_made() -> None:
    """The names that are seen there are asked again."""

    def local(order: "Afterwards") -> None: ...

    one = body(local, ("its context",), depth=1)
    assert is_text(one.takes)

    class Afterwards: ...

    assert one.said(one.takes, "it takes", "local", {"Afterwards": Afterwards}) is Afterwards


def test_a_name_for_type_checkers_only_cannot_be_resolved() -> None:
    """The message says which annotation, of which step, and the two ways out."""
    one = read(of_elsewhere)
    assert is_text(one.takes)
    said = "'Elsewhere' of 'x' cannot be resolved .*if TYPE_CHECKING.*takes=…, gives=…"
    with pytest.raises(UnresolvedAnnotation, match=said) as caught:
        one.resolved(one.takes, "x", {})
    assert (caught.value.path, caught.value.annotation) == ("x", "Elsewhere")
    assert read(of_elsewhere, takes=Order).takes is Order


@pytest.mark.parametrize("text", ["Order | 'Else'", "Order.missing", "not an annotation", "dict[", "missing"])
def test_text_that_is_wrong_is_like_text_that_is_not_there(text: str) -> None:
    """It is an error of the definition, whatever Python thinks of it."""

    def wrong(order: Order) -> None: ...

    wrong.__annotations__["order"] = text
    one = read(wrong)
    with pytest.raises(UnresolvedAnnotation):
        one.resolved(one.takes, "wrong", {})


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        ("Order", True),
        (list["Order"], True),
        (dict[str, "Order | None"], True),
        (Order, False),
        (Literal["a"], False),
        (Annotated[int, "cents"], False),
        (Annotated["Order", "mine"], True),
        (None, False),
        (UNSAID, False),
    ],
    ids=str,
)
def test_text_may_be_a_part(annotation: object, text: bool) -> None:  # noqa: FBT001 - it is said in a table
    """The values of a literal and what is said beside a type are none."""
    assert is_text(annotation) is text


# ---- what is no body ------------------------------------------------------------------------------------


def no_parameter() -> None: ...
def three(a: int, b: int, c: int) -> None: ...
def any_number(*a: int) -> None: ...
def by_name(a: int, *, b: int) -> None: ...


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (None, "None is no function; a body is a function or a bound method"),
        ("reserve", "'reserve' is no function"),
        (Bank, "Bank'> is no function"),
        (no_parameter, "no_parameter has 0 parameters; it is called with its context and an Attempt"),
        (three, "three has 3 parameters; .*of which it may leave out the last"),
        (any_number, "any_number has 0 parameters"),
        (by_name, "by_name has a keyword-only parameter without a default; nobody gives it"),
        (dict.fromkeys.__class__, "is no function"),
        (iter, "has no signature that can be read; wrap it in a function"),
    ],
)
def test_what_cannot_be_called_as_a_body_is_refused(function: object, why: str) -> None:
    """What it is, and how it would be called."""
    with pytest.raises(InvalidBody, match=why):
        read(function)


def test_a_function_of_all_its_arguments_says_nothing_of_leaving_any_out() -> None:
    """A gate's body takes the context and the answer."""
    with pytest.raises(InvalidBody, match=r"it is called with the context and the answer\.$"):
        body(plain, ("the context", "the answer"))


@pytest.mark.parametrize("name", ["a", "reserve-2", "v1.2_x", "A" * limits.NAME_LENGTH])
def test_a_name_may_stand_in_a_path(name: str) -> None:
    """Letters, digits, underscore, hyphen and dot."""
    assert valid_name(name) == name


@pytest.mark.parametrize("name", ["", "a/b", "a b", "ä", "A" * (limits.NAME_LENGTH + 1), None, 3])
def test_what_may_not_is_refused(name: object) -> None:
    """Slashes join names, and stores keep them."""
    with pytest.raises(InvalidName, match="is no name: 1 to 64 characters of letters, digits"):
        valid_name(name)


def test_a_lambda_needs_a_name() -> None:
    """Its path would be the same as every other lambda's."""
    with pytest.raises(InvalidName, match=r"a lambda has none: write a function"):
        read(lambda order: order)


def test_what_awaits() -> None:
    """A coroutine function, or an object whose call is one."""
    assert awaits(coroutine)
    assert awaits(AsyncBank())
    assert not awaits(plain)
    assert not awaits(Bank())


class Later: ...
