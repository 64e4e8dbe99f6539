"""What is said of an older run: a verdict, and changes in words."""

import pytest

from resaga.core.compatibility import Change, Compatibility, Reach, Verdict


@pytest.mark.parametrize(
    ("reach", "done", "matters", "words"),
    [
        (Reach.DONE, True, True, "charge was re-typed, after it had run"),
        (Reach.BEFORE, False, True, "charge was re-typed, before where it stands"),
        (Reach.HERE, False, True, "charge was re-typed, where it stands"),
        (Reach.ELSEWHERE, False, False, "charge was re-typed, where it has not come to"),
    ],
)
def test_a_change_says_what_and_where(reach: Reach, done: bool, matters: bool, words: str) -> None:  # noqa: FBT001 - what is expected
    """Whether it had run, and whether it concerns the run."""
    change = Change("re-typed", "charge", reach)
    assert (change.done, change.matters, str(change)) == (done, matters, words)


def test_a_compatibility_can_be_printed() -> None:
    """The verdict, and a line for each change."""
    changes = (Change("removed", "audit", Reach.DONE), Change("added", "mail", Reach.ELSEWHERE))
    assert str(Compatibility(Verdict.NEEDS_MIGRATION, changes)) == (
        "needs migration\n  audit was removed, after it had run\n  mail was added, where it has not come to"
    )
    assert str(Compatibility(Verdict.COMPATIBLE, ())) == "compatible"
