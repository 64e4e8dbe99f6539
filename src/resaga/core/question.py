"""A question that an execution waits at."""

from datetime import datetime
from typing import Generic, TypeVar, final

C = TypeVar("C")
R = TypeVar("R")


@final
class Question(Generic[C, R]):
    """An open question: what it is about, and until when it can be answered."""

    __slots__ = ("context", "deadline", "path")

    def __init__(self, path: str, context: C, deadline: datetime | None) -> None:
        self.path = path
        self.context = context
        self.deadline = deadline

    def __repr__(self) -> str:
        return f"Question({self.path!r}, {self.context!r})"
