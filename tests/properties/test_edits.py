"""T17: a program is edited while a run of it waits; what matters to the run is found and named, the rest is not."""

from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any, Final

import pytest
from attrs import evolve, frozen

from resaga import Answered, Interrupted, New, Paused, Stuck
from resaga.core.compatibility import Verdict
from resaga.core.fact import Fact
from resaga.core.instruction import Op
from resaga.core.state import ExecutionState, Phase
from resaga.core.why import AtGate, InDoubt
from resaga.errors import DefinitionError, ProgramChanged
from tests.properties.building import AnySaga, build
from tests.properties.carts import Cart
from tests.properties.edits import Edit, Edited
from tests.properties.harmful import HARMFUL
from tests.properties.harmless import HARMLESS
from tests.properties.pencil import Pencil
from tests.properties.runs import Run
from tests.properties.sketches import sound
from tests.seeds import reseed, seeds
from tests.worlds import Call, Cut, Fate, Fates, Role, World

FIGURE: Final = 500
BEGINNING: Final = (Fact.CREATED, Fact.STARTED)
EDITS: Final = (*HARMLESS, *HARMFUL)
FATES: Final = {
    Role.DO: (Fate.RAISES, Fate.RAISES_AFTER, Fate.REJECTS, Fate.NOT_YET, Fate.CUT, Fate.CUT_AFTER),
    Role.UNDO: (Fate.RAISES, Fate.NOT_YET, Fate.CUT, Fate.CUT_AFTER),
    Role.SETTLE: (Fate.RAISES, Fate.NOT_YET, Fate.CUT),
    Role.DECIDE: (Fate.NOT_YET, Fate.CUT, Fate.RAISES),
    Role.TEST: (Fate.CUT, Fate.RAISES),
}


def chancy(random: Random) -> Fates:
    """Most calls go well."""
    share = random.choice((0.05, 0.15, 0.3))

    def fate(call: Call) -> Fate:
        return random.choice(FATES[call.role]) if random.random() < share else Fate.GIVES

    return fate


def go_on(execution: Any, world: World, random: Random) -> Any:  # noqa: ANN401 - in any state
    """One verb of the state that it is in; at the end, nothing."""
    clock = world.clock
    try:
        match execution:
            case New():
                return execution.start(clock=clock)
            case Paused() if isinstance(execution.why, AtGate):
                if random.random() < 0.1:
                    return execution.cancel("no need", clock=clock)
                kind = the_gate(execution).node.body.parameters[1]
                return execution.answer(the_gate(execution), kind(random.random() < 0.9), clock=clock)
            case Paused():
                until = getattr(execution.why, "until", None) or clock.now
                clock.advance(max(until - clock.now, timedelta(0)))
                return execution.resume(clock=clock)
            case Interrupted() | Answered():
                return execution.resume(clock=clock)
            case Stuck():
                if isinstance(execution.why, InDoubt) and random.random() < 0.5:
                    return execution.skip("nothing is there", "ann", clock=clock)
                return execution.retry(by="ann", clock=clock)
            case _:
                return execution
    except Cut:
        return execution.interrupted


def the_gate(execution: Any) -> Any:  # noqa: ANN401 - a gate
    """The gate that a paused execution waits at."""
    return type("Asked", (), {"node": execution.state.here.node})()


@frozen(eq=False)
class Scene:
    """A run that waits, its program, and an edit of that."""

    saga: AnySaga
    blocks: dict[int, Any]
    world: World
    execution: Any
    blob: bytes
    run: Run
    edit: Edit
    edited: Edited
    new: AnySaga
    new_blocks: dict[int, Any]
    new_world: World


def scene(random: Random, edit: Edit) -> Scene:
    """One in which that edit can be made."""
    while True:
        sketch, world, blocks = Pencil(random).sketch(), World(chancy(random)), dict[int, Any]()
        try:
            saga = build(sketch, world, blocks)
        except DefinitionError:
            continue
        execution: Any = saga.new(Cart(1, 100), id="x", clock=world.clock)
        for _ in range(random.choice((0, 1, 1, 2, 3, 4, 6, 9))):
            world.state = execution.state
            execution = go_on(execution, world, random)
        run = Run(sketch, execution.state)
        edited = edit(run, random)
        if edited is None or not sound(edited.sketch.items):
            continue
        new_world, new_blocks = World(), dict[int, Any]()
        new_world.clock = world.clock
        try:
            new = build(edited.sketch, new_world, new_blocks)
        except DefinitionError:
            continue
        blob = execution.dump()
        return Scene(saga, blocks, world, execution, blob, run, edit, edited, new, new_blocks, new_world)


def facts(state: ExecutionState) -> list[tuple[Fact, object]]:
    """What the trail tells, but of conditions, which may come and go."""
    conditions = {one.index for one in state.program.instructions if one.op is Op.CHOOSE}
    return [
        (fact, plain(value))
        for fact, index, _, _, value in state.trail.rows()
        if fact in BEGINNING or index not in conditions
    ]


