"""The room where executions are kept: what a store is asked for, and the stores that we bring.

A store knows neither sagas nor documents: it is given bytes and a few words to find them by, and gives them back.
No clock and no thread of ours are in here, and who writes a store needs nothing of resaga but its errors.
"""

from resaga.stores.opening import open_store
from resaga.stores.store import Append, Head, Store, Stored

__all__ = ["Append", "Head", "Store", "Stored", "open_store"]
