"""A column of contexts is written and read in one go just as it is row by row; or it is left to that."""

from itertools import pairwise
from random import Random
from typing import Any, Final
from uuid import UUID

import orjson
from attrs import define, field, frozen, make_class

from resaga import Saga, step
from resaga.codec import limits
from resaga.codec.carry import plain_rows
from resaga.codec.document import again, opened
from tests.codec.documents import AnySaga, document
from tests.seeds import reseed, seeds

LONG: Final = "a text of more than thirty-two bytes"
TEXTS: Final = (LONG, LONG + LONG, LONG + "\u00e9\n", "short", "")
NUMBERS: Final = (0, 1, True, 2**62, 2**70, 2**200)


@frozen
class Numbers:
    first: int
    second: float = 0.0


@frozen
class Flat:
    number: int
    first: str
    second: str | None


@frozen
class Other:
    number: int
    first: str
    second: str | None


@frozen
class Marked:
    id: UUID
    note: str


@define
class Loose:
    note: str


@frozen
class Held:
    flat: Flat
    note: str


@frozen
class Alone:
    flat: Flat


@frozen
class Twice:
    alone: Alone


@frozen
class Many:
    notes: tuple[str, ...]
    flat: Flat


KINDS: Final[tuple[Any, ...]] = (Numbers, Flat, Other, Marked, Loose, Held, Alone, Twice, Many)


def made(chance: Random, kind: Any, before: Any) -> Any:  # noqa: ANN401 - of one of the classes
    """A context that may share something with the one before."""
    if type(before) is kind and chance.random() < 0.2:
        return before
    inside = before if chance.random() < 0.7 else made(chance, Flat, None)
    told = [getattr(before, name, LONG) for name in ("first", "second", "note")]
    text = chance.choice([one for one in told if type(one) is str] + list(TEXTS))
    if kind is Numbers:
        number = chance.choice(NUMBERS[:2] + NUMBERS[3:])
        return Numbers(number, chance.choice((0.5, 1, 1e300)))
    if kind in (Flat, Other):
        return kind(chance.choice((0, 1, 2**70)), text, chance.choice((*TEXTS, None)))
    if kind is Marked:
        return Marked(getattr(before, "id", UUID(int=chance.randrange(2))), text)
    if kind is Loose:
        return Loose(text)
    if kind is Many:
        flat = inside if type(inside) is Flat else made(chance, Flat, None)
        return Many((text,) * chance.randrange(3), flat)
    if kind is Twice:
        return Twice(inside if type(inside) is Alone else Alone(made(chance, Flat, None)))
    flat = inside if type(inside) is Flat else made(chance, Flat, None)
    return Held(flat, text) if kind is Held else Alone(flat)


def run(chance: Random) -> tuple[AnySaga, list[Any]]:
    """A saga whose steps give contexts of such classes, and such contexts."""
    pool = chance.sample(KINDS, chance.choice((1, 1, 2, 3)))
    kinds = [chance.choice(pool) for _ in range(chance.randrange(2, 7))]
    values: list[Any] = [made(chance, kinds[0], None)]
    for kind in kinds[1:]:
        values.append(made(chance, kind, values[-1]))
    return chain(kinds), values


def chain(kinds: list[Any]) -> AnySaga:
    """A saga whose contexts are of these classes."""
    block: Any = None
    whole = [*kinds, kinds[-1]]  # with a step that is not done yet: what ends a run is no row like the others
    for number, (takes, gives) in enumerate(pairwise(whole)):
        one: Any = step(name=f"step{number}", takes=takes, gives=gives)(lambda given: given).kept("for a test")
        block = one if block is None else block >> one
    return Saga("column", block)


def codes(count: int) -> list[int]:
    """The codes of a run that gave so many contexts."""
    return [5, 6] + [number << 5 for number in range(count - 1)] if count > 1 else [5]


def at_length(saga: AnySaga, values: list[Any]) -> tuple[list[bytes], int]:
    """How the contexts are written row by row."""
    rows = [values[0], None, *values[1:]] if len(values) > 1 else values
    return saga.codec._values._one_by_one(codes(len(values)), rows)


