"""The blocking and the awaiting loop are one loop, written twice."""

import ast
import tokenize
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any, Final, final

import pytest

from resaga import Interrupted, Paused, Reject, Retry, Saga, Stuck, branch, wait, when, within
from resaga.core.errors import InvalidStepOrder
from resaga.core.why import AtGate, UndoFailed
from resaga.drive import awaiting, blocking
from resaga.runtime import loop, loop_async
from tests.loops import AWAITING, BLOCKING, AnyContext, AnyExecution, Loop
from tests.seeds import reseed, seeds
from tests.steps import NUMBER, AnyBlock, Context, Happened
from tests.worlds import Call, Cut, Fate, Role, World

# ---- as text -----------------------------------------------------------------------------------------------


def lone(word: str) -> str:
    """A word as the blocking twin says it."""
    return word.removesuffix("_async").removesuffix("Async")


def body(module: ModuleType) -> list[str]:
    """The tokens behind the imports, without what awaits."""
    text = Path(str(module.__file__)).read_text()
    no_code = ast.Expr | ast.Import | ast.ImportFrom
    first = next(one for one in ast.parse(text).body if not isinstance(one, no_code))
    lines = iter(text.splitlines(keepends=True)[first.lineno - 1 :])
    tokens = tokenize.generate_tokens(lambda: next(lines, ""))
    return [lone(one.string) for one in tokens if one.string not in ("async", "await")]


def imports(module: ModuleType) -> set[str]:
    """The names that it imports, without what awaits."""
    tree = ast.parse(Path(str(module.__file__)).read_text())
    return {lone(name.name) for one in tree.body if isinstance(one, ast.ImportFrom) for name in one.names}


@pytest.mark.parametrize(("one", "other"), [(awaiting, blocking), (loop_async, loop)], ids=["driver", "durable"])
def test_the_loops_are_written_alike(one: ModuleType, other: ModuleType) -> None:
    """Without `async`, `await` and `_async` they are equal token by token, comments too."""
    assert body(one) == body(other)
    assert imports(one) == imports(other)
    assert len(body(other)) > 100, "something was compared"


# ---- as they run -------------------------------------------------------------------------------------------

GOES_WELL_AFTER: Final = 60
FATES: Final = (
    *(Fate.GIVES,) * 12,
    Fate.RAISES,
    Fate.RAISES_AFTER,
    Fate.REJECTS,
    Fate.NOT_YET,
    Fate.GIVES_JUNK,
    Fate.CUT,
    Fate.CUT_AFTER,
)
LIST: Final = Context(list[int], lambda context: [*context, len(context)], junk=[float("nan")])
DAY: Final = timedelta(days=1)


def test_the_loops_run_alike() -> None:
    """Of one saga with the same luck, a blocking and an awaiting run leave the same trail, timings apart."""
    for seed in range(40):
        assert Story(BLOCKING, seed).told() == Story(AWAITING, seed).told(), f"seed {seed}"


@pytest.mark.proof
def test_the_loops_run_alike_whatever_happens() -> None:
    """The same for many sagas."""
    for seed in seeds(10_000):
        with reseed(seed):
            assert Story(BLOCKING, seed).told() == Story(AWAITING, seed).told()


def number(context: AnyContext) -> int:
    return len(context) if isinstance(context, list) else context


def even(context: AnyContext) -> bool:
    return number(context) % 2 == 0


