"""Whether what one step gives is what the next one takes.

The type checker answers this before anything runs; this is for those who call without one. It refuses only
what is certainly wrong, and lets pass what it cannot judge.
"""

from types import NoneType, UnionType
from typing import Any, Literal, NewType, TypeVar, Union, get_args, get_origin

from resaga.core.body import UNSAID
from resaga.core.spelling import plain


def cases(annotation: object) -> tuple[object, ...]:
    """The members of a union; an annotation that is none is its own only case."""
    bare = plain(annotation)
    if get_origin(bare) in (Union, UnionType):
        return tuple(case for one in get_args(bare) for case in cases(one))
    return (annotation,)


def union(annotations: tuple[object, ...]) -> object:
    """One annotation for all of them."""
    told = tuple(dict.fromkeys(case for one in annotations for case in cases(one)))
    return told[0] if len(told) == 1 else Union[told]  # noqa: UP007 - the members are known only now


def meets(gives: object, takes: object) -> bool:
    """Whether every value of one annotation may be a value of the other."""
    if takes is gives or UNSAID in (takes, gives):
        return True
    return all(_meets_some(given, takes) for given in cases(gives))


def fits(value: object, takes: object) -> bool:
    """Whether a value, seen from outside, may be one of an annotation's."""
    return any(_allows(value, plain(taken)) for taken in cases(takes))


def _meets_some(gives: object, takes: object) -> bool:
    bare = plain(gives)
    if get_origin(bare) is Literal:
        return all(fits(value, takes) for value in _arguments(bare))
    return any(_meets(gives, taken) for taken in cases(takes))


def _meets(gives: object, takes: object) -> bool:
    if isinstance(gives, NewType) and gives is not takes:
        return not isinstance(takes, NewType) and _meets(gives.__supertype__, takes)
    if isinstance(takes, NewType):
        return gives is takes
    gives, takes = plain(gives), plain(takes)
    if gives == takes or takes is object or _unknown(gives) or _unknown(takes):
        return True
    given, taken = _class(gives), _class(takes)
    if not isinstance(given, type) or not isinstance(taken, type):
        return given == taken
    if given is taken:
        pairs = zip(_arguments(gives), _arguments(takes), strict=False)
        return all(Ellipsis in pair or meets(*pair) for pair in pairs)
    return _derives(given, taken) or (given in (int, bool) and taken is float)


def _unknown(annotation: object) -> bool:
    return annotation is Any or isinstance(annotation, TypeVar)


def _allows(value: object, takes: object) -> bool:
    if get_origin(takes) is Literal:
        return value in _arguments(takes)
    return _meets(type(value), takes)


def _derives(given: type[object], taken: type[object]) -> bool:
    try:
        return issubclass(given, taken)
    except TypeError:  # a protocol that does not say at run time what fits it
        return True


def _arguments(annotation: object) -> tuple[object, ...]:
    return get_args(annotation)


def _class(annotation: object) -> object:
    return NoneType if annotation is None else get_origin(annotation) or annotation
