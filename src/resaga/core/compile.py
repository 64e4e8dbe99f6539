"""Compiles a block to a program, and refuses what is wrong with it, at definition.

One pass over the tree with a stack of its own: a chain of 100,000 steps is compiled without recursion.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Final, TypeAlias, assert_never, final

from resaga.core import limits
from resaga.core.annotation import NO_NAMES, Annotations, tag
from resaga.core.body import RETURNED, UNSAID, Body
from resaga.core.errors import (
    DuplicatePath,
    InvalidOption,
    InvalidStepOrder,
    TooLarge,
    TypesDoNotMeet,
    UnresolvedAnnotation,
    UntypedStep,
)
from resaga.core.hook import Hook
from resaga.core.instruction import Op
from resaga.core.link import Draft, link
from resaga.core.meet import cases, fits, meets, union
from resaga.core.node import Chain, Default, Doing, Either, Inside, Kind, Named, Node, Questioning, Waiting
from resaga.core.program import Program
from resaga.core.retry import MICROSECOND
from resaga.core.shape import Choice, Container, Items, Shape
from resaga.core.signals import DidNotHappen
from resaga.core.spelling import display

KEY_LIFE: Final = timedelta(hours=24)
"""How long the world outside is taken to honour a key, unless the step says otherwise."""

TAKES_OUT: Final = "the function that takes the inner context out"
PUTS_BACK: Final = "the function that puts the result back"

Task: TypeAlias = Callable[[], None]


def compile_program(  # noqa: PLR0913 - what a saga is made of
    name: str,
    version: int,
    root: Node,
    hooks: tuple[Hook, ...] = (),
    emits: tuple[type, ...] = (),
    *,
    names: Mapping[str, object] = NO_NAMES,
) -> Program:
    """The program of a block; raises a `DefinitionError` that says where it is wrong and what to do.

    `names` are those seen where the saga is made, for annotations that are still text.
    """
    return _Compiler(name, version, Annotations(hooks, names), emits).compile(root)


@final
class _Compiler:
    """One compilation: what is emitted so far, and what is known at the place that was reached."""

    def __init__(self, name: str, version: int, annotations: Annotations, emits: tuple[type, ...]) -> None:
        self.name = name
        self.version = version
        self.emits = emits
        self.annotations = annotations
        self.names = annotations.names
        self.drafts: list[Draft] = []
        self.jumps: dict[int, int] = {}  # where a condition or a jump goes
        self.tasks: list[Task] = []
        self.paths: set[str] = set()
        self.flow: object = UNSAID  # what the instruction before gives
        self.sealed_by: str | None = None

    def compile(self, root: Node) -> Program:
        self.flow = context = first_context(root, self.names)
        takes = self.annotations.shape(self._said(context, self.name), path=self.name)
        self.tasks.append(partial(self._emit, root, ""))
        while self.tasks:
            self.tasks.pop()()
        gives = self._shape(self.flow, self.name)
        events = [(tag(shape), shape) for shape in (self._shape(one, self.name) for one in self.emits)]
        return link(
            self.drafts,
            self.jumps,
            name=self.name,
            version=self.version,
            takes=takes,
            gives=gives,
            emits=self.emits,
            events=Items(Container.TUPLE, Choice(optional=False, members=tuple(events)), (tuple,)) if events else None,
        )

    # ---- emitting -------------------------------------------------------------------------------

    def _emit(self, node: Node, prefix: str) -> None:
        match node:
            case Chain(left=left, right=right):
                self.tasks.append(partial(self._emit, right, prefix))
                self.tasks.append(partial(self._emit, left, prefix))
            case Doing():
                self._doing(node, prefix)
            case Named(name=name, inner=inner):
                for event in node.emits:
                    if event not in self.emits:
                        raise InvalidOption(
                            f"saga {self.name!r}: its child {name!r} emits {event.__name__}; add it to emits=."
                        )
                self.tasks.append(partial(self._emit, inner, f"{prefix}{name}/"))
            case Waiting():
                self._waiting(node, prefix)
            case Questioning():
                self._asking(node, prefix)
            case Either():
                self._either(node, prefix)
            case Inside():
                self._inside(node, prefix)
            case _:
                assert_never(node)

    def _doing(self, node: Doing, prefix: str) -> None:
        path = self._path(prefix, node.body.name)
        if self.sealed_by is not None and node.kind in (Kind.UNDONE, Kind.KEPT):
            raise InvalidStepOrder(
                f"step {path!r} stands after {self.sealed_by!r}, which is irreversible, so it could not"
                " be rolled back; move it before that step, or make it .irreversible() too.",
                path=path,
                after=self.sealed_by,
            )
        takes, gives = self._types(node.body, path)
        if node.undoing is not None:
            undo = node.undoing.body
            self._fits(gives, undo, path, f"its undo {undo.name!r}")
        if node.settling is not None:
            settle = node.settling.body
            self._fits(takes, settle, path, f"its settle {settle.name!r}")
            self._gives(settle, union((gives, DidNotHappen)), path, f"its settle {settle.name!r}")
        shape = self.annotations.shape(gives, path=path, names=node.body.names)
        self._add(
            op=Op.PERFORM,
            kind=node.kind,
            path=path,
            node=node,
            body=node.body,
            retry=node.retry,
            timeout=_microseconds(node.timeout),
            key_life=(node.key_life or KEY_LIFE) // MICROSECOND,
            settling=node.settling,
            undoing=node.undoing,
            reason=node.reason,
            takes=self.annotations.shape(takes, path=path, names=node.body.names),
            gives=shape,
        )
        self.flow = gives
        if node.kind is Kind.IRREVERSIBLE:
            self.sealed_by = path

    def _asking(self, node: Questioning, prefix: str) -> None:
        path = self._path(prefix, node.body.name)
        takes, gives = self._types(node.body, path)
        asks = node.body.said(node.body.parameters[1], "the answer is", path, self.names)
        if isinstance(node.expiry, Default) and not fits(node.expiry.answer, asks):
            raise InvalidOption(
                f"gate {path!r} asks for {display(asks)}, so its expiry cannot be {node.expiry!r};"
                " give a default of that type."
            )
        names = node.body.names
        self._add(
            op=Op.ASK,
            kind=Kind.GATE,
            path=path,
            body=node.body,
            deadline=_microseconds(node.deadline),
            expiry=node.expiry,
            node=node,
            takes=self.annotations.shape(takes, path=path, names=names),
            gives=self.annotations.shape(gives, path=path, names=names),
            asks=self.annotations.shape(asks, path=path, names=names),
        )
        self.flow = gives

    def _waiting(self, node: Waiting, prefix: str) -> None:
        path = self._path(prefix, node.name) if node.name is not None else f"{prefix}wait-{_span(node.duration)}"
        self._add(op=Op.SLEEP, kind=Kind.WAIT, path=path, duration=node.duration // MICROSECOND)

    def _either(self, node: Either, prefix: str) -> None:
        before, sealed = self.flow, self.sealed_by
        if isinstance(node.test, Body):
            path = prefix + node.test.name
            self._fits(before, node.test, path, "the condition")
            test = self._add(op=Op.CHOOSE, kind=Kind.TEST, path=path, body=node.test)
            inside, passed_by = before, cases(before)
        else:
            path = f"{prefix}only-{node.test.__name__}"
            inside, passed_by = self._case(node.test, before, path)
            test = self._add(op=Op.CHOOSE, kind=Kind.TEST, path=path, case=node.test)
        self.flow = inside
        if node.no is None:
            self.tasks.append(partial(self._skip, test, passed_by))
        else:
            self.tasks.append(partial(self._otherwise, node.no, prefix, test, before, sealed))
        self.tasks.append(partial(self._emit, node.yes, prefix))

    def _skip(self, test: int, passed_by: tuple[object, ...]) -> None:
        self.jumps[test] = len(self.drafts)
        self.flow = union((*cases(self.flow), *passed_by))

    def _otherwise(self, no: Node, prefix: str, test: int, before: object, sealed: str | None) -> None:
        jump = self._add(op=Op.JUMP, kind=Kind.TEST, path=f"{prefix}otherwise")
        self.jumps[test] = len(self.drafts)
        yes, sealed_yes = self.flow, self.sealed_by
        self.flow, self.sealed_by = before, sealed
        self.tasks.append(partial(self._join, jump, yes, sealed_yes))
        self.tasks.append(partial(self._emit, no, prefix))

    def _join(self, jump: int, yes: object, sealed_yes: str | None) -> None:
        self.jumps[jump] = len(self.drafts)
        self.flow = union((*cases(yes), *cases(self.flow)))
        self.sealed_by = self.sealed_by or sealed_yes

    def _inside(self, node: Inside, prefix: str) -> None:
        outer, inner = self.flow, first_context(node.inner, self.names)
        path = f"{prefix}get"
        self._fits(outer, node.get, path, TAKES_OUT)
        if inner is UNSAID:
            inner = node.get.said(node.get.gives, RETURNED, path, self.names)
        self._gives(node.get, inner, path, TAKES_OUT)
        self._add(op=Op.ENTER, kind=Kind.GET, path=path, body=node.get, gives=self._shape(inner, path))
        self.flow = inner
        self.tasks.append(partial(self._leave, node, prefix, outer))
        self.tasks.append(partial(self._emit, node.inner, prefix))

    def _leave(self, node: Inside, prefix: str, outer: object) -> None:
        path = f"{prefix}put"
        self._fits(outer, node.put, path, PUTS_BACK)
        self._fits(self.flow, node.put, path, PUTS_BACK, 1)
        gives = node.put.said(node.put.gives, RETURNED, path, self.names)
        self._add(op=Op.LEAVE, kind=Kind.PUT, path=path, body=node.put, gives=self._shape(gives, path))
        self.flow = gives

    def _add(self, *, op: Op, kind: Kind, path: str, **said: object) -> int:
        index = len(self.drafts)
        if index >= limits.STEPS:
            raise TooLarge(f"saga {self.name!r} has more than {limits.STEPS:,} instructions; run parts of it as sagas.")
        self.drafts.append({"index": index, "op": op, "kind": kind, "path": path, **said})
        return index

    # ---- checking -------------------------------------------------------------------------------

    def _path(self, prefix: str, name: str) -> str:
        path = prefix + name
        if path in self.paths:
            raise DuplicatePath(
                f"two steps of saga {self.name!r} have the path {path!r}; give one of them name=…,"
                " or put the block around it under .named(…).",
                path=path,
            )
        if len(path) > limits.PATH_LENGTH:
            raise TooLarge(f"the path {path[:60]!r}… is longer than {limits.PATH_LENGTH} characters; nest fewer names.")
        self.paths.add(path)
        return path

    def _types(self, body: Body, path: str) -> tuple[object, object]:
        takes = body.said(body.takes, "it takes", path, self.names)
        if not meets(self.flow, takes):
            raise _do_not_meet(path, self.flow, takes)
        return takes, body.said(body.gives, RETURNED, path, self.names)

    def _fits(self, gives: object, body: Body, path: str, what: str, position: int = 0) -> None:
        """Check what a function beside a step takes; if nobody can tell, that is its own business."""
        with suppress(UnresolvedAnnotation):
            takes = body.resolved(body.parameters[position], path, self.names)
            if not meets(gives, takes):
                raise _do_not_meet(path, gives, takes, f": {what}")

    def _gives(self, body: Body, wanted: object, path: str, what: str) -> None:
        """Check what a function beside a step gives, in the same way."""
        with suppress(UnresolvedAnnotation):
            gives = body.resolved(body.gives, path, self.names)
            if not meets(gives, wanted):
                raise TypesDoNotMeet(
                    f"{path}: {what} gives {display(gives)}, where {display(wanted)} is wanted.", path=path
                )

    def _case(self, kind: type, before: object, path: str) -> tuple[object, tuple[object, ...]]:
        told = cases(before)
        inside = tuple(one for one in told if meets(one, kind))
        if not inside:
            raise TypesDoNotMeet(
                f"{path!r}: {kind.__name__} is no case of {display(before)}, which stands before it.",
                path=path,
            )
        return kind, tuple(one for one in told if one not in inside)

    def _said(self, context: object, path: str) -> object:
        if context is UNSAID:
            raise UntypedStep(
                f"saga {path!r} does not say what its first context is; annotate its first step.", path=path
            )
        return context

    def _shape(self, annotation: object, path: str) -> Shape:
        return self.annotations.shape(self._said(annotation, path), path=path)


def first_context(root: Node, names: Mapping[str, object]) -> object:
    """The annotation of what goes into a block; `UNSAID` if nothing says it.

    A condition may take a wider type than the context is of, so it is believed only where no step tells.
    """
    left: list[Node] = [root]
    asked: Body | None = None
    while left:
        node = left.pop()
        match node:
            case Chain():
                left += (node.right, node.left)
            case Named():
                left.append(node.inner)
            case Waiting():
                continue
            case Doing() | Questioning():
                return node.body.said(node.body.takes, "it takes", node.body.name, names)
            case Inside(get=get, put=put):
                one = put if get.takes is UNSAID else get
                return one.resolved(one.takes, one.name, names)
            case Either(test=Body() as test):
                asked = asked or (None if test.takes is UNSAID else test)
                left.append(node.yes)
            case Either(test=test):
                given = last_context(node.yes, names)
                return test if given is UNSAID else union((test, *cases(given)))
            case _:
                assert_never(node)
    return UNSAID if asked is None else asked.resolved(asked.takes, asked.name, names)


def last_context(root: Node, names: Mapping[str, object]) -> object:
    """The annotation of what comes out of a block; `UNSAID` if nothing says it."""
    left: list[Node] = [root]
    while left:
        node = left.pop()
        match node:
            case Chain():
                left += (node.left, node.right)
            case Named():
                left.append(node.inner)
            case Waiting():
                continue
            case Doing() | Questioning():
                return node.body.said(node.body.gives, RETURNED, node.body.name, names)
            case Inside(put=put):
                return put.resolved(put.gives, put.name, names)
            case Either():
                left.append(node.yes)
            case _:
                assert_never(node)
    return UNSAID


def _do_not_meet(path: str, gives: object, takes: object, what: str = "") -> TypesDoNotMeet:
    return TypesDoNotMeet(
        f"{path}{what} takes {display(takes)}, but what stands before it gives {display(gives)}.", path=path
    )


def _microseconds(span: timedelta | None) -> int | None:
    return None if span is None else span // MICROSECOND


def _span(duration: timedelta) -> str:
    """A duration as part of a path: 7d, 90s, 1d2h."""
    seconds, micros = duration // timedelta(seconds=1), duration // MICROSECOND % 1_000_000
    units = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
    told = ""
    for unit, size in units:
        count, seconds = divmod(seconds, size)
        told += f"{count}{unit}" if count else ""
    return (told + (f"{micros}us" if micros else "")) or "0s"
