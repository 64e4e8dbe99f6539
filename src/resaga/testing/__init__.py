"""What tests of sagas need: a clock that is told the time, and attempts made by hand."""

from resaga.testing.attempt import attempt
from resaga.testing.clock import FakeClock

__all__ = ["FakeClock", "attempt"]
