"""Scenarios: sagas, the fates of their bodies, and what people do meanwhile. Together they go every way."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final, TypeAlias, final

from attrs import frozen

from resaga import Default, Reject, Retry, branch, only, wait, when, within
from tests.steps import NUMBER, AnyBlock, Context, Steps
from tests.worlds import Fate, Role

G, RAISES, AFTER, REJECTS = Fate.GIVES, Fate.RAISES, Fate.RAISES_AFTER, Fate.REJECTS
NOT_YET, HANGS, HANGS_AFTER, SWALLOWS = Fate.NOT_YET, Fate.HANGS, Fate.HANGS_AFTER, Fate.SWALLOWS

DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)
ONCE: Final = Retry(1)
TWICE: Final = Retry(2)
SHORT: Final = Retry(3, delay=SECOND / 4)
LONG: Final = Retry(2, delay=timedelta(minutes=1))
LIST: Final = Context(list[int], lambda context: [*context, len(context)], junk=[object()])

Build: TypeAlias = Callable[[Steps], AnyBlock]


@final
@frozen(eq=False)
class Scenario:
    """A saga, the fates of its bodies (for ever, from the last of them on), and what people do."""

    build: Build
    fates: Mapping[str, tuple[Fate, ...]] = {}
    context: Context = NUMBER
    emits: bool = False
    answers: bool | None = True
    """What people answer; None: nothing, until it is too late."""
    cancels: bool = False
    """Whether somebody cancels it at its first rest."""
    timed: bool = False
    """Whether it needs a loop that can give a body up."""


def yes(context: int) -> bool:
    return True


def no(context: int) -> bool:
    return False


def yes_of_list(context: list[int]) -> bool:
    return True


def out(context: list[int]) -> list[int]:
    return context


def back(context: list[int], inner: list[int]) -> list[int]:
    context.append(len(inner))
    return context


def asking(steps: Steps) -> Callable[[int], bool]:
    """A condition that acts on the world too."""

    def unsure(context: int) -> bool:
        steps.world.called(Role.TEST, "unsure", context)
        return True

    return unsure


def two(steps: Steps, *, plain: bool = False) -> AnyBlock:
    """Something to take back."""
    return steps.undone("x", plain=plain, undo_retry=TWICE) >> steps.undone("y", undo_retry=TWICE)


def settled(
    steps: Steps, retry: Retry | None = None, settle: Retry = ONCE, timeout: timedelta | None = None
) -> AnyBlock:
    return steps.undone("a", retry=retry, settled=True, settle_retry=settle, undo_retry=ONCE, timeout=timeout)


FORWARD: Final[dict[str, Scenario]] = {
    "one plain step": Scenario(lambda s: s.undone("a", plain=True)),
    "one step": Scenario(lambda s: s.undone("a")),
    "a read": Scenario(lambda s: s.read("a")),
    "a kept one": Scenario(lambda s: s.kept("a")),
    "an irreversible one": Scenario(lambda s: s.irreversible("a")),
    "three plain ones": Scenario(lambda s: s.undone("a", plain=True) >> s.undone("b", plain=True) >> s.read("c")),
    "past return": Scenario(lambda s: two(s) >> s.irreversible("a") >> s.irreversible("b", retry=TWICE) >> s.read("c")),
    "events": Scenario(lambda s: s.undone("a") >> s.kept("b"), emits=True),
    "mutable": Scenario(lambda s: s.undone("a", plain=True) >> s.read("b") >> s.irreversible("c"), context=LIST),
    "within": Scenario(lambda s: two(s) >> within(s.undone("a") >> s.read("b"), out, back), context=LIST),
    "when": Scenario(lambda s: when(yes, s.undone("a")) >> when(no, s.undone("b"))),
    "branch": Scenario(lambda s: s.read("r") >> branch(no, s.undone("a"), s.undone("b")) >> s.read("c")),
    "only": Scenario(lambda s: s.read("r") >> only(int, s.undone("a"))),
    "a condition on what can change": Scenario(lambda s: when(yes_of_list, s.undone("a")), context=LIST),
    "named": Scenario(lambda s: two(s).named("first") >> s.undone("a").named("second")),
    "a wait": Scenario(lambda s: s.undone("a") >> wait(DAY) >> s.undone("b")),
    "a wait for nothing": Scenario(lambda s: s.undone("a") >> wait(timedelta(0)) >> s.undone("b")),
    "not yet": Scenario(lambda s: s.undone("a") >> s.undone("b"), {"b": (NOT_YET, G)}),
    "not yet, irreversible": Scenario(lambda s: two(s) >> s.irreversible("a"), {"a": (NOT_YET, G)}),
    "a gate": Scenario(lambda s: s.undone("a") >> s.gate("g") >> s.undone("b")),
    "a gate with what can change": Scenario(lambda s: s.undone("a") >> s.gate("g").named("boss"), context=LIST),
    "a gate in time": Scenario(lambda s: s.undone("a") >> s.gate("g", deadline=DAY, expiry=Reject())),
    "a gate with a default": Scenario(
        lambda s: s.undone("a") >> s.gate("g", deadline=DAY, expiry=Default(True)), answers=None
    ),
    "tried again at once": Scenario(lambda s: s.undone("a", retry=Retry(3)), {"a": (RAISES, RAISES, G)}),
    "tried again soon": Scenario(lambda s: s.undone("a", retry=SHORT), {"a": (RAISES, RAISES, G)}),
    "tried again later": Scenario(lambda s: s.undone("a", retry=LONG), {"a": (RAISES, G)}),
    "a read, tried again": Scenario(lambda s: s.read("a", retry=SHORT), {"a": (RAISES, G)}),
}
"""Those that complete, whatever happens on the way."""

BACKWARD: Final[dict[str, Scenario]] = {
    "fails": Scenario(lambda s: two(s) >> s.undone("a"), {"a": (RAISES,)}),
    "rejects": Scenario(lambda s: two(s, plain=True) >> s.kept("k") >> s.undone("a"), {"a": (REJECTS,)}),
    "fails too often": Scenario(lambda s: two(s) >> s.undone("a", retry=SHORT), {"a": (RAISES,)}),
    "fails with what can change": Scenario(lambda s: two(s) >> s.undone("a"), {"a": (RAISES,)}, context=LIST),
    "declined": Scenario(lambda s: two(s) >> s.gate("g") >> s.undone("b"), answers=False),
    "expired": Scenario(lambda s: two(s) >> s.gate("g", deadline=DAY, expiry=Reject()), answers=None),
    "cancelled": Scenario(lambda s: two(s) >> s.gate("g") >> s.undone("b"), cancels=True),
    "cancelled in a wait": Scenario(lambda s: two(s) >> wait(DAY) >> s.undone("b"), cancels=True),
    "a condition that raises": Scenario(lambda s: two(s) >> when(asking(s), s.read("r")), {"test unsure": (RAISES,)}),
    "unstorable": Scenario(lambda s: two(s) >> s.undone("a"), {"a": (Fate.GIVES_JUNK,)}, context=LIST),
    "an unstorable read": Scenario(lambda s: two(s) >> s.read("a"), {"a": (Fate.GIVES_JUNK,)}, context=LIST),
    "irreversible, rejects": Scenario(lambda s: two(s) >> s.irreversible("a"), {"a": (REJECTS,)}),
    "undone at the second try": Scenario(lambda s: two(s) >> s.read("a"), {"a": (REJECTS,), "undo y": (RAISES, G)}),
    "undone later": Scenario(
        lambda s: s.undone("x", undo_retry=LONG) >> s.read("a"), {"a": (REJECTS,), "undo x": (RAISES, G)}
    ),
    "undone not yet": Scenario(lambda s: two(s) >> s.read("a"), {"a": (REJECTS,), "undo y": (NOT_YET, G)}),
    "stuck in an undo": Scenario(lambda s: two(s) >> s.read("a"), {"a": (REJECTS,), "undo y": (RAISES, RAISES, G)}),
    "an undo for a person": Scenario(lambda s: two(s) >> s.read("a"), {"a": (REJECTS,), "undo y": (RAISES,)}),
    "undone, and nobody heard": Scenario(lambda s: two(s) >> s.read("a"), {"a": (REJECTS,), "undo y": (AFTER,)}),
}
"""Those that are rolled back for a reason of their own."""

DOUBTFUL: Final[dict[str, Scenario]] = {
    "it happened": Scenario(lambda s: two(s) >> settled(s), {"a": (AFTER,)}),
    "it did not happen": Scenario(lambda s: two(s) >> settled(s, TWICE), {"a": (RAISES,)}),
    "doubt sticks": Scenario(lambda s: two(s) >> settled(s, Retry(3)), {"a": (AFTER, REJECTS)}),
    "a kept one, settled": Scenario(lambda s: two(s) >> s.kept("a", settled=True), {"a": (AFTER,)}),
    "settled at the second try": Scenario(
        lambda s: two(s) >> settled(s, settle=SHORT), {"a": (AFTER,), "settle a": (RAISES, G)}
    ),
    "settled later": Scenario(
        lambda s: two(s) >> settled(s, settle=LONG), {"a": (AFTER,), "settle a": (RAISES, G)}, context=LIST
    ),
    "settled not yet": Scenario(lambda s: two(s) >> settled(s), {"a": (RAISES,), "settle a": (NOT_YET, G)}),
    "a settle for a person": Scenario(lambda s: two(s) >> settled(s), {"a": (AFTER,), "settle a": (REJECTS,)}),
    "cancelled in doubt": Scenario(lambda s: two(s) >> settled(s, LONG), {"a": (AFTER, G)}, cancels=True),
    "irreversible, fails": Scenario(lambda s: two(s) >> s.irreversible("a"), {"a": (RAISES, G)}),
    "irreversible, happened": Scenario(lambda s: two(s) >> s.irreversible("a"), {"a": (AFTER,)}),
    "irreversible, may be repeated": Scenario(lambda s: two(s) >> s.irreversible("a", retry=SHORT), {"a": (RAISES, G)}),
    "irreversible, settled": Scenario(
        lambda s: two(s) >> s.irreversible("a", settled=True, settle_retry=ONCE) >> s.read("b"),
        {"a": (AFTER,)},
    ),
    "irreversible, settled, no": Scenario(
        lambda s: two(s) >> s.irreversible("a", settled=True, settle_retry=ONCE), {"a": (RAISES,)}
    ),
    "stuck past return": Scenario(
        lambda s: two(s) >> s.irreversible("a") >> s.read("b") >> s.irreversible("c"),
        {"b": (RAISES, G), "c": (REJECTS,)},
    ),
    "a condition past return": Scenario(
        lambda s: s.irreversible("a") >> when(asking(s), s.read("r")), {"test unsure": (RAISES, G)}
    ),
}
"""Those where it takes a settle or a person."""

TIMED: Final[dict[str, Scenario]] = {
    "in time": Scenario(lambda s: settled(s, timeout=SECOND) >> s.read("b", timeout=SECOND), timed=True),
    "given up, tried again": Scenario(
        lambda s: two(s) >> settled(s, TWICE, timeout=SECOND), {"a": (HANGS, G)}, timed=True
    ),
    "given up": Scenario(lambda s: two(s) >> settled(s, timeout=SECOND), {"a": (HANGS_AFTER,)}, timed=True),
    "given up, and it gives": Scenario(lambda s: two(s) >> settled(s, timeout=SECOND), {"a": (SWALLOWS,)}, timed=True),
    "a read, given up": Scenario(lambda s: two(s) >> s.read("a", timeout=SECOND), {"a": (HANGS,)}, timed=True),
    "irreversible, given up": Scenario(
        lambda s: two(s) >> s.irreversible("a", settled=True, settle_retry=ONCE, timeout=SECOND),
        {"a": (HANGS_AFTER,)},
        timed=True,
    ),
}
"""Those with a deadline for a body."""

SCENARIOS: Final[dict[str, Scenario]] = {**FORWARD, **BACKWARD, **DOUBTFUL, **TIMED}
