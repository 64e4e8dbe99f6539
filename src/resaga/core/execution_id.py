"""The id of an execution: what every store and every broker can keep as a key."""

from typing import Final

from resaga.core import limits

CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")


def is_id(text: object) -> bool:
    """Whether this can be the id of an execution."""
    return isinstance(text, str) and 1 <= len(text) <= limits.ID_LENGTH and CHARACTERS.issuperset(text)
