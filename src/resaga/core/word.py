"""What a person says along with a verb, looked at where it is said: it is kept with the execution."""

from resaga.core.errors import InvalidArgument
from resaga.core.failure import clipped


def signed(verb: str, *words: object) -> None:
    """Raise unless somebody is named, and says why where that is asked."""
    if not all(isinstance(word, str) and word.strip() for word in words):
        raise InvalidArgument(f"{verb}(…): say who decided this, and why; it is kept with the execution.")


def has_no_result(path: str, result: object) -> None:
    """Raise unless nothing is given for a result: that of a step stays what it was when it is taken back."""
    if result is not None:
        raise InvalidArgument(
            f"mark_done(…) was given a result, but {path!r} is stuck in its undo, which has none;"
            " say mark_done(by=…) if it was taken back by hand."
        )


def signature(verb: str, by: object) -> str | None:
    """Who said so, if somebody is named."""
    if by is not None and not (isinstance(by, str) and by.strip()):
        raise InvalidArgument(f"{verb}(…, by={by!r}): give the name of who said so, as text.")
    return by if by is None else clipped(by)


def reason_of(verb: str, reason: object, by: object) -> str:
    """Why, and who said so."""
    if not isinstance(reason, str) or not reason.strip():
        raise InvalidArgument(f"{verb}(…, {reason!r:.80}): say why, as text; it is kept with the execution.")
    who = signature(verb, by)
    return clipped(f"{reason} ({who})" if who else reason)
