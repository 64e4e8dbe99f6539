"""What an annotation means for storage: a closed set of shapes.

A shape knows which values it stands for, whether they are immutable, and a digest by which two
programs can be compared. How such a value is written belongs to `resaga.codec`; how an annotation
is read, to `resaga.core.annotation`.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from hashlib import sha256
from typing import Final, TypeAlias, assert_never, final

from resaga.core.hook import Hook
from resaga.core.value import Value

DIGEST_LENGTH: Final = 8


@final
class Basic(Enum):
    """The types that need no description of their own, by the name of the class."""

    NONE = "builtins.NoneType"
    BOOL = "builtins.bool"
    INT = "builtins.int"
    FLOAT = "builtins.float"
    STR = "builtins.str"
    BYTES = "builtins.bytes"
    DATETIME = "datetime.datetime"
    DATE = "datetime.date"
    TIMEDELTA = "datetime.timedelta"
    UUID = "uuid.UUID"
    DECIMAL = "decimal.Decimal"


@final
class Container(Enum):
    """What a collection of equal items is read into."""

    TUPLE = "tuple"
    LIST = "list"
    SET = "set"
    FROZENSET = "frozenset"


@final
class Scalar(Value):
    """A single value of a built-in kind."""

    basic: Basic
    kind: type


@final
class Members(Value):
    """A value of an enumeration, stored by its name."""

    kind: type[Enum]


@final
class Constants(Value):
    """One of the values of a `Literal`."""

    values: tuple[object, ...]


@final
class Items(Value):
    """Any number of values of one shape."""

    container: Container
    item: "Shape"
    accepts: tuple[type, ...]


@final
class Row(Value):
    """A tuple of a fixed length, each value of its own shape."""

    items: "tuple[Shape, ...]"


@final
class Mapped(Value):
    """Keys and values."""

    key: "Shape"
    value: "Shape"


@final
class Slot(Value):
    """One field of a record."""

    name: str
    shape: "Shape"
    required: bool


@final
class Record:
    """An attrs class, a dataclass or a NamedTuple, with its type arguments put in.

    `slots` are filled after the record is made, because a record may contain itself.
    """

    __slots__ = ("annotation", "immutable_itself", "kind", "slots")
    __match_args__ = ("kind", "slots")

    def __init__(self, kind: type, annotation: object, *, immutable_itself: bool) -> None:
        self.kind = kind
        self.annotation = annotation
        self.immutable_itself = immutable_itself
        self.slots: tuple[Slot, ...] = ()


@final
class Choice(Value):
    """One of several shapes, told apart by a tag; `None` needs none, nor does what stands alone beside it."""

    optional: bool
    members: "tuple[tuple[str, Shape], ...]"


@final
class Hooked(Value):
    """A type of the user's own, stored as another."""

    hook: Hook
    stored: "Shape"


Shape: TypeAlias = Scalar | Members | Constants | Items | Row | Mapped | Record | Choice | Hooked

IMMUTABLE: Final = frozenset({Container.TUPLE, Container.FROZENSET})
MUTABLE: Final = frozenset[type]({list, set})


def parts(shape: Shape) -> "tuple[Shape, ...]":
    """The shapes directly inside a shape."""
    match shape:
        case Scalar() | Members() | Constants():
            return ()
        case Items(item=item):
            return (item,)
        case Row(items=items):
            return items
        case Mapped(key=key, value=value):
            return (key, value)
        case Record(slots=slots):
            return tuple(slot.shape for slot in slots)
        case Choice(members=members):
            return tuple(member for _, member in members)
        case Hooked(stored=stored):
            return (stored,)
        case _:
            assert_never(shape)


def immutable(shape: Shape) -> bool:
    """Whether no value of this shape can be changed once it is made, all the way down."""

    def still(one: Shape) -> bool:
        match one:
            case Hooked(hook=hook):
                return hook.immutable
            case Items(container=container, accepts=accepts):
                return container in IMMUTABLE and MUTABLE.isdisjoint(accepts)
            case Record(immutable_itself=itself):
                return itself
            case _:
                return not isinstance(one, Mapped)

    return _all(shape, still)


