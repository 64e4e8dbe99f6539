"""Builds a sketch into a saga whose bodies act on a world."""

from datetime import timedelta
from typing import Any, TypeAlias, final

from resaga import Attempt, DidNotHappen, Rejected, Saga, branch, gate, read, step, wait, when
from resaga.core.combine import within
from tests.properties.carts import VOUCHERS, Taxed
from tests.properties.sketches import Either, Group, Inside, Item, Leaf, Sketch, Timer
from tests.worlds import Role, World

AnySaga: TypeAlias = Saga[Any, Any, Any]


def build(sketch: Sketch, world: World, blocks: dict[int, Any] | None = None) -> AnySaga:
    """The saga of a sketch; `blocks` collects what was made of each leaf."""
    return Saga(
        "edited",
        _Building(sketch, world, {} if blocks is None else blocks).chain(sketch.items),
        version=sketch.version,
    )


@final
class _Building:
    asking: Any = staticmethod(gate)

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
            return self.asking(deadline=leaf.deadline, expiry=leaf.expiry, asks=asks, **types)(self.decide(leaf))
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
