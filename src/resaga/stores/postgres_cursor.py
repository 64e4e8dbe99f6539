"""A plain cursor on somebody's connection to PostgreSQL, whatever that one itself would give."""

from typing import Any

import psycopg
from psycopg.rows import tuple_row


def plain(connection: psycopg.Connection[Any]) -> psycopg.Cursor[tuple[Any, ...]]:
    """One that counts by names of values, and gives rows as tuples; TypeError if that is no connection."""
    if not isinstance(connection, psycopg.Connection):
        raise TypeError(type(connection).__name__)
    return psycopg.Cursor(connection, row_factory=tuple_row)
