"""Hostile documents give a `BlobError` and nothing else, run nothing, and take neither long nor much."""

import sys
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from resaga import Paused, RolledBack, Stuck
from resaga.errors import BlobError
from tests.codec.documents import AnySaga, changed, closed, opened
from tests.codec.goldens import GOLDEN
from tests.codec.mutations import hostile
from tests.seeds import reseed, scaled, seeds

EACH: Final = 100
"""Documents for each seed."""

BLOBS: Final = [blob for _, blob in GOLDEN.values()]
HEARD: list[set[str] | None] = [None]
"""Where events are told to while somebody listens."""

HEARS: list[bool] = []
"""Whether there is a hook."""


def _hear(event: str, _: tuple[object, ...]) -> None:
    heard = HEARD[0]
    if heard is not None and event != "builtins.id":
        heard.add(event)


@contextmanager
def listening() -> Generator[set[str], None, None]:
    """The audit events that happen meanwhile: exec, compile, import, open, socket and all others."""
    if not HEARS:  # a hook stays for ever, so there is one
        sys.addaudithook(_hear)
        HEARS.append(True)
    heard = HEARD[0] = set[str]()
    try:
        yield heard
    finally:
        HEARD[0] = None


def tried(saga: AnySaga, blob: bytes) -> str:
    """What comes of loading: the error's class, or what the execution is; nothing else may come."""
    with listening() as heard:
        try:
            execution: Any = saga.load(blob)
        except BlobError as error:
            return type(error).__name__
        finally:
            assert not heard, heard
    again = execution.dump()
    assert saga.load(again).dump() == again
    state = execution.state
    assert state.step_timings is not None
    assert state.events is not None
    assert (state.started_at, state.updated_at, state.retry_count, state.executed) is not None
    assert repr(execution)
    assert saga.listing(execution)
    if isinstance(execution, Paused | Stuck):
        assert execution.why is not None
        assert execution.rollback_plan() is not None
    if isinstance(execution, RolledBack):
        assert execution.failure is not None
        assert (execution.undone, execution.kept, execution.skipped, execution.context) is not None
    return type(execution).__name__


def test_loading_runs_imports_opens_and_compiles_nothing() -> None:
    """Every golden document, and some that are refused in each way: not one audit event."""
    with listening() as heard:
        for saga, blob in GOLDEN.values():
            saga.load(blob)
        compile("1", "proof", "eval")
    assert heard == {"compile"}, "a listener that hears nothing proves nothing"
    odd = [blob for _, blob in GOLDEN.values()]
    with listening() as heard:
        for saga, blob in GOLDEN.values():
            for other in (
                blob[:-1],
                changed(blob, values=[{"$": []}]),
                changed(blob, codes=[0]),
                odd[0],
                b"",
            ):
                try:
                    saga.load(other)
                except BlobError:
                    continue
    assert heard == set()


def test_what_a_document_names_is_never_looked_up() -> None:
    """The names of modules, classes and functions are text, and text only."""
    names = (
        "os.system",
        "builtins.eval",
        "__import__",
        "py/object",
        "resaga.Saga",
        "!!python/object",
        "cos\nsystem",
    )
    saga, blob = GOLDEN["parcel-anvil-0"]
    plain = opened(blob)
    with listening() as heard:
        for name in names:
            values: tuple[Any, ...] = (
                {name: []},
                {"$": [name]},
                {"__class__": name},
                name,
                {"Parcel": {name: name}},
            )
            for value in values:
                with pytest.raises(BlobError):
                    saga.load(changed(blob, values=[value]))
                with pytest.raises(BlobError):
                    saga.load(closed({**plain, "saga": name}))
    assert heard == set()


@pytest.mark.proof
def test_a_million_hostile_documents_give_blob_errors_only() -> None:
    """Or a valid execution, whose document is stable; and no audit event while they are loaded."""
    sagas = list(GOLDEN.values())
    told, sound, total = Counter[str](), 0, 0
    for seed in seeds(1_000_000 // EACH):
        with reseed(seed) as chance:
            for _ in range(EACH):
                saga, blob = chance.choice(sagas)
                odd, is_json = hostile(chance, saga, blob, BLOBS)
                told[tried(saga, odd)] += 1
                sound += is_json
                total += 1
    if total > EACH:  # not for one seed that is run again
        assert sound >= 0.6 * total
        assert {"BlobCorrupt", "BlobMismatch", "ProgramChanged", "WrongSaga", "Completed", "Paused"} <= set(told)


@pytest.mark.proof
def test_every_truncation_and_every_flipped_bit_of_the_golden_documents_is_found() -> None:
    """Whichever byte, whichever bit."""
    sagas = list(GOLDEN.values())
    for saga, blob in sagas[: scaled(len(sagas), least=4)]:
        for end in range(len(blob)):
            with pytest.raises(BlobError):
                saga.load(blob[:end])
        damaged = bytearray(blob)
        for position in range(len(blob)):
            for bit in range(8):
                damaged[position] ^= 1 << bit
                with pytest.raises(BlobError):
                    saga.load(bytes(damaged))
                damaged[position] ^= 1 << bit
