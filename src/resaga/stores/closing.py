"""What every store says after `close`."""

from resaga.core.errors import StoreClosed


def closed(where: str) -> StoreClosed:
    """The error for whatever is asked of a store that was closed."""
    return StoreClosed(f"{where} was closed; open another store.", where=where, code="")
