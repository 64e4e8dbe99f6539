"""What the tests of durability share."""

from tests.runtime.conftest import quick_path

__all__ = ["quick_path"]
