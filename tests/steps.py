"""Steps that act on a world: made by the real decorators, with bodies that only ask what becomes of them.

steps = Steps(World({"charge": [Fate.REJECTS]}))
saga = Saga("shop", steps.undone("reserve") >> steps.irreversible("charge"))
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeAlias, final

from attrs import frozen

from resaga.core.attempt import Attempt
from resaga.core.gate import gate
from resaga.core.node import Expiry, Stay
from resaga.core.retry import PATIENT, Retry
from resaga.core.signals import DidNotHappen, Rejected
from resaga.core.step import read, step
from tests.worlds import Fate, Role, World

AnyBlock: TypeAlias = Any
"""A block of which the types are known only while a test runs."""


@frozen
class Happened:
    """The event that an eventful step emits."""

    name: str


@final
@frozen(eq=False)
class Context:
    """What a chain hands on: its type, how one follows from another, and one that cannot be stored."""

    kind: Any
    following: Callable[[Any], object]
    junk: object = None


NUMBER: Final = Context(int, lambda context: context + 1)
STAY: Final = Stay()


@final
class Steps:
    """Makes blocks whose bodies act on one world."""

    def __init__(self, world: World, context: Context = NUMBER, *, awaits: bool = False, emits: bool = False) -> None:
        self.world = world
        self.context = context
        self.awaits = awaits
        self.emits = emits

    def read(self, name: str, *, retry: Retry | None = None, timeout: timedelta | None = None) -> AnyBlock:
        """A read."""
        kind = self.context.kind
        made: Any = read(name=name, retry=retry, takes=kind, gives=kind, **({"timeout": timeout} if timeout else {}))
        return made(self._body(Role.DO, name, plain=True))

    def undone(  # noqa: PLR0913 - as many words as a step has
        self,
        name: str,
        *,
        retry: Retry | None = None,
        settled: bool = False,
        plain: bool = False,
        timeout: timedelta | None = None,
        undo_retry: Retry = PATIENT,
        settle_retry: Retry = PATIENT,
        key_life: timedelta | None = None,
    ) -> AnyBlock:
        """A step that is taken back; a plain one knows nothing of its attempts."""
        action = self._action(
            name, retry, key_life, settled=settled, timeout=timeout, settle_retry=settle_retry, plain=plain
        )
        return action.undone_by(self._body(Role.UNDO, name, plain=plain), retry=undo_retry)

    def kept(
        self, name: str, *, retry: Retry | None = None, settled: bool = False, settle_retry: Retry = PATIENT
    ) -> AnyBlock:
        """A step that needs no undo."""
        action = self._action(name, retry, None, settled=settled, settle_retry=settle_retry)
        return action.kept("it harms nobody")

    def irreversible(  # noqa: PLR0913 - as many words as a step has
        self,
        name: str,
        *,
        retry: Retry | None = None,
        settled: bool = False,
        timeout: timedelta | None = None,
        settle_retry: Retry = PATIENT,
        key_life: timedelta | None = None,
    ) -> AnyBlock:
        """A point of no return."""
        return self._action(
            name, retry, key_life, settled=settled, timeout=timeout, settle_retry=settle_retry
        ).irreversible()

    def gate(self, name: str, *, deadline: timedelta | None = None, expiry: Expiry = STAY) -> AnyBlock:
        """A question; the answer False rejects."""
        kind = self.context.kind
        made: Any = gate
        body = self._deciding(name)
        return made(name=name, deadline=deadline, expiry=expiry, takes=kind, asks=bool, gives=kind)(body)

    # ---- bodies ---------------------------------------------------------------------------------

    def _action(  # noqa: PLR0913 - as many words as a step has
        self,
        name: str,
        retry: Retry | None,
        key_life: timedelta | None,
        *,
        settled: bool,
        timeout: timedelta | None = None,
        settle_retry: Retry = PATIENT,
        plain: bool = False,
    ) -> Any:  # noqa: ANN401 - an Action or an AsyncAction
        kind = self.context.kind
        made: Any = step(name=name, retry=retry, key_life=key_life, takes=kind, gives=kind)
        action: Any = made(self._body(Role.DO, name, plain=plain))
        if not settled:
            return action
        beside = {"timeout": timeout} if timeout is not None else {}
        return action.settled_by(self._body(Role.SETTLE, name), retry=settle_retry, **beside)

    def _body(self, role: Role, name: str, *, plain: bool = False) -> Callable[..., Any]:
        world, result, emits = self.world, self._result, self.emits and role is Role.DO

        def body(context: Any, attempt: Attempt) -> Any:  # noqa: ANN401 - of the chain's type
            if emits:
                attempt.emit(Happened(name))
            return result(role, name, context, world.called(role, name, context, attempt))

        def plain_body(context: Any) -> Any:  # noqa: ANN401
            return result(role, name, context, world.called(role, name, context))

        async def body_async(context: Any, attempt: Attempt) -> Any:  # noqa: ANN401
            if emits:
                attempt.emit(Happened(name))
            return result(role, name, context, await world.called_async(role, name, context, attempt))

        async def plain_body_async(context: Any) -> Any:  # noqa: ANN401
            return result(role, name, context, await world.called_async(role, name, context))

        if self.awaits:
            return plain_body_async if plain else body_async
        return plain_body if plain else body

    def _result(self, role: Role, name: str, context: object, fate: Fate) -> object:
        if role is Role.UNDO:
            return None
        if role is Role.SETTLE and name not in self.world.there:
            return DidNotHappen()
        return self.context.junk if fate is Fate.GIVES_JUNK else self.context.following(context)

    def _deciding(self, name: str) -> Callable[..., Any]:
        def decide(context: Any, answer: bool) -> Any:  # noqa: ANN401, FBT001 - an answer
            self.world.called(Role.DECIDE, name, context)
            if not answer:
                raise Rejected("declined", code="declined")
            return self.context.following(context)

        async def decide_async(context: Any, answer: bool) -> Any:  # noqa: ANN401, FBT001
            return decide(context, answer)

        return decide_async if self.awaits else decide
