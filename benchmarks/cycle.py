"""Pause, close, and in another process load, answer and finish: each half is run as `python -m benchmarks.cycle`.

Three steps are done, and recorded, before the gate. It prints the seconds that its half took, imports and the
definition of the saga apart.
"""

import subprocess
import sys
import time
from importlib import import_module

from benchmarks import work
from resaga import Completed, Paused
from resaga.runtime import BlockingRuntime

STEPS = 3


def both(url: str, id_: str) -> float:
    """Seconds for both halves, in two processes of their own."""
    return sum(_half(half, url, id_) for half in ("pause", "finish"))


def _half(half: str, url: str, id_: str) -> float:
    command = [sys.executable, "-m", "benchmarks.cycle", half, url, id_]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603 - our own code


def main(half: str, url: str, id_: str) -> None:
    """Do one of the halves."""
    saga = work.paused_saga(STEPS)
    if url.startswith("sqlite:"):
        import_module("resaga.stores.sqlite")  # as all imports, before the time is taken
    start = time.perf_counter()
    with BlockingRuntime.open(url, sagas=[saga]) as runtime:
        if half == "pause":
            assert isinstance(runtime.run(saga, work.ZERO, id=id_), Paused)
        else:
            runtime.answer(id_, work.approval, work.Approval(ok=True))
            assert isinstance(runtime.resume(saga, id_), Completed)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main(*sys.argv[1:])
