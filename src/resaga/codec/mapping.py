"""Mappings: an object if the keys are text, otherwise a list of pairs; and what keeps them and sets quick."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from resaga.codec.limits import CROWD
from resaga.codec.scalars import Step
from resaga.codec.unfit import Unfit, step_to, unfit
from resaga.core.shape import Basic, Mapped, Scalar


def has_names(shape: Mapped) -> bool:
    """Whether the keys are text, so that it is an object."""
    return isinstance(shape.key, Scalar) and shape.key.basic is Basic.STR


def named(encode_key: Step, encode_one: Step, decode_one: Step) -> tuple[Step, Step]:
    """A mapping with text for keys, as an object."""

    def encode(value: Any) -> object:  # noqa: ANN401 - checked in the next line
        if type(value) is not dict:
            raise Unfit("it is not dict")
        return {escaped(encode_key(key)): encode_one(item) for key, item in value.items()}

    def decode(plain: Any) -> object:  # noqa: ANN401 - checked in the next line
        if type(plain) is not dict:
            raise Unfit("it is not an object")
        left = iter(plain.items())
        try:
            return {unescaped(key): decode_one(item) for key, item in left}
        except Exception as error:  # noqa: BLE001 - constructors and hooks of the user's raise what they like
            raise unfit(error, step_to(plain, left)) from None

    return encode, decode


def paired(encode_key: Step, encode_one: Step, decode_pair: Step) -> tuple[Step, Step]:
    """A mapping with any other keys, as a list of pairs."""

    def encode(value: Any) -> object:  # noqa: ANN401 - checked in the next line
        if type(value) is not dict:
            raise Unfit("it is not dict")
        refuse_crowd(value)
        return [[encode_key(key), encode_one(item)] for key, item in value.items()]

    def decode(plain: Any) -> object:  # noqa: ANN401 - checked in the next line
        if type(plain) is not list:
            raise Unfit("it is not a list of pairs")
        left = iter(plain)
        try:
            pairs: Any = [decode_pair(item) for item in left]
        except Exception as error:  # noqa: BLE001 - constructors and hooks of the user's raise what they like
            raise unfit(error, step_to(plain, left)) from None
        refuse_crowd([key for key, _ in pairs])
        value = dict(pairs)
        if len(value) != len(plain):
            raise Unfit("it has a key twice")
        return value

    return encode, decode


def refuse_crowd(members: Collection[object]) -> None:
    """Raise if many members have one hash: of them a set or a mapping is made in quadratic time."""
    if len(members) > CROWD and max(Counter(map(hash, members)).values()) > CROWD:
        raise Unfit("too many of its members have the same hash")


def escaped(key: str) -> str:
    """A key of the user's, told apart from ours."""
    return "$" + key if key.startswith("$") else key


def unescaped(key: str) -> str:
    """The user's key again."""
    if not key.startswith("$"):
        return key
    if not key.startswith("$$"):
        raise Unfit("it has a key that is not written as it should be")
    return key[1:]
