"""Pause, close, and in another process load, answer and finish: each half is run as `python -m benchmarks.cycle`.

Three steps are done, and recorded, before the gate. It prints the seconds that its half took, imports and the
definition of the saga apart. Beside it stands what SQLite alone takes for ten commits in two such processes, each of
which opens the file and closes it.
"""

import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Final

from benchmarks import raw, work
from resaga import Completed, Paused
from resaga.runtime import BlockingRuntime

SAGA: Final = work.paused_saga(3)


def both(url: str, id_: str) -> float:
    """Seconds for both halves, in two processes of their own."""
    return sum(_half(half, url, id_) for half in ("pause", "finish"))


def both_bare(path: str) -> float:
    """Seconds for two processes that make ten commits between them, with nothing but SQLite."""
    return sum(_half("bare", path) for _ in range(2))


def _half(half: str, *arguments: str) -> float:
    command = [sys.executable, "-m", "benchmarks.cycle", half, *arguments]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603 - our own code


def bare(path: str) -> None:
    """Open it, make five commits, close it."""
    connection, commit = raw.opened(Path(path))
    for _ in range(5):
        commit()
    connection.close()


def ours(half: str, url: str, id_: str) -> None:
    """Do one of the halves."""
    with BlockingRuntime.open(url, sagas=[SAGA]) as runtime:
        if half == "pause":
            assert isinstance(runtime.run(SAGA, work.ZERO, id=id_), Paused)
        else:
            runtime.answer(id_, work.approval, work.Approval(ok=True))
            assert isinstance(runtime.resume(SAGA, id_), Completed)


def main(half: str, *arguments: str) -> None:
    """Say how long that takes."""
    import_module("resaga.stores.sqlite")  # as all imports, before the time is taken
    start = time.perf_counter()
    if half == "bare":
        bare(*arguments)
    else:
        ours(half, *arguments)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main(*sys.argv[1:])
