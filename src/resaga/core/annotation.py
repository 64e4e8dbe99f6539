"""Reads an annotation and says what it means for storage, or why it means nothing.

Nothing is called here but `typing`: no class of the user's is instantiated or asked.
"""

from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from types import MappingProxyType, NoneType, UnionType
from typing import (
    Any,
    ClassVar,
    Final,
    Literal,
    TypeVar,
    Union,
    assert_never,
    cast,
    final,
    get_args,
    get_origin,
    get_type_hints,
)

import attrs

from resaga.core import limits
from resaga.core.errors import UnresolvedAnnotation, UnsupportedType
from resaga.core.hook import Hook
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
    Slot,
    hashable,
)
from resaga.core.spelling import display, plain

BASICS: Final = {basic.value: basic for basic in Basic}
SEQUENCES: Final[dict[object, tuple[Container, tuple[type, ...]]]] = {
    list: (Container.LIST, (list,)),
    MutableSequence: (Container.LIST, (list,)),
    Sequence: (Container.TUPLE, (tuple, list)),
    set: (Container.SET, (set,)),
    frozenset: (Container.FROZENSET, (frozenset,)),
    AbstractSet: (Container.FROZENSET, (frozenset, set)),
}
NO_NAMES: Final[Mapping[str, object]] = MappingProxyType({})
MAPPINGS: Final = (dict, Mapping, MutableMapping)
HASHED: Final = (Container.SET, Container.FROZENSET)


@final
class Annotations:
    """Reads annotations, each once, for one set of hooks."""

    none: ClassVar[Scalar] = Scalar(Basic.NONE, NoneType)

    def __init__(self, hooks: tuple[Hook, ...] = (), names: Mapping[str, object] = NO_NAMES) -> None:
        self._hooks = {hook.kind: hook for hook in hooks}
        self.names = names
        self._known: dict[object, Shape] = {}

    def shape(self, annotation: object, *, path: str, names: Mapping[str, object] = NO_NAMES) -> Shape:
        """The shape of an annotation; `path` and `names` say where it stands and what it can see."""
        return self._read(annotation, _Place(path, {**self.names, **names}, 0))

    def _read(self, annotation: object, place: "_Place") -> Shape:
        if place.depth > limits.SHAPE_DEPTH:
            raise place.unsupported(annotation, "it is nested too deep")
        annotation = plain(annotation)
        try:
            known = self._known.get(annotation)
        except TypeError:
            raise place.unsupported(annotation, "it is not a type") from None
        if known is None:
            known = self._known[annotation] = self._make(annotation, place.deeper())
        return known

    def _make(self, annotation: object, place: "_Place") -> Shape:
        origin, arguments = get_origin(annotation), get_args(annotation)
        kind = origin or annotation
        if isinstance(kind, type) and kind in self._hooks:
            hook = self._hooks[kind]
            return Hooked(hook, self._read(hook.stored_as, place))
        if origin in (Union, UnionType):
            return self._choice(annotation, arguments, place)
        if origin is Literal:
            return self._constants(annotation, arguments, place)
        if annotation is None:
            return self.none
        if not isinstance(kind, type):
            raise place.unsupported(annotation, "it does not say which values there are")
        kind = cast("type[Any]", kind)
        basic = BASICS.get(f"{kind.__module__}.{kind.__qualname__}")
        if basic is not None:
            return Scalar(basic, kind)
        if issubclass(kind, Enum):
            return Members(kind)
        if is_record(kind):
            return self._record(annotation, kind, arguments, place)
        return self._collection(annotation, kind, arguments, place)

    def _collection(self, annotation: object, kind: type, arguments: tuple[object, ...], place: "_Place") -> Shape:
        if kind is tuple and arguments:
            if arguments[-1] is Ellipsis:
                return Items(Container.TUPLE, self._read(arguments[0], place), (tuple,))
            return Row(tuple(self._read(one, place) for one in arguments))
        if kind is tuple and annotation is not tuple:  # tuple[()]
            return Row(())
        if kind in SEQUENCES and len(arguments) == 1:
            container, accepts = SEQUENCES[kind]
            item = self._read(arguments[0], place)
            if container in HASHED and not hashable(item):
                raise place.unsupported(annotation, "its members cannot be hashed")
            return Items(container, item, accepts)
        if kind in MAPPINGS and len(arguments) == len(("key", "value")):
            key = self._read(arguments[0], place)
            if not hashable(key):
                raise place.unsupported(annotation, "its keys cannot be hashed")
            return Mapped(key, self._read(arguments[1], place))
        raise place.unsupported(annotation, hint(kind, arguments))

    def _constants(self, annotation: object, values: tuple[object, ...], place: "_Place") -> Constants:
        if not all(type(value) in (str, int, bool, NoneType) for value in values):
            raise place.unsupported(annotation, "a Literal may hold str, int, bool and None")
        return Constants(values)

    def _choice(self, annotation: object, arguments: tuple[object, ...], place: "_Place") -> Shape:
        shapes = [self._read(one, place) for one in arguments if one is not NoneType]
        flat: list[Shape] = []
        optional = NoneType in arguments
        for shape in shapes:
            if isinstance(shape, Choice):
                flat.extend(member for _, member in shape.members)
                optional = optional or shape.optional
            else:
                flat.append(shape)
        members = tuple((tag(shape), shape) for shape in flat)
        told = [kind for shape in flat for kind in kinds(shape)]
        if len(set(told)) < len(told) or len({name for name, _ in members}) < len(members):
            raise place.unsupported(annotation, "two cases of the union could not be told apart")
        return Choice(optional, members)

    def _record(self, annotation: object, kind: type, arguments: tuple[object, ...], place: "_Place") -> Record:
        record = Record(kind, annotation, immutable_itself=_immutable_record(kind))
        self._known[annotation] = record  # before its fields: it may contain itself
        hints = _hints(kind, place)
        values = _type_arguments(kind, arguments)
        slots = tuple(
            Slot(name, self._read(_put_in(hints.get(name, Any), values), place.under(name)), required)
            for name, required in _fields(kind)
        )
        record.slots = slots
        return record


