"""Executions against a naive model: forward, pause, answer, cancel, retry, skip, mark done, dump, load."""

from collections import deque
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from resaga import Answered, Completed, Interrupted, New, Paused, RolledBack, Saga, Stuck
from resaga.core.errors import AlreadyUsed, NotStuckThere, PastNoReturn
from resaga.core.retry import Retry
from resaga.core.why import AtGate, UndoFailed
from tests.oracle.model import Mode, Model, Plan
from tests.seeds import scaled
from tests.steps import AnyBlock, Steps
from tests.worlds import Cut, Fate, World

TWICE = Retry(2)

FATES = st.lists(
    st.sampled_from(
        (
            Fate.GIVES,
            Fate.GIVES,
            Fate.RAISES,
            Fate.RAISES_AFTER,
            Fate.REJECTS,
            Fate.NOT_YET,
            Fate.CUT,
            Fate.CUT_AFTER,
        )
    ),
    max_size=6,
)

PLANS = st.lists(
    st.tuples(
        st.sampled_from(("read", "undone", "undone", "kept", "irreversible", "gate")),
        st.integers(1, 3),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


def legal(drawn: list[tuple[str, int, bool]]) -> list[Plan]:
    """The plans of a saga that is accepted: what cannot be rolled back comes last."""
    plans: list[Plan] = []
    sealed = False
    for number, (drawn_kind, attempts, settled) in enumerate(drawn):
        kind = "read" if sealed and drawn_kind in ("undone", "kept") else drawn_kind
        sealed = sealed or kind == "irreversible"
        plain = kind in ("read", "gate")
        plans.append(Plan(f"s{number}", kind, 1 if kind == "gate" else attempts, settled and not plain))
    return plans


def block(steps: Steps, plan: Plan) -> AnyBlock:
    """The step of a plan."""
    retry = Retry(plan.attempts) if plan.attempts > 1 else None
    match plan.kind:
        case "read":
            return steps.read(plan.name, retry=retry)
        case "gate":
            return steps.gate(plan.name)
        case "kept":
            return steps.kept(plan.name, retry=retry, settled=plan.settled, settle_retry=TWICE)
        case "irreversible":
            return steps.irreversible(plan.name, retry=retry, settled=plan.settled, settle_retry=TWICE)
        case _:
            return steps.undone(plan.name, retry=retry, settled=plan.settled, settle_retry=TWICE, undo_retry=TWICE)


class Twins(RuleBasedStateMachine):
    """An execution and its model, told the same."""

    def __init__(self) -> None:
        super().__init__()
        self.fates: deque[Fate] = deque()
        self.world = World(lambda _: self.fates.popleft() if self.fates else Fate.GIVES)
        self.model = Model([], deque())
        self.execution: Any = None
        self.saga: Any = None
        self.blocks: dict[str, AnyBlock] = {}

    @initialize(drawn=PLANS)
    def begin(self, drawn: list[tuple[str, int, bool]]) -> None:
        """Write a program."""
        plans = legal(drawn)
        self.blocks = {plan.name: block(Steps(self.world), plan) for plan in plans}
        whole, *others = self.blocks.values()
        for other in others:
            whole = whole >> other
        self.saga = Saga("twins", whole)
        self.execution = self.saga.new(0, id="t", clock=self.world.clock)
        self.model = Model(plans, deque())

    # ---- rules ----------------------------------------------------------------------------------

    @precondition(lambda self: isinstance(self.execution, New | Answered | Interrupted | Paused))
    @rule(fates=FATES)
    def go(self, fates: list[Fate]) -> None:
        """Start or resume it, when what it sleeps for has come."""
        self._fated(fates)
        self.world.clock.advance(timedelta(hours=1))
        verb = "start" if isinstance(self.execution, New) else "resume"
        self._run(verb)

    @precondition(lambda self: isinstance(self.execution, Paused) and isinstance(self.execution.why, AtGate))
    @rule(answer=st.booleans())
    def answer(self, answer: bool) -> None:  # noqa: FBT001 - an answer
        """Answer the open question."""
        plan = self.model.plans[self.model.place]
        self.execution = self.execution.answer(self.blocks[plan.name], answer, clock=self.world.clock)
        self.model.say_yes_or_no(answer)

    @precondition(lambda self: isinstance(self.execution, New | Answered | Interrupted | Paused))
    @precondition(lambda self: not self.model.stuck and self.model.mode not in (Mode.COMPLETED, Mode.ROLLED_BACK))
    @rule()
    def cancel(self) -> None:
        """Ask for a rollback."""
        if self.model.sealed:
            with pytest.raises(PastNoReturn):
                self.execution.cancel("enough", clock=self.world.clock)
        else:
            self.execution = self.execution.cancel("enough", clock=self.world.clock)
            self.model.cancel()

    @precondition(lambda self: isinstance(self.execution, Stuck))
    @rule(fates=FATES)
    def retry(self, fates: list[Fate]) -> None:
        """Try again what it is stuck in."""
        if self.model.revoked:
            with pytest.raises(NotStuckThere):
                self.execution.retried(by="ann", clock=self.world.clock)
            return
        self._fated(fates)
        self.model.retry()
        self._run("retry")

    @precondition(lambda self: isinstance(self.execution, Stuck))
    @rule()
    def skip(self) -> None:
        """Leave it."""
        if self.model.sealed:
            with pytest.raises(PastNoReturn):
                self.execution.skip("it may stay", by="ann", clock=self.world.clock)
        else:
            self.execution = self.execution.skip("it may stay", by="ann", clock=self.world.clock)
            self.model.skip()

    @precondition(lambda self: isinstance(self.execution, Stuck))
    @rule()
    def mark_done(self) -> None:
        """Say that it has happened."""
        result = None if isinstance(self.execution.why, UndoFailed) else self.execution.state.value + 1
        self.execution = self.execution.mark_done(result, by="ann", clock=self.world.clock)
        self.model.mark_done()

    @rule()
    def reload(self) -> None:
        """Write it down and read it, as another process would."""
        kind = type(self.execution)
        self.execution = self.saga.load(self.execution.dump())
        assert type(self.execution) is kind or kind is Interrupted

    @precondition(lambda self: isinstance(self.execution, Paused | Interrupted | Answered))
    @rule()
    def use_it_twice(self) -> None:
        """What was used once is refused, and nothing is called."""
        before, spent = len(self.world.calls), self.execution
        self.execution = self.saga.load(spent.dump())
        spent._unused.clear()
        with pytest.raises(AlreadyUsed):
            spent.resume(clock=self.world.clock)
        assert len(self.world.calls) == before

    # ---- what has to agree ----------------------------------------------------------------------

    @invariant()
    def they_agree(self) -> None:
        """On what was called, on how it stands, and on what is in effect."""
        model, execution = self.model, self.execution
        if execution is None:
            return
        assert self.world.order() == model.calls
        assert self._kind() is self._expected() or isinstance(execution, Interrupted)
        standing = {plan.name for plan in model.plans if plan.kind in ("undone", "kept", "irreversible")}
        reads = {plan.name for plan in model.plans if plan.kind == "read"}
        assert self.world.there - reads == model.there & standing
        if isinstance(execution, RolledBack):
            assert [one.path for one in execution.skipped if one.path in model.skipped] == model.skipped
        if isinstance(execution, Stuck):
            assert execution.path == (
                model.standing[-1] if model.mode is Mode.UNDOING else model.plans[model.place].name
            )

    def _kind(self) -> type:
        return type(self.execution)

    def _expected(self) -> type:
        model = self.model
        if model.stuck:
            return Stuck
        if model.mode is None:
            return New
        if model.mode is Mode.COMPLETED:
            return Completed
        if model.mode is Mode.ROLLED_BACK:
            return RolledBack
        return Paused if model.asked or model.later else Answered if model.answer is not None else Interrupted

    def _fated(self, fates: list[Fate]) -> None:
        self.fates.clear()
        self.fates.extend(fates)
        self.model.fates = deque(fates)

    def _run(self, verb: str) -> None:
        whole = self.model.run()
        try:
            self.execution = getattr(self.execution, verb)(clock=self.world.clock)
        except Cut:
            assert not whole
            self.execution = self.execution.interrupted
        else:
            assert whole


TestTwins = Twins.TestCase
TestTwins.settings = settings(max_examples=50, stateful_step_count=25, deadline=None)


@pytest.mark.proof
def test_many_rules_do_not_make_them_differ() -> None:
    """The same, more often."""
    many = settings(max_examples=scaled(10_000), stateful_step_count=40, deadline=None, print_blob=True)
    run_state_machine_as_test(Twins, settings=many)
