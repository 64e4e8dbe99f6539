"""Annotations that mean nothing for storage: each is refused, and says where it stands.

All annotations of this file are text, as `from __future__ import annotations` has it.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Annotated, Any, Literal, NewType

import attrs
import pytest
from attrs import frozen

from resaga.core import limits
from resaga.core.errors import UnresolvedAnnotation, UnsupportedType
from tests.core.annotated import Box, Colour, Computed, Crate, Money, OrderId, Point, T, shape

if TYPE_CHECKING:
    from somewhere import Elsewhere  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]  # it is nowhere at run time


@frozen
class Lost:
    where: Elsewhere


@frozen
class Deep:
    order: list[Annotated[Lost, "said"]]


Untyped: object = attrs.make_class("Untyped", ["a"])
Loose: object = namedtuple("Loose", "a b")  # noqa: PYI024  # pyright: ignore[reportUntypedNamedTuple]  # it is meant


class Plain: ...


@pytest.mark.parametrize(
    ("annotation", "why"),
    [
        (object, "does not say which values there are"),
        (Any, "does not say which values there are"),
        (T, "does not say which values there are"),
        (Callable, "no attrs class, dataclass, NamedTuple, Enum or basic type"),
        (Callable[[int], int], "no attrs class"),
        (type[int], "no attrs class"),
        (Plain, "no attrs class, dataclass, NamedTuple, Enum or basic type"),
        (Money, "no attrs class"),
        (complex, "no attrs class"),
        (list, r"does not say what it contains; write list\[…\]"),
        (tuple, r"write tuple\[…\]"),
        (dict, r"write dict\[…\]"),
        (Mapping, r"write Mapping\[…\]"),
        (list[int, str], "no attrs class"),  # type: ignore[misc]  # pyright: ignore[reportInvalidTypeArguments]  # as untyped callers may
        (dict[str], "no attrs class"),  # type: ignore[misc]  # pyright: ignore[reportInvalidTypeArguments]  # as untyped callers may
        (set[list[int]], "its members cannot be hashed"),
        (frozenset[dict[str, int]], "its members cannot be hashed"),
        (AbstractSet[set[int]], "its members cannot be hashed"),
        (dict[list[int], int], "its keys cannot be hashed"),
        (Mapping[Computed, int], "its keys cannot be hashed"),
        (Literal[b"a"], "a Literal may hold str, int, bool and None"),
        (Literal[Colour.RED], "a Literal may hold"),
        (Box[int] | Box[str], "two cases of the union could not be told apart"),
        (list[int] | Sequence[str], "two cases of the union could not be told apart"),
        (OrderId | str, "two cases of the union could not be told apart"),
        (Literal["a", "b"] | str, "could not be told apart"),  # noqa: PYI051 - both are stored as str
        ({}, "is not a type"),
        ("int", "does not say which values there are"),
    ],
    ids=str,
)
def test_what_cannot_be_stored_is_refused(annotation: object, why: str) -> None:
    """The message says where, what, why, and what to do."""
    with pytest.raises(UnsupportedType, match=why) as caught:
        shape(annotation)
    assert caught.value.path == "step"
    assert str(caught.value).startswith("step: a value of type ")
    assert str(caught.value).endswith("use a supported type, or give Saga(…, hooks=(Hook(…),)).")


@pytest.mark.parametrize(
    ("annotation", "path"),
    [
        (Box[object], "step.inside"),
        (Box, "step.inside"),
        (Box[Box[Plain]], "step.inside.inside"),
        (Untyped, "step.a"),
        (Loose, "step.a"),
        (list[Crate[Plain]], "step.items"),
    ],
    ids=str,
)
def test_a_field_is_named_by_its_path(annotation: object, path: str) -> None:
    """Where a record has a field that cannot be stored, the path leads to it."""
    with pytest.raises(UnsupportedType) as caught:
        shape(annotation)
    assert caught.value.path == path


def test_unions_of_classes_with_one_name_cannot_be_told_apart() -> None:
    """A case is stored under the name of its class."""

    def other() -> type:
        @frozen
        class Point:
            z: int

        return Point

    with pytest.raises(UnsupportedType, match="could not be told apart"):
        shape(Point | other())


@pytest.mark.parametrize("annotation", [Lost, Deep], ids=str)
def test_a_field_whose_annotation_is_not_there_says_what_to_do(annotation: object) -> None:
    """A name that is imported for type checkers only cannot be found at run time."""
    said = "annotation of Lost cannot be resolved.*'Elsewhere'.*out of `if TYPE_CHECKING`"
    with pytest.raises(UnresolvedAnnotation, match=said) as caught:
        shape(annotation)
    assert caught.value.annotation == "Elsewhere"


def test_nesting_has_a_limit() -> None:
    """One beyond it is refused, one less is not."""
    annotation: object = int
    for _ in range(limits.SHAPE_DEPTH):
        annotation = list[annotation]  # type: ignore[valid-type]  # made at run time
    shape(annotation)
    with pytest.raises(UnsupportedType, match="nested too deep"):
        shape(list[annotation])  # type: ignore[valid-type]  # made at run time


def test_names_for_names_have_a_limit_too() -> None:
    """Nobody has so many by accident."""
    untyped: Any = NewType
    annotation: object = int
    for _ in range(limits.SHAPE_DEPTH + 1):
        annotation = untyped("Again", annotation)
    with pytest.raises(UnsupportedType, match="does not say which values there are"):
        shape(annotation)
