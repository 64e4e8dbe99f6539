"""Programs as data, so that they can be edited: a sketch is built into a saga whose bodies act on a world."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from random import Random
from typing import Any, Final, TypeAlias, final

from attrs import field, frozen

from resaga import (
    Attempt,
    Default,
    DidNotHappen,
    Reject,
    Rejected,
    Retry,
    Saga,
    branch,
    gate,
    read,
    step,
    wait,
    when,
)
from resaga.core.combine import within
from resaga.core.gate import STAY
from resaga.core.node import Expiry
from tests.worlds import Role, World

AnySaga: TypeAlias = Saga[Any, Any, Any]
SLOWLY: Final = Retry(3, delay=timedelta(minutes=1))


@frozen
class Cart:
    """What every step takes and gives, in the first program."""

    items: int
    cents: int
    note: str = ""


@frozen
class Basket:
    """The same under another name."""

    items: int
    cents: int
    note: str = ""


@frozen
class Turned:
    """The same in another order."""

    cents: int
    items: int
    note: str = ""


@frozen
class Grown:
    """The same with one more field that has a default."""

    items: int
    cents: int
    note: str = ""
    tip: int = 0


@frozen
class Taxed:
    """One more field, without a default."""

    items: int
    cents: int
    tax: int
    note: str = ""


@frozen
class Shrunk:
    """One field less, which had a default."""

    items: int
    cents: int


STYLES: Final = (Cart, Basket, Turned, Grown, Taxed, Shrunk)


def _with_voucher(style: type) -> type:
    """A case of that type with a field of its own: what a step gives that was re-typed."""
    return frozen(
        type(
            "Special" + style.__name__,
            (style,),
            {"__annotations__": {"voucher": str}, "voucher": field()},
        ),
        kw_only=True,
    )


VOUCHERS: Final[Mapping[type, type]] = {style: _with_voucher(style) for style in STYLES}


@final
@frozen
class Leaf:
    """A step, a read or a gate."""

    uid: int
    kind: str
    name: str
    gives_voucher: bool = False
    takes_none: bool = False
    asks_number: bool = False
    settled: bool = False
    retry: Retry | None = None
    undo_name: str = "take_back"
    reason: str = "it harms nobody"
    deadline: timedelta | None = None
    expiry: Expiry = STAY


@final
@frozen
class Timer:
    """A wait."""

    uid: int
    hours: int
    name: str | None = None


@final
@frozen
class Either:
    """A `when`, or with two sides a `branch`; it `goes` to the yes side, or does not."""

    uid: int
    test: str
    goes: bool
    yes: "tuple[Item, ...]"
    no: "tuple[Item, ...]" = ()


@final
@frozen
class Inside:
    """A `within`."""

    uid: int
    items: "tuple[Item, ...]"


@final
@frozen
class Group:
    """A named block."""

    uid: int
    name: str
    items: "tuple[Item, ...]"


Item: TypeAlias = Leaf | Timer | Either | Inside | Group


@final
@frozen
class Sketch:
    """A whole program."""

    items: tuple[Item, ...]
    style: type = Cart
    version: int = 1


# ---- looking at it ------------------------------------------------------------------------------


def everything(items: tuple[Item, ...]) -> Iterator[Item]:
    """All items, in the order of the program."""
    for item in items:
        yield item
        for side in sides(item):
            yield from everything(side)


def sides(item: Item) -> tuple[tuple[Item, ...], ...]:
    """The lists of items that are directly inside."""
    match item:
        case Either(yes=yes, no=no):
            return (yes, no) if no else (yes,)
        case Inside(items=items) | Group(items=items):
            return (items,)
        case _:
            return ()


def sound(items: tuple[Item, ...]) -> bool:
    """Whether each list has a step: timers alone are no block."""
    return any(isinstance(one, Leaf) for one in everything(items)) and all(
        sound(side) for item in items for side in sides(item)
    )


def paths(items: tuple[Item, ...], prefix: str = "") -> Iterator[tuple[int, str]]:
    """The items that have instructions of their own, each with its path."""
    for item in items:
        match item:
            case Leaf(uid=uid, name=name):
                yield uid, prefix + name
            case Timer(uid=uid, hours=hours, name=name):
                yield uid, prefix + (name or f"wait-{hours}h")
            case Either(uid=uid, test=test, yes=yes, no=no):
                yield uid, prefix + test
                yield from paths(yes, prefix)
                if no:
                    yield uid, prefix + "otherwise"
                    yield from paths(no, prefix)
            case Inside(uid=uid, items=within_it):
                yield uid, prefix + "get"
                yield from paths(within_it, prefix)
                yield uid, prefix + "put"
            case Group(name=name, items=within_it):
                yield from paths(within_it, f"{prefix}{name}/")


# ---- building it --------------------------------------------------------------------------------


def build(sketch: Sketch, world: World, blocks: dict[int, Any] | None = None) -> AnySaga:
    """The saga of a sketch; `blocks` collects what was made of each leaf."""
    return Saga(
        "edited",
        _Building(sketch, world, {} if blocks is None else blocks).chain(sketch.items),
        version=sketch.version,
    )


@final
class _Building:
    def __init__(self, sketch: Sketch, world: World, blocks: dict[int, Any]) -> None:
        self.style: Any = sketch.style
        self.voucher: Any = VOUCHERS[sketch.style]
        self.world = world
        self.blocks = blocks

    def chain(self, items: tuple[Item, ...]) -> Any:  # noqa: ANN401 - a block
        whole: Any = None
        for item in items:
            made = self.block(item)
            whole = made if whole is None else whole >> made
        return whole

    def block(self, item: Item) -> Any:  # noqa: ANN401 - a block
        match item:
            case Leaf():
                made = self.blocks[item.uid] = self.leaf(item)
                return made
            case Timer(hours=hours, name=name):
                return wait(timedelta(hours=hours), name=name)
            case Either(yes=yes, no=()):
                return when(self.test(item), self.chain(yes))
            case Either(yes=yes, no=no):
                return branch(self.test(item), self.chain(yes), self.chain(no))
            case Inside(items=items):
                return within(self.chain(items), self.taken_out, self.put_back, gives=self.style)
            case Group(name=name, items=items):
                return self.chain(items).named(name)

    def leaf(self, leaf: Leaf) -> Any:  # noqa: ANN401 - a block
        takes = self.style | None if leaf.takes_none else self.style
        gives = self.voucher if leaf.gives_voucher else self.style
        types: Any = {"name": leaf.name, "takes": takes, "gives": gives}
        if leaf.kind == "gate":
            asks = int if leaf.asks_number else bool
            making: Any = gate
            return making(deadline=leaf.deadline, expiry=leaf.expiry, asks=asks, **types)(self.decide(leaf))
        decorate: Any = (read if leaf.kind == "read" else step)(retry=leaf.retry, **types)
        action = decorate(self.body(leaf))
        if leaf.kind == "read":
            return action
        if leaf.settled:
            action = action.settled_by(self.settle(leaf))
        match leaf.kind:
            case "undone":
                return action.undone_by(self.undo(leaf))
            case "kept":
                return action.kept(leaf.reason)
            case _:
                return action.irreversible()

    # ---- bodies ---------------------------------------------------------------------------------

    def result(self, leaf: Leaf, context: Any) -> Any:  # noqa: ANN401 - of the style
        more = {"voucher": "V"} if leaf.gives_voucher else {}
        return self.cart(self.voucher if leaf.gives_voucher else self.style, context, 1, **more)

    def cart(self, kind: Any, context: Any, added: int, **more: object) -> Any:  # noqa: ANN401 - of the style
        tax = {"tax": 1} if self.style is Taxed else {}
        return kind(items=context.items + added, cents=context.cents, **more, **tax)

    def body(self, leaf: Leaf) -> Any:  # noqa: ANN401 - a function
        def body(context: Any, attempt: Attempt) -> Any:  # noqa: ANN401
            self.world.called(Role.DO, leaf.name, context, attempt)
            return self.result(leaf, context)

        return body

    def undo(self, leaf: Leaf) -> Any:  # noqa: ANN401 - a function
        def undo(context: Any, attempt: Attempt) -> None:  # noqa: ANN401
            self.world.called(Role.UNDO, leaf.name, context, attempt)

        undo.__name__ = leaf.undo_name
        return undo

    def settle(self, leaf: Leaf) -> Any:  # noqa: ANN401 - a function
        def settle(context: Any, attempt: Attempt) -> Any:  # noqa: ANN401
            self.world.called(Role.SETTLE, leaf.name, context, attempt)
            return self.result(leaf, context) if leaf.name in self.world.there else DidNotHappen()

        return settle

    def decide(self, leaf: Leaf) -> Any:  # noqa: ANN401 - a function
        def decide(context: Any, answer: Any) -> Any:  # noqa: ANN401
            self.world.called(Role.DECIDE, leaf.name, context)
            if not answer:
                raise Rejected("declined")
            return self.result(leaf, context)

        return decide

    def test(self, either: Either) -> Any:  # noqa: ANN401 - a function
        def test(context: Any) -> bool:  # noqa: ANN401
            self.world.called(Role.TEST, either.test, context)
            return either.goes

        test.__name__ = either.test
        return test

    def taken_out(self, context: Any) -> Any:  # noqa: ANN401
        return self.cart(self.style, context, 0)

    def put_back(self, context: Any, inner: Any) -> Any:  # noqa: ANN401
        return self.cart(self.style, inner, 0)


def with_voucher(cart: Any) -> Any:  # noqa: ANN401 - of one of the styles
    """What a re-typed step gives, of what it gave before."""
    return VOUCHERS[type(cart)](items=cart.items, cents=cart.cents, voucher="V")


# ---- drawing one --------------------------------------------------------------------------------


@final
class Pencil:
    """Draws sketches by chance."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.uid = 0

    def sketch(self) -> Sketch:
        """A program; not every one can be built."""
        items = self.items(self.random.randint(2, 6), depth=0)
        last = self.leaf(self.random.choice((self.kind(), "irreversible")))
        after = (Timer(self.new(), 3), self.leaf("read")) if self.random.random() < 0.3 else ()
        return Sketch((self.leaf("read"), *items, last, *after))

    def new(self) -> int:
        self.uid += 1
        return self.uid

    def kind(self) -> str:
        return self.random.choice(("read", "undone", "undone", "kept", "gate"))

    def items(self, count: int, depth: int) -> tuple[Item, ...]:
        return tuple(self.item(depth) for _ in range(count))

    def item(self, depth: int) -> Item:
        draw = self.random.random()
        if draw < 0.55 or depth == 2:
            return self.leaf(self.kind())
        if draw < 0.7:
            return Timer(
                self.new(),
                self.random.choice((1, 2)),
                f"pause{self.uid}" if self.random.random() < 0.3 else None,
            )
        items = self.items(self.random.randint(1, 3), depth + 1)
        if draw < 0.78:
            return Group(self.new(), f"part{self.uid}", self.with_leaf(items))
        if draw < 0.86:
            return Inside(self.new(), self.with_leaf(items))
        no = self.with_leaf(self.items(1, depth + 1)) if draw < 0.93 else ()
        return Either(self.new(), f"is{self.uid % 3}", self.random.random() < 0.6, self.with_leaf(items), no)

    def with_leaf(self, items: tuple[Item, ...]) -> tuple[Item, ...]:
        """A block must have a type, so it begins with a leaf."""
        return (self.leaf(self.kind()), *items)

    def leaf(self, kind: str) -> Leaf:
        uid, random = self.new(), self.random
        return Leaf(
            uid,
            kind,
            f"{kind}{uid}",
            settled=random.random() < 0.3,
            retry=SLOWLY if random.random() < 0.3 else None,
            deadline=timedelta(days=1) if kind == "gate" and random.random() < 0.3 else None,
        )


EXPIRIES: Final[tuple[Expiry, ...]] = (STAY, Reject("late"), Default[object](answer=True))
