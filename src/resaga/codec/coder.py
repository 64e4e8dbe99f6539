"""Coders: for each shape, the two functions between a value and plain JSON. Made once, at definition.

"Plain" is what orjson reads and writes: None, bool, int, float, str, list, dict with str keys. An object
whose key begins with `$` is never data: keys of the user's are escaped.
"""

from collections.abc import Callable
from typing import Any, Final, Literal, assert_never, final

import orjson

from resaga.codec.mapping import has_names, named, paired, refuse_crowd
from resaga.codec.memory import Memory
from resaga.codec.record import Part, decoder, encoder
from resaga.codec.scalars import DECODE, ENCODE, Step, decode_int, encode_int
from resaga.codec.unfit import Unfit, step_to, unfit
from resaga.core.annotation import kinds
from resaga.core.shape import (
    Basic,
    Choice,
    Constants,
    Container,
    Hooked,
    Items,
    Mapped,
    Members,
    Record,
    Row,
    Scalar,
    Shape,
)

CONTAINERS: Final[dict[Container, Callable[[list[Any]], Any]]] = {
    Container.TUPLE: tuple,
    Container.LIST: list,
    Container.SET: set,
    Container.FROZENSET: frozenset,
}

Direction = Literal["encode", "decode"]


@final
class Coder:
    """The two directions of one shape."""

    __slots__ = ("decode", "encode")

    def __init__(self) -> None:
        self.encode: Step = _unmade
        self.decode: Step = _unmade


def _unmade(value: object) -> object:
    raise AssertionError(value)


