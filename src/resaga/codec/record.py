"""The two steps of a record, written out in Python: once, when a saga is defined, never while loading.

To call a step for a field takes several times as long as what most steps do, which is to see that a text is a
text. So a function is written for each class, with some lines for each of its fields. What is written as it
is, is asked for its exact class in the line itself; everything else, and everything that does not fit, is given
to the step of its shape, which converts it or refuses it: so what fits is still said in one place, there.

Into the source go the names of fields, which Python has taken for names, and numbers that tell the steps apart;
nothing of a value or a document.
"""

import linecache
from collections.abc import Iterator, Sequence
from math import isfinite
from types import MemberDescriptorType
from typing import Any, Final, NamedTuple, NoReturn, final

import attrs

from resaga.codec.limits import INTEGER_LEAST, INTEGER_MOST
from resaga.codec.memory import Memory
from resaga.codec.scalars import Step
from resaga.codec.unfit import Unfit, unfit
from resaga.core.shape import Basic, Choice, Record, Scalar, Shape, Slot, immutable

AS_IT_IS: Final = {
    Basic.NONE: "{0} is None",
    Basic.BOOL: "type({0}) is bool",
    Basic.INT: f"type({{0}}) is int and {INTEGER_LEAST} <= {{0}} <= {INTEGER_MOST}",
    Basic.FLOAT: "type({0}) is float and isfinite({0})",
    Basic.STR: "type({0}) is str",
}
"""What is true of a value that is written as it is, and of the plain one that is read so."""

BRIEF: Final = frozenset({Basic.NONE, Basic.BOOL, Basic.INT, Basic.FLOAT})
"""What takes no more than a moment to code, however often."""


@final
class Part(NamedTuple):
    """A field: its slot, and the steps of its shape."""

    slot: Slot
    encode: Step
    decode: Step


def encoder(shape: Record, parts: Sequence[Part], memory: Memory) -> Step:
    """How a record of this shape is written."""
    remembers = is_remembered(shape)
    lines = [
        "def encode(value):",
        *_recalled("value", remembers=remembers),
        "    if type(value) is not kind:",
        "        refuse()",
    ]
    for number, part in enumerate(parts):
        lines += field_lines(number, part.slot, f"value.{part.slot.name}")
    members = ", ".join(f"{part.slot.name!r}: field{number}" for number, part in enumerate(parts))
    lines += _given("value", f"{{{members}}}", remembers=remembers)
    steps = [part.encode for part in parts]

    def refuse() -> NoReturn:
        raise Unfit(f"it is not {shape.kind.__name__}")

    return function("encode", lines, shape, {"memory": memory, "refuse": refuse, **_numbered(steps)})


def decoder(shape: Record, parts: Sequence[Part], memory: Memory) -> Step:
    """How a record of this shape is read."""
    remembers = is_remembered(shape)
    known = frozenset(slot.name for slot in shape.slots)
    needed = [slot.name for slot in shape.slots if slot.required]
    odd = f"len(plain) > {len(known)}"  # an unknown member in place of a needed one: it lacks that
    lines = [
        "def decode(plain):",
        *_recalled("plain", remembers=remembers),
        "    if type(plain) is not dict:",
        "        refuse('it is not an object')",
        f"    if {odd}:" if len(needed) == len(known) else f"    if {odd} or not known.issuperset(plain):",
        "        refuse('it has a member that is not known')",
        "    at = ''",
        "    try:",
        *(f"        {line}" for line in _read(shape, parts)),
        "    except Exception as error:",
        "        raise refused(plain, at, error) from None",
        *_given("plain", "made", remembers=remembers),
    ]

    def refuse(why: str) -> NoReturn:
        raise Unfit(why)

    def refused(plain: Any, at: str, error: Exception) -> Unfit:  # noqa: ANN401 - plain JSON
        lacking = [name for name in needed if name not in plain]
        return Unfit(f"it lacks {lacking[0]!r}") if lacking else unfit(error, at)

    names = {"known": known, "memory": memory, "refuse": refuse, "refused": refused}
    return function("decode", lines, shape, {**names, **_numbered([part.decode for part in parts])})


def _read(shape: Record, parts: Sequence[Part]) -> Iterator[str]:
    """The lines that read the fields and make the object; `at` always says which field is read by a step."""
    aliases = arguments_of(shape)
    if not all(part.slot.required for part in parts):
        yield "more = {}"
    for number, part in enumerate(parts):
        name = part.slot.name
        lines = field_lines(number, part.slot, f"plain[{name!r}]", (f"at = {f'.{name}'!r}",))
        if part.slot.required:
            yield from (line[4:] for line in lines)
        else:
            yield f"if {name!r} in plain:"
            yield from lines
            yield f"    more[{aliases[number][0]!r}] = field{number}"
    yield "at = ''"
    yield from made_lines(shape, whole=False)


