"""The id of an execution: what every store and every broker can keep as a key."""

from typing import Final

from resaga.core import limits

CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")
"""What an id, and the name of a saga or a step, may be made of."""


def is_id(text: object) -> bool:
    """Whether this can be the id of an execution."""
    if not isinstance(text, str) or not 1 <= len(text) <= limits.ID_LENGTH:
        return False
    return (text.isascii() and text.isalnum()) or CHARACTERS.issuperset(text)  # the first is quicker, and most are so
