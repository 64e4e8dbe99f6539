"""Finds the place in a value that cannot be stored, after something in it could not.

Reading needs no search: what does not fit says itself where it is.
"""

from typing import Any, Final, TypeAlias

import orjson

from resaga.codec.coder import Coders
from resaga.codec.mapping import has_names
from resaga.codec.unfit import TOO_DEEP, unfit
from resaga.core.annotation import kinds
from resaga.core.shape import Choice, Container, Items, Mapped, Record, Row, Shape
from resaga.core.spelling import display

Part: TypeAlias = tuple[str, Shape, object]
"""The step to a part, its shape, and the part."""

ABSENT: Final = object()
"""What stands in for a field that an object lacks; it is of no shape."""


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


def wanted(shape: Shape) -> str:
    """The classes that a shape stands for, for an error."""
    none = ("None",) if isinstance(shape, Choice) and shape.optional else ()
    return " or ".join([*(display(kind) for kind in kinds(shape)), *none])


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


def _inside(shape: Shape, value: Any) -> list[Part]:  # noqa: ANN401 - of whatever type
    """The parts of a value with their shapes, if it has the form of the shape at all."""
    match shape:
        case Items(item=item, container=container) if type(value) in shape.accepts:
            ordered = container in (Container.TUPLE, Container.LIST)
            return [(f"[{at}]" if ordered else "[*]", item, inner) for at, inner in enumerate(value)]
        case Row(items=items) if type(value) is tuple and len(value) == len(items):
            return [(f"[{at}]", part, value[at]) for at, part in enumerate(items)]
        case Mapped() if type(value) is dict:
            return _pairs(shape, value)
        case Record(slots=slots, kind=kind) if type(value) is kind:
            return [(f".{slot.name}", slot.shape, getattr(value, slot.name, ABSENT)) for slot in slots]
        case Choice(members=members):
            return [("", member, value) for _, member in members if type(value) in kinds(member)]
        case _:
            return []


def _pairs(shape: Mapped, value: dict[object, object]) -> list[Part]:
    key, second = ("{%d}", "{%d}") if has_names(shape) else ("[%d][0]", "[%d][1]")
    return [
        part
        for at, (name, inner) in enumerate(value.items())
        for part in ((key % at, shape.key, name), (second % at, shape.value, inner))
    ]
