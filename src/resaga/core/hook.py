"""How a type that is not supported by itself is stored."""

from collections.abc import Callable
from typing import Any, final

from resaga.core.value import Value


@final
class Hook(Value):
    """How a type of the user's own is stored: as a value of another, supported type.

    `encode` gives that value, `decode` takes it back and raises if it cannot. `immutable=True` says that
    nobody changes such a value, so that it can be handed on as it is.
    """

    kind: type
    stored_as: object
    encode: Callable[[Any], object]
    decode: Callable[[Any], object]
    immutable: bool = False
