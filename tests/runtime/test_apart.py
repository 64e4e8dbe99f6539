"""What may have killed a process is driven alone."""

from typing import Any, final

import pytest

from resaga.core import errors
from resaga.runtime import apart
from tests.runtime.shop import CALLS
from tests.runtime.shop_async import awaited


def test_two_that_may_kill_are_driven_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, and not for ever if the one waits for the other."""
    monkeypatch.setattr(apart, "PATIENCE_SECONDS", 0.01)

    @final
    class Suspicious:
        def __init__(self, id_: str) -> None:
            self.suspicious, self.state = True, self
            self.execution_id = id_

    async def story() -> None:
        lane = apart.Apart()
        one: Any = Suspicious("one")
        other: Any = Suspicious("other")
        async with lane.of(one):
            with pytest.raises(errors.Conflict, match=r"'other' waits its turn: .* tick again later"):
                async with lane.of(other):
                    raise AssertionError("both at once")
        async with lane.of(other):
            CALLS.append("other")

    awaited(story())
    assert CALLS == ["other"]
