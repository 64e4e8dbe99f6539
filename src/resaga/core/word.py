"""What a person says along with a verb, looked at where it is said: it is kept with the execution."""

from resaga.core.errors import InvalidOption
from resaga.core.failure import clipped


def signed(verb: str, *words: object) -> None:
    """Raise unless somebody is named, and says why where that is asked."""
    if not all(isinstance(word, str) and word.strip() for word in words):
        raise InvalidOption(f"{verb}(…): say who decided this, and why; it is kept with the execution.")


def signature(verb: str, by: object) -> str | None:
    """Who said so, if somebody is named."""
    if by is not None and not (isinstance(by, str) and by.strip()):
        raise InvalidOption(f"{verb}(…, by={by!r}): give the name of who said so, as text.")
    return by if by is None else clipped(by)


def reason_of(verb: str, reason: object, by: object) -> str:
    """Why, and who said so."""
    if not isinstance(reason, str) or not reason.strip():
        raise InvalidOption(f"{verb}(…, {reason!r:.80}): say why, as text; it is kept with the execution.")
    who = signature(verb, by)
    return clipped(f"{reason} ({who})" if who else reason)
