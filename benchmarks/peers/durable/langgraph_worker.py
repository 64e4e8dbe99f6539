"""LangGraph, as its guide has it: a graph compiled with a `SqliteSaver`, one thread id for each run.

`durability="sync"` is asked for: by default it goes on to the next step before the one before it is kept. The saver
sets WAL; it is given its connection, which is how synchronous=FULL is set. Tracing is off by the variable that it
documents. There is no compensation. A pause is `interrupt_before`.
"""

import os
import sqlite3
from collections.abc import Callable
from itertools import count
from typing import TypedDict

from commits import DATABASE, STEPS, done, full, report
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph


class Count(TypedDict):
    """The small context."""

    n: int


def body(number: int) -> Callable[[Count], Count]:
    """Return one step."""

    def counted(state: Count) -> Count:
        done.append(number)
        return {"n": state["n"] + 1}

    return counted


def approval(state: Count) -> Count:
    """Go on once there is an answer."""
    return state


def compiled(saver: SqliteSaver, *, pauses: bool) -> CompiledStateGraph:
    """Connect the steps in a line."""
    graph = StateGraph(Count)
    steps = [(f"s{number}", body(number)) for number in range(STEPS)]
    graph.add_sequence([*steps, ("approval", approval)] if pauses else steps)
    graph.add_edge(START, "s0")
    return graph.compile(checkpointer=saver, interrupt_before=["approval"] if pauses else None)


if __name__ == "__main__":
    os.environ["LANGSMITH_TRACING"] = "false"
    connection = sqlite3.connect(DATABASE, check_same_thread=False)
    full(connection)
    saver = SqliteSaver(connection)
    ten, paused = compiled(saver, pauses=False), compiled(saver, pauses=True)
    numbers = count()

    def run(graph: CompiledStateGraph) -> None:
        """Run it under a thread id of its own."""
        thread = {"configurable": {"thread_id": f"run-{next(numbers)}"}}
        assert graph.invoke({"n": 0}, thread, durability="sync")["n"] == STEPS

    report("langgraph", ten=lambda: run(ten), paused=lambda: run(paused))
