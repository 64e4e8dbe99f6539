"""`resaga demo`: two checkouts, on a database file, in more than one process."""

from resaga.cli.demo.story import DemoFailed, answer, take_over, tell

__all__ = ["DemoFailed", "answer", "take_over", "tell"]
