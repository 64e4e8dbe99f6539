"""T05: disks that fail for real, under the whole runtime: a typed error, nothing lost, and it goes on afterwards."""

import errno
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from tests.preloads import COMPILER, compiled

HERE = Path(__file__).parent

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(COMPILER is None, reason="needs a C compiler, and Linux"),
]


@pytest.fixture(scope="session")
def failing_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that lets a call fail."""
    return compiled(HERE / "failing_disk.c", tmp_path_factory.mktemp("disk"))


def failing(library: Path, path: Path, *told: object) -> list[str]:
    """What became of it: how many calls failed, and as what that was known."""
    command = [sys.executable, "-m", "tests.faults.durable.failing_disk", *map(str, told), str(path)]
    environment = os.environ | {"LD_PRELOAD": str(library), "PYTHONPATH": os.pathsep.join([*sys.path, "."])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_each_call_fails_and_all_after_it(failing_disk: Path, quick_path: Path) -> None:
    """Whichever is the first, the disk is full; with room it goes on, and no body is called again."""
    calls, *seen = failing(failing_disk, quick_path, "sqlite", "blocking", errno.ENOSPC, 1)
    assert int(calls) > 20
    assert "StoreFull" in seen


@pytest.mark.proof
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT], ids=errno.errorcode.get)
@pytest.mark.parametrize("run", list(product(["sqlite", "files"], ["blocking", "awaiting"], [0, 1])), ids=str)
def test_each_call_fails(failing_disk: Path, quick_path: Path, run: tuple[str, str, int], code: int) -> None:
    """The same on each store, in each runtime, for each error, once or for long."""
    kind, runtime, lasting = run
    calls, *_ = failing(failing_disk, quick_path, kind, runtime, code, lasting)
    assert int(calls) > 20
