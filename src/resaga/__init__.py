"""Typed, resumable sagas whose executions are plain JSON."""

from resaga.core.attempt import Attempt
from resaga.core.block import Async, Block, Gate, Irreversible, Neutral, Read, Sealed, Step, Sync, Wait
from resaga.core.combine import branch, only, wait, when, within
from resaga.core.compatibility import Change, Compatibility, Reach, Verdict
from resaga.core.decision import Status
from resaga.core.failure import Failure
from resaga.core.gate import gate
from resaga.core.hook import Hook
from resaga.core.node import Default, Reject, Stay
from resaga.core.plan import ByHand, Kept, RollbackPlan, SkippedStep
from resaga.core.question import Question
from resaga.core.retry import Retry
from resaga.core.signals import DidNotHappen, NotYet, Rejected
from resaga.core.state import ExecutionState
from resaga.core.step import Action, AsyncAction, read, step
from resaga.core.timing import StepTiming
from resaga.core.why import (
    AtGate,
    AtTimer,
    BackingOff,
    InDoubt,
    NoWayBack,
    Postponed,
    UndoFailed,
    WhyPaused,
    WhyStuck,
)
from resaga.drive.clock import Clock
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
from resaga.saga import Loaded, Saga, run_saga

__all__ = [
    "Action",
    "Answered",
    "Async",
    "AsyncAction",
    "AtGate",
    "AtTimer",
    "Attempt",
    "BackingOff",
    "Block",
    "ByHand",
    "Change",
    "Clock",
    "Compatibility",
    "Completed",
    "Default",
    "DidNotHappen",
    "Execution",
    "ExecutionState",
    "Failure",
    "Gate",
    "Hook",
    "InDoubt",
    "Interrupted",
    "Irreversible",
    "Kept",
    "Loaded",
    "Neutral",
    "New",
    "NoWayBack",
    "NotYet",
    "Outcome",
    "Paused",
    "Postponed",
    "Question",
    "Reach",
    "Read",
    "Reject",
    "Rejected",
    "Retry",
    "RollbackPlan",
    "RolledBack",
    "Saga",
    "Sealed",
    "SkippedStep",
    "Status",
    "Stay",
    "Step",
    "StepTiming",
    "Stuck",
    "Sync",
    "UndoFailed",
    "Verdict",
    "Wait",
    "WhyPaused",
    "WhyStuck",
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
