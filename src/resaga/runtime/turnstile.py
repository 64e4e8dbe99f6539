"""A turnstile: however many come at once, only some go through in each turn of the loop, so that it keeps turning."""

import asyncio
from collections import deque
from typing import Final, final

A_TURN: Final = 64
"""How many begin in one turn: what they append first, two entries each, fills a batch."""


@final
class Turnstile:
    """Who comes first goes first; while few come nobody waits."""

    def __init__(self, a_turn: int = A_TURN) -> None:
        self._a_turn = a_turn
        self._through = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def through(self) -> None:
        """Go through, in this turn or in a later one."""
        loop = asyncio.get_running_loop()
        if self._through < self._a_turn:
            if not self._through:
                loop.call_soon(self._turn)
            self._through += 1
        else:
            self._waiting.append(loop.create_future())
            await self._waiting[-1]

    def _turn(self) -> None:
        self._through = 0
        while self._waiting and self._through < self._a_turn:
            future = self._waiting.popleft()
            if not future.done():  # who was cut off does not come any more
                future.set_result(None)
                self._through += 1
        if self._through:
            asyncio.get_running_loop().call_soon(self._turn)