def plain(value: Any) -> object:  # noqa: ANN401 - a context, or what a fact says
    """A context whatever its class."""
    return (value.items, value.cents) if hasattr(value, "cents") else value


def finish(execution: Any, world: World, random: Random) -> Any:  # noqa: ANN401 - in any state
    """Go on until nothing happens any more, in a world where all goes well."""
    for _ in range(100):
        after = go_on(execution, world, random)
        if after is execution:
            return after
        execution = after
    raise AssertionError("it never ends")


def check_harmless(one: Scene, random: Random) -> None:
    """It loads as it was, and goes on without doing again what is done."""
    told = one.new.compatibility(one.blob)
    assert told.verdict is Verdict.COMPATIBLE
    assert not any(change.matters for change in told.changes)
    check_loaded(one, one.new.load(one.blob), random)
    newer = build(evolve(one.edited.sketch, version=2), one.new_world)
    check_loaded(one, newer.migration(one.saga).load(one.blob), random)


def check_loaded(one: Scene, loaded: Any, random: Random) -> None:  # noqa: ANN401 - in any state
    """Nothing has run yet; what has happened is what had happened; what is done is not done again."""
    before = one.saga.load(one.blob)
    one.new_world.begin(lambda _: Fate.GIVES)
    one.new_world.there |= one.world.there
    one.new_world.clock.advance(one.world.clock.now - one.new_world.clock.now)
    assert type(loaded) is type(before)
    assert loaded.status is before.status
    assert facts(loaded.state) == facts(before.state)
    ended = finish(loaded, one.new_world, random)
    assert facts(ended.state)[: len(facts(before.state))] == facts(before.state)
    done = {leaf.name for leaf in one.run.leaves() if leaf.uid in one.run.done}
    assert not [call for call in one.new_world.calls if call.role in (Role.DO, Role.DECIDE) and call.name in done]


def check_harmful(one: Scene, random: Random) -> None:
    """It is found before any body runs, and named right; a migration that is told of it mends it."""
    with pytest.raises(ProgramChanged) as caught:
        one.new.load(one.blob)
    assert one.new_world.calls == []
    error = caught.value
    told = one.new.compatibility(one.blob)
    assert (told.verdict, told.changes) == (error.verdict, error.changes)
    assert error.verdict is one.edited.verdict
    check_named(one, error)
    if one.edited.mended is None:
        return
    blocks: dict[int, Any] = {}
    newer = build(evolve(one.edited.sketch, version=2), one.new_world, blocks)
    migration = one.edited.mended(newer.migration(one.saga), one.blocks, blocks)
    try:
        loaded = migration.load(one.blob)
    except ProgramChanged as refused:
        assert one.execution.state.doubt or one.execution.state.phase is Phase.UNDOING
        assert refused.verdict is Verdict.IMPOSSIBLE  # noqa: PT017
    else:
        ended = finish(loaded, one.new_world, random)
        done = {leaf.name for leaf in one.run.leaves() if leaf.uid in one.run.done}
        calls = [call.name for call in one.new_world.calls if call.role in (Role.DO, Role.DECIDE)]
        assert done.isdisjoint(calls)
        assert ended.dump() == newer.load(ended.dump()).dump()


def check_named(one: Scene, error: ProgramChanged) -> None:
    """What matters is named, and nothing else is said to matter."""
    matters = [change for change in error.changes if change.matters]
    wanted = {path for says in one.edited.says for _, path in says}
    named = {(change.what, change.path) for change in matters if change.path in wanted or not is_context(change.path)}
    assert matters
    if one.edited.at_least:
        assert any(says <= named for says in one.edited.says)
    elif one.edited.says:
        assert named in one.edited.says
    done = {one.run.path[uid] for uid in one.run.done}
    alike = Counter(one.run.path.values())  # of two timers of one path the name does not tell which it is
    assert all(
        change.done == (change.path in done) or alike[change.path] > 1
        for change in matters
        if (change.what, change.path) in named and wanted
    )
    assert all(str(change) in str(error) for change in matters[:8])


def is_context(path: str) -> bool:
    """Whether it is where a context is taken out or put back: those follow from their neighbours."""
    return path.rpartition("/")[2] in ("get", "put")


@pytest.mark.proof
def test_what_matters_to_a_run_is_found_and_named_and_the_rest_is_not() -> None:
    """Harmful edits are found before any body runs, all of them; harmless ones are not complained of."""
    told: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    for seed in seeds(FIGURE):
        with reseed(seed) as random:
            one = scene(random, EDITS[seed % len(EDITS)])
            (check_harmful if one.edited.harmful else check_harmless)(one, random)
            told[one.edit.__name__] += 1
            statuses[one.execution.status.value] += 1
    harmful = sum(told[edit.__name__] for edit in HARMFUL)
    figures = (
        f"{told.total()} edits: {harmful} harmful, all found and named; {told.total() - harmful} harmless, 0 alarms"
    )
    print(figures, dict(sorted(told.items())), dict(sorted(statuses.items())), sep="\n")  # noqa: T201 - for -s
