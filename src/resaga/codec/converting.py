"""Types that a cattrs converter knows how to write, for who has one already."""

from typing import TYPE_CHECKING

from resaga.core.hook import Hook

if TYPE_CHECKING:
    from cattrs import Converter


def by_cattrs(kind: type, stored_as: object, converter: "Converter | None" = None, *, immutable: bool = False) -> Hook:
    """A `Hook` for a type that is written and read by a converter of cattrs, or by a plain one of its own.

    `stored_as` is the type of what the converter makes of it: what that gives is checked as strictly as all else.
    """
    if converter is None:
        from cattrs import Converter  # noqa: PLC0415 - only who asks for it loads it

        converter = Converter()
    own = converter

    def decode(plain: object) -> object:
        return own.structure(plain, kind)

    return Hook(kind, stored_as, own.unstructure, decode, immutable)
