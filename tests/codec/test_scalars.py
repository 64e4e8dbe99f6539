"""Single values: exact types only, nothing that would come back changed, nothing coerced."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum
from math import copysign, inf, nan
from typing import Literal, NewType
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tests.codec.documents import kept, read_back, refused, unstorable, written


class Text(str):
    """A subclass of str."""

    __slots__ = ()


class Number(int):
    """A subclass of int."""


class Moment(datetime):
    """A subclass of datetime."""


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    LOW = 1


class Loud(StrEnum):
    YES = "yes"


Cents = NewType("Cents", int)


# ---- what the JSON writer would change silently -----------------------------------------------------------


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_nan_and_infinity_are_refused_before_they_are_written_as_null(value: float) -> None:
    """JSON has no word for them, and the writer would write null."""
    assert "$: " in unstorable(float, value)
    assert "finite" in unstorable(tuple[float, ...], (1.0, value))
    assert unstorable(tuple[float, ...], (1.0, value)).startswith("$[1]: ")


@pytest.mark.parametrize("value", [2**63, 2**64, -(2**63) - 1, 2**64 + 1, 10**900])
def test_an_integer_beyond_64_bits_is_text_in_an_object(value: int) -> None:
    """Readers make a float of such a number, so it is no number."""
    assert written(int, value) == {"$int": str(value)}
    assert kept(int, value) == value


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 0, -1])
def test_an_integer_of_64_bits_is_a_number(value: int) -> None:
    """What every reader can hold needs no other form."""
    assert written(int, value) == value
    assert kept(int, value) == value


def test_a_number_beyond_64_bits_in_a_document_is_refused() -> None:
    """It was not written here; one up to 2**64 could be read exactly, but has another form."""
    assert "$.values[0]: " in refused(int, 2**63)
    assert "$.values[0]: " in refused(float, 2**63)


def test_an_integer_of_a_thousand_digits_and_more_is_refused_both_ways() -> None:
    """Reading many digits takes quadratic time."""
    assert "digits" in unstorable(int, 10**1100)
    assert "not int" in refused(int, {"$int": "1" * 1100})


@pytest.mark.parametrize("text", ["5", "9_223_372_036_854_775_808", " 9223372036854775808", "x", "٩" * 20, ""])
def test_a_big_integer_is_written_one_way_only(text: str) -> None:
    """No underscores, blanks or foreign digits; and what fits a number is a number."""
    assert "$.values[0]: " in refused(int, {"$int": text})


@pytest.mark.parametrize("plain", [{"$int": 5}, {"$int": "9" * 20, "x": 1}, {"int": "9" * 20}, {}])
def test_the_object_of_a_big_integer_has_one_member_that_is_text(plain: object) -> None:
    """Anything else is no integer."""
    assert "$.values[0]" in refused(int, plain)


@pytest.mark.parametrize("surrogate", ["\ud800", "a\udfffb"])
def test_lone_surrogates_are_refused_with_their_place(surrogate: str) -> None:
    """UTF-8 cannot hold them."""
    assert unstorable(str, surrogate).startswith("$: ")
    assert unstorable(tuple[str, ...], ("a", surrogate)).startswith("$[1]: ")
    assert "surrogate" in unstorable(dict[str, str], {surrogate: "a"})


# ---- exact types ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (str, Text("a")),
        (int, Number(1)),
        (int, True),
        (bool, 1),
        (float, True),
        (float, Decimal("1.5")),
        (float, Number(1)),
        (int, 1.0),
        (str, 1),
        (str, b"a"),
        (bytes, "a"),
        (bytes, bytearray(b"a")),
        (datetime, Moment(2020, 1, 1, tzinfo=UTC)),
        (date, datetime(2020, 1, 1, tzinfo=UTC)),
        (datetime, date(2020, 1, 1)),
        (int, Level.LOW),
        (str, Loud.YES),
        (Level, 1),
        (Loud, "yes"),
        (Colour, Level.LOW),
        (None, 0),
        (None, False),
        (UUID, "12345678-1234-5678-1234-567812345678"),
        (Decimal, 1),
        (Decimal, Decimal("NaN")),
        (Decimal, Decimal("-Infinity")),
        (timedelta, 5),
        (Literal[1], True),
        (Literal[1], 1.0),
        (Literal["a"], "b"),
        (Literal[True], 1),
        (int, 2.0**70),
    ],
    ids=repr,
)
def test_a_value_of_another_class_is_refused_before_it_is_written(kind: object, value: object) -> None:
    """A subclass, an equal value of another class: it would come back as something else."""
    assert unstorable(kind, value).startswith("$: ")


@pytest.mark.parametrize(
    ("kind", "plain"),
    [
        (int, "12"),
        (int, 1.9),
        (int, 1.0),
        (int, True),
        (int, None),
        (bool, "false"),
        (bool, "true"),
        (bool, 0),
        (bool, 1),
        (bool, None),
        (float, "1.5"),
        (float, True),
        (float, None),
        (str, 1),
        (str, None),
        (str, ["a"]),
        (None, 0),
        (None, ""),
        (None, False),
        (bytes, "YQ"),
        (bytes, "YQ==\n"),
        (bytes, "YR=="),
        (bytes, "a-b_"),
        (bytes, [97]),
        (datetime, 0),
        (datetime, "2020-01-01"),
        (datetime, "2020-01-01 00:00:00"),
        (datetime, "2020-01-01T00:00:00Z"),
        (datetime, "20200101T000000"),
        (datetime, "2020-01-01T25:00:00"),
        (date, "20200101"),
        (date, "2020-W01-1"),
        (date, "2020-01-01T00:00:00"),
        (date, "2020-02-30"),
        (timedelta, 5),
        (timedelta, "P1D"),
        (timedelta, [1, 2]),
        (timedelta, [0, 86_400, 0]),
        (timedelta, [0, -1, 0]),
        (timedelta, [0, 0, 1.0]),
        (timedelta, [10**12, 0, 0]),
        (timedelta, [True, 0, 0]),
        (UUID, "12345678123456781234567812345678"),
        (UUID, "{12345678-1234-5678-1234-567812345678}"),
        (UUID, "ABCDEF78-1234-5678-1234-567812345678"),
        (UUID, 5),
        (Decimal, "1_0"),
        (Decimal, " 1"),
        (Decimal, "NaN"),
        (Decimal, "inf"),
        (Decimal, "1e5"),
        (Decimal, 1.5),
        (Decimal, "x"),
        (Decimal, "1E+99999999999999999999"),
        (Colour, "red"),
        (Colour, 1),
        (Colour, ["RED"]),
        (Level, 1),
        (Literal[1], True),
        (Literal[1], 1.0),
        (Literal[1], "1"),
        (Literal["a"], ["a"]),
        (Literal["a"], {"a": 1}),
        (Literal[True], 1),
        (Cents, "5"),
    ],
    ids=repr,
)
def test_nothing_is_coerced_while_loading(kind: object, plain: object) -> None:
    """Text is no number, a number no truth; and there is one way to write each value."""
    assert refused(kind, plain).startswith("$.values[0]: this value does not fit, because ")


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+5"), "1E+5"),
        (Decimal("-0"), "-0"),
        (b"a", "YQ=="),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (timedelta(hours=-1), [-1, 82_800, 0]),
        (date(2020, 2, 29), "2020-02-29"),
        (datetime(2020, 1, 1, 0, 0, 0, 5, tzinfo=UTC), "2020-01-01T00:00:00.000005+00:00"),
        (datetime(2020, 1, 1, tzinfo=timezone(timedelta(seconds=-1))), "2020-01-01T00:00:00-00:00:01"),
        (Colour.RED, "RED"),
        (Level.LOW, "LOW"),
    ],
    ids=repr,
)
def test_each_value_is_written_in_the_form_of_the_format_page(value: object, plain: object) -> None:
    """And read again to an equal one of the same class."""
    assert written(type(value), value) == plain
    again = read_back(type(value), plain)
    assert again == value
    assert type(again) is type(value)


def test_an_int_where_a_float_is_asked_for_stays_an_int() -> None:
    """The type checkers allow it, so it is kept, and as it is."""
    assert type(kept(float, 2)) is int
    assert type(kept(float, 2.0)) is float


def test_minus_zero_keeps_its_sign() -> None:
    """It equals zero, and yet it is another float."""
    assert copysign(1, kept(float, -0.0)) == -1


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2020, 10, 25, 1, 30, fold=1, tzinfo=UTC),
        datetime(2020, 1, 1, tzinfo=ZoneInfo("UTC")),
        datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=1), "CET")),
        datetime(2020, 1, 1, tzinfo=timezone(timedelta(microseconds=5))),
    ],
    ids=["fold", "zone", "name", "offset"],
)
def test_what_a_datetime_would_lose_is_refused(moment: datetime) -> None:
    """A fold, a zone with rules, a name of its own, parts of a second: the reason says what to do."""
    assert ".astimezone(timezone.utc)" in unstorable(datetime, moment)


def test_an_alias_of_a_member_of_an_enum_is_the_member() -> None:
    """Python has one object for both names, and it is written by the first."""

    class Doubled(Enum):
        FIRST = 1
        SECOND = 1  # noqa: PIE796 - an alias

    assert written(Doubled, Doubled.SECOND) == "FIRST"
    assert read_back(Doubled, "SECOND") is Doubled.FIRST


def test_a_combination_of_flags_has_no_name_and_is_refused() -> None:
    """It is a member that its class does not list."""

    class Access(Flag):
        READ = 1
        WRITE = 2

    assert kept(Access, Access.READ) is Access.READ
    assert "not a member of Access" in unstorable(Access, Access.READ | Access.WRITE)
