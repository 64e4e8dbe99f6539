"""The command: what a person meets first. Plain text, the standard library, and resaga."""

from resaga.cli.command import main

__all__ = ["main"]
