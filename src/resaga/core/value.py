"""Immutable values, cheap to define.

attrs compiles a class of its own code for each class, at a millisecond or so; there are some sixty here, all of
them loaded by `import resaga`, and few of them made often. So this is what little of attrs they need, without that.
"""

from typing import Any, ClassVar, NoReturn, Self, dataclass_transform


class _Signature:
    """What a class of values is made of, for `help`; found out when somebody asks, as `inspect` takes its time."""

    def __get__(self, value: object, kind: "type[Value]") -> object:
        from inspect import Parameter, Signature  # noqa: PLC0415 - as said above

        notes: dict[str, object] = {}
        for base in reversed(kind.__mro__):
            notes |= base.__dict__.get("__annotations__", {})  # noqa: RUF063 - as they were written
        either = Parameter.POSITIONAL_OR_KEYWORD
        return Signature(
            [
                Parameter(name, either, default=getattr(kind, name, Parameter.empty), annotation=notes[name])
                for name in kind.__match_args__
            ]
        )


@dataclass_transform(frozen_default=True)
class Value:
    """A value whose fields are its annotations, in order; a field may have a default.

    Equal are values of the same class with equal fields.
    """

    __match_args__: ClassVar[tuple[str, ...]] = ()
    __signature__: ClassVar[_Signature] = _Signature()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        own = cls.__dict__.get("__annotations__", ())  # noqa: RUF063 - only the names are asked for, at import
        cls.__match_args__ = (*cls.__match_args__, *own)  # type: ignore[misc]  # mypy makes one of its own

    def __init__(self, *values: object, **named: object) -> None:
        fields = self.__match_args__
        given = self.__dict__
        given.update(zip(fields, values, strict=False))
        given.update(named)
        if named or len(values) != len(fields):
            self._complete(len(values) + len(named))

    def _complete(self, given: int) -> None:
        """Look more closely where not every field was given, or more than that: there may be defaults."""
        fields, kind = self.__match_args__, type(self)
        odd = set(self.__dict__).difference(fields)
        lacking = [name for name in fields if name not in self.__dict__ and not hasattr(kind, name)]
        if odd or lacking or given > len(self.__dict__):
            raise TypeError(f"{kind.__name__} has the fields {', '.join(fields)}; these were not given, each once.")

    def replaced(self, **named: object) -> Self:
        """The same with other values of some fields."""
        return type(self)(**{**{name: getattr(self, name) for name in self.__match_args__}, **named})

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash((type(self), self._fields()))

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__name__}({told})"

    def __setattr__(self, name: str, value: Any) -> NoReturn:  # noqa: ANN401 - whatever somebody tries
        raise AttributeError(f"a {type(self).__name__} does not change; make another with .replaced({name}=…).")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} does not change, so {name!r} stays.")

    def _fields(self) -> tuple[object, ...]:
        return tuple([getattr(self, name) for name in self.__match_args__])
