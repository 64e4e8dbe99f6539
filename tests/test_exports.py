"""What is given to users is made of what they can import from the same place."""

import inspect
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final, get_args, get_type_hints

import pytest
from typing_extensions import TypeAliasType

import resaga
import resaga.runtime
from resaga.codec import Codec
from resaga.codec.migration import Migration
from resaga.runtime import BlockingRuntime, Event, Handle, Runtime, Standing, Summary

LATER: Final[dict[str, Any]] = {"Codec": Codec, "Migration": Migration, "Compatibility": resaga.Compatibility}
"""What is imported for type checkers only."""

RESULTS: Final = (
    resaga.New,
    resaga.Interrupted,
    resaga.Answered,
    resaga.Paused,
    resaga.Completed,
    resaga.RolledBack,
    resaga.Stuck,
    resaga.Compatibility,
    resaga.Change,
    resaga.RollbackPlan,
    resaga.Question,
    resaga.StepTiming,
)


def classes(hint: Any) -> Iterator[type]:  # noqa: ANN401 - whatever stands in an annotation
    """Those of ours that an annotation is made of."""
    if isinstance(hint, TypeAliasType):
        hint = hint.__value__
    if isinstance(hint, type) and hint.__module__.startswith("resaga."):
        yield hint
    for part in (getattr(hint, "__origin__", None), *get_args(hint)):
        if part is not None and part is not hint:
            yield from classes(part)


def given(kind: type) -> Iterator[tuple[str, type]]:
    """What the verbs, the properties and the fields of a class give, by their names."""
    for name, member in inspect.getmembers(kind):
        if not name.startswith("_") and (isinstance(member, property) or inspect.isfunction(member)):
            function = member.fget if isinstance(member, property) else member
            hint = get_type_hints(function, localns=LATER).get("return")
            yield from ((name, one) for one in classes(hint))
    for name, hint in get_type_hints(kind, localns=LATER).items():
        yield from ((name, one) for one in classes(hint) if not name.startswith("_"))


def exported(module: Any) -> set[object]:  # noqa: ANN401 - a module
    """What can be imported from there."""
    return {getattr(module, name) for name in module.__all__}


@pytest.mark.parametrize("kind", RESULTS, ids=lambda kind: kind.__name__)
def test_what_an_execution_says_is_made_of_what_can_be_imported(kind: type) -> None:
    """From `resaga`, all of it."""
    assert [name for name, one in given(kind) if one not in exported(resaga)] == []


@pytest.mark.parametrize(
    "kind", [BlockingRuntime, Runtime, Handle, Summary, Standing, Event], ids=lambda kind: kind.__name__
)
def test_what_a_runtime_gives_is_made_of_what_can_be_imported(kind: type) -> None:
    """From `resaga` or `resaga.runtime`."""
    known = exported(resaga) | exported(resaga.runtime)
    assert [name for name, one in given(kind) if one not in known] == []


@pytest.mark.parametrize("module", ["resaga", "resaga.stores", "resaga.runtime"])
def test_every_name_is_there_and_nothing_heavy_comes_along(module: str) -> None:
    """No event loop and no database; with `resaga` alone, nothing that knows bytes either."""
    code = f"import sys; before = {{*sys.modules}}; import {module}; print(*{{*sys.modules}} - before)"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    heavy = {"asyncio", "sqlite3", "psycopg", "obstore"} | (
        {"cattrs", "orjson"} if module != "resaga.runtime" else set()
    )
    assert heavy.isdisjoint(said)
    there = import_module(module)
    assert len(exported(there)) == len(there.__all__)
