"""What the durable loop does outside of itself: it asks the store, and it calls bodies."""

from typing import TypeVar, final

from resaga.core.outcome import Outcome
from resaga.core.state import ExecutionState
from resaga.drive.blocking import perform
from resaga.drive.call import Calling, Copy
from resaga.runtime.asking import Asking, ask
from resaga.stores.store import Store

T = TypeVar("T")


class Stopped(BaseException):
    """Told to stop between two calls, where nothing is in doubt."""


@final
class Hands:
    """Those of the blocking loop: all of it is done where it is asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.stopping = False

    def stop(self) -> None:
        """Do not ask for anything any more; a body that is being called is called to its end."""
        self.stopping = True

    def ask(self, asking: Asking[T]) -> T:
        """Perform that on the store."""
        if self.stopping:
            raise Stopped
        return ask(self._store, asking)

    def perform(self, decision: Calling, state: ExecutionState, copy: Copy) -> Outcome:
        """Call what is to be called, once."""
        return perform(decision, state, copy)
