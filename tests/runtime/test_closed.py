"""Who works on what was closed."""

import asyncio

import pytest

from resaga.core.errors import StoreClosed
from resaga.runtime import Runtime
from tests.runtime.shop import Shop
from tests.runtime.test_drives import awaited


@pytest.mark.usefixtures("both_runtimes")
def test_a_worker_of_a_closed_runtime() -> None:
    """It says so: what was closed does not come back, as a store does that is away."""
    runtime = Shop().runtime
    runtime.close()
    with pytest.raises(StoreClosed):
        runtime.work()


def test_closed_under_a_worker() -> None:
    """The worker ends with the runtime."""

    async def story() -> None:
        one = Runtime.open("memory://", [])
        working = asyncio.create_task(one.work())
        await asyncio.sleep(0)
        await one.close()
        with pytest.raises(StoreClosed):
            await working

    awaited(story())
