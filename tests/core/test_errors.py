"""Errors: a tree by whose fault it is, each with its fields and one sentence."""

import copy
import inspect
import pickle

import pytest

import resaga.errors
from resaga.core import errors
from resaga.core.errors import (
    BlobError,
    DefinitionError,
    DuplicatePath,
    IllegalTransition,
    InvalidStepOrder,
    NoThread,
    ResagaError,
    StoreError,
    UsageError,
)

ALL = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, Exception)]
FAULTS = (DefinitionError, UsageError, BlobError, StoreError, NoThread, IllegalTransition)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_says_whose_fault_it_is(kind: type[ResagaError]) -> None:
    """An error is the author's, the caller's, the data's, the world's or ours, and never of two kinds."""
    assert kind is ResagaError or [issubclass(kind, fault) for fault in FAULTS].count(True) == 1


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_is_documented(kind: type[ResagaError]) -> None:
    """What an error means is said where it is defined."""
    assert kind.__doc__
    assert kind.__doc__.splitlines()[0].endswith(".")


def test_every_error_can_be_caught_by_who_uses_resaga() -> None:
    """All of them are in `resaga.errors`, and nothing else is."""
    assert resaga.errors.__all__ == sorted(kind.__name__ for kind in ALL)
    assert all(getattr(resaga.errors, kind.__name__) is kind for kind in ALL)


def test_an_error_has_a_sentence_and_fields() -> None:
    """People read the sentence, programs read the fields."""
    error = InvalidStepOrder("'hold' stands after 'charge'.", path="hold", after="charge")
    assert str(error) == "'hold' stands after 'charge'."
    assert (error.path, error.after) == ("hold", "charge")


def test_an_error_survives_another_process() -> None:
    """Pickled or copied, it keeps its sentence and its fields."""
    error = DuplicatePath("two steps have the path 'a'.", path="a")
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own
        assert (type(other), str(other), other.path) == (DuplicatePath, str(error), "a")
