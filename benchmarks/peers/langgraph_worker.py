"""LangGraph, as its guide has it: a `StateGraph` of a `TypedDict`, `add_sequence`, `compile()`, `invoke(…)`.

Compiled once, without a checkpointer; tracing is off by the variable it documents, `LANGSMITH_TRACING`. Steps
return the state they were given. An `error_handler` of a node catches that node's failure; nothing walks back
over the others, so there is no compensation to measure.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any, TypedDict

from clockwork import STEPS, Trail, report
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph


class Count(TypedDict):
    """The small context."""

    n: int


def body(number: int, trail: Trail | None) -> Callable[[Count], Count]:
    """Return one step: it tells the trail, or does nothing."""

    def quiet(state: Count) -> Count:
        return state

    if trail is None:
        return quiet

    def told(state: Count) -> Count:
        trail.done.append(number)
        return {"n": state["n"] + 1}

    return told


def body_async(number: int, trail: Trail | None) -> Callable[[Count], Awaitable[Count]]:
    """Return the same as a coroutine function."""

    async def quiet(state: Count) -> Count:
        return state

    if trail is None:
        return quiet

    async def told(state: Count) -> Count:
        trail.done.append(number)
        return {"n": state["n"] + 1}

    return told


def compiled(steps: list[Any]) -> CompiledStateGraph:
    """Connect the steps in a line."""
    graph = StateGraph(Count)
    graph.add_sequence([(f"s{number}", one) for number, one in enumerate(steps)])
    graph.add_edge(START, "s0")
    return graph.compile()


def chain(*, fails: bool, trail: Trail | None) -> Callable[[], object]:
    """Build the ten steps; there is no rollback to ask for."""
    del fails
    graph = compiled([body(number, trail) for number in range(STEPS)])
    return lambda: graph.invoke({"n": 0})


def chain_async(*, fails: bool, trail: Trail | None) -> Callable[[], Awaitable[object]]:
    """Build the same of coroutine functions."""
    del fails
    graph = compiled([body_async(number, trail) for number in range(STEPS)])
    return lambda: graph.ainvoke({"n": 0})


if __name__ == "__main__":
    os.environ["LANGSMITH_TRACING"] = "false"
    report("langgraph", blocking=chain, awaiting=chain_async)