def test_a_column_is_written_and_read_as_its_rows_are() -> None:
    """With the same references, and no fewer bytes behind them."""
    for seed in seeds(20_000, least=300):
        with reseed(seed) as chance:
            saga, values = run(chance)
            raws, spared = at_length(saga, values)
            written = saga.codec._column.written(values)
            if written is not None:
                assert orjson.dumps(written[0]) == b"[%b]" % b",".join(raws)
                assert written[1] >= spared
            is_read_as_its_rows_are(saga, values, raws)


def is_read_as_its_rows_are(saga: AnySaga, values: list[Any], raws: list[bytes]) -> None:
    """What is read in one go is what was written, and what row by row would have been read."""
    plains = [orjson.loads(raw) for raw in raws]
    blob = document(saga, plains, codes(len(values)), index=len(values) - 1, status="running")
    found = opened(blob)
    column = saga.codec._column.read(found.values, found.size, refers=found.refers)
    rows = saga.codec._read(plain_rows(again(found)))
    assert [one for one in rows if one is not None] == values
    assert column in (None, values)


def test_most_columns_are_done_in_one_go() -> None:
    """Those of contexts that only carry on, and of contexts that hold the one before."""
    flats = [Flat(number, LONG, LONG + LONG) for number in range(5)]
    held: list[Any] = [flats[0], Alone(flats[0])]
    mixed = [
        Numbers(1),
        Flat(1, LONG, None),
        Other(2, LONG, None),
        Marked(UUID(int=1), LONG),
        Marked(UUID(int=1), LONG),
    ]
    runs: list[list[Any]] = [[Numbers(number) for number in range(5)], flats, [*held, Twice(held[1])], mixed]
    for values in runs:
        saga = chain([type(value) for value in values])
        raws, _ = at_length(saga, values)
        written = saga.codec._column.written(values)
        assert written is not None
        plains, refers = [orjson.loads(raw) for raw in raws], any(b'{"$":' in raw for raw in raws)
        assert saga.codec._column.read(plains, 100, refers=refers) == values


def test_a_column_with_a_reference_that_is_not_to_be_expected_is_left_to_others() -> None:
    """To a number, to a part that is not there, or written in another way."""
    flat, column = {"number": 1, "first": LONG, "second": None}, chain([Flat, Other]).codec._column
    fine = column.read([flat.copy(), {**flat, "first": {"$": ["first"]}}], 200, refers=True)
    assert fine == [Flat(1, LONG, None), Other(1, LONG, None)]
    odd: list[Any] = [{"$": ["number"]}, {"$": ["nothing"]}, {"$": []}, {"$": [0]}, {"first": ["first"]}]
    for reference in odd:
        assert column.read([flat.copy(), {**flat, "first": reference}], 200, refers=True) is None


def test_a_column_near_a_limit_is_left_to_those_who_count() -> None:
    """The bytes of a value, and how deep it is nested."""
    large: list[Any] = [Flat(number, "a" * (limits.VALUE_BYTES // 3), None) for number in range(4)]
    saga = chain([Flat] * 4)
    assert saga.codec._column.written(large) is None
    raws, _ = at_length(saga, large)
    assert saga.codec._column.read([orjson.loads(raw) for raw in raws], 400_000, refers=True) is None
    kinds: list[Any] = [Flat]
    values: list[Any] = [Flat(0, LONG, None)]
    for level in range(limits.DEPTH):
        kinds.append(make_class(f"Level{level}", {"inner": field(type=kinds[-1])}, frozen=True))
        values.append(kinds[-1](values[-1]))
    saga = chain(kinds)
    assert saga.codec._column.written(values) is None
    assert saga.codec._column.written(values[: limits.DEPTH - 2]) is not None
    plains: list[Any] = [{"number": 0, "first": LONG, "second": None}, *({"inner": {"$": []}} for _ in values[1:])]
    assert saga.codec._column.read(plains, 5_000, refers=True) is None
