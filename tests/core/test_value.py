"""Values, as core/value.py makes them."""

from inspect import signature
from typing import Generic, TypeVar

import pytest

from resaga.core.value import Value

T = TypeVar("T")


class Point(Value):
    """Two numbers, one of which may be left out."""

    x: int
    y: int = 0


class Other(Value):
    """The same fields, another class."""

    x: int
    y: int = 0


class Deeper(Point):
    """One more field than its parent."""

    z: int = 3


class Box(Value, Generic[T]):
    """A generic one."""

    inside: T


class Nothing(Value):
    """No field at all."""


def test_fields_are_given_in_order_or_by_name() -> None:
    """And a default stands where none is given."""
    assert Point(1, 2) == Point(x=1, y=2) == Point(1, y=2)
    assert Point(1) == Point(1, 0)
    assert Deeper(1, z=5).z == 5
    assert Box[int](4).inside == 4


def test_help_says_what_a_value_is_made_of() -> None:
    """Each field with its type, and its default."""
    assert str(signature(Deeper)) == "(x: int, y: int = 0, z: int = 3)"
    assert str(signature(Nothing)) == "()"


def test_values_of_two_classes_are_never_equal() -> None:
    """However alike their fields are."""
    assert Point(1, 2) != Other(1, 2)
    assert Nothing() == Nothing()
    assert len({Point(1), Point(1, 0), Other(1)}) == 2
    assert bool(Nothing())


def test_a_value_does_not_change() -> None:
    """Another is made of it instead."""
    point = Point(1, 2)
    with pytest.raises(AttributeError, match=r"make another with \.replaced\(x=…\)"):
        point.x = 3  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(AttributeError, match="so 'x' stays"):
        del point.x  # pyright: ignore[reportAttributeAccessIssue]
    assert point.replaced(y=7) == Point(1, 7)
    assert repr(point) == "Point(x=1, y=2)"


@pytest.mark.parametrize(
    ("values", "named"), [((), {}), ((1, 2, 3), {}), ((1,), {"x": 2}), ((1,), {"z": 2}), ((), {"y": 2})]
)
def test_each_field_is_given_once(values: tuple[int, ...], named: dict[str, int]) -> None:
    """A wrong call is refused with the fields that there are."""
    with pytest.raises(TypeError, match="Point has the fields x, y"):
        Point(*values, **named)


def test_a_value_is_matched_by_its_fields() -> None:
    """By position and by name."""
    match Point(1, 2):
        case Point(1, y=y):
            assert y == 2
        case _:
            raise AssertionError
