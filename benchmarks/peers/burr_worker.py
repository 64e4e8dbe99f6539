"""Burr, as its guide has it: `@action` functions of the state, an `ApplicationBuilder`, `run(halt_after=…)`.

An application is one execution. Building one adds about a sixth to a run of ten, so it is built once and sent
back with `reset_to_entrypoint()`, which favours it. Steps return the state they were given: `state.update(…)`
would copy it. No tracker, no persister, no hooks: none is on unless asked for; telemetry was removed from it.
There is no compensation.
"""

from collections.abc import Awaitable, Callable
from itertools import pairwise

from burr.core import Application, ApplicationBuilder, State, action
from clockwork import STEPS, Trail, report

NAMES = [f"s{number}" for number in range(STEPS)]


def body(number: int, trail: Trail | None) -> Callable[..., State]:
    """Return one step: it tells the trail, or does nothing."""

    @action(reads=["n"], writes=["n"])
    def quiet(state: State) -> State:
        return state

    if trail is None:
        return quiet

    @action(reads=["n"], writes=["n"])
    def told(state: State) -> State:
        trail.done.append(number)
        return state.update(n=state["n"] + 1)

    return told


def body_async(number: int, trail: Trail | None) -> Callable[..., Awaitable[State]]:
    """Return the same as a coroutine function."""

    @action(reads=["n"], writes=["n"])
    async def quiet(state: State) -> State:
        return state

    if trail is None:
        return quiet

    @action(reads=["n"], writes=["n"])
    async def told(state: State) -> State:
        trail.done.append(number)
        return state.update(n=state["n"] + 1)

    return told


def application(steps: list[Callable[..., object]]) -> Application:
    """Connect the steps in a line."""
    return (
        ApplicationBuilder()
        .with_actions(**dict(zip(NAMES, steps, strict=True)))
        .with_transitions(*pairwise(NAMES))
        .with_state(n=0)
        .with_entrypoint(NAMES[0])
        .build()
    )


def chain(*, fails: bool, trail: Trail | None) -> Callable[[], object]:
    """Build the ten steps; there is no rollback to ask for."""
    del fails
    app = application([body(number, trail) for number in range(STEPS)])

    def run() -> object:
        app.reset_to_entrypoint()
        return app.run(halt_after=NAMES[-1:])

    return run


def chain_async(*, fails: bool, trail: Trail | None) -> Callable[[], Awaitable[object]]:
    """Build the same of coroutine functions."""
    del fails
    app = application([body_async(number, trail) for number in range(STEPS)])

    async def run() -> object:
        app.reset_to_entrypoint()
        return await app.arun(halt_after=NAMES[-1:])

    return run


if __name__ == "__main__":
    report("burr", blocking=chain, awaiting=chain_async)