@final
class _Place:
    """Where an annotation stands, for errors and for the names that it may use."""

    __slots__ = ("depth", "names", "path")

    def __init__(self, path: str, names: Mapping[str, object], depth: int) -> None:
        self.path = path
        self.names = names
        self.depth = depth

    def deeper(self) -> "_Place":
        return _Place(self.path, self.names, self.depth + 1)

    def under(self, name: str) -> "_Place":
        return _Place(f"{self.path}.{name}", self.names, self.depth)

    def unsupported(self, annotation: object, why: str) -> UnsupportedType:
        return UnsupportedType(
            f"{self.path}: a value of type {display(annotation)} cannot be stored, because {why};"
            " use a supported type, or give Saga(…, hooks=(Hook(…),)).",
            path=self.path,
        )


def hint(kind: type, arguments: tuple[object, ...]) -> str:
    """Why a class that is no record and no known collection cannot be stored."""
    if kind in (object, Any):
        return "it does not say which values there are"
    if not arguments and (kind in MAPPINGS or kind in SEQUENCES or kind is tuple):
        return f"it does not say what it contains; write {kind.__name__}[…]"
    return "it is no attrs class, dataclass, NamedTuple, Enum or basic type"


def is_record(kind: type) -> bool:
    """Whether instances of this class are stored field by field."""
    return attrs.has(kind) or hasattr(kind, "__dataclass_fields__") or _is_named_tuple(kind)


def kinds(shape: Shape) -> tuple[type, ...]:
    """The exact classes whose instances a shape stands for; they tell the cases of a union apart."""
    match shape:
        case Scalar(kind=kind) | Record(kind=kind) | Members(kind=kind):
            return (kind,)
        case Constants(values=values):
            return tuple(dict.fromkeys(type(value) for value in values))
        case Items(accepts=accepts):
            return accepts
        case Row():
            return (tuple,)
        case Mapped():
            return (dict,)
        case Hooked(hook=hook):
            return (hook.kind,)
        case Choice(members=members):
            return tuple(kind for _, member in members for kind in kinds(member))
        case _:
            assert_never(shape)


def tag(shape: Shape) -> str:
    """The name under which a case of a union is stored."""
    return kinds(shape)[0].__name__


def _is_named_tuple(kind: type) -> bool:
    return hasattr(kind, "_field_defaults") and issubclass(kind, tuple)


def _immutable_record(kind: type) -> bool:
    if attrs.has(kind):
        return bool(attrs.inspect(kind).is_frozen)
    if _is_named_tuple(kind):
        return True
    return bool(cast("Any", kind).__dataclass_params__.frozen)


def _fields(kind: type) -> list[tuple[str, bool]]:
    """The names of the stored fields, and whether a document must have them."""
    if attrs.has(kind):
        return [(one.name, one.default is attrs.NOTHING) for one in attrs.fields(kind) if one.init]
    if _is_named_tuple(kind):
        named = cast("Any", kind)
        return [(name, name not in named._field_defaults) for name in named._fields]
    from dataclasses import MISSING, fields  # noqa: PLC0415 - who uses no dataclass does not wait for it

    return [
        (one.name, one.default is MISSING and one.default_factory is MISSING)
        for one in fields(cast("Any", kind))
        if one.init
    ]


def _hints(kind: type, place: _Place) -> Mapping[str, object]:
    try:
        return get_type_hints(kind, localns={**place.names, kind.__name__: kind}, include_extras=True)
    except (NameError, AttributeError, SyntaxError, TypeError) as error:
        raise UnresolvedAnnotation(
            f"{place.path}: an annotation of {kind.__qualname__} cannot be resolved ({error}); move what"
            " it names to the top of its module, above the saga, and out of `if TYPE_CHECKING`.",
            path=place.path,
            annotation=str(getattr(error, "name", "")),
        ) from None


def _type_arguments(kind: type, arguments: tuple[object, ...]) -> dict[object, object]:
    """What each type variable stands for, in the class and in the generic classes it derives from."""
    values: dict[object, object] = dict(zip(getattr(kind, "__parameters__", ()), arguments, strict=False))
    for base in getattr(kind, "__orig_bases__", ()):
        origin = get_origin(base)
        if isinstance(origin, type):
            inner = tuple(_put_in(one, values) for one in get_args(base))
            values = {**_type_arguments(origin, inner), **values}
    return values


def _put_in(annotation: object, values: Mapping[object, object]) -> object:
    if isinstance(annotation, TypeVar):
        return values.get(annotation, annotation)
    free = getattr(annotation, "__parameters__", ())
    if not free or isinstance(annotation, type):
        return annotation
    return cast("Any", annotation)[tuple(values.get(one, one) for one in free)]
