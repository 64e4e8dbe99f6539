"""What a body may know of the attempt that it is."""

from typing import final

from resaga.core.errors import UndeclaredEvent
from resaga.core.key import Work, derive


@final
class Attempt:
    """One call of a body: whose, where, which one in number, and under which key.

    `key` is the same for every attempt and every resume of one step, so a world that honours
    idempotency keys sees one request. It is derived when it is read.
    """

    __slots__ = ("_key", "declared", "emitted", "execution_id", "number", "path", "saga", "work")

    def __init__(  # noqa: PLR0913 - an attempt is made by drivers and by hand in tests, by name
        self,
        *,
        path: str,
        execution_id: str = "test",
        number: int = 1,
        saga: str = "test",
        work: Work = Work.DO,
        key: str | None = None,
        declared: tuple[type, ...] | None = None,
    ) -> None:
        self.execution_id = execution_id
        self.path = path
        self.number = number
        self.saga = saga
        self.work = work
        self.declared = declared
        self.emitted: list[object] = []
        self._key = key

    @property
    def key(self) -> str:
        """The idempotency key to hand on to the world outside."""
        if self._key is None:
            self._key = derive(self.saga, self.execution_id, self.path, self.work)
        return self._key

    @property
    def key_of_doing(self) -> str:
        """In an undo: the key under which the step itself was done; elsewhere the same as `key`."""
        if self.work is Work.DO:
            return self.key
        return derive(self.saga, self.execution_id, self.path, Work.DO)

    def emit(self, event: object) -> None:
        """Let an event leave with this attempt's outcome: it counts only if the outcome is recorded."""
        if self.declared is not None and type(event) not in self.declared:
            raise UndeclaredEvent(
                f"step {self.path!r} emitted a {type(event).__name__}, which its saga does not declare;"
                f" add it to Saga(…, emits=({type(event).__name__}, …)).",
                path=self.path,
            )
        self.emitted.append(event)

    def __repr__(self) -> str:
        return f"Attempt(path={self.path!r}, execution_id={self.execution_id!r}, number={self.number})"
