"""What happens to a few executions, and what becomes of it when something fails."""

from resaga.core.errors import StoreError
from resaga.stores import Store, Stored
from tests.stores.entries import insist, picture, step

STALE = step("C", 9)
STORY = [
    [step()],
    [step(revision=2)],
    [step("B"), step("C"), step(revision=3)],
    [step("B", 2, snapshot=b"b" * 20_000), STALE, step(revision=4)],
    [step("B", 3), step("B", 4)],
    [step(revision=5, snapshot=b"all")],
    [step("D")._replace(tags=("t",), wake_at=5)],
    [step("D", 2), step("C", 2, snapshot=b"c"), step("E")],
]
"""Every kind of append, some in conflict."""


def tell(store: Store, kind: type[StoreError]) -> tuple[bool, dict[str, Stored]]:
    """Let the story happen, whatever fails; whether anything did, and what is there in the end."""
    failed = False
    for batch in STORY:
        try:
            answers = list(store.append(batch))
        except StoreError as error:
            same = type(error) is kind
            assert same
            assert not failed
            failed = True
            now = {item.id: stored.revision for item in batch if (stored := store.read(item.id)) is not None}
            applied = {item: now.get(item.id, 0) >= item.revision for item in batch if item != STALE}
            assert len(set(applied.values())) == 1
            for item in (item for item, there in applied.items() if not there):
                insist(store, item)
        else:
            assert answers == [item != STALE for item in batch]
    try:
        return failed, picture(store)
    except StoreError as error:
        same = type(error) is kind
        assert same
        return True, picture(store)
