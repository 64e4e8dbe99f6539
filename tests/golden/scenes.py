"""The golden runs: what happens in each, and what a person says where one has to."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, TypeAlias, assert_never

from attrs import field, frozen

from resaga import (
    Answered,
    Completed,
    Default,
    Interrupted,
    New,
    NotYet,
    Paused,
    Reject,
    Rejected,
    RolledBack,
    Stuck,
)
from resaga.core import machine
from resaga.core.failure import Failure
from resaga.core.outcome import Failed
from resaga.execution import came_to
from resaga.runtime.room import refused
from resaga.saga import Loaded
from tests.golden.sagas import (
    AnySaga,
    Approval,
    Order,
    Parcel,
    Trip,
    checkout,
    keeper,
    parcel,
    slow,
    spoil,
    trip,
)
from tests.golden.stage import Broken, Cut, Fate, Stage
from tests.golden.values import LONG, VALUES, Weight

AnyExecution: TypeAlias = Loaded[Any, Any, Any]
Person: TypeAlias = Callable[[Any, Stage], AnyExecution]

SMALL: Final = Order("S-1", 1_000)
LARGE: Final = Order("L-1", 90_000, (LONG, "and", LONG))
NOWHERE: Final = Order("none", 1_000)
OBERON: Final = Trip("Oberon")
FEATHER: Final = Parcel(Weight(1), "home")
ANVIL: Final = Parcel(Weight(5_000), "abroad", frozenset({"iron", "a"}), {2: "here", -1: LONG})
AGAIN: Final = Broken("the line is dead")


@frozen
class Scene:
    """One run: its saga, its first context, what becomes of the calls, what people say."""

    name: str
    saga: Callable[[Stage], AnySaga]
    context: object
    script: Mapping[str, Sequence[Fate]] = field(factory=dict)
    people: Sequence[Person] = ()
    first: Person | None = None
    """What somebody says before it is begun."""


def _answer(value: object, by: str | None = None) -> Person:
    def said(execution: Any, stage: Stage) -> AnyExecution:  # noqa: ANN401 - Paused
        here = execution.state.here.node
        gate: Any = type("Asked", (), {"node": here})()
        answered: AnyExecution = execution.answer(gate, value, by=by, clock=stage.clock)
        return answered

    return said


def _later(span: timedelta) -> Person:
    def said(execution: Any, stage: Stage) -> AnyExecution:  # noqa: ANN401 - Paused
        stage.clock.advance(span)
        return _resumed(execution, stage)

    return said


def _cancel(execution: Any, stage: Stage) -> AnyExecution:  # noqa: ANN401 - whichever can be
    cancelled: AnyExecution = execution.cancel("it rains", by="ann", clock=stage.clock)
    return cancelled


def _skip(execution: Any, stage: Stage) -> AnyExecution:  # noqa: ANN401 - Stuck
    skipped: AnyExecution = execution.skip("it does no harm", "bob", clock=stage.clock)
    return skipped


def _done(result: object = None) -> Person:
    def said(execution: Any, stage: Stage) -> AnyExecution:  # noqa: ANN401 - Stuck
        marked: AnyExecution = execution.mark_done(result, by="bob", clock=stage.clock)
        return marked

    return said


def _retry(execution: Any, stage: Stage) -> AnyExecution:  # noqa: ANN401 - Stuck
    return _interruptible(execution, lambda: execution.retry(by="ann", clock=stage.clock))


def _unwritable(execution: Any, stage: Stage) -> AnyExecution:  # noqa: ANN401 - New
    """What a durable loop does with a result that its store cannot be given."""
    state, at = execution.state, stage.clock.wall()
    machine.start(state.program, state, at)
    failure = Failure(state.path, "unwritable", "it cannot be stored", "NotStorable")
    decision = machine.advance(state.program, state, Failed(failure, worth_repeating=False), at + 1_000, 1_000)
    return came_to(execution._codec, state, decision, [None])


def _no_room(execution: Any, stage: Stage) -> AnyExecution:  # noqa: ANN401 - New
    """What a durable loop does when a document could not hold another result."""
    state, at = execution.state, stage.clock.wall()
    machine.start(state.program, state, at)
    decision = machine.advance(state.program, state, refused(state), at + 1_000, 0)
    return came_to(execution._codec, state, decision, [None])


YES: Final = _answer(Approval(ok=True, by="ann", notes={"$why": LONG, "": "a friend"}), "ann")
NO: Final = _answer(Approval(ok=False, by="ann"))
DAY: Final = _later(timedelta(days=1))
WEEK: Final = _later(timedelta(days=7))
MINUTES: Final = _later(timedelta(minutes=5))


def _trip_or_rejected(stage: Stage) -> AnySaga:
    return trip(stage, Reject())


def _trip_by_default(stage: Stage) -> AnySaga:
    return trip(stage, Default(answer=True))


SCENES: Final = (
    Scene("small", checkout, SMALL),
    Scene("allowed", checkout, LARGE, people=(YES,)),
    Scene("declined", checkout, LARGE, people=(NO,)),
    Scene("cancelled-new", checkout, SMALL, first=_cancel),
    Scene("cancelled-asked", checkout, LARGE, people=(_cancel,)),
    Scene("reserve-rejected", checkout, SMALL, {"reserve": [Rejected("no money", code="funds")]}),
    Scene("reserve-in-doubt", checkout, SMALL, {"reserve": [AGAIN, AGAIN]}, (MINUTES, MINUTES)),
    Scene("reserve-found", checkout, SMALL, {"reserve": [AGAIN] * 3}, (MINUTES, MINUTES)),
    Scene("reserve-not-found", checkout, NOWHERE, {"reserve": [AGAIN] * 3}, (MINUTES, MINUTES)),
    Scene("doubt-then-rejected", checkout, SMALL, {"reserve": [AGAIN, Rejected("twice?")]}, (MINUTES,)),
    Scene("reserve-cut", checkout, SMALL, {"reserve": [Cut()]}),
    Scene("find-not-yet", checkout, SMALL, {"reserve": [AGAIN] * 3, "find": [NotYet("wait")]}, (MINUTES,) * 3),
    Scene("find-cut", checkout, SMALL, {"reserve": [AGAIN] * 3, "find": [Cut()]}, (MINUTES,) * 3),
    Scene("find-fails", checkout, SMALL, {"reserve": [AGAIN] * 3, "find": [AGAIN]}, (MINUTES,) * 4),
    Scene("policy-fails", checkout, SMALL, {"policy": [AGAIN]}),
    Scene("policy-not-yet", checkout, SMALL, {"policy": [NotYet("soon", again=timedelta(hours=1))]}, (DAY,)),
    Scene("approval-cut", checkout, LARGE, {"approval": [Cut()]}, (YES,)),
    Scene("charge-rejected", checkout, SMALL, {"charge": [Rejected("stolen", code="card")]}),
    Scene("charge-in-doubt-retried", checkout, SMALL, {"charge": [AGAIN]}, (_retry,)),
    Scene("charge-in-doubt-skipped", checkout, SMALL, {"charge": [AGAIN]}, (_skip,)),
    Scene("charge-cut", checkout, SMALL, {"charge": [Cut()]}, (_skip,)),
    Scene("show-fails", checkout, SMALL, {"show": [AGAIN, AGAIN]}, (_retry, _done("R-0"))),
    Scene("release-not-yet", checkout, LARGE, {"release": [NotYet(LONG)]}, (NO, MINUTES)),
    Scene("release-cut", checkout, LARGE, {"release": [Cut()]}, (NO,)),
    Scene("release-fails", checkout, LARGE, {"release": [AGAIN] * 2}, (NO, MINUTES, _skip)),
    Scene("release-retried", checkout, LARGE, {"release": [AGAIN] * 3}, (NO, MINUTES, _retry, MINUTES)),
    Scene("release-by-hand", checkout, LARGE, {"release": [AGAIN] * 2}, (NO, MINUTES, _done())),
    Scene("all-well", _trip_by_default, OBERON, people=(DAY, _answer(value=True), DAY)),
    Scene("by-default", _trip_by_default, OBERON, people=(DAY, WEEK, DAY)),
    Scene("expired", _trip_or_rejected, OBERON, people=(DAY, WEEK)),
    Scene("hotel-again", _trip_or_rejected, OBERON, {"hotel": [AGAIN, AGAIN]}, (DAY, MINUTES, MINUTES, WEEK)),
    Scene("hotel-gives-up", _trip_or_rejected, OBERON, {"hotel": [AGAIN] * 3}, (DAY, MINUTES, MINUTES)),
    Scene("insurance-cut", _trip_or_rejected, OBERON, {"insurance": [Cut()]}, (DAY, _answer(value=False))),
    Scene("flight-cut", _trip_or_rejected, OBERON, {"flight": [Cut(), Cut()]}),
    Scene(
        "flight-cancelled",
        _trip_or_rejected,
        OBERON,
        {"flight": [Cut(), NotYet("wait")]},
        (_cancel, _done(Trip("Oberon", ("flight",)))),
    ),
    Scene("overnight-cancelled", _trip_or_rejected, OBERON, people=(_cancel,)),
    Scene("thank-fails", _trip_by_default, OBERON, {"thank": [Rejected()]}, (DAY, WEEK, DAY, _retry)),
    Scene("undo-fails", _trip_or_rejected, OBERON, {"cancel flight": [AGAIN]}, (DAY, WEEK, MINUTES)),
    Scene("feather", parcel, FEATHER),
    Scene("anvil", parcel, ANVIL),
    Scene("weigh-fails", parcel, ANVIL, {"weigh": [AGAIN]}),
    Scene("send-cut", parcel, ANVIL, {"send": [Cut()]}),
    Scene("far-raises", parcel, ANVIL, {"far": [AGAIN]}),
    Scene("last-fails", parcel, ANVIL, {"stamp": [None, AGAIN]}),
    Scene("all-finite", spoil, [1.5, -2.0]),
    Scene("not-storable", spoil, []),
    Scene("not-writable", spoil, [0.5], first=_unwritable),
    Scene("no-room", spoil, [0.5], first=_no_room),
    Scene("quick", slow, 5),
    Scene("timed-out", slow, -1),
    Scene("timed-out-found", slow, -2),
)


def _run(execution: Any, clock: Any) -> AnyExecution:  # noqa: ANN401 - of whichever state can run
    begins = isinstance(execution, New)
    if execution._codec.program.awaits:
        verb = execution.start_async if begins else execution.resume_async
        there: AnyExecution = asyncio.run(verb(clock=clock))
    else:
        there = (execution.start if begins else execution.resume)(clock=clock)
    return there


def _interruptible(execution: Any, go: Callable[[], AnyExecution]) -> AnyExecution:  # noqa: ANN401 - as above
    try:
        return go()
    except Cut:
        cut: AnyExecution = execution.interrupted
        return cut


def _resumed(execution: Any, stage: Stage) -> AnyExecution:  # noqa: ANN401 - as above
    return _interruptible(execution, lambda: _run(execution, stage.clock))


def _next(execution: AnyExecution, stage: Stage, people: Iterator[Person]) -> AnyExecution | None:
    """What comes after that, or None if nothing does."""
    match execution:
        case New() | Answered() | Interrupted():
            return _resumed(execution, stage)
        case Paused() | Stuck():
            person = next(people, None)
            return None if person is None else person(execution, stage)
        case Completed() | RolledBack():
            return None
        case _:
            assert_never(execution)


def play(scene: Scene) -> Iterator[bytes]:
    """The document after each verb of a run."""
    stage = Stage(scene.script)
    people = iter(scene.people)
    new = scene.saga(stage).new(scene.context, id=f"golden-{scene.name}", clock=stage.clock)
    execution: AnyExecution | None = new
    if scene.first is not None:
        yield new.dump()
        execution = scene.first(new, stage)
    while execution is not None:
        yield execution.dump()
        execution = _next(execution, stage, people)


def documents() -> Iterator[tuple[str, AnySaga, bytes]]:
    """Every golden document: its name, the saga that loads it, its bytes."""
    nobody = Stage({})
    for scene in SCENES:
        saga = scene.saga(nobody)
        for number, blob in enumerate(play(scene)):
            yield f"{saga.name}-{scene.name}-{number}", saga, blob
    for name, (_, value) in VALUES.items():
        saga = keeper(name)
        clock = Stage({}).clock
        yield saga.name, saga, saga.new(value, id=name, clock=clock).start(clock=clock).dump()
