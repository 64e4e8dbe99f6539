"""Values of every supported type, each with the annotation under which it is kept."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from dataclasses import field as data_field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any, Generic, Literal, NamedTuple, NewType, TypeVar
from uuid import UUID

from attrs import field, frozen

from resaga import Hook

T = TypeVar("T")
Cents = NewType("Cents", int)
INDIA = timezone(timedelta(hours=5, minutes=30))
NAIVE = datetime(2026, 2, 28, 12, 30, 15, 250_000)  # noqa: DTZ001 - one without a time zone is a value, too
LONG = "a text that is long enough to be worth a reference"


Odd = Literal["yes", "no", 1, True, None]  # noqa: PYI061 - None among the literals is a shape of its own


class Colour(Enum):
    """An enumeration, kept by its names."""

    RED = "#f00"
    GREEN = "#0f0"
    VERT = "#0f0"  # noqa: PIE796 - an alias


class Size(IntEnum):
    """An enumeration whose members are numbers."""

    SMALL = 1
    LARGE = 2


class Point(NamedTuple):
    """A NamedTuple with a default."""

    x: int
    y: float = 0.5


@frozen
class Plain:
    """An attrs class: with a private field, an alias, defaults, and one that is not given."""

    name: str
    _secret: int = field(default=7, alias="secret")
    other: str = field(default="so", alias="otherwise")
    numbers: tuple[int, ...] = field(factory=tuple)
    length: int = field(init=False, default=0, eq=False)


@frozen(kw_only=True)
class Tree:
    """An attrs class that contains itself."""

    value: int
    left: "Tree | None" = None
    right: "Tree | None" = None


@frozen
class Box(Generic[T]):
    """A generic attrs class."""

    content: T
    label: str = "box"


@frozen
class Taken:
    """Fields of names that code might be tempted to use itself."""

    cl: int
    converter: str
    o: float
    res: bool
    instance: None = None


@dataclass(frozen=True)
class Data:
    """A dataclass."""

    when: datetime
    who: str = "nobody"
    marks: Mapping[str, int] = data_field(default_factory=dict)


@dataclass(frozen=True)
class Circle:
    """One shape of two."""

    radius: float


@dataclass(frozen=True)
class Square:
    """The other, of the same fields."""

    radius: float


class Weight:
    """A class of somebody else's, kept through a hook."""

    def __init__(self, grams: int) -> None:
        self.grams = grams

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Weight) and other.grams == self.grams

    def __hash__(self) -> int:
        return hash(self.grams)


def _grams(weight: Weight) -> int:
    return weight.grams


WEIGHT = Hook(Weight, int, _grams, Weight, immutable=True)
COMPLEX = Hook(complex, tuple[float, float], lambda it: (it.real, it.imag), lambda it: complex(*it), immutable=True)
HOOKS = (WEIGHT, COMPLEX)

TREE = Tree(value=1, left=Tree(value=2, right=Tree(value=3)), right=Tree(value=4))

