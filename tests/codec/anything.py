"""Types of every supported kind, made by chance, with values of them; and values that are not, and where."""

import dataclasses
import keyword
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from decimal import Decimal
from math import nan
from random import Random
from typing import Annotated, Any, Final, NamedTuple

import attrs

from tests.codec.leaves import NOTHING, SCALARS, Kind, Make, Maker, floating, integer, literal
from tests.golden.values import Box, Point, Tree

# ---- collections ------------------------------------------------------------------------------------------

TUPLE: Any = tuple
LIST: Any = list
SEQUENCE: Any = Sequence
FROZENSET: Any = frozenset
SET: Any = set
ABSTRACT_SET: Any = AbstractSet
BOX: Any = Box
"""With the brackets of a type that is known only while a test runs."""


def _listed(annotation: object, kinds: tuple[type, ...], collect: Callable[[list[Any]], Any], item: Kind) -> Kind:
    def make(maker: Maker, place: str) -> object:
        return collect([maker.part(item, f"{place}[{number}]") for number in range(maker.count())])

    return Kind(annotation, make, kinds, hashable=collect is tuple and item.hashable)


def _set(annotation: object, kinds: tuple[type, ...], collect: Callable[[list[Any]], Any], item: Kind) -> Kind:
    def make(maker: Maker, place: str) -> object:
        made: list[Any] = []
        for _ in range(maker.count()):
            made += maker.one_more(item, f"{place}[*]", made)
        return collect(made)

    return Kind(annotation, make, kinds, hashable=collect is frozenset)


def _sequence(chance: Random, depth: int) -> Kind:
    item = anything(chance, depth - 1)
    chosen: Any = chance.choice(((TUPLE, (tuple,), ...), (LIST, (list,), None), (SEQUENCE, (tuple, list), None)))
    generic, kinds, more = chosen
    whole = _listed(generic[(item.annotation, more) if more else item.annotation], kinds, kinds[0], item)
    return attrs.evolve(whole, hashable=whole.hashable and bool(more))


def _gathered(chance: Random, depth: int) -> Kind:
    item = _hashable(chance, depth - 1)
    generic, kinds = chance.choice(((FROZENSET, (frozenset,)), (SET, (set,)), (ABSTRACT_SET, (frozenset, set))))
    return _set(generic[item.annotation], kinds, kinds[0], item)


def _row(chance: Random, depth: int) -> Kind:
    items = [anything(chance, depth - 1) for _ in range(chance.randrange(4))]

    def make(maker: Maker, place: str) -> object:
        return tuple([maker.part(item, f"{place}[{number}]") for number, item in enumerate(items)])

    inner = tuple(item.annotation for item in items)
    return Kind(TUPLE[inner], make, (tuple,), hashable=all(item.hashable for item in items))


def _mapping(chance: Random, depth: int) -> Kind:
    named = chance.random() < 0.6
    key = SCALARS[4] if named else _hashable(chance, depth - 1)
    value = anything(chance, depth - 1)
    first, second = ("{%d}", "{%d}") if named else ("[%d][0]", "[%d][1]")
    wide = chance.choice((dict, Mapping))
    if not named and key.annotation in (str, Annotated[str, "a name"]):
        first, second = "{%d}", "{%d}"

    def make(maker: Maker, place: str) -> object:
        made: dict[Any, Any] = {}
        for _ in range(maker.count()):
            number = len(made)
            for one in maker.one_more(key, place + first % number, made):
                made[one] = maker.part(value, place + second % number)
        return made

    return Kind(wide[key.annotation, value.annotation], make, (dict,), hashable=False)


# ---- records ----------------------------------------------------------------------------------------------


def _names(chance: Random) -> list[str]:
    names = ("a", "_b", "c_d", "cl", "converter", "attrs", "kind", "value", "o", "é", "X", "_")
    return chance.sample([name for name in names if not keyword.iskeyword(name)], k=chance.randrange(1, 5))


def _filled(kind: Any, fields: Mapping[str, Kind], given: Mapping[str, str], left_out: str | None) -> Make:  # noqa: ANN401 - a class
    def make(maker: Maker, place: str) -> object:
        skip = maker.chance.random() < 0.5
        parts = {
            given[name]: maker.part(field, f"{place}.{name}")
            for name, field in fields.items()
            if not (skip and name == left_out)
        }
        return kind(**parts)

    return make


def _record(chance: Random, depth: int) -> Kind:
    fields = {name: anything(chance, depth - 1) for name in _names(chance)}
    last = list(fields)[-1]
    optional = chance.random() < 0.4
    if optional:
        fields[last] = _optional(fields[last])
    title = f"Made{chance.randrange(10**6)}"
    frozen = chance.random() < 0.8
    still = frozen and all(field.hashable for field in fields.values())
    left_out = last if optional else None
    kind: Any
    way = chance.randrange(3)
    if way == 0 and not any(name.startswith("_") for name in fields):
        make_named_tuple: Any = NamedTuple
        kind = make_named_tuple(title, [(name, field.annotation) for name, field in fields.items()])
        if optional:
            kind.__new__.__defaults__ = (None,)
            kind._field_defaults = {last: None}
        return Kind(kind, _filled(kind, fields, {name: name for name in fields}, left_out), (kind,), hashable=still)
    if way == 1:
        kind = dataclasses.make_dataclass(
            title,
            [
                (name, field.annotation, dataclasses.field(default=None))
                if name == left_out
                else (name, field.annotation)
                for name, field in fields.items()
            ],
            frozen=frozen,
        )
        return Kind(kind, _filled(kind, fields, {name: name for name in fields}, left_out), (kind,), hashable=still)
    odd = chance.random() < 0.3
    kind = attrs.make_class(
        title,
        {
            name: attrs.field(
                type=field.annotation,
                default=None if name == left_out else attrs.NOTHING,
                kw_only=chance.random() < 0.3 and name != last,
                alias=f"given_{number}" if odd or not name.strip("_") else None,
            )
            for number, (name, field) in enumerate(fields.items())
        },
        frozen=frozen,
        slots=chance.random() < 0.7,
    )
    given = {one.name: str(one.alias) for one in attrs.fields(kind)}
    return Kind(kind, _filled(kind, fields, given, left_out), (kind,), hashable=still)


