"""The published JSON Schema fits every document that is written, and nothing that is broken."""

import json
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from resaga.codec.document import FORMAT, KEYS
from resaga.core.decision import Status
from resaga.core.fact import BITS, Fact
from resaga.core.node import Kind
from tests.codec.goldens import GOLDEN
from tests.codec.mutations import hostile

SCHEMA: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "docs" / "format.schema.json").read_text(encoding="utf-8")
)
VALIDATOR: Final = Draft202012Validator(SCHEMA)
PLAIN: Final = {name: json.loads(blob) for name, (_, blob) in GOLDEN.items()}
PAUSED: Final = PLAIN["checkout-allowed-1"]
DONE: Final = PLAIN["checkout-allowed-3"]


def test_the_schema_is_one_and_strict() -> None:
    """No object in it is open, except those of the user's values."""
    Draft202012Validator.check_schema(SCHEMA)
    left: list[Any] = [SCHEMA]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            if one.get("type") == "object" and "properties" in one:
                assert one["additionalProperties"] is False
                assert sorted(one["required"]) == sorted(one["properties"])
            left += one.values()
        elif isinstance(one, list):
            left += one


def test_the_schema_knows_all_that_the_code_knows() -> None:
    """Members, statuses, kinds, the largest code."""
    properties = SCHEMA["properties"]
    assert properties["format"]["const"] == FORMAT
    assert tuple(SCHEMA["required"]) == KEYS
    assert set(properties["status"]["enum"]) == {status.value for status in Status}
    kinds = properties["listing"]["items"]["pattern"].partition(")")[0].removeprefix("^(").split("|")
    assert set(kinds) == {kind.value for kind in Kind}
    assert properties["codes"]["items"]["maximum"] == (100_000 - 1) << BITS | max(Fact)


@pytest.mark.parametrize("name", PLAIN)
def test_every_golden_document_fits(name: str) -> None:
    """In each status, with each fact, with values of each type."""
    VALIDATOR.validate(PLAIN[name])


@pytest.mark.parametrize("name", KEYS)
def test_a_document_without_a_member_does_not_fit(name: str) -> None:
    """All of them are required."""
    assert not VALIDATOR.is_valid({key: part for key, part in DONE.items() if key != name})


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("more", 1),
        ("format", 2),
        ("format", "1"),
        ("id", ""),
        ("id", "a b"),
        ("id", "x" * 129),
        ("saga", "a/b"),
        ("version", 0),
        ("version", 1.5),
        ("version", "1"),
        ("fingerprint", "0" * 15),
        ("fingerprint", "G" * 16),
        ("status", "Completed"),
        ("status", "paused"),
        ("status", None),
        ("index", -1),
        ("index", 0.5),
        ("index", 100_001),
        ("waits", {"for": "answer", "path": "a", "until": None}),
        ("waits", {}),
        ("listing", []),
        ("listing", ["odd path 01234567"]),
        ("listing", ["read path"]),
        ("listing", ["read path 0123456"]),
        ("codes", []),
        ("codes", [-1]),
        ("codes", [3_199_991]),
        ("codes", ["5"]),
        ("codes", [1.5]),
        ("at", []),
        ("at", [10**18]),
        ("took", [-1]),
        ("took", ["0"]),
        ("values", []),
        ("values", {}),
        ("values", [{"$": "held"}]),
        ("values", [{"$": [-1]}]),
        ("values", [{"$": [1.5]}]),
        ("values", [{"$": [["held"]]}]),
        ("values", [{"$": ["a", "b", "c"]}]),
        ("values", [{"$": [], "x": 1}]),
        ("values", [{"$x": 1}]),
        ("values", [[{"x": [{"$x": 1}]}]]),
        ("values", [{"$int": 5}]),
        ("values", [{"$int": "5"}]),
        ("values", [{"$int": "0" * 20}]),
        ("values", [{"$int": "9" * 20, "x": 1}]),
        ("sum", "123"),
        ("sum", "ABCDEF01"),
        ("sum", 5),
    ],
)
def test_a_broken_document_does_not_fit(name: str, wrong: object) -> None:
    """Whatever it is that is broken."""
    assert not VALIDATOR.is_valid({**DONE, name: wrong})


@pytest.mark.parametrize(
    "waits",
    [
        None,
        {},
        {"for": "answer", "path": "approval"},
        {"for": "answer", "path": "approval", "until": -1},
        {"for": "answer", "path": "approval", "until": 1.5},
        {"for": "answer", "path": "approval", "until": None, "more": 1},
        {"for": "answer", "path": "", "until": None},
        {"for": "time", "path": "approval", "until": None},
        {"for": "rain", "path": "approval", "until": None},
    ],
)
def test_a_paused_document_says_what_it_waits_for(waits: object) -> None:
    """An answer, perhaps until a time; or a time."""
    assert VALIDATOR.is_valid(PAUSED)
    assert not VALIDATOR.is_valid({**PAUSED, "waits": waits})


@pytest.mark.parametrize(
    "value",
    [{"$$": 1}, {"$$$x": 1}, {"": 1}, {"a$": 1}, {"$": []}, {"$": ["a", 0]}, {"$int": "9" * 20}, [[None]]],
)
def test_a_value_may_be_any_json_with_its_keys_escaped(value: object) -> None:
    """References and long integers are the only objects of ours."""
    VALIDATOR.validate({**DONE, "values": [value]})


def test_what_is_loaded_fits() -> None:
    """What comes of a document that was tampered with is refused, or a document that fits."""
    sagas = list(GOLDEN.values())
    others = [blob for _, blob in sagas]
    chance = Random(1)  # noqa: S311 - it has to be the same each time
    loaded = 0
    for _ in range(1_500):
        saga, blob = chance.choice(sagas)
        odd, _ = hostile(chance, saga, blob, others)
        try:
            again = saga.load(odd).dump()
        except Exception:  # noqa: BLE001, S112 - the reader's tests say what may come
            continue
        VALIDATOR.validate(json.loads(again))
        loaded += 1
    assert loaded > 100
