"""A batch, one item after the other: for stores that apply each on its own."""

from collections.abc import Callable, Sequence

from resaga.stores.store import Append


def in_turn(batch: Sequence[Append], apply: Callable[[Append], bool]) -> list[bool]:
    """Apply each, but nothing behind a conflict of the same execution: it would go on from what somebody else wrote."""
    if len(batch) == 1:  # most often
        return [apply(batch[0])]
    answers, lost = list[bool](), set[str]()
    for item in batch:
        applied = item.id not in lost and apply(item)
        if not applied:
            lost.add(item.id)
        answers.append(applied)
    return answers