@final
class Story:
    """What happens to the saga of a seed, with that seed's luck, in one of the loops."""

    def __init__(self, loop: Loop, seed: int) -> None:
        self.loop = loop
        self.random = Random(seed)  # noqa: S311 - the same for both loops
        self.world = World(self.fate)
        self.context = self.random.choice([NUMBER, LIST])
        self.steps = loop.steps(self.world, self.context, emits=self.random.random() < 0.5)
        self.clock = self.world.clock
        self.gates: dict[str, AnyBlock] = {}

    def told(self) -> tuple[list[object], list[str]]:
        """Its end and its trail without the times, and the calls."""
        new: Any = self.saga().new([] if self.context is LIST else 0, id="x", clock=self.clock)
        outcome = self.driven(new, lambda: self.loop.start(new, self.clock))
        for _ in range(300):
            match outcome:
                case Interrupted():
                    outcome = self.resumed(outcome)
                case Paused():
                    outcome = self.go_on(outcome)
                case Stuck():
                    outcome = self.help(outcome)
                case _:
                    rows = [(fact, index, repr(value)) for fact, index, _, _, value in outcome.state.trail.rows()]
                    return [type(outcome), *rows], self.world.order()
        raise AssertionError("it does not end")

    # ---- its luck -------------------------------------------------------------------------------

    def fate(self, call: Call) -> Fate:
        """What becomes of a call; from some time on all goes well."""
        fate = self.random.choice(FATES)
        junk_harms = self.context is LIST and call.role is not Role.SETTLE
        if len(self.world.calls) > GOES_WELL_AFTER or (fate is Fate.GIVES_JUNK and not junk_harms):
            return Fate.GIVES
        return fate

    def driven(self, execution: AnyExecution, verb: Callable[[], AnyExecution]) -> AnyExecution:
        try:
            return verb()
        except Cut:
            return execution.interrupted

    def resumed(self, execution: AnyExecution) -> AnyExecution:
        return self.driven(execution, lambda: self.loop.resume(execution, self.clock))

    def go_on(self, paused: AnyExecution) -> AnyExecution:
        """Somebody answers, mostly, or a day passes."""
        if not isinstance(paused.why, AtGate) or self.random.random() < 0.2:
            self.clock.advance(DAY)
            return self.resumed(paused)
        gate = self.gates[paused.why.path.rpartition("/")[2]]
        return self.resumed(paused.answer(gate, self.random.random() < 0.8, clock=self.clock))

    def help(self, stuck: AnyExecution) -> AnyExecution:
        """Somebody decides one way or another."""
        past_return = stuck.rollback_plan().past_return is not None
        undoing, revoked = isinstance(stuck.why, UndoFailed), stuck.state.cancelled is not None
        ways = ["mark"] + ["retry"] * (not revoked) + ["skip"] * (not past_return)
        match self.random.choice(ways):
            case "retry":
                return self.driven(stuck, lambda: self.loop.retry(stuck, self.clock))
            case "mark":
                result = None if undoing else self.context.following(self.context.kind())
                return self.resumed(stuck.mark_done(result, by="ann", clock=self.clock))
            case _:
                return self.resumed(stuck.skip("so be it", "ann", clock=self.clock))

    # ---- its saga -------------------------------------------------------------------------------

    def saga(self) -> Saga[Any, Any, Any]:
        """The first of those that chance puts together which is accepted."""
        while True:
            names = [f"s{one}" for one in range(30, 0, -1)]
            try:
                return Saga("twins", self.block(names), emits=(Happened,))
            except InvalidStepOrder:
                continue

    def block(self, names: list[str]) -> AnyBlock:
        """A chain of a few steps, some of them behind conditions or on a context of their own."""
        whole: AnyBlock = self.steps.undone("s0")
        for _ in range(self.random.randrange(1, 6)):
            one = self.step(names.pop())
            kind = self.context.kind
            either = one, self.step(names.pop()) >> self.steps.read(names.pop())
            match self.random.randrange(8):
                case 0:
                    one = when(even, one)
                case 1:
                    one = branch(even, *either)
                case 2:
                    one = within(one >> self.steps.read(names.pop()), out(kind), back(kind)).named(names.pop())
                case _:
                    pass
            whole = whole >> one
        return whole

    def step(self, name: str) -> AnyBlock:
        """A step, a read, a gate or a timer."""
        retry = self.random.choice([None, None, Retry(2), Retry(3, delay=timedelta(minutes=1))])
        settled = self.random.random() < 0.3
        match self.random.randrange(8):
            case 0:
                return self.steps.read(name, retry=retry)
            case 1:
                self.gates[name] = self.steps.gate(name, deadline=DAY, expiry=Reject())
                return self.gates[name]
            case 2:
                return wait(timedelta(hours=2), name=name)
            case 3:
                return self.steps.kept(name, retry=retry, settled=settled)
            case 4:
                return self.steps.irreversible(name, retry=retry, settled=settled, settle_retry=Retry(2))
            case 5:
                return self.steps.undone(name, plain=True, undo_retry=Retry(2))
            case _:
                return self.steps.undone(name, retry=retry, settled=settled, undo_retry=Retry(2))


def out(kind: object) -> Callable[[AnyContext], AnyContext]:
    def get(context: AnyContext) -> AnyContext:
        return context

    get.__annotations__ = {"context": kind, "return": kind}
    return get


def back(kind: object) -> Callable[[AnyContext, AnyContext], AnyContext]:
    def put(context: AnyContext, inner: AnyContext) -> AnyContext:
        return inner

    put.__annotations__ = {"context": kind, "inner": kind, "return": kind}
    return put
