"""Annotations without what says nothing about values, and as their authors wrote them."""

import typing
from types import NoneType
from typing import Annotated, Final, NewType, cast, get_args, get_origin

import typing_extensions

from resaga.core import limits

ALIASES: Final = (
    typing_extensions.TypeAliasType,
    getattr(typing, "TypeAliasType", typing_extensions.TypeAliasType),  # of a `type` statement, since 3.12
)


def plain(annotation: object) -> object:
    """The annotation without what says nothing about storage: NewType, Annotated, an alias."""
    for _ in range(limits.SHAPE_DEPTH):
        if isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        elif get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif isinstance(annotation, ALIASES):
            annotation = cast("typing_extensions.TypeAliasType", annotation).__value__
        elif annotation is NoneType:
            annotation = None
        else:
            break
    return annotation


def display(annotation: object) -> str:
    """An annotation as its author wrote it, near enough."""
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__qualname__
    return str(annotation).replace("typing.", "")
