"""One execution in a runtime, to wait for."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar, final

from resaga.core.block import M
from resaga.execution import Outcome

X = TypeVar("X")
B = TypeVar("B")


@final
class Handle(Generic[X, B, M]):
    """An execution that a runtime keeps, and drives unless somebody else does."""

    __slots__ = ("_wait", "id")

    def __init__(self, id: str, wait: Callable[[], Awaitable[Outcome[X, B, M]]]) -> None:
        self.id = id
        self._wait = wait

    def __repr__(self) -> str:
        return f"<Handle of {self.id!r}>"

    async def outcome(self) -> Outcome[X, B, M]:
        """How it stands once nothing can be done for now: it is over, it waits for somebody, or it is stuck.

        Who asks again after an answer gets what came of that. Who is cancelled here only stops waiting. A body cannot
        wait for its own execution, nor for one that waits for that: `Conflict`.
        """
        return await self._wait()
