"""T22: what each execution leaves behind in the process that drove it."""

from pathlib import Path

import pytest

from tests.faults.durable.test_scale import at_scale, linux
from tests.seeds import scaled


@linux
@pytest.mark.soak
@pytest.mark.parametrize("runtime", ["blocking", "awaiting"])
def test_nothing_is_left_behind(quick_path: Path, runtime: str) -> None:
    """After it is warm, a process grows by less than 100 bytes for each; and nothing is complained about."""
    executions = scaled(20_000, least=4_000)
    seen = at_scale("soak", quick_path, executions, runtime, options=("-X", "dev", "-W", "error"))
    assert seen["traced"] <= 100, seen
    assert executions < 20_000 or seen["resident"] <= 500, seen
