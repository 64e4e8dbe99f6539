"""Edits that change what a run has come to, with what has to be said of each, and how a migration mends it."""

from collections.abc import Mapping
from itertools import combinations
from random import Random
from typing import Any, Final

from attrs import evolve

from tests.properties.carts import Shrunk, Taxed, with_voucher
from tests.properties.edits import Edit, Edited, Mend, always, changed, edit, harmful, new_leaf, siblings
from tests.properties.runs import Run
from tests.properties.sketches import Either, Group, Item, Leaf, Sketch, Timer, everything


def remove(run: Run, random: Random) -> Edited | None:
    if not run.leaves():
        return None
    one = random.choice(run.leaves())
    sketch = edit(run, one.uid, always())
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
    sketch = edit(run, one.uid, always(evolve(one, name="renamed")))
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

    return harmful(edit(run, one.uid, always(other)), (("re-typed", run.path[one.uid]),), mended=mended)


def change_the_kind(run: Run, random: Random) -> Edited | None:
    if not run.leaves():
        return None
    one = random.choice(run.leaves())
    kind = random.choice([kind for kind in ("read", "undone", "kept", "gate", "irreversible") if kind != one.kind])
    sketch = edit(run, one.uid, always(evolve(one, kind=kind)))
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
    timers = [uid for uid in run.came_to if isinstance(run.items[uid], Timer)]
    here = [run.path[uid] for uid in timers]  # which of two that are alike is gone, nobody can tell
    timers = [uid for uid in timers if uid in run.done and here.count(run.path[uid]) == 1]
    if not timers:
        return None
    uid = random.choice(timers)
    sketch = edit(run, uid, always())
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
    without = edit(run, one.uid, always())
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
    return evolve(harmful(edit(run, one.uid, always(*one.yes)), (first,)), at_least=True)


def require_a_field(run: Run, random: Random) -> Edited | None:
    return harmful(evolve(run.sketch, style=Taxed))


def remove_a_defaulted_field(run: Run, random: Random) -> Edited | None:
    return harmful(evolve(run.sketch, style=Shrunk))


def lose_the_settle(run: Run, random: Random) -> Edited | None:
    if not run.settling or run.standing is None:
        return None
    [one] = [leaf for leaf in run.leaves() if leaf.uid == run.standing]
    sketch = edit(run, one.uid, always(evolve(one, settled=False)))
    return harmful(sketch, (("left without its settle", run.path[one.uid]),), lost=True)


def beside(run: Run, one: Item, name: str) -> str:
    """The path of something new in the same block."""
    block = run.path[one.uid].rpartition("/")[0]
    return f"{block}/{name}" if block else name


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
