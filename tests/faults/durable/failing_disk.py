"""Runs sagas on a disk of which every call that writes fails once, each in its turn; started by `test_disks.py`.

LD_PRELOAD=failing_disk.so python -m tests.faults.durable.failing_disk sqlite blocking ERRNO LASTING DIRECTORY
"""

import ctypes
import sys
from collections import Counter
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, Final

from resaga import Attempt, Completed, Paused, Saga, gate, step
from resaga.core.errors import Conflict, StoreError
from resaga.runtime import BlockingRuntime
from tests.faults.durable.worker import KINDS
from tests.runtime.behind_await import BehindAwait

DISK: Final = ctypes.CDLL(None)
CALLED: Final[list[str]] = []
RUNTIMES: Final = {"blocking": BlockingRuntime, "awaiting": BehindAwait}


@step
def a(number: int, attempt: Attempt) -> int:
    CALLED.append(attempt.key)
    return number


@gate
def ask(number: int, yes: bool) -> int:  # noqa: FBT001 - an answer
    return number


@step
def b(number: int, attempt: Attempt) -> int:
    CALLED.append(attempt.key)
    return number


SAGA: Final = Saga("disk", a.kept("it is a test") >> ask >> b.kept("it is a test"))


def insisted(verb: Any, failures: list[StoreError]) -> Any:  # noqa: ANN401 - a verb, and what it gives
    """Say it again when the cause is gone."""
    try:
        return verb()
    except StoreError as error:
        failures.append(error)
        DISK.fail_at(-1, 0, 0)
        return verb()


def run(store: Any, kind: Any) -> list[StoreError]:  # noqa: ANN401 - a Store, a class of runtime
    """To its end, whatever fails on the way; the errors that were seen."""
    failures: list[StoreError] = []
    runtime = kind(store, [SAGA])
    CALLED.clear()
    outcome = insisted(lambda: runtime.run(SAGA, 1, id="x"), failures)
    assert isinstance(outcome, Paused), outcome
    with suppress(Conflict):  # who was told that it failed may find that it was kept
        insisted(lambda: runtime.answer("x", ask, True), failures)
    outcome = insisted(lambda: runtime.resume(SAGA, "x"), failures)
    assert isinstance(outcome, Completed), outcome
    assert len(CALLED) == len(set(CALLED)) == 2, "called again although nobody was interrupted"
    try:
        runtime.close()
    except StoreError as error:
        failures.append(error)
    return failures


def main(kind: str, runtime: str, code: str, lasting: str, directory: str) -> None:
    """Let each call fail in its turn, until there is none left."""
    seen: Counter[str] = Counter()
    for nth in count(1):
        path = Path(directory) / f"{kind}-{runtime}-{code}-{lasting}-{nth}"
        DISK.fail_at(nth, int(code), int(lasting))
        try:
            failures = run(KINDS[kind](path), RUNTIMES[runtime])
        except BaseException as error:
            error.add_note(f"call {nth}")
            raise
        failed = DISK.has_failed()
        DISK.fail_at(-1, 0, 0)
        again = KINDS[kind](path)
        stored = again.read("x")
        assert stored is not None
        assert stored.status == "completed"
        again.close()
        if not failed:
            sys.stdout.write(" ".join([str(nth - 1), *sorted(seen)]))
            return
        seen.update(type(error).__name__ for error in failures)


if __name__ == "__main__":
    main(*sys.argv[1:])
