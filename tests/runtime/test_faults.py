"""Every append fails in every way, and every call of a body is the last one of its process (T03, T05, T09, T10)."""

from typing import Any

import pytest

from resaga.core.fact import Fact
from tests.faults.scenarios import BACKWARD, DOUBTFUL, FORWARD, Scenario
from tests.runtime import runtimes
from tests.runtime.behind_await import BehindAwait
from tests.runtime.rig import Fault, Rig, deeds, told
from tests.worlds import Fate

pytestmark = pytest.mark.usefixtures("both_in_time")

SCENARIOS = {**FORWARD, **BACKWARD, **DOUBTFUL}
UNLIKE = {Fact.INTERRUPTED, Fact.STUCK}
"""With these a run may be another one: it was in doubt, or what a person was to decide was not recorded."""

FEW = (
    "past return",
    "events",
    "a wait",
    "a wait for nothing",
    "a gate in time",
    "tried again soon",
    "declined",
    "undone at the second try",
    "it happened",
    "irreversible, settled",
    "irreversible, may be repeated",
    "not yet",
    "a read, tried again",
)
PLAIN = [pytest.param(SCENARIOS[name], id=name) for name in FEW]
PROOF = [pytest.param(one, id=name) for name, one in SCENARIOS.items() if name not in FEW]
QUICK = [pytest.param(SCENARIOS[name], id=name) for name in FEW[:3]]
each = pytest.mark.parametrize("scenario", PLAIN)
every = pytest.mark.parametrize("scenario", PROOF)


def undisturbed(scenario: Scenario) -> tuple[Any, Rig]:
    rig = Rig(scenario)
    return rig.to_its_end(), rig


def failing(scenario: Scenario, fault: Fault) -> None:
    """That fault at the first append, at the second, and so on, until there is none left."""
    as_ever, calm = undisturbed(scenario)
    for at in range(1, 200):
        rig = Rig(scenario, fault, at)
        try:
            outcome = rig.to_its_end()
        except BaseException as error:
            error.add_note(f"{fault} at append {at}")
            raise
        if not rig.shaky.met:
            return
        if fault in {Fault.REFUSED, Fault.UNSURE, Fault.DOWN, Fault.UNSURE_DOWN}:
            assert told(outcome) == told(as_ever), f"{fault} at append {at} is in the trail"
            assert rig.world.order() == calm.world.order()
        elif rig.counts == calm.counts and not {row[0] for row in told(outcome) + told(as_ever)} & UNLIKE:
            assert fault.name.startswith("CANCEL") or deeds(outcome) == deeds(as_ever), (
                "nothing was in doubt, and yet it is another run"
            )
    raise AssertionError("it never comes to an end")


def dying(scenario: Scenario, how: Fate) -> None:
    """The process dies in the first call, in the second, and so on."""
    _, calm = undisturbed(scenario)
    for at in range(1, len(calm.world.calls) + 1):
        rig = Rig(scenario, None, at, dies_in=how)
        try:
            rig.to_its_end()
        except BaseException as error:
            error.add_note(f"{how} in call {at}")
            raise
        assert rig.deaths == 1


@each
@pytest.mark.parametrize("fault", Fault)
def test_an_append_fails(scenario: Scenario, fault: Fault) -> None:
    """Nothing recorded is lost, the loser of a race calls nothing, and the end is as lawful as ever."""
    failing(scenario, fault)


@pytest.mark.parametrize("scenario", QUICK)
@pytest.mark.parametrize("fault", Fault)
def test_an_append_fails_on_its_way(scenario: Scenario, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same where the appends of many are gathered; all of it is asked of that one where there is time."""
    monkeypatch.setattr(runtimes, "kind", BehindAwait)
    failing(scenario, fault)


@each
@pytest.mark.parametrize("how", [Fate.DIES, Fate.DIES_AFTER])
def test_a_process_dies_in_a_body(scenario: Scenario, how: Fate) -> None:
    """Another one goes on: with the same key, by a settle, or by a person, and never on a guess."""
    dying(scenario, how)


@pytest.mark.proof
@every
def test_every_append_fails(scenario: Scenario) -> None:
    """The same for all the other ways that a run can go."""
    for fault in Fault:
        failing(scenario, fault)


@pytest.mark.proof
@every
def test_every_body_is_died_in(scenario: Scenario) -> None:
    """The same for all the other ways that a run can go."""
    for how in (Fate.DIES, Fate.DIES_AFTER):
        dying(scenario, how)
