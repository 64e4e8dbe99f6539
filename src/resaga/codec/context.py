"""Functions that write or read contexts, given the one before: written out once, when a saga is defined.

They are made of lines as the steps of a record are (see `record`), and know but the plain cases of what a context
can share with the one before. They raise wherever it may be another: what it is, is then found by others.

- An *alike* writer or reader takes a whole column of contexts of one class, all of single values.
- A *carrier* or *restorer* takes one context at a time, of single values and at most one record, which must be
  the very context before.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

import orjson

from resaga.codec.coder import Coders, Direction
from resaga.codec.limits import REFERENCE_BYTES
from resaga.codec.record import BRIEF, field_lines, function, made_lines
from resaga.codec.reference import MARK, Path
from resaga.codec.scalars import Step
from resaga.core.shape import Basic, Choice, Members, Record, Scalar, Shape, Slot, immutable

Reference: TypeAlias = dict[str, Path]

Word: TypeAlias = list[Any]
"""How a text of the context before is referred to, and the bytes that this spares; 0 until they are counted."""

WHOLE: Final[Reference] = {MARK: []}

WORD: Final = REFERENCE_BYTES - len('""')
"""Characters from which on a text may be worth a reference."""


def alike_writer(shape: Record, coders: Coders) -> Step | None:
    """What writes contexts that are all of this shape, of single values; None for another shape.

    It gives how they are written, and the bytes that their references to texts spare. It raises where more may be
    shared than it sees.
    """
    if not is_plain(shape) or not all(is_single(slot.shape) for slot in shape.slots):
        return None
    names, texts = _steps(shape, coders, "encode"), _texts(shape)
    lines = ["def write(values):", "    column, words, spared = [], {}, 0"]
    lines += [f"    before{number} = column" for number, _ in enumerate(shape.slots)]
    lines += ["    for value in values:", "        if type(value) is not kind:", "            raise TypeError"]
    body = ["    stayed = 0"] if texts else []
    for number, slot in enumerate(shape.slots):
        body += _single_lines(number, slot)
    same = [f"field{number} == before{number}" for number, _ in enumerate(shape.slots)]
    body += [f"    if {' and '.join(same) or 'column'}:", "        raise LookupError"]  # as a whole
    for number, slot in texts:
        names[f"reference{number}"] = {MARK: [slot.name]}
        body += _text_lines(number, len(texts))
    if texts:
        body += ["    if stayed != len(words):", f"        words = entered(words, {_pairs(texts)})"]
    body += [f"    before{number} = field{number}" for number, _ in enumerate(shape.slots)]
    body.append(f"    column.append({_members(shape, texts)})")
    lines += [f"    {line}" for line in body]
    lines.append("    return column, spared")
    return function("write", lines, shape, {"entered": _entered, "measured": _measured, **names})


def alike_reader(shape: Record, coders: Coders) -> Step | None:
    """What reads contexts that are all of this shape, of single values; None for another shape.

    It gives them, and the most bytes that are behind their references to texts. It raises if one does not fit, and
    for any reference that is not to the same field of the one before.
    """
    if not is_plain(shape) or not all(is_single(slot.shape) for slot in shape.slots):
        return None
    names, texts = _steps(shape, coders, "decode"), _texts(shape)
    lines = ["def read(plains):", "    column, size = [], 0", *(f"    text{number} = None" for number, _ in texts)]
    lines += ["    for plain in plains:", f"        if type(plain) is not dict or len(plain) != {len(shape.slots)}:"]
    lines.append("            raise TypeError")
    body = list[str]()
    for number, slot in enumerate(shape.slots):
        source = f"plain[{slot.name!r}]"
        if (number, slot) in texts:
            names[f"reference{number}"] = {MARK: [slot.name]}
            body += _referring_lines(number, source)
            source = f"text{number}"
        body += field_lines(number, slot, source)
    body += [f"    {line}" for line in made_lines(shape, whole=True)]
    body.append("    column.append(made)")
    lines += [f"    {line}" for line in body]
    lines.append("    return column, size")
    return function("read", lines, shape, names)


def _referring_lines(number: int, source: str) -> list[str]:
    """A text, or that of the context before once more; a character takes no more than six bytes."""
    return [
        f"    given = {source}",
        "    if type(given) is dict:",
        f"        if given != reference{number} or type(text{number}) is not str:",
        "            raise LookupError",
        f"        size += 6 * len(text{number}) + 2",
        "    else:",
        f"        text{number} = given",
    ]


def _steps(shape: Record, coders: Coders, direction: Direction) -> dict[str, Any]:
    """The steps of the fields, as the lines call them."""
    return {f"step{number}": getattr(coders.of(slot.shape), direction) for number, slot in enumerate(shape.slots)}


def _texts(shape: Record) -> list[tuple[int, Slot]]:
    """The fields that may be written as text."""
    return [(number, slot) for number, slot in enumerate(shape.slots) if is_text(slot.shape)]


def _single_lines(number: int, slot: Slot) -> list[str]:
    """The lines for a field that is a single value; a large integer is an object, of which more may be shared."""
    lines = field_lines(number, slot, f"value.{slot.name}")
    if not is_text(slot.shape):
        lines += [f"        if type(field{number}) is dict:", "            raise LookupError"]
    return lines


def _pairs(texts: Sequence[tuple[int, Slot]]) -> str:
    """The texts, each with how it is referred to."""
    return f"({''.join(f'(field{number}, reference{number}), ' for number, _ in texts)})"


def _members(shape: Record, texts: Sequence[tuple[int, Slot]]) -> str:
    """An object of the fields, those texts of them with references."""
    members: list[str] = []
    for number, slot in enumerate(shape.slots):
        field = f"short{number}" if (number, slot) in texts else f"field{number}"
        members.append(f"{slot.name!r}: {'WHOLE' if isinstance(slot.shape, Record) else field}")
    return f"{{{', '.join(members)}}}"


def carrier(shape: Record, before: Shape | None, coders: Coders) -> Step | None:
    """What writes a context of this shape behind one of that shape; None if it may share more with that.

    It is given the value, the one before and the words of that, and gives how it is written with references, how in
    full and the words to which the next can refer (None for both if it holds the one before), and the bytes that its
    references spare. It raises where more may be shared than it sees.
    """
    if not is_plain(shape):
        return None
    texts, inner = _texts(shape), [slot for slot in shape.slots if isinstance(slot.shape, Record)]
    if any(slot.shape is not before for slot in inner):
        return None
    names = _steps(shape, coders, "encode") | {"WHOLE": WHOLE, "entered": _entered, "measured": _measured}
    lines = ["def carry(value, before, words):", "    if type(value) is not kind:", "        raise TypeError"]
    if texts or not inner:
        lines += ["    if words is None:", "        raise LookupError"]
    if texts:
        lines.append("    spared = stayed = 0")
    for number, slot in enumerate(shape.slots):
        if isinstance(slot.shape, Record):
            lines += [f"    if value.{slot.name} is not before:", "        raise LookupError"]
        else:
            lines += _single_lines(number, slot)
    for number, slot in texts:
        names[f"reference{number}"] = {MARK: [slot.name]}
        lines += _text_lines(number, len(texts))
    plain, own = "None", "None"  # that it holds the one before makes it another than that
    if not inner:
        plain = _members(shape, ())
        own = f"words if stayed == len(words) else entered(words, {_pairs(texts)})" if texts else "{}"
    lines.append(f"    return {_members(shape, texts)}, {plain}, {own}, {'spared' if texts else 0}")
    return function("carry", lines, shape, names)


def _text_lines(number: int, texts: int) -> list[str]:
    """A text is looked up among the words of the context before.

    If all of those, and no others, have stayed where they are, they are the words of this one, too.
    """
    field, short = f"field{number}", f"short{number}"
    return [
        f"    found = words.get({field})",
        "    if found is None:",
        f"        {short} = {field}",
        f"        if type({field}) is str and len({field}) >= {WORD}:",
        f"            stayed = {-1 - texts}",
        "    else:",
        f"        {short}, more = found",
        f"        spared += more or measured({field}, found)",
        f"        if {short} is reference{number}:",
        "            stayed += 1",
    ]


def _measured(text: str, word: Word) -> int:
    """The bytes that a reference to it spares, found out once."""
    word[1] = spared = len(orjson.dumps(text)) - len(orjson.dumps(word[0]))
    return spared


def _entered(before: dict[str, Word], texts: Iterable[tuple[object, Reference]]) -> dict[str, Word]:
    """The words of a context, given those of the one before; of texts that are equal only the first is one."""
    words: dict[str, Word] = {}
    for text, reference in texts:
        if type(text) is str and len(text) >= WORD and text not in words:
            known = before.get(text)
            words[text] = [reference, 0] if known is None or known[0] is not reference else known
    return words


def restorer(shape: Record, before: Shape | None, coders: Coders) -> Step | None:
    """What reads a context of this shape behind one of that shape; None if it may share more with that.

    It is given what is read, the value before and what that was read from, and gives the value, and the most bytes
    that are behind its references to texts, or None if it holds the one before. It raises for what does not fit, and
    for any reference that is not to be expected.
    """
    if not is_plain(shape) or not immutable(shape):
        return None
    inner = [slot for slot in shape.slots if isinstance(slot.shape, Record)]
    if any(slot.shape is not before for slot in inner):
        return None
    names: dict[str, Any] = {"MARK": MARK, "WHOLE": WHOLE, "text": _text}
    odd = f"type(plain) is not dict or len(plain) != {len(shape.slots)}"
    lines = [
        "def restore(plain, before, given):",
        f"    if {odd}{' or MARK in plain' if len(shape.slots) == 1 else ''}:",
    ]
    if before is shape:  # it may be that one, once more
        lines += ["        if plain == WHOLE:", "            return before, 0"]
    lines += ["        raise LookupError", "    more = None" if inner else "    more = 0"]
    for number, slot in enumerate(shape.slots):
        source = f"plain[{slot.name!r}]"
        if isinstance(slot.shape, Record):
            lines += [f"    if {source} != WHOLE:", "        raise LookupError", f"    field{number} = before"]
            continue
        names[f"step{number}"] = coders.of(slot.shape).decode
        if is_text(slot.shape) and not inner:
            lines += [f"    if type({source}) is dict:", f"        {source}, spared = text({source}, given)"]
            lines += ["        more += spared"]
        lines += field_lines(number, slot, source)
    lines += [f"    {line}" for line in made_lines(shape, whole=True)]
    lines.append("    return made, more")
    return function("restore", lines, shape, names)


def _text(reference: dict[str, Path], before: Any) -> tuple[str, int]:  # noqa: ANN401 - plain JSON
    """The text of the context before that a reference leads to, and the most bytes that it can take."""
    [(mark, [name])] = reference.items()
    text = before[name]
    if mark != MARK or type(name) is not str or type(text) is not str:
        raise LookupError
    return text, len(orjson.dumps(text))


def is_plain(shape: Record) -> bool:
    """Whether its fields are single values and, at most once, a record, which can be the context before."""
    inner = [slot.shape for slot in shape.slots if isinstance(slot.shape, Record)]
    single = [slot.shape for slot in shape.slots if is_single(slot.shape)]
    return len(inner) <= 1 and all(map(immutable, inner)) and len(inner) + len(single) == len(shape.slots)


def is_single(shape: Shape) -> bool:
    """Whether it is written as text, a number or nothing; or, a large integer, as an object."""
    match shape:
        case Scalar(basic=basic):
            return basic is not Basic.TIMEDELTA
        case Choice(optional=True, members=((_, Scalar(basic=basic)),)):
            return basic not in (Basic.TIMEDELTA, Basic.NONE)
        case _:
            return isinstance(shape, Members)


def is_text(shape: Shape) -> bool:
    """Whether such a single value may be written as text."""
    match shape:
        case Scalar(basic=basic) | Choice(members=((_, Scalar(basic=basic)),)):
            return basic not in BRIEF
        case _:
            return isinstance(shape, Members)
