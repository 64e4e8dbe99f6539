"""Edits of a program under a run that has begun: harmless ones, and harmful ones with what has to be said of them.

What the run has come to is found out naively, from the trail and the sketch; nothing here asks the code that is
proved.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from random import Random
from typing import Any, Final, TypeAlias, final

from attrs import evolve, frozen

from resaga.core.compatibility import Verdict
from resaga.core.fact import COMPLETIONS, Fact
from resaga.core.state import ExecutionState, Phase
from tests.properties.sketches import (
    EXPIRIES,
    SLOWLY,
    Basket,
    Either,
    Group,
    Grown,
    Inside,
    Item,
    Leaf,
    Shrunk,
    Sketch,
    Taxed,
    Timer,
    Turned,
    everything,
    paths,
    sides,
    with_voucher,
)

Said: TypeAlias = frozenset[tuple[str, str]]
"""What has to be said: what became of which path."""


@final
@frozen
class Edited:
    """A program after an edit. If it is harmful, what is said of it holds one of these `says`, and no more.

    `at_least`: more may be said. `mended` is what a migration has to be told.
    """

    sketch: Sketch
    harmful: bool = False
    says: tuple[Said, ...] = ()
    at_least: bool = False
    verdict: Verdict = Verdict.NEEDS_MIGRATION
    mended: "Mend | None" = None


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


Mend: TypeAlias = Callable[[Any, Mapping[int, Any], Mapping[int, Any]], Any]
"""Tells a migration what became of the blocks, old and new, by their leaves."""

Change: TypeAlias = Callable[[Item], tuple[Item, ...]]
Edit: TypeAlias = Callable[[Run, Random], "Edited | None"]


def changed(items: tuple[Item, ...], uid: int, change: Change) -> tuple[Item, ...]:
    """The items with one of them changed; what is empty then is gone too."""
    told: list[Item] = []
    for item in items:
        if item.uid == uid:
            told += change(item)
            continue
        match item:
            case Either(yes=yes, no=no):
                now = evolve(item, yes=changed(yes, uid, change), no=changed(no, uid, change))
                if now.yes and bool(now.no) == bool(no):
                    told.append(now)
                elif now.yes:
                    told.append(evolve(now, goes=item.goes))
                elif now.no:
                    told.append(evolve(now, yes=now.no, no=(), goes=not item.goes))
            case Inside(items=within) | Group(items=within):
                left = changed(within, uid, change)
                if left:
                    told.append(evolve(item, items=left))
            case _:
                told.append(item)
    return tuple(told)


def edit(run: Run, uid: int, change: Change) -> Sketch:
    """The sketch with one item changed."""
    return evolve(run.sketch, items=changed(run.sketch.items, uid, change))


def new_leaf(random: Random, kind: str = "read") -> Leaf:
    """A leaf that no sketch has."""
    return Leaf(random.randint(10_000, 99_999), kind, f"new-{kind}")


def siblings(items: tuple[Item, ...]) -> Iterator[tuple[Item, ...]]:
    """Every list of items that stand one after the other."""
    yield items
    for item in items:
        for side in sides(item):
            yield from siblings(side)


def harmful(
    sketch: Sketch, *says: tuple[tuple[str, str], ...], mended: Mend | None = None, lost: bool = False
) -> Edited:
    """An edit that has to be found, with what may be said of it; `lost` says that nothing can mend it."""
    verdict = Verdict.IMPOSSIBLE if lost else Verdict.NEEDS_MIGRATION
    return Edited(sketch, harmful=True, says=tuple(map(frozenset, says)), mended=mended, verdict=verdict)


# ---- harmless -----------------------------------------------------------------------------------


def rename_the_class(run: Run, random: Random) -> Edited | None:
    return Edited(evolve(run.sketch, style=Basket))


def reorder_the_fields(run: Run, random: Random) -> Edited | None:
    return Edited(evolve(run.sketch, style=Turned))


def add_a_defaulted_field(run: Run, random: Random) -> Edited | None:
    return Edited(evolve(run.sketch, style=Grown))


def change_policies(run: Run, random: Random) -> Edited | None:
    """Retries, undos, reasons, deadlines, settles: of every leaf."""

    def relaxed(items: tuple[Item, ...]) -> tuple[Item, ...]:
        sketch = items
        for one in everything(items):
            if isinstance(one, Leaf):
                settled = (run.settling and one.uid == run.standing) or random.random() < 0.5
                leaf: Any = one
                other: Any = evolve(
                    leaf,
                    retry=random.choice((None, SLOWLY)),
                    undo_name=f"undo{random.randint(0, 9)}",
                    reason=f"because {random.randint(0, 9)}",
                    settled=settled,
                )
                sketch = changed(sketch, one.uid, lambda _: (other,))  # noqa: B023 - called at once
        return sketch

    return Edited(evolve(run.sketch, items=relaxed(run.sketch.items)))


def change_a_deadline(run: Run, random: Random) -> Edited | None:
    gates = [one for one in run.items.values() if isinstance(one, Leaf) and one.kind == "gate" and not one.asks_number]
    if not gates:
        return None
    one, expiry = random.choice(gates), random.choice(EXPIRIES)
    other = evolve(one, deadline=SLOWLY.max_delay * random.randint(1, 9), expiry=expiry)
    return Edited(edit(run, one.uid, lambda _: (other,)))


def change_a_duration(run: Run, random: Random) -> Edited | None:
    timers = [one for one in run.items.values() if isinstance(one, Timer)]
    if not timers:
        return None
    one = random.choice(timers)
    return Edited(edit(run, one.uid, lambda _: (evolve(one, hours=one.hours + 5),)))


def add_below(run: Run, random: Random) -> Edited | None:
    """At the end: of a program that has not come to its end."""
    if run.over:
        return None
    return Edited(evolve(run.sketch, items=(*run.sketch.items, new_leaf(random))))


def change_ahead(run: Run, random: Random) -> Edited | None:
    """Whatever becomes of a leaf that the run has not come to."""
    if not run.ahead():
        return None
    one = random.choice(run.ahead())
    other = random.choice(
        (
            (),
            (evolve(one, name="renamed"),),
            (evolve(one, gives_voucher=True),),
            (evolve(one, kind="read"),),
            (evolve(one, kind="kept"),),
            (one, new_leaf(random)),
        )
    )
    sketch = edit(run, one.uid, lambda _: other)
    if run.standing is not None and all(item.uid != run.standing for item in everything(sketch.items)):
        return None  # it was all that a condition was for, and the run stands at that
    return Edited(sketch)


def wrap_the_tail(run: Run, random: Random) -> Edited | None:
    """In a named block: all top-level items behind the one that the run stands in."""
    items = run.sketch.items
    came_to = set(run.came_to)
    cut = next(n for n in range(len(items) + 1) if came_to.isdisjoint(one.uid for one in everything(items[n:])))
    if not any(isinstance(one, Leaf) for one in items[cut:]):
        return None
    return Edited(evolve(run.sketch, items=(*items[:cut], Group(99_999, "tail", items[cut:]))))


def rename_a_condition(run: Run, random: Random) -> Edited | None:
    found = [one for one in run.items.values() if isinstance(one, Either)]
    if not found:
        return None
    one = random.choice(found)
    return Edited(edit(run, one.uid, lambda _: (evolve(one, test="renamed-test"),)))


def swap_a_branch(run: Run, random: Random) -> Edited | None:
    found = [one for one in run.items.values() if isinstance(one, Either) and one.no]
    if not found:
        return None
    one = random.choice(found)
    return Edited(edit(run, one.uid, lambda _: (evolve(one, yes=one.no, no=one.yes, goes=not one.goes),)))


def add_a_branch_not_taken(run: Run, random: Random) -> Edited | None:
    """Before anything, or behind it."""
    one = random.choice(list(run.items.values()))
    aside = Either(88_888, "is-new", goes=False, yes=(new_leaf(random),))
    if run.over or random.random() < 0.5:
        return Edited(edit(run, one.uid, lambda item: (aside, item)))
    return Edited(edit(run, one.uid, lambda item: (item, aside)))


def make_optional(run: Run, random: Random) -> Edited | None:
    """Put what was unconditional under a condition."""
    leaves = [one for one in run.items.values() if isinstance(one, Leaf)]
    one = random.choice(leaves)
    return Edited(edit(run, one.uid, lambda item: (Either(88_888, "is-new", goes=True, yes=(item,)),)))


def make_unconditional(run: Run, random: Random) -> Edited | None:
    """Take away a condition that said yes."""
    found = [
        one
        for one in run.items.values()
        if isinstance(one, Either) and not one.no and run.chosen.get(one.uid) and run.standing != one.uid
    ]
    if not found:
        return None
    one = random.choice(found)
    return Edited(edit(run, one.uid, lambda _: one.yes))


def add_on_a_way_not_taken(run: Run, random: Random) -> Edited | None:
    found = [one for one in run.items.values() if isinstance(one, Either) and one.uid in run.chosen]
    ways = [one.no if run.chosen[one.uid] else one.yes for one in found]
    ways = [way for way in ways if way]
    if not ways:
        return None
    return Edited(edit(run, random.choice(ways)[0].uid, lambda item: (new_leaf(random), item)))


# ---- harmful ------------------------------------------------------------------------------------


def remove(run: Run, random: Random) -> Edited | None:
    if not run.leaves():
        return None
    one = random.choice(run.leaves())
    sketch = edit(run, one.uid, lambda _: ())
    if {item.uid for item in everything(sketch.items)} != run.items.keys() - {one.uid}:
        return None  # the block around it went too
    mended: Mend | None = None
    if not run.holds(one):
        mended = lambda migration, old, new: migration.drop(old[one.uid], "it is gone")  # noqa: E731 - one of many
    return harmful(sketch, (("removed", run.path[one.uid]),), mended=mended, lost=run.holds(one))


def rename(run: Run, random: Random) -> Edited | None:
    if not run.leaves():
        return None
    one = random.choice(run.leaves())
    path = run.path[one.uid]
    sketch = edit(run, one.uid, lambda _: (evolve(one, name="renamed"),))
    return _renamed(sketch, one, path, path.removesuffix(one.name) + "renamed")


def put_into_a_named_block(run: Run, random: Random) -> Edited | None:
    if not run.leaves():
        return None
    one = random.choice(run.leaves())
    path = run.path[one.uid]
    sketch = edit(run, one.uid, lambda item: (Group(77_777, "moved", (item,)),))
    return _renamed(sketch, one, path, path.removesuffix(one.name) + "moved/" + one.name)


def _renamed(sketch: Sketch, one: Leaf, path: str, other: str) -> Edited:
    # Where it is optional, one can get to where the run stands without the new one.
    gone, there = ("removed", path), ("added", other)
    return harmful(
        sketch,
        (gone, there),
        (gone,),
        mended=lambda migration, old, new: migration.step(old[one.uid], new[one.uid]),
    )


def retype(run: Run, random: Random) -> Edited | None:
    if not run.leaves():
        return None
    one = random.choice(run.leaves())
    others = [evolve(one, gives_voucher=True), evolve(one, takes_none=True)]
    if one.kind == "gate":
        others.append(evolve(one, asks_number=True))
    other = random.choice(others)

    def mended(migration: Any, old: Mapping[int, Any], new: Mapping[int, Any]) -> Any:  # noqa: ANN401
        said = migration.first(lambda cart: cart).step(old[one.uid], new[one.uid])
        if other.asks_number:
            said = said.answered(int)
        return said.using(lambda cart: with_voucher(cart) if other.gives_voucher else cart)

    return harmful(edit(run, one.uid, lambda _: (other,)), (("re-typed", run.path[one.uid]),), mended=mended)


def change_the_kind(run: Run, random: Random) -> Edited | None:
    if not run.leaves():
        return None
    one = random.choice(run.leaves())
    kind = random.choice([kind for kind in ("read", "undone", "kept", "gate", "irreversible") if kind != one.kind])
    sketch = edit(run, one.uid, lambda _: (evolve(one, kind=kind),))
    return harmful(sketch, ((f"changed from {one.kind} to {kind}", run.path[one.uid]),), lost=run.holds(one))


def insert_above(run: Run, random: Random) -> Edited | None:
    """Right before something that the run came to."""
    if not run.came_to:
        return None
    one = run.items[random.choice(run.came_to)]
    leaf = new_leaf(random, random.choice(("read", "undone", "kept", "gate")))
    mended: Mend | None = None
    if leaf.kind in ("read", "kept"):
        mended = lambda migration, old, new: migration.supply(new[leaf.uid]).using(lambda cart: cart)  # noqa: E731
    sketch = edit(run, one.uid, lambda item: (leaf, item))
    told = (("added", beside(run, one, leaf.name)),)
    return harmful(sketch, told, mended=mended, lost=leaf.kind == "gate")


def insert_a_timer_above(run: Run, random: Random) -> Edited | None:
    if not run.came_to:
        return None
    one = run.items[random.choice(run.came_to)]
    if isinstance(one, Timer):
        return None  # which of the two is the new one, nobody can tell
    sketch = edit(run, one.uid, lambda item: (Timer(66_666, 9), item))
    return harmful(sketch, (("added", beside(run, one, "wait-9h")),), mended=lambda migration, old, new: migration)


def remove_a_timer(run: Run, random: Random) -> Edited | None:
    timers = [uid for uid in run.done if isinstance(run.items[uid], Timer)]
    if not timers:
        return None
    uid = random.choice(timers)
    sketch = edit(run, uid, lambda _: ())
    return harmful(sketch, (("removed", run.path[uid]),), mended=lambda migration, old, new: migration)


def move(run: Run, random: Random) -> Edited | None:
    """What the run came to behind something that it came to later."""
    pairs = [
        (items[first], items[second], items[first + 1 : second + 1])
        for items in siblings(run.sketch.items)
        for first, second in combinations(range(len(items)), 2)
    ]
    came_to = {one.uid for one in run.leaves()}
    pairs = [pair for pair in pairs if {pair[0].uid, pair[1].uid} <= came_to]
    if not pairs:
        return None
    one, other, between = random.choice(pairs)
    without = edit(run, one.uid, lambda _: ())
    sketch = evolve(without, items=changed(without.items, other.uid, lambda item: (item, one)))
    lost = run.holds(one) and any(map(run.holds, everything(between)))
    return harmful(sketch, (("moved", run.path[one.uid]),), (("moved", run.path[other.uid]),), lost=lost)


def put_on_the_way(run: Run, random: Random) -> Edited | None:
    """Take away a condition that said no."""
    found = [
        one for one in run.items.values() if isinstance(one, Either) and not one.no and run.chosen.get(one.uid) is False
    ]
    if not found:
        return None
    one = random.choice(found)
    first = ("put on the way", run.path[one.yes[0].uid])
    return evolve(harmful(edit(run, one.uid, lambda _: one.yes), (first,)), at_least=True)


def require_a_field(run: Run, random: Random) -> Edited | None:
    return harmful(evolve(run.sketch, style=Taxed))


def remove_a_defaulted_field(run: Run, random: Random) -> Edited | None:
    return harmful(evolve(run.sketch, style=Shrunk))


def unsettled(leaf: Any) -> Any:  # noqa: ANN401 - an item that is known to be a leaf
    return evolve(leaf, settled=False)


def lose_the_settle(run: Run, random: Random) -> Edited | None:
    if not run.settling or run.standing is None:
        return None
    one = run.items[run.standing]
    sketch = edit(run, one.uid, lambda item: (unsettled(item),))
    return harmful(sketch, (("left without its settle", run.path[one.uid]),), lost=True)


def beside(run: Run, one: Item, name: str) -> str:
    """The path of something new in the same block."""
    block = run.path[one.uid].rpartition("/")[0]
    return f"{block}/{name}" if block else name


HARMLESS: Final[tuple[Edit, ...]] = (
    rename_the_class,
    reorder_the_fields,
    add_a_defaulted_field,
    change_policies,
    change_a_deadline,
    change_a_duration,
    add_below,
    change_ahead,
    wrap_the_tail,
    rename_a_condition,
    swap_a_branch,
    add_a_branch_not_taken,
    make_optional,
    make_unconditional,
    add_on_a_way_not_taken,
)

HARMFUL: Final[tuple[Edit, ...]] = (
    remove,
    rename,
    put_into_a_named_block,
    retype,
    change_the_kind,
    insert_above,
    insert_a_timer_above,
    remove_a_timer,
    move,
    put_on_the_way,
    require_a_field,
    remove_a_defaulted_field,
    lose_the_settle,
)
