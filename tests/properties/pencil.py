"""A pencil draws sketches by chance."""

from datetime import timedelta
from random import Random
from typing import Final, final

from resaga import Retry
from tests.properties.sketches import Either, Group, Inside, Item, Leaf, Sketch, Timer

SLOWLY: Final = Retry(3, delay=timedelta(minutes=1))


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
