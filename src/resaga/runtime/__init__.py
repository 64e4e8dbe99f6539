"""The durable runtime: what connects codec, store and driver, so that an execution survives its process."""

from typing import TYPE_CHECKING

from resaga.runtime.blocking import BlockingRuntime
from resaga.runtime.event import Event
from resaga.runtime.standing import Standing
from resaga.runtime.summary import Awaited, Summary

if TYPE_CHECKING:
    from resaga.runtime.awaiting import Runtime
    from resaga.runtime.handle import Handle

__all__ = ["Awaited", "BlockingRuntime", "Event", "Handle", "Runtime", "Standing", "Summary"]


def __getattr__(name: str) -> object:
    """Who never awaits does not load asyncio, which takes longer than all of the rest."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from resaga.runtime import awaiting  # noqa: PLC0415 - that is the point

    return getattr(awaiting, name)
