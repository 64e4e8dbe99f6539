"""What may have killed a process is driven alone."""

import asyncio
from typing import cast, final

import pytest

from resaga.core import errors
from resaga.runtime import apart
from resaga.runtime.held import Held
from tests.runtime.shop import CALLS
from tests.runtime.shop_async import awaited


@final
class Suspicious:
    """As much of a held execution as is looked at."""

    def __init__(self, id_: str) -> None:
        self.suspicious, self.state = True, self
        self.execution_id = id_


def test_two_that_may_kill_are_driven_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, and not for ever if the one waits for the other."""
    monkeypatch.setattr(apart, "PATIENCE_SECONDS", 0.01)

    async def story() -> None:
        lane = apart.Apart()
        one, other = cast("Held", Suspicious("one")), cast("Held", Suspicious("other"))
        async with lane.of(one):
            with pytest.raises(errors.Conflict, match=r"'other' waits its turn: .* tick again later"):
                async with lane.of(other):
                    raise AssertionError("both at once")
        async with lane.of(other):
            CALLS.append("other")

    awaited(story())
    assert CALLS == ["other"]


@pytest.mark.parametrize("turns", range(6))
def test_who_is_cut_off_as_it_gets_its_turn(turns: int) -> None:
    """However late that comes, it lets go; the turn is the next one's."""

    async def story() -> None:
        lane, may_end = apart.Apart(), asyncio.Event()

        async def drive() -> None:
            async with lane.of(cast("Held", Suspicious("x"))):
                await may_end.wait()

        first = asyncio.create_task(drive())
        await asyncio.sleep(0)
        second = asyncio.create_task(drive())
        await asyncio.sleep(0)
        first.cancel()
        for _ in range(turns):
            await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([first, second])
        assert second.cancelled()
        may_end.set()
        await drive()

    awaited(story())
