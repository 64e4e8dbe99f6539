"""`resaga demo`: two checkouts, on files, in more than one process."""

from resaga.cli.demo.story import DemoFailed, answer, tell

__all__ = ["DemoFailed", "answer", "tell"]
