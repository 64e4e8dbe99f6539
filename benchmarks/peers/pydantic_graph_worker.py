"""pydantic-graph, as its guide has it: a `GraphBuilder`, steps of a `StepContext`, edges, `graph.run(…)`.

It is async only (`run_sync` runs a loop for one). The graph is built once and named, so that no frame is
inspected for its name; spans are off by its own `auto_instrument=False`. The context is each step's input and
output. Version 1 could persist a run, version 2 has no such module. There is no compensation.
"""

from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import NamedTuple

from clockwork import STEPS, Trail, report
from pydantic_graph import GraphBuilder, StepContext


class Count(NamedTuple):
    """The small context."""

    n: int


Body = Callable[[StepContext[None, None, Count]], Awaitable[Count]]


def body(number: int, trail: Trail | None) -> Body:
    """Return one step: it tells the trail, or does nothing."""

    async def quiet(ctx: StepContext[None, None, Count]) -> Count:
        return ctx.inputs

    if trail is None:
        return quiet

    async def told(ctx: StepContext[None, None, Count]) -> Count:
        trail.done.append(number)
        return Count(ctx.inputs.n + 1)

    return told


def chain(*, fails: bool, trail: Trail | None) -> Callable[[], Awaitable[object]]:
    """Build the ten steps; there is no rollback to ask for."""
    del fails
    builder = GraphBuilder(name="ten", input_type=Count, output_type=Count, auto_instrument=False)
    steps = [builder.step(body(number, trail), node_id=f"s{number}") for number in range(STEPS)]
    builder.add(
        builder.edge_from(builder.start_node).to(steps[0]),
        *(builder.edge_from(one).to(following) for one, following in pairwise(steps)),
        builder.edge_from(steps[-1]).to(builder.end_node),
    )
    graph = builder.build()
    first = Count(0)
    return lambda: graph.run(inputs=first)


if __name__ == "__main__":
    report("pydantic-graph", awaiting=chain)