def arguments_of(shape: Record) -> list[tuple[str, bool]]:
    """The names of the arguments by which an object is made, and which of them can be given by position."""
    if not attrs.has(shape.kind):
        return [(slot.name, False) for slot in shape.slots]
    fields = attrs.fields_dict(shape.kind)
    return [(fields[slot.name].alias or slot.name, not fields[slot.name].kw_only) for slot in shape.slots]


def is_bare(shape: Record) -> bool:
    """Whether to make an object of this class is to set its fields, and nothing of the user's has a part in it."""
    kind: Any = shape.kind
    made_by = getattr(getattr(vars(kind).get("__init__"), "__code__", None), "co_filename", "")
    if "__attrs_attrs__" not in vars(kind) or not made_by.startswith("<attrs generated"):
        return False
    props, fields = attrs.inspect(kind), attrs.fields(kind)
    return (
        props.added_init
        and props.hashability is not attrs.ClassProps.Hashability.HASHABLE_CACHED
        and kind.__new__ is object.__new__
        and type(kind).__call__ is type.__call__
        and not hasattr(kind, "__attrs_pre_init__")
        and not hasattr(kind, "__attrs_post_init__")
        and len(fields) == len(shape.slots)
        and all(one.validator is None and one.converter is None for one in fields)
        and (_in_slots(shape) or (kind.__dictoffset__ != 0 and not any(hasattr(kind, one.name) for one in fields)))
    )


def _in_slots(shape: Record) -> bool:
    """Whether each of its fields has a slot; else they are where objects have their attributes."""
    return all(isinstance(vars(shape.kind).get(slot.name), MemberDescriptorType) for slot in shape.slots)


def made_lines(shape: Record, *, whole: bool) -> list[str]:
    """The lines that make an object of its fields: of all of them, or also of `more` that need not be there.

    To call its class takes twice as long; that is done if it matters.
    """
    needed = [whole or slot.required for slot in shape.slots]
    if all(needed) and is_bare(shape):
        sets = "set_{0}(made, field{1})" if _in_slots(shape) else "made.__dict__[{0!r}] = field{1}"
        return ["made = new(kind)", *(sets.format(slot.name, number) for number, slot in enumerate(shape.slots))]
    given = [
        f"field{number}" if positional else f"{alias}=field{number}"
        for number, (alias, positional) in enumerate(arguments_of(shape))
        if needed[number]
    ]
    given.sort(key=lambda one: "=" in one)
    return [f"made = kind({', '.join(given if all(needed) else [*given, '**more'])})"]


def field_lines(number: int, slot: Slot, source: str, before: Sequence[str] = ()) -> list[str]:
    """The lines for one field: it is taken as it is if that can be seen in a line, else by its step."""
    name, fits = f"field{number}", as_it_is(slot.shape)
    if fits is None:
        return [*(f"    {line}" for line in before), f"    {name} = step{number}({source})"]
    return [
        f"    {name} = {source}",
        f"    if not ({fits.format(name)}):",
        *(f"        {line}" for line in before),
        f"        {name} = step{number}({name})",
    ]


def as_it_is(shape: Shape) -> str | None:
    """What is true of a value that is written as it is; None if more than a line has to be asked."""
    match shape:
        case Scalar(basic=basic):
            return AS_IT_IS.get(basic)
        case Choice(optional=True, members=((_, Scalar(basic=basic)),)) if basic in AS_IT_IS:
            return f"{{0}} is None or {AS_IT_IS[basic]}"
        case _:
            return None


def is_remembered(shape: Record) -> bool:
    """Whether it can be kept in memory what a record was coded to, and whether that saves any time."""
    return not is_brief(shape) and immutable(shape)


def is_brief(shape: Record) -> bool:
    """Whether all that is in it is numbers and the like."""
    return all(isinstance(one.shape, Scalar) and one.shape.basic in BRIEF for one in shape.slots)


def _recalled(given: str, *, remembers: bool) -> list[str]:
    if not remembers:
        return []
    return ["    held = memory.held", f"    if {given} is held[0] and held[2] is shape:", "        return held[1]"]


def _given(given: str, made: str, *, remembers: bool) -> list[str]:
    if not remembers:
        return [f"    return {made}"]
    return [f"    made = {made}", f"    memory.latest = {given}, made, shape", "    return made"]


def _numbered(steps: Sequence[Step]) -> dict[str, Step]:
    return {f"step{number}": step for number, step in enumerate(steps)}


def function(name: str, lines: Sequence[str], shape: Record, names: dict[str, Any]) -> Step:
    """The function that these lines define; a traceback and a debugger find them."""
    source = "\n".join([*lines, ""])
    file = f"<resaga {name} {shape.kind.__module__}.{shape.kind.__qualname__} {id(shape):x}>"
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    made: dict[str, Any] = {"kind": shape.kind, "shape": shape, "isfinite": isfinite, "new": object.__new__, **names}
    if is_bare(shape) and _in_slots(shape):
        made |= {f"set_{slot.name}": vars(shape.kind)[slot.name].__set__ for slot in shape.slots}
    exec(compile(source, file, "exec"), made)  # noqa: S102 - the source is our own, see above
    step: Step = made[name]
    return step