@final
class Coders:
    """All coders of one program, each made once."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Shape, Coder]] = {}
        self.written = Memory()
        self.read = Memory()

    def of(self, shape: Shape) -> Coder:
        """The coder of a shape; a shape that contains itself is met again before it is finished."""
        if id(shape) in self._made:
            return self._made[id(shape)][1]
        coder = Coder()
        self._made[id(shape)] = (shape, coder)
        coder.encode, coder.decode = self._make(shape)
        return coder

    def _make(self, shape: Shape) -> tuple[Step, Step]:
        match shape:
            case Scalar(basic=basic):
                return ENCODE[basic], DECODE[basic]
            case Members(kind=kind):
                return _members(kind)
            case Constants(values=values):
                return _constants(values)
            case Items():
                return self._items(shape)
            case Row(items=items):
                return self._row(items)
            case Mapped():
                return self._mapped(shape)
            case Record():
                return self._record(shape)
            case Choice():
                return self._choice(shape)
            case Hooked():
                return self._hooked(shape)
            case _:
                assert_never(shape)

    def _step(self, shape: Shape, direction: Direction) -> Step:
        """One direction of a part, which may not be finished yet."""
        coder = self.of(shape)
        step: Step = getattr(coder, direction)

        def later(value: object) -> object:
            made: Step = getattr(coder, direction)
            return made(value)

        return later if step is _unmade else step

    def _items(self, shape: Items) -> tuple[Step, Step]:
        encode_one, decode_one = self._step(shape.item, "encode"), self._step(shape.item, "decode")
        accepts, collect = shape.accepts, CONTAINERS[shape.container]
        ordered = shape.container in (Container.TUPLE, Container.LIST)

        def encode(value: Any) -> object:  # noqa: ANN401 - checked in the next line
            if type(value) not in accepts:
                raise Unfit(f"it is not {accepts[0].__name__}")
            if ordered:
                return [encode_one(item) for item in value]
            refuse_crowd(value)
            return sorted([encode_one(item) for item in value], key=orjson.dumps)

        def decode(plain: object) -> object:
            if type(plain) is not list:
                raise Unfit("it is not a list")
            left = iter(plain)
            try:
                items = [decode_one(item) for item in left]
            except Exception as error:  # noqa: BLE001 - constructors and hooks of the user's raise what they like
                raise unfit(error, step_to(plain, left)) from None
            if ordered:
                return collect(items)
            refuse_crowd(items)
            value = collect(items)
            if len(value) != len(plain):
                raise Unfit("it has a member twice")
            return value

        return encode, decode

    def _row(self, items: tuple[Shape, ...]) -> tuple[Step, Step]:
        encoders = [self._step(item, "encode") for item in items]
        decoders = [self._step(item, "decode") for item in items]

        def encode(value: Any) -> object:  # noqa: ANN401 - checked in the next line
            if type(value) is not tuple or len(value) != len(encoders):
                raise Unfit(f"it is not a tuple of {len(encoders)}")
            return [step(item) for step, item in zip(encoders, value, strict=True)]

        def decode(plain: object) -> object:
            if type(plain) is not list or len(plain) != len(decoders):
                raise Unfit(f"it is not a list of {len(decoders)}")
            left = iter(plain)
            try:
                return tuple([step(item) for step, item in zip(decoders, left, strict=True)])
            except Exception as error:  # noqa: BLE001 - constructors and hooks of the user's raise what they like
                raise unfit(error, step_to(plain, left)) from None

        return encode, decode

    def _mapped(self, shape: Mapped) -> tuple[Step, Step]:
        encode_key = self._step(shape.key, "encode")
        encode_one, decode_one = self._step(shape.value, "encode"), self._step(shape.value, "decode")
        if has_names(shape):
            return named(encode_key, encode_one, decode_one)
        return paired(encode_key, encode_one, self._row((shape.key, shape.value))[1])

    def _record(self, shape: Record) -> tuple[Step, Step]:
        parts = [Part(one, self._step(one.shape, "encode"), self._step(one.shape, "decode")) for one in shape.slots]
        return encoder(shape, parts, self.written), decoder(shape, parts, self.read)

    def _choice(self, shape: Choice) -> tuple[Step, Step]:
        if shape.optional and len(shape.members) == 1 and not _nullable(shape.members[0][1]):
            return self._optional(shape.members[0][1])
        optional = shape.optional
        encoders = {
            kind: (tag, self._step(member, "encode")) for tag, member in shape.members for kind in kinds(member)
        }
        if float in encoders:  # where an int may stand, too
            encoders.setdefault(int, encoders[float])
        decoders = {tag: _inside(tag, self._step(member, "decode")) for tag, member in shape.members}

        def encode(value: object) -> object:
            if optional and value is None:
                return None
            case = encoders.get(type(value))
            if case is None:
                raise Unfit(f"it is none of {', '.join(decoders)}")
            return {case[0]: case[1](value)}

        def decode(plain: Any) -> object:  # noqa: ANN401 - checked in the next lines
            if optional and plain is None:
                return None
            if type(plain) is not dict or len(plain) != 1:
                raise Unfit(f"it is none of {', '.join(decoders)}")
            [(tag, inner)] = plain.items()
            if tag not in decoders:
                raise Unfit(f"it is none of {', '.join(decoders)}")
            return decoders[tag](inner)

        return encode, decode

    def _optional(self, member: Shape) -> tuple[Step, Step]:
        encode, decode = self._step(member, "encode"), self._step(member, "decode")
        return (
            lambda value: None if value is None else encode(value),
            lambda plain: None if plain is None else decode(plain),
        )

    def _hooked(self, shape: Hooked) -> tuple[Step, Step]:
        hook = shape.hook
        inner_encode, inner_decode = self._step(shape.stored, "encode"), self._step(shape.stored, "decode")

        def encode(value: object) -> object:
            if type(value) is not hook.kind:
                raise Unfit(f"it is not {hook.kind.__name__}")
            return inner_encode(hook.encode(value))

        def decode(plain: object) -> object:
            value = hook.decode(inner_decode(plain))
            if type(value) is not hook.kind:
                raise Unfit(f"its hook gave no {hook.kind.__name__}")
            return value

        return encode, decode


def _members(kind: Any) -> tuple[Step, Step]:  # noqa: ANN401 - a class of enumeration
    members: dict[object, Any] = dict(kind.__members__)

    def encode(value: Any) -> object:  # noqa: ANN401 - checked in the next line
        name = value.name if type(value) is kind else None
        if members.get(name) is not value:
            raise Unfit(f"it is not a member of {kind.__name__}")
        return name

    def decode(plain: object) -> object:
        if type(plain) is not str or plain not in members:
            raise Unfit(f"it is not a member of {kind.__name__}")
        return members[plain]

    return encode, decode


def _constants(values: tuple[object, ...]) -> tuple[Step, Step]:
    known = {(type(value), value) for value in values}

    def encode(value: object) -> object:
        if (type(value), value) not in known:
            raise Unfit("it is none of the literals")
        return encode_int(value) if type(value) is int else value

    def decode(plain: object) -> object:
        value = decode_int(plain) if type(plain) in (int, dict) else plain
        if (type(value), value) not in known:
            raise Unfit("it is none of the literals")
        return value

    return encode, decode


def _nullable(shape: Shape) -> bool:
    """Whether null may stand for a value of this shape, so that it cannot also stand for None."""
    match shape:
        case Scalar(basic=basic):
            return basic is Basic.NONE
        case Constants(values=values):
            return None in values
        case Choice(optional=optional):
            return optional
        case Hooked(stored=stored):
            return _nullable(stored)
        case _:
            return False


def _inside(name: str, step: Step) -> Callable[..., Any]:
    """A step into a member of that name, which says so when it fails."""

    def go(plain: object) -> object:
        try:
            return step(plain)
        except Exception as error:  # noqa: BLE001 - constructors and hooks of the user's raise what they like
            raise unfit(error, f".{name}") from None

    return go
