"""Finds the place in a value that cannot be stored, after something in it could not.

Reading needs no search: what does not fit says itself where it is.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from resaga.codec.coder import Coders
from resaga.codec.mapping import has_names
from resaga.codec.unfit import TOO_DEEP, unfit
from resaga.core.annotation import kinds
from resaga.core.shape import Choice, Container, Items, Mapped, Record, Row, Shape


def culprit(coders: Coders, shape: Shape, value: object, path: str) -> tuple[str, str]:
    """The path of the innermost part that cannot be stored, and why; never a value, nor a mapping's key."""
    why = trouble(coders, shape, value) or "what was said with it cannot be written"
    while why != TOO_DEEP:  # whose parts would be too deep one by one, a thousand times
        for step, part, inner in _inside(shape, value):
            reason = trouble(coders, part, inner)
            if reason is not None:
                path, shape, value, why = path + step, part, inner, reason
                break
        else:
            break
    return path, why


def trouble(coders: Coders, shape: Shape, value: object) -> str | None:
    """Why a value cannot be stored, or None if it can."""
    try:
        plain = coders.of(shape).encode(value)
    except Exception as error:  # noqa: BLE001 - hooks of the user's raise what they like
        return unfit(error).why
    try:
        orjson.dumps(plain)
    except orjson.JSONEncodeError as error:
        return TOO_DEEP if "ecursion" in str(error) else "it has a lone surrogate, which UTF-8 cannot hold"
    return None


def _inside(shape: Shape, value: Any) -> Iterator[tuple[str, Shape, object]]:  # noqa: ANN401, C901 - one case for each shape
    """The parts of a value with their shapes, if it has the form of the shape at all."""
    match shape:
        case Items(item=item, container=container) if type(value) in shape.accepts:
            ordered = container in (Container.TUPLE, Container.LIST)
            for position, inner in enumerate(value):
                yield f"[{position}]" if ordered else "[*]", item, inner
        case Row(items=items) if type(value) is tuple and len(value) == len(items):
            for position, (part, inner) in enumerate(zip(items, value, strict=True)):
                yield f"[{position}]", part, inner
        case Mapped(key=key, value=one) if type(value) is dict:
            for position, (name, inner) in enumerate(value.items()):
                yield f"{{{position}}}" if has_names(shape) else f"[{position}][0]", key, name
                yield f"{{{position}}}" if has_names(shape) else f"[{position}][1]", one, inner
        case Record(slots=slots, kind=kind) if type(value) is kind:
            for slot in slots:
                yield f".{slot.name}", slot.shape, getattr(value, slot.name)
        case Choice(members=members):
            for _, member in members:
                if type(value) in kinds(member):
                    yield "", member, value
        case _:
            return
