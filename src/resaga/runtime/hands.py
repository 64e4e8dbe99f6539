"""What the durable loop does outside of itself: it asks the store, and it calls bodies."""

from typing import TypeVar, final

from resaga.core.decision import Plain
from resaga.core.outcome import Outcome
from resaga.core.state import ExecutionState
from resaga.drive.blocking import perform
from resaga.drive.call import Calling, Copy, raised, taken_plainly
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
        if type(decision) is not Plain:
            return perform(decision, state, copy)
        try:  # the short way, as in the driver
            outcome = taken_plainly(decision, decision.function(state.value), copy)
        except Exception as error:  # noqa: BLE001 - whatever a body raises is an outcome
            outcome = raised(state, error)
        return outcome
