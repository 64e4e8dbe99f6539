"""What the tests of durability share."""

from tests.runtime.conftest import both_in_time, quick_path

__all__ = ["both_in_time", "quick_path"]