VALUES: dict[str, tuple[object, Any]] = {
    "none": (None, None),
    "true": (bool, True),
    "false": (bool, False),
    "zero": (int, 0),
    "negative": (int, -12),
    "greatest-number": (int, 2**63 - 1),
    "least-number": (int, -(2**63)),
    "big": (int, 2**63),
    "bigger": (int, -(3**400)),
    "new-type": (Cents, Cents(5)),
    "float": (float, 0.1),
    "float-whole": (float, 2.0),
    "float-int": (float, 2),
    "float-small": (float, 5e-324),
    "float-large": (float, 1.7976931348623157e308),
    "float-minus-zero": (float, -0.0),
    "str": (str, "plain"),
    "str-empty": (str, ""),
    "str-long": (str, LONG),
    "str-odd": (str, 'quote " back \\ line \n null \0 delete \x7f é € 𝄞 \u2028'),
    "bytes": (bytes, bytes(range(256))),
    "bytes-empty": (bytes, b""),
    "datetime": (datetime, NAIVE),
    "datetime-utc": (datetime, datetime(2026, 2, 28, tzinfo=UTC)),
    "datetime-offset": (datetime, datetime(2026, 2, 28, 23, 59, 59, tzinfo=INDIA)),
    "datetime-first": (datetime, datetime.min),  # noqa: DTZ901 - as above
    "datetime-last": (datetime, datetime.max),  # noqa: DTZ901 - as above
    "date": (date, date(2024, 2, 29)),
    "timedelta": (timedelta, timedelta(days=-1, seconds=3, microseconds=5)),
    "timedelta-max": (timedelta, timedelta.max),
    "uuid": (UUID, UUID("12345678-1234-5678-1234-567812345678")),
    "decimal": (Decimal, Decimal("10.50")),
    "decimal-exponent": (Decimal, Decimal("-1E+100")),
    "decimal-minus-zero": (Decimal, Decimal("-0")),
    "enum": (Colour, Colour.GREEN),
    "enum-alias": (Colour, Colour.VERT),
    "enum-int": (Size, Size.LARGE),
    "literal": (Odd, "no"),
    "literal-int": (Odd, 1),
    "literal-true": (Odd, True),
    "literal-none": (Odd, None),
    "literal-big": (Literal[18446744073709551616, 1], 2**64),
    "tuple": (tuple[int, ...], (1, 2, 3)),
    "tuple-empty": (tuple[()], ()),
    "tuple-row": (tuple[int, str, None], (1, "two", None)),
    "list": (list[str], ["a", "b"]),
    "sequence": (Sequence[int], (4, 5)),
    "set": (set[int], {3, 1, 10, 2}),
    "frozenset": (frozenset[str], frozenset({"x", "yy", "a"})),
    "abstract-set": (AbstractSet[int], frozenset({1})),
    "dict": (dict[str, int], {"one": 1, "two": 2, "": 0}),
    "dict-order": (dict[str, int], {"b": 1, "a": 2}),
    "dict-dollar": (dict[str, int], {"$": 1, "$$": 2, "$int": 3, "$x": 4, "x$": 5}),
    "dict-int-keys": (Mapping[int, str], {1: "a", -5: "b", 2**70: "c"}),
    "dict-tuple-keys": (Mapping[tuple[int, str], float], {(1, "a"): 0.5, (2, "b"): 1.5}),
    "dict-enum-keys": (Mapping[Colour, int], {Colour.RED: 1}),
    "dict-uuid-keys": (Mapping[UUID, date], {UUID(int=5): date(2000, 1, 1)}),
    "dict-of-dicts": (dict[str, dict[str, list[int]]], {"a": {"b": [1]}, "c": {}}),
    "named-tuple": (Point, Point(1)),
    "attrs": (Plain, Plain("ann")),
    "attrs-full": (Plain, Plain("ann", secret=-1, otherwise="not", numbers=(1, 2))),
    "attrs-recursive": (Tree, TREE),
    "attrs-generic": (Box[int], Box(5)),
    "attrs-generic-nested": (Box[Box[tuple[str, ...]]], Box(Box(("a", LONG)))),
    "attrs-taken": (Taken, Taken(1, "two", 3.5, True)),
    "dataclass": (Data, Data(NAIVE)),
    "dataclass-full": (Data, Data(NAIVE, "ann", {"a": 1})),
    "optional": (int | None, 5),
    "optional-none": (int | None, None),
    "optional-attrs": (Plain | None, Plain("x")),
    "optional-literal": (Odd | None, "no"),
    "union": (int | str, "text"),
    "union-int": (int | str, 5),
    "union-none": (int | str | None, None),
    "union-twins": (Circle | Square, Square(2.5)),
    "union-of-unions": (Circle | (Square | None), Circle(1.0)),
    "union-of-all": (int | float | bool | str | bytes | Colour | Point | dict[str, int], {"$": 1}),
    "list-of-unions": (tuple[Circle | Square | None, ...], (Circle(1.0), None, Square(1.0))),
    "hook": (Weight, Weight(500)),
    "hook-tuple": (complex, 1.5 - 2j),
    "hook-inside": (dict[str, Weight], {"feather": Weight(1)}),
    "hook-keys": (Mapping[Weight, str], {Weight(3): "three"}),
    "hook-optional": (Weight | None, Weight(0)),
    "deep": (Box[Box[Box[Box[Box[int | None]]]]], Box(Box(Box(Box(Box(None)))))),
    "wide": (dict[str, str], {f"key {n}": LONG for n in range(5)}),
}
"""By name: the annotation and a value of it."""
