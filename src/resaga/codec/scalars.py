"""Single values: exact types only, and nothing that would come back changed.

Each function raises `Unfit` (or whatever Python raises) for a value that is not of its kind; who calls it
finds the place and says so.
"""

import base64
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from math import isfinite
from typing import Any, Final, TypeAlias
from uuid import UUID

from resaga.codec.limits import INTEGER_DIGITS, INTEGER_LEAST, INTEGER_MOST
from resaga.codec.unfit import Unfit
from resaga.core.shape import Basic

BIG: Final = "$int"
"""The key of the object that stands for an integer beyond 64 bits."""

Step: TypeAlias = Callable[..., Any]
"""One direction of a coder: a value to plain JSON, or back."""


def same(kind: type) -> Step:
    """Values that are written as they are, if they are exactly of that class."""

    def step(value: object, _: object = None) -> object:
        if type(value) is not kind:
            raise Unfit(f"it is not {kind.__name__}")
        return value

    return step


def encode_int(value: object) -> object:
    """A number, or text where JSON readers would lose digits."""
    if type(value) is not int:
        raise Unfit("it is not int")
    if INTEGER_LEAST <= value <= INTEGER_MOST:
        return value
    if value.bit_length() > INTEGER_DIGITS * 3:
        raise Unfit(f"it has more than about {INTEGER_DIGITS} digits")
    return {BIG: str(value)}


def decode_int(plain: object, _: object = None) -> object:
    """The integer of a number or of such a text."""
    if type(plain) is int and INTEGER_LEAST <= plain <= INTEGER_MOST:
        return plain
    if type(plain) is dict and list(plain) == [BIG]:
        text = plain[BIG]
        if type(text) is str and len(text) <= INTEGER_DIGITS:
            value = int(text)
            if encode_int(value) == plain:
                return value
    raise Unfit("it is not int")


def encode_float(value: object, _: object = None) -> object:
    """A finite number; an int may stand where a float is asked for, and stays one."""
    if (type(value) is float and isfinite(value)) or (type(value) is int and INTEGER_LEAST <= value <= INTEGER_MOST):
        return value
    raise Unfit("it is not a finite float")


def _bytes(value: object) -> object:
    if type(value) is not bytes:
        raise Unfit("it is not bytes")
    return base64.b64encode(value).decode("ascii")


def _datetime(value: object) -> object:
    if type(value) is not datetime:
        raise Unfit("it is not datetime")
    if value.fold:
        raise Unfit("it is a datetime with fold=1, which would be lost; use .astimezone(timezone.utc)")
    if value.tzinfo is not None and type(value.tzinfo) is not timezone:
        raise Unfit("its time zone would come back as a fixed offset; use .astimezone(timezone.utc)")
    if value.tzinfo is not None and value.tzinfo.utcoffset(value).microseconds:
        raise Unfit("its time zone is parts of a second off, which would be lost; use .astimezone(timezone.utc)")
    if value.tzinfo is not None and timezone(value.tzinfo.utcoffset(value)).tzname(value) != value.tzname():
        raise Unfit("its time zone has a name of its own, which would be lost; use .astimezone(timezone.utc)")
    return value.isoformat()


def _decimal(value: object) -> object:
    if type(value) is not Decimal or not value.is_finite():
        raise Unfit("it is not a finite Decimal")
    return str(value)


def _exactly(kind: type, encode: Step) -> Step:
    checked = same(kind)
    return lambda value: encode(checked(value))


def _text(read: Callable[[str], object], encode: Step) -> Step:
    """Read text, and take it only if it is what we would write."""

    def step(plain: object, _: object = None) -> object:
        if type(plain) is not str:
            raise Unfit("it is not text")
        value = read(plain)
        if encode(value) != plain:
            raise Unfit("it is not written as it should be")
        return value

    return step


def _span(plain: object, _: object = None) -> object:
    if type(plain) is not list or [type(part) for part in plain] != [int, int, int]:
        raise Unfit("it is not [days, seconds, microseconds]")
    value = timedelta(days=plain[0], seconds=plain[1], microseconds=plain[2])
    if [value.days, value.seconds, value.microseconds] != plain:
        raise Unfit("it is not written as it should be")
    return value


_date = _exactly(date, lambda value: value.isoformat())
_uuid = _exactly(UUID, str)
_timedelta = _exactly(timedelta, lambda value: [value.days, value.seconds, value.microseconds])

ENCODE: Final[dict[Basic, Step]] = {
    Basic.NONE: same(type(None)),
    Basic.BOOL: same(bool),
    Basic.INT: encode_int,
    Basic.FLOAT: encode_float,
    Basic.STR: same(str),
    Basic.BYTES: _bytes,
    Basic.DATETIME: _datetime,
    Basic.DATE: _date,
    Basic.TIMEDELTA: _timedelta,
    Basic.UUID: _uuid,
    Basic.DECIMAL: _decimal,
}

DECODE: Final[dict[Basic, Step]] = {
    Basic.NONE: same(type(None)),
    Basic.BOOL: same(bool),
    Basic.INT: decode_int,
    Basic.FLOAT: encode_float,
    Basic.STR: same(str),
    Basic.BYTES: _text(lambda text: base64.b64decode(text, validate=True), _bytes),
    Basic.DATETIME: _text(datetime.fromisoformat, _datetime),
    Basic.DATE: _text(date.fromisoformat, _date),
    Basic.TIMEDELTA: _span,
    Basic.UUID: _text(UUID, _uuid),
    Basic.DECIMAL: _text(Decimal, _decimal),
}
