"""The room where executions are kept: what a store is asked for, the stores that we bring, and the barrier.

A store knows neither sagas nor documents: it is given bytes and a few words to find them by, and gives them back.
Nothing in here begins a thread, or asks this machine what time it is; it only measures how long it waits. Who writes a
store needs nothing of resaga but its errors.
"""

from resaga.stores.opening import open_store
from resaga.stores.store import Append, Head, Store, Stored

__all__ = ["Append", "Head", "Store", "Stored", "open_store"]
