"""Edits that a run need not notice."""

from random import Random
from typing import Final

from attrs import evolve

from resaga import Default, Reject
from resaga.core.gate import STAY
from resaga.core.node import Expiry
from tests.properties.carts import Basket, Grown, Turned
from tests.properties.edits import Edit, Edited, always, changed, edit, new_leaf
from tests.properties.pencil import SLOWLY
from tests.properties.runs import Run
from tests.properties.sketches import Either, Group, Leaf, Timer, everything

EXPIRIES: Final[tuple[Expiry, ...]] = (STAY, Reject("late"), Default[object](answer=True))


def rename_the_class(run: Run, random: Random) -> Edited | None:
    return Edited(evolve(run.sketch, style=Basket))


def reorder_the_fields(run: Run, random: Random) -> Edited | None:
    return Edited(evolve(run.sketch, style=Turned))


def add_a_defaulted_field(run: Run, random: Random) -> Edited | None:
    return Edited(evolve(run.sketch, style=Grown))


def change_policies(run: Run, random: Random) -> Edited | None:
    """Retries, undos, reasons, settles: of every leaf."""
    items = run.sketch.items
    for one in run.items.values():
        if isinstance(one, Leaf):
            needed = run.settling and one.uid == run.standing
            other = evolve(
                one,
                retry=random.choice((None, SLOWLY)),
                undo_name=f"undo{random.randint(0, 9)}",
                reason=f"because {random.randint(0, 9)}",
                settled=needed or random.random() < 0.5,
            )
            items = changed(items, one.uid, always(other))
    return Edited(evolve(run.sketch, items=items))


def change_a_deadline(run: Run, random: Random) -> Edited | None:
    gates = [one for one in run.items.values() if isinstance(one, Leaf) and one.kind == "gate" and not one.asks_number]
    if not gates:
        return None
    one, expiry = random.choice(gates), random.choice(EXPIRIES)
    other = evolve(one, deadline=SLOWLY.max_delay * random.randint(1, 9), expiry=expiry)
    return Edited(edit(run, one.uid, always(other)))


def change_a_duration(run: Run, random: Random) -> Edited | None:
    timers = [one for one in run.items.values() if isinstance(one, Timer)]
    if not timers:
        return None
    one = random.choice(timers)
    return Edited(edit(run, one.uid, always(evolve(one, hours=one.hours + 5))))


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
    sketch = edit(run, one.uid, always(*other))
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
    return Edited(edit(run, one.uid, always(evolve(one, test="renamed-test"))))


def swap_a_branch(run: Run, random: Random) -> Edited | None:
    found = [one for one in run.items.values() if isinstance(one, Either) and one.no]
    if not found:
        return None
    one = random.choice(found)
    return Edited(edit(run, one.uid, always(evolve(one, yes=one.no, no=one.yes, goes=not one.goes))))


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
    return Edited(edit(run, one.uid, always(*one.yes)))


def add_on_a_way_not_taken(run: Run, random: Random) -> Edited | None:
    found = [one for one in run.items.values() if isinstance(one, Either) and one.uid in run.chosen]
    ways = [one.no if run.chosen[one.uid] else one.yes for one in found]
    ways = [way for way in ways if way]
    if not ways:
        return None
    return Edited(edit(run, random.choice(ways)[0].uid, lambda item: (new_leaf(random), item)))


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
