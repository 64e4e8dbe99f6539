"""The awaiting runtime without threads: the same happens at the same turn of the loop."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from resaga.runtime import Runtime, writer


def threadless(one: Runtime, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """The same, where nothing is done in a thread, so that the same happens at the same turn."""

    def look(asked: Callable[[Any], Any]) -> "asyncio.Future[Any]":
        future = asyncio.get_running_loop().create_future()
        future.set_result(asked(one._store))
        return future

    monkeypatch.setattr(writer, "QUICK_SECONDS", 3_600)
    monkeypatch.setattr(one._writer, "_quick", True)
    monkeypatch.setattr(one._writer, "look", look)
    return one