def _generic(chance: Random, depth: int) -> Kind:
    inner = anything(chance, depth - 1)

    def make(maker: Maker, place: str) -> object:
        return Box(maker.part(inner, f"{place}.content"), maker.leaf("label", f"{place}.label", ("\ud800",), (1,)))

    return Kind(BOX[inner.annotation], make, (Box,), hashable=inner.hashable)


def _tree(chance: Random, depth: int) -> Kind:
    del chance, depth

    def make(maker: Maker, place: str, levels: int = 3) -> Any:  # noqa: ANN401 - a Tree, unless it is unfit
        if levels == 0 or maker.chance.random() < 0.3:
            return None
        return Tree(
            value=maker.leaf(integer(maker.chance), f"{place}.value", (10**1_000,), (True, "1")),
            left=make(maker, f"{place}.left", levels - 1),
            right=make(maker, f"{place}.right", levels - 1),
        )

    return Kind(Tree | None, make, (Tree, type(None)))


def _point(chance: Random, depth: int) -> Kind:
    del chance, depth

    def make(maker: Maker, place: str) -> object:
        x = maker.leaf(integer(maker.chance), f"{place}.x", (), ("1", 1.0))
        return Point(x, maker.leaf(floating(maker.chance), f"{place}.y", (nan,), ("1", True)))

    return Kind(Point, make, (Point,))


# ---- unions -----------------------------------------------------------------------------------------------


def _optional(inner: Kind) -> Kind:
    def make(maker: Maker, place: str) -> object:
        if maker.chance.random() < 0.3:
            return None
        maker.in_union = True
        value = inner.make(maker, place)
        maker.in_union = False
        return value

    classes = tuple(dict.fromkeys((*inner.classes, type(None))))
    return Kind(inner.annotation | None, make, classes, inner.hashable)


def _union(chance: Random, depth: int) -> Kind:
    cases: list[Kind] = []
    names: set[str] = set()
    for case in [SCALARS[chance.randrange(len(SCALARS))], *(anything(chance, depth - 1) for _ in range(3))]:
        told = {kind.__name__ for kind in case.classes}
        if not told & names and "NoneType" not in told:
            cases.append(case)
            names |= told
    annotation = cases[0].annotation
    for case in cases[1:]:
        annotation = annotation | case.annotation

    def make(maker: Maker, place: str) -> object:
        case = maker.chance.choice(cases)
        maker.in_union = len(cases) > 1
        value = case.make(maker, place)
        maker.in_union = False
        return value

    whole = Kind(
        annotation,
        make if len(cases) > 1 else cases[0].make,
        tuple(kind for case in cases for kind in case.classes),
        all(case.hashable for case in cases),
    )
    return _optional(whole) if chance.random() < 0.4 else whole


# ---- all of it --------------------------------------------------------------------------------------------

WAYS: Final = (
    _sequence,
    _sequence,
    _gathered,
    _row,
    _mapping,
    _mapping,
    _record,
    _record,
    _generic,
    _tree,
    _point,
    _union,
    _union,
)


def anything(chance: Random, depth: int) -> Kind:
    """A type, nested so deep at most."""
    if depth <= 0 or chance.random() < 0.25:
        if chance.random() < 0.1:
            return literal(chance)
        return NOTHING if chance.random() < 0.04 else chance.choice(SCALARS)
    return chance.choice(WAYS)(chance, depth)


def _hashable(chance: Random, depth: int) -> Kind:
    for _ in range(8):
        kind = anything(chance, depth)
        if kind.hashable:
            return kind
    return SCALARS[1]


def alike(one: Any, other: Any) -> bool:  # noqa: ANN401 - values
    """Whether two values are the same, down to the classes, the signs and the order of all their parts."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return repr(one) == repr(other)
    if isinstance(one, complex):
        return alike(one.real, other.real) and alike(one.imag, other.imag)
    if isinstance(one, datetime | Decimal):
        return one == other and str(one) == str(other)
    if isinstance(one, dict):
        return len(one) == len(other) and all(map(alike, one.items(), other.items()))
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if attrs.has(type(one)) or dataclasses.is_dataclass(one):
        return all(alike(getattr(one, name), getattr(other, name)) for name in _fields(type(one)))
    return bool(one == other)


def _fields(kind: Any) -> Iterator[str]:  # noqa: ANN401 - a class
    fields = attrs.fields(kind) if attrs.has(kind) else dataclasses.fields(kind)
    return (field.name for field in fields if field.init)
