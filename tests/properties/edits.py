"""Edits of a program under a run that has begun: what they do to a sketch, and what has to be said of them."""

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any, TypeAlias, final

from attrs import evolve, frozen

from resaga.core.compatibility import Verdict
from tests.properties.runs import Run
from tests.properties.sketches import Either, Group, Inside, Item, Leaf, Sketch, sides

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


def always(*items: Item) -> Change:
    """The change of whatever was there to these."""
    return lambda _: items


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
