"""Typed, resumable sagas whose executions are plain JSON."""

from resaga.core.attempt import Attempt
from resaga.core.block import Async, Block, Gate, Irreversible, Neutral, Read, Sealed, Step, Sync, Wait
from resaga.core.combine import branch, only, wait, when, within
from resaga.core.compatibility import Change, Compatibility, Verdict
from resaga.core.failure import Failure
from resaga.core.gate import gate
from resaga.core.hook import Hook
from resaga.core.node import Default, Reject, Stay
from resaga.core.plan import RollbackPlan
from resaga.core.question import Question
from resaga.core.retry import Retry
from resaga.core.signals import DidNotHappen, NotYet, Rejected
from resaga.core.state import ExecutionState
from resaga.core.step import Action, AsyncAction, read, step
from resaga.core.timing import StepTiming
from resaga.execution import (
    Answered,
    Completed,
    Execution,
    Interrupted,
    New,
    Outcome,
    Paused,
    RolledBack,
    Stuck,
)
from resaga.saga import Saga, run_saga

__all__ = [
    "Action",
    "Answered",
    "Async",
    "AsyncAction",
    "Attempt",
    "Block",
    "Change",
    "Compatibility",
    "Completed",
    "Default",
    "DidNotHappen",
    "Execution",
    "ExecutionState",
    "Failure",
    "Gate",
    "Hook",
    "Interrupted",
    "Irreversible",
    "Neutral",
    "New",
    "NotYet",
    "Outcome",
    "Paused",
    "Question",
    "Read",
    "Reject",
    "Rejected",
    "Retry",
    "RollbackPlan",
    "RolledBack",
    "Saga",
    "Sealed",
    "Stay",
    "Step",
    "StepTiming",
    "Stuck",
    "Sync",
    "Verdict",
    "Wait",
    "branch",
    "gate",
    "only",
    "read",
    "run_saga",
    "step",
    "wait",
    "when",
    "within",
]
