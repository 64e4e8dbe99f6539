"""The two runtimes behind the same verbs: what is true of one is true of the other."""

from collections.abc import Iterator
from typing import Any, TypeAlias

import pytest

from resaga.runtime import BlockingRuntime
from tests.runtime import behind_await
from tests.runtime.behind_await import BehindAwait

AnyRuntime: TypeAlias = Any
"""Either of them."""

kind: Any = BlockingRuntime
"""The one that is tested."""


def made(store: Any, sagas: Any, **options: Any) -> AnyRuntime:  # noqa: ANN401 - a Store, Sagas
    """One of the kind that is tested."""
    return kind(store, sagas, **options)


@pytest.fixture(autouse=True)
def none_is_left() -> Iterator[None]:
    """What was made for a test ends with it."""
    yield
    while behind_await.made:
        behind_await.made[-1].die()


@pytest.fixture(params=[BlockingRuntime, BehindAwait], ids=["blocking", "awaiting"])
def both_runtimes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask this of both."""
    monkeypatch.setattr(__name__ + ".kind", request.param)


@pytest.fixture(
    params=[BlockingRuntime, pytest.param(BehindAwait, marks=pytest.mark.proof)], ids=["blocking", "awaiting"]
)
def both_in_time(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask this of both, but of the second one only where there is time."""
    monkeypatch.setattr(__name__ + ".kind", request.param)
