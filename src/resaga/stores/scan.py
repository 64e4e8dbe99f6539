"""Finding by looking at every head: for stores that have no index."""

import logging
from collections.abc import Iterable
from heapq import nsmallest
from typing import Final, final

from resaga.core.errors import StoreBroken
from resaga.stores.store import Head

LOG: Final = logging.getLogger("resaga.stores")


@final
class Damages:
    """What cannot be read is left out of what is found, so that all else is found; that is said once of each."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def tell(self, error: StoreBroken) -> None:
        """Say it, unless that was said before."""
        said = str(error)
        if said not in self._said:
            self._said.add(said)
            LOG.error("one execution cannot be found: %s", said)


def scan(  # noqa: PLR0913 - as the protocol says
    heads: Iterable[Head],
    *,
    status: str | None = None,
    saga: str | None = None,
    tag: str | None = None,
    owner: str | None = None,
    due: int | None = None,
    after: str = "",
    limit: int = 100,
) -> list[Head]:
    """What `Store.find` answers, given all the heads there are."""

    def fits(head: Head) -> bool:
        return (
            (status is None or head.status == status)
            and (saga is None or head.saga == saga)
            and (tag is None or tag in head.tags)
            and (owner is None or head.owner == owner)
        )

    if due is None:
        behind = (head for head in heads if head.id > after and fits(head))
        return nsmallest(limit, behind, key=lambda head: head.id)
    asleep = [(head.wake_at, head.id, head) for head in heads if head.wake_at is not None and head.wake_at <= due]
    # The place of the last one seen is where it stands now; if it stands nowhere, all that is due comes again.
    begin = next(((wake_at, id_) for wake_at, id_, _ in asleep if id_ == after), None)
    ahead = (one for one in asleep if (begin is None or one[:2] > begin) and fits(one[2]))
    return [head for _, _, head in nsmallest(limit, ahead)]
