"""Programs by chance: nested blocks of every kind, on contexts that grow, are unions, or can be changed."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, Final, final

from attrs import evolve, frozen

from resaga import Saga
from resaga.core.combine import branch, only, wait, when, within
from resaga.core.node import Default, Reject
from resaga.core.retry import Retry
from resaga.core.state import ExecutionState
from tests.steps import NUMBER, AnyBlock, Context, Happened, Steps
from tests.worlds import Role, World


@frozen
class Small:
    """One case of a union."""

    n: int


@frozen
class Big:
    """The other case."""

    n: int


@dataclass
class Bag:
    """A context that can be changed, and is: whoever gets one adds to it and gives it on."""

    items: list[int] = field(default_factory=list)

    @property
    def n(self) -> int:
        """How much is in it."""
        return len(self.items)


def _either(context: Small | Big) -> Small | Big:
    return Big(context.n + 1) if context.n % 2 else Small(context.n + 1)


def _bigger(context: Big) -> Big:
    return evolve(context, n=context.n + 1)


def _filled(context: Bag) -> Bag:
    context.items.append(context.n)
    return context


UNION: Final = Context(Small | Big, _either)
BIG: Final = Context(Big, _bigger)
BAG: Final = Context(Bag, _filled, junk=Bag([1j]))  # type: ignore[list-item]  # it is junk

MOMENT: Final = timedelta(microseconds=1)
DEPTH: Final = 3
LENGTH: Final = 4
"""Blocks in one row at most."""


@final
class Author:
    """Writes one program; the same chance writes the same program, for either loop."""

    def __init__(self, random: Random, *, awaits: bool = False, timeouts: bool = False) -> None:
        self.random = random
        self.awaits = awaits
        self.timeouts = timeouts
        self.emits = random.random() < 0.3
        self.world = World()
        self.contexts: dict[str, Context] = {}
        self.sealed = False
        self.first = random.choice((UNION, UNION, BAG, NUMBER))

    def saga(self) -> "Saga[Any, Any]":
        """The program."""
        return Saga("chance", self._row(self.first, DEPTH), emits=(Happened,) if self.emits else ())

    def start(self) -> object:
        """The first context."""
        return {id(UNION): Small(0), id(BAG): Bag([])}.get(id(self.first), 0)

    def following(self, state: ExecutionState) -> object:
        """What a person says that the step gave which the execution stands at."""
        return self.contexts[state.here.path.rpartition("/")[2]].following(deepcopy(state.value))

    # ---- blocks ---------------------------------------------------------------------------------

    def _row(self, context: Context, depth: int) -> AnyBlock:
        whole = self._step(context)  # a wait alone is no block
        for _ in range(self.random.randrange(LENGTH)):
            whole = whole >> self._block(context, depth)
        return whole

    def _block(self, context: Context, depth: int) -> AnyBlock:
        if depth == 0 or self.random.random() < 0.6:
            return self._step(context)
        writers = [self._wait, self._named, self._when, self._branch, self._within]
        if context is UNION:
            writers.append(self._only)
        return self.random.choice(writers)(context, depth - 1)

    def _wait(self, context: Context, depth: int) -> AnyBlock:
        del depth
        return wait(self.random.choice((timedelta(0), timedelta(days=2))), name=self._name("wait", context))

    def _named(self, context: Context, depth: int) -> AnyBlock:
        return self._row(context, depth).named(self._name("block", context))

    def _when(self, context: Context, depth: int) -> AnyBlock:
        test = self._test(context)
        return _untyped(when)(test, self._row(context, depth))

    def _branch(self, context: Context, depth: int) -> AnyBlock:
        test, sealed = self._test(context), self.sealed
        yes = self._row(context, depth)
        sealed_yes, self.sealed = self.sealed, sealed
        no = self._row(context, depth)
        self.sealed = self.sealed or sealed_yes
        return _untyped(branch)(test, yes, no)

    def _only(self, context: Context, depth: int) -> AnyBlock:
        del context
        return _untyped(only)(Big, self._row(BIG, depth))

    def _within(self, context: Context, depth: int) -> AnyBlock:
        def get(outer: Any) -> int:  # noqa: ANN401 - of the chain's type
            return outer if isinstance(outer, int) else int(outer.n)

        def put(outer: Any, number: int) -> Any:  # noqa: ANN401
            del number
            return context.following(deepcopy(outer))

        inner = self._row(NUMBER, depth).named(self._name("inside", context))
        return _untyped(within)(inner, get, put, gives=context.kind).named(self._name("frame", context))

    def _test(self, context: Context) -> Callable[..., bool]:
        name, world = self._name("test", context), self.world

        def test(value: Any) -> bool:  # noqa: ANN401 - of the chain's type
            world.called(Role.TEST, name, value)
            return bool((value if isinstance(value, int) else value.n) % 2)

        test.__name__ = name
        test.__annotations__ = {"value": context.kind, "return": bool}
        return test

    # ---- steps ----------------------------------------------------------------------------------

    def _step(self, context: Context) -> AnyBlock:
        steps = Steps(self.world, context, awaits=self.awaits, emits=self.emits)
        random, name = self.random, self._name("s", context)
        retry = random.choice((None, None, Retry(2), Retry(3, delay=timedelta(milliseconds=300), jitter=0.5)))
        beside = random.choice((Retry(2), Retry(3, delay=timedelta(seconds=5)), Retry(1)))
        settled = random.random() < 0.4
        timeout = MOMENT if random.random() < 0.5 and settled and self.timeouts else None
        kind = random.randrange(3 if self.sealed else 7)
        match kind:
            case 0:
                return steps.read(name, retry=retry)
            case 1:
                self.sealed = random.random() < 0.3 or self.sealed
                if self.sealed:
                    return steps.irreversible(name, retry=retry, settled=settled, timeout=timeout, settle_retry=beside)
                return steps.read(name)
            case 2:
                expiry = random.choice((None, Reject(), Default(True), Default(False)))
                return (
                    steps.gate(name) if expiry is None else steps.gate(name, deadline=timedelta(hours=1), expiry=expiry)
                )
            case 3:
                return steps.kept(name, retry=retry, settled=settled)
            case 4:
                return steps.undone(name, plain=not self.emits, retry=retry, undo_retry=beside)
            case _:
                return steps.undone(
                    name,
                    retry=retry,
                    settled=settled,
                    timeout=timeout,
                    undo_retry=beside,
                    settle_retry=beside,
                    key_life=random.choice((None, timedelta(minutes=1))),
                )

    def _name(self, what: str, context: Context) -> str:
        name = f"{what}{len(self.contexts)}"
        self.contexts[name] = context
        return name


def _untyped(combine: Any) -> Any:  # noqa: ANN401 - the types of these blocks are known only while the test runs
    return combine
