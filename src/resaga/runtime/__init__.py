"""The durable runtime: what connects codec, store and driver, so that an execution survives its process."""

from resaga.runtime.blocking import BlockingRuntime
from resaga.runtime.summary import Summary

__all__ = ["BlockingRuntime", "Summary"]
