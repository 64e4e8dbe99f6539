"""T20, T21: one run that is very long, and very many at once; each in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.seeds import scaled

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads how much memory is used as Linux says it")


def at_scale(*told: object, options: tuple[str, ...] = ()) -> Any:  # noqa: ANN401 - figures by their names
    """What such a process has seen; what it complains about is an error."""
    command = [sys.executable, *options, "-m", "tests.faults.durable.at_scale", *map(str, told)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@linux
def test_a_run_that_is_rather_long(quick_path: Path) -> None:
    """It ends, and is measured at both its ends."""
    assert at_scale("long", quick_path, 1_500).keys() == {"early", "late", "raw", "megabytes", "megabytes defined"}


@linux
@pytest.mark.scale
def test_a_very_long_run(tmp_path: Path) -> None:
    """T20: a late step costs what an early one costs, within a few raw appends; all of it within bounds of memory."""
    seen = at_scale("long", tmp_path, scaled(99_000, least=5_000))  # and one before them
    assert seen["late"] <= 1.5 * seen["early"], seen
    assert seen["late"] <= 4 * seen["raw"], seen
    assert seen["megabytes"] <= 300, seen


@linux
def test_rather_many_at_once(quick_path: Path) -> None:
    """All of them finish."""
    assert at_scale("many", quick_path, 200).keys() == {"seconds", "late", "megabytes"}


@linux
@pytest.mark.scale
def test_very_many_at_once(tmp_path: Path) -> None:
    """T21: all of them finish in a minute, while the loop goes on turning, within bounds of memory."""
    seen = at_scale("many", tmp_path, scaled(10_000))
    assert seen["seconds"] <= 60, seen
    assert seen["late"] <= 0.1, seen
    assert seen["megabytes"] <= 600, seen
