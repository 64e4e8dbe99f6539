"""What the tests with real servers share."""

from importlib.util import find_spec

from tests.runtime.runtimes import both_runtimes, none_is_left
from tests.stores.conftest import postgres, postgres_url, quick_path

__all__ = ["both_runtimes", "none_is_left", "postgres", "postgres_url", "quick_path"]

collect_ignore_glob = [] if find_spec("psycopg") and find_spec("obstore") else ["test_*.py"]
"""What cannot even be imported without the packages of the group `servers`."""
