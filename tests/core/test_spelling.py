"""Annotations as their authors wrote them, and without what says nothing about values."""

from typing import Annotated, Any, Generic, Literal, NewType, TypeVar

import pytest
from typing_extensions import TypeAliasType

from resaga.core import limits
from resaga.core.spelling import display, plain

T = TypeVar("T")
OrderId = NewType("OrderId", str)
Alias = TypeAliasType("Alias", dict[str, int])


class Box(Generic[T]): ...


@pytest.mark.parametrize(
    ("annotation", "bare"),
    [
        (int, int),
        (type(None), None),
        (OrderId, str),
        (Annotated[OrderId, "said"], str),
        (Alias, dict[str, int]),
        (list[OrderId], list[OrderId]),
    ],
    ids=str,
)
def test_what_says_nothing_about_values_is_passed_over(annotation: object, bare: object) -> None:
    """On the outside; what is inside is looked at in its turn."""
    assert plain(annotation) == bare


def test_names_for_names_have_a_limit() -> None:
    """Nobody has so many by accident; what is left is no type that anybody knows."""
    untyped: Any = NewType
    annotation: object = int
    for _ in range(limits.SHAPE_DEPTH + 1):
        annotation = untyped("Again", annotation)
    assert isinstance(plain(annotation), NewType)


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (int, "int"),
        (None, "None"),
        (Box[int], f"{__name__}.Box[int]"),
        (list[int], "list[int]"),
        (Literal["a"], "Literal['a']"),
        (int | None, "int | None"),
    ],
    ids=str,
)
def test_an_annotation_is_shown_as_it_was_written(annotation: object, text: str) -> None:
    """Near enough for a message."""
    assert display(annotation) == text