def hashable(shape: Shape) -> bool:
    """Whether values of this shape may be members of a set, or keys of a mapping."""

    def hashes(one: Shape) -> bool:
        match one:
            case Hooked(hook=Hook(kind=kind)) | Record(kind=kind):
                return kind.__hash__ is not None
            case Items(container=container):
                return container in IMMUTABLE
            case _:
                return not isinstance(one, Mapped)

    return _all(shape, hashes)


def _all(shape: Shape, holds: Callable[[Shape], bool]) -> bool:
    """Whether it holds for a shape and all that is inside; how a hooked value is stored does not matter."""
    seen: set[int] = set()
    left = [shape]
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if not holds(one):
            return False
        if not isinstance(one, Hooked):
            left.extend(parts(one))
    return True


def digest(shape: Shape, *, defaults: bool = False) -> str:
    """A short text that is equal for shapes whose stored values are interchangeable.

    Class names count only where they are stored: as tags. A field with a default counts only if
    `defaults` is true, since a document without it can still be read.
    """
    return _hashed(_description(shape, _hashes(shape, defaults=defaults)))[:DIGEST_LENGTH]


def _hashes(shape: Shape, *, defaults: bool) -> dict[int, str]:
    """For each record in a shape a text that is equal for those whose stored values are interchangeable.

    All are alike, until what is inside tells some of them apart; then those in which these are; and so on, until
    nothing more is told apart. So a record may be in itself, and is read once a round, however often it is met.
    """
    records = _records(shape, defaults=defaults)
    hashes, kinds = dict.fromkeys(records, ""), 0
    while len(set(hashes.values())) > kinds:
        kinds = len(set(hashes.values()))
        hashes = {key: _hashed(_fields(one, hashes, defaults=defaults)) for key, one in records.items()}
    return hashes


def _records(shape: Shape, *, defaults: bool) -> dict[int, Record]:
    """The records in a shape."""
    found: dict[int, Record] = {}
    left = [shape]
    while left:
        one = left.pop()
        if not isinstance(one, Record):
            left += parts(one)
        elif id(one) not in found:
            found[id(one)] = one
            left += [slot.shape for slot in _counted(one, defaults=defaults)]
    return found


def _counted(record: Record, *, defaults: bool) -> list[Slot]:
    """The fields that count, by name, as they are stored."""
    return sorted((slot for slot in record.slots if slot.required or defaults), key=lambda slot: slot.name)


def _fields(record: Record, hashes: Mapping[int, str], *, defaults: bool) -> str:
    counted = _counted(record, defaults=defaults)
    return f"record({','.join(f'{slot.name}:{_description(slot.shape, hashes)}' for slot in counted)})"


def _description(shape: Shape, hashes: Mapping[int, str]) -> str:  # noqa: C901 - a column of cases
    def inner(one: Shape) -> str:
        return _description(one, hashes)

    match shape:
        case Scalar(basic=basic):
            return basic.value
        case Members(kind=kind):
            return f"enum({','.join(sorted(kind.__members__))})"
        case Constants(values=values):
            return f"literal({','.join(sorted(map(repr, values)))})"
        case Items(container=container, item=item):
            return f"{container.value}({inner(item)})"
        case Row(items=items):
            return f"row({','.join(map(inner, items))})"
        case Mapped(key=key, value=value):
            return f"map({inner(key)},{inner(value)})"
        case Hooked(hook=hook, stored=stored):
            return f"hook({hook.kind.__qualname__},{inner(stored)})"
        case Choice(optional=True, members=((_, member),)):
            return f"optional({inner(member)})"
        case Choice(optional=optional, members=members):
            told = ",".join(sorted(f"{tag}:{inner(member)}" for tag, member in members))
            return f"choice({'?' if optional else ''}{told})"
        case Record():
            return hashes[id(shape)]
        case _:
            assert_never(shape)


def _hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()
