"""One at a time: those that may have killed who drove them.

Where many are driven at once, all of them die with the one that kills, and would be worn out with it. So who was taken
over more than once is driven apart from others of its kind; who waits for that has claimed nothing.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final, final

from resaga.core.errors import Conflict
from resaga.runtime.held import Held

PATIENCE_SECONDS: Final = 30
"""How long one waits for its turn; then it is left for later, as what is driven may be waiting for it."""


@final
class Apart:
    """Lets the suspicious in one by one, and all others at once."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def of(self, held: Held) -> AsyncGenerator[None, None]:
        """While it is driven here."""
        if not held.suspicious:
            yield
            return
        id_ = held.state.execution_id
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):  # in Python 3.11 `wait_for` may lose a cancellation
                await self._turn.acquire()
        except TimeoutError:
            said = f"execution {id_!r} waits its turn: processes that drove it have died; tick again later."
            raise Conflict(said, id=id_) from None
        try:
            yield
        finally:
            self._turn.release()
