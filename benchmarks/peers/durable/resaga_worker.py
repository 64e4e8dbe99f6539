"""resaga itself, as its docs have it: a saga with undos on a `BlockingRuntime` with a `SqliteStore`.

Nothing is switched off. The store sets WAL and synchronous=FULL by itself.
"""

from functools import reduce
from itertools import count
from operator import rshift

from attrs import frozen
from commits import DATABASE, STEPS, Refused, done, report, undone

from resaga import Block, Completed, Paused, RolledBack, Saga, Sync, gate, step
from resaga.runtime import BlockingRuntime
from resaga.stores.sqlite import SqliteStore


@frozen
class Count:
    """The small context."""

    n: int


@frozen
class Approval:
    """An answer."""

    ok: bool


def block(number: int) -> Block[Count, Count, Sync]:
    """Return one step with its undo."""

    def body(context: Count) -> Count:
        done.append(number)
        return Count(context.n + 1)

    def undo(_: Count) -> None:
        undone.append(number)

    return step(name=f"s{number}")(body).undone_by(undo)


def fail(_: Count) -> Count:
    """Fail at once."""
    done.append(STEPS)
    raise Refused


@gate
def approval(context: Count, answer: Approval) -> Count:
    """Wait for an answer."""
    del answer
    return context


TEN = Saga("ten", reduce(rshift, map(block, range(STEPS))))
FAILING = Saga("failing", reduce(rshift, map(block, range(STEPS))) >> step(name="fail")(fail).kept("it did nothing"))
PAUSED = Saga("paused", reduce(rshift, map(block, range(STEPS))) >> approval)

if __name__ == "__main__":
    numbers = count()
    with BlockingRuntime(SqliteStore(DATABASE), [TEN, FAILING, PAUSED]) as runtime:

        def run(saga: Saga[Count, Count, Sync], ends: type) -> None:
            """Run it under an id of its own."""
            assert isinstance(runtime.run(saga, Count(0), id=f"run-{next(numbers)}"), ends)

        report(
            "resaga",
            ten=lambda: run(TEN, Completed),
            failing=lambda: run(FAILING, RolledBack),
            paused=lambda: run(PAUSED, Paused),
        )
