"""Single values of every kind, made by chance; and for each kind values that are not of it."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from math import inf, nan
from random import Random
from typing import Annotated, Any, Final, Literal, NewType, TypeAlias, final
from uuid import UUID

import attrs

from tests.golden.values import Colour, Size, Weight

Make: TypeAlias = Callable[["Maker", str], Any]
"""Makes a value, of which the place in the whole is known."""

Cents = NewType("Cents", int)


class Stranger:
    """What is of no supported type."""


@final
@attrs.frozen(eq=False)
class Kind:
    """An annotation, how its values are made, and which classes those are of."""

    annotation: Any
    make: Make
    classes: tuple[type, ...]
    hashable: bool = True


@final
class Maker:
    """One value being made: by chance, but for one leaf perhaps, which is to be unfit."""

    def __init__(self, chance: Random, unfit: int | None = None) -> None:
        self.chance = chance
        self.other = Random(0)  # noqa: S311 - so that what is unfit takes no chance from what follows
        self.unfit = unfit
        self.leaves = 0
        self.place: str | None = None
        self.in_union = False

    def leaf(self, value: object, place: str, like: Sequence[object] = (), unlike: Sequence[object] = ()) -> Any:  # noqa: ANN401 - a value
        """The value, or one that is not fit: of its class, or of another one that is no case of the union."""
        union, self.in_union = self.in_union, False
        self.leaves += 1
        if self.leaves - 1 != self.unfit:
            return value
        self.place = place
        return self.other.choice((*like, Stranger(), *(() if union else unlike)))

    def part(self, kind: Kind, place: str) -> Any:  # noqa: ANN401 - a value
        """A part of a value, which stands in no union itself."""
        self.in_union = False
        return kind.make(self, place)

    def one_more(self, kind: Kind, place: str, others: Collection[object]) -> list[Any]:
        """A part, or nothing if it equals another: that is written once, so what is unfit would not be there."""
        before = self.place
        part = self.part(kind, place)
        if part not in others:
            return [part]
        self.place = before
        return []

    def count(self) -> int:
        """How many parts a collection has."""
        return self.chance.choice((0, 1, 1, 2, 3))


class Text(str):
    """A subclass of str."""

    __slots__ = ()


class Number(int):
    """A subclass of int."""


FIRST: Final = datetime(1, 1, 1)  # noqa: DTZ001 - it may get a time zone yet


def integer(chance: Random) -> int:
    """A whole number, long or short."""
    return chance.choice(
        (
            chance.randrange(-10, 10),
            chance.randrange(-(2**70), 2**70),
            2**63 - chance.randrange(2),
            -(2**63) - chance.randrange(2),
            chance.randrange(10**300),
        )
    )


def _text(chance: Random) -> str:
    alphabet = chance.choice(("abc", "$x", '\0\n"\\/\x7f', "é€\u2028\ufeff𝄞", "0123456789"))
    return "".join(chance.choices(alphabet, k=chance.choice((0, 1, 3, 8, 40))))


def floating(chance: Random) -> float:
    """A number, whole or not."""
    return chance.choice((chance.uniform(-1e9, 1e9), 0.0, -0.0, 1e16, 5e-324, -1.7e308, chance.random(), 3, -(2**40)))


def _decimal(chance: Random) -> Decimal:
    digits = tuple(chance.randrange(10) for _ in range(chance.choice((1, 3, 40))))
    return Decimal((chance.randrange(2), digits, chance.randrange(-60, 60)))


def _moment(chance: Random) -> datetime:
    naive = FIRST + timedelta(microseconds=chance.randrange(3_155 * 10**14))
    span = timedelta(minutes=chance.randrange(-1_439, 1_440), seconds=chance.choice((0, 0, 7)))
    return naive.replace(tzinfo=chance.choice((None, UTC, timezone(span))))


def _span(chance: Random) -> timedelta:
    return timedelta(chance.randrange(-999_999, 999_999), chance.randrange(86_400), chance.randrange(10**6))


def _scalar(
    annotation: object,
    kind: type,
    make: Callable[[Random], object],
    like: Sequence[object],
    unlike: Sequence[object],
) -> Kind:
    return Kind(annotation, lambda maker, place: maker.leaf(make(maker.chance), place, like, unlike), (kind,))


FOLDED: Final = datetime(2020, 1, 1, fold=1, tzinfo=UTC)
SCALARS: Final = (
    _scalar(bool, bool, lambda chance: chance.random() < 0.5, (), (0, "true", None)),
    _scalar(int, int, integer, (10**1_000, -(10**1_000)), (True, 1.0, "1", Number(1))),
    _scalar(Cents, int, integer, (10**1_000,), (True, 2.0)),
    attrs.evolve(  # an int may stand for a float, so in a union they are hardly told apart
        _scalar(float, float, floating, (nan, inf, -inf), (True, "1.5", 2**63, Decimal(1))),
        classes=(float, int),
    ),
    _scalar(str, str, _text, ("\ud800", "a\udfffb"), (1, b"a", Text("a"), None)),
    _scalar(Annotated[str, "a name"], str, _text, ("\udc00",), (1,)),
    _scalar(bytes, bytes, lambda chance: chance.randbytes(chance.randrange(50)), (), ("a", 1)),
    _scalar(datetime, datetime, _moment, (FOLDED,), (date(2020, 1, 1), "2020-01-01")),
    _scalar(date, date, lambda chance: _moment(chance).date(), (), (FOLDED, "2020-01-01")),
    _scalar(timedelta, timedelta, _span, (), (1, 1.5)),
    _scalar(UUID, UUID, lambda chance: UUID(int=chance.getrandbits(128)), (), ("a", 1)),
    _scalar(Decimal, Decimal, _decimal, (Decimal("NaN"), Decimal("-Infinity")), (1, 1.5)),
    _scalar(Colour, Colour, lambda chance: chance.choice(list(Colour)), (), (Size.SMALL, "RED", 1)),
    _scalar(Size, Size, lambda chance: chance.choice(list(Size)), (), (1, "SMALL")),
    _scalar(Weight, Weight, lambda chance: Weight(integer(chance)), (Weight(10**1_000),), (1,)),
    _scalar(complex, complex, lambda chance: complex(floating(chance), 1), (complex(nan, 0),), (1.0,)),
)
NOTHING: Final = Kind(type(None), lambda maker, place: maker.leaf(None, place, (), (0, False, "")), (type(None),))


LITERAL: Any = Literal


def literal(chance: Random) -> Kind:
    """One of some constants."""
    values = chance.choice((("a", "b"), (1, 2, -5), (True,), ("x", 1, False), (2**70, "big")))
    return Kind(
        LITERAL[values],
        lambda maker, place: maker.leaf(maker.chance.choice(values), place, (), (3, "c", None, 1.0)),
        tuple(dict.fromkeys(type(value) for value in values)),
    )
