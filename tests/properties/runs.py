"""What a run of a sketch has come to: found out naively, from the trail and the sketch alone."""

from typing import final

from resaga.core.fact import COMPLETIONS, Fact
from resaga.core.state import ExecutionState, Phase
from tests.properties.sketches import Inside, Item, Leaf, Sketch, Timer, everything, paths


@final
class Run:
    """What a run has come to, by the items of its sketch."""

    def __init__(self, sketch: Sketch, state: ExecutionState) -> None:
        self.sketch = sketch
        self.path: dict[int, str] = {}
        uids: list[int] = []
        for uid, path in paths(sketch.items):
            uids.append(uid)
            self.path.setdefault(uid, path)
        self.items = {item.uid: item for item in everything(sketch.items)}
        self.begun = state.phase is not Phase.NEW
        self.settling = state.phase is Phase.SETTLING
        self.over = state.phase is Phase.COMPLETED
        self.done: list[int] = []
        self.chosen: dict[int, bool] = {}
        for fact, index, _, _, _ in state.trail.rows():
            uid = uids[index] if index < len(uids) else 0
            if fact in (Fact.CHOSE_YES, Fact.CHOSE_NO):
                self.chosen[uid] = fact is Fact.CHOSE_YES
            elif (fact in COMPLETIONS or fact is Fact.WOKE) and uid not in self.done:
                timer = isinstance(self.items[uid], Timer)
                if timer == (fact is Fact.WOKE):
                    self.done.append(uid)
        self.standing = uids[state.index] if self.begun and state.index < len(uids) else None
        self.turned_at: int | None = None
        if self.standing in self.done and not isinstance(self.items[self.standing], Inside):
            self.turned_at, self.standing = self.standing, None

    @property
    def came_to(self) -> list[int]:
        """All items that it came to, in order."""
        return [
            *self.done,
            *([self.standing] if self.standing is not None and self.standing not in self.done else []),
        ]

    def leaves(self) -> list[Leaf]:
        """The leaves among them."""
        return [item for item in map(self.items.__getitem__, self.came_to) if isinstance(item, Leaf)]

    def ahead(self) -> list[Leaf]:
        """The leaves that it has not come to."""
        return [one for one in self.items.values() if isinstance(one, Leaf) and one.uid not in self.came_to]

    def holds(self, one: Item) -> bool:
        """Whether it is done and has to stay: something takes it back, or never may, or the run turned there."""
        held = one.uid in self.done and isinstance(one, Leaf) and one.kind in ("undone", "irreversible")
        return held or one.uid == self.turned_at
