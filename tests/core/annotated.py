"""Classes of all the kinds that an annotation may name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Generic, NewType, TypeVar

import attrs
from attrs import define, frozen

from resaga.core.annotation import Annotations
from resaga.core.hook import Hook
from resaga.core.shape import Shape

T = TypeVar("T")


class Colour(Enum):
    RED = "r"
    GREEN = "g"


@frozen
class Point:
    x: int
    y: int = 0


@frozen
class Box(Generic[T]):
    inside: T


@dataclass
class Crate(Generic[T]):
    items: list[T]


@define
class Computed:
    a: int
    b: int = attrs.field(init=False)


class Money:
    """A type of the user's own."""


OrderId = NewType("OrderId", str)


def shape(annotation: object, *hooks: Hook) -> Shape:
    return Annotations(hooks).shape(annotation, path="step")
