"""saga_py, as its README has it: `SagaBuilder`, one action and one compensation per step.

The saga is built once and executed again and again, which its `execute()` allows. It takes no first context:
the first step makes it. A context travels as keyword arguments, so each step returns a dict; that is its
convention. There is nothing to persist or to log. It compensates the failed step too: eleven undos.
"""

from collections.abc import Callable

from clockwork import STEPS, Refused, Trail, report
from saga import SagaBuilder, SagaError


def pair(number: int, trail: Trail | None) -> tuple[Callable[..., dict[str, int]], Callable[..., None]]:
    """Return the body and the undo of one step: they tell the trail, or do nothing."""

    def body(n: int = 0) -> dict[str, int]:
        return {"n": n}

    def undo(n: int = 0) -> None:
        pass

    if trail is None:
        return body, undo

    def told(n: int = 0) -> dict[str, int]:
        trail.done.append(number)
        return {"n": n + 1}

    def told_undo(n: int = 0) -> None:
        trail.undone.append((number, n))

    return told, told_undo


def chain(*, fails: bool, trail: Trail | None) -> Callable[[], object]:
    """Build the ten steps, and one that fails if asked for."""
    builder = SagaBuilder.create()
    for number in range(STEPS):
        builder.action(*pair(number, trail))
    if not fails:
        return builder.build().execute
    last, undo = pair(STEPS, trail)

    def refuse(n: int = 0) -> dict[str, int]:
        if trail is not None:
            last(n)
        raise Refused

    saga = builder.action(refuse, undo).build()

    def run() -> None:
        try:
            saga.execute()
        except SagaError:
            return

    return run


if __name__ == "__main__":
    report("saga_py", blocking=chain, undoes=True)
