"""No error of the codec shows a value, a key of a mapping, or what somebody else's error said of them."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from attrs import field, frozen

from resaga import Hook, Saga, gate, read
from resaga.errors import BlobError, ResagaError
from tests.codec.documents import AnySaga, changed, closed, keeper, opened, untyped
from tests.codec.goldens import GOLDEN
from tests.seeds import reseed, seeds

SECRET = "hunter2"  # noqa: S105 - it is none
PLANTED = "hunter 2"
"""The same as no name can be."""


def _long_enough(_: object, __: object, password: str) -> None:
    if len(password) < 9:
        raise ValueError(f"{password} is too short")


@frozen
class Account:
    name: str
    password: str = field(validator=_long_enough)
    limits: Mapping[str, int]


class Token:
    """A class of somebody else's that tells all it knows when it is refused."""

    def __init__(self, text: str) -> None:
        if not text.isdigit():
            raise ValueError(f"{text} is no token")
        self.text = text


@frozen
class Session:
    account: Account | None
    tokens: tuple[Token, ...]
    by_name: Mapping[str, Token | Account]
    by_number: Mapping[int, str]


HOOK = Hook(Token, str, lambda token: token.text, Token, immutable=True)
SESSIONS = keeper(Session, hooks=(HOOK,))
GOOD: dict[str, Any] = {
    "account": {"name": "ann", "password": "hunter2hunter2", "limits": {"hunter2": 5}},
    "tokens": ["1", "2"],
    "by_name": {
        "hunter2": {"Token": "3"},
        "bob": {"Account": {"name": "", "password": "x" * 9, "limits": {}}},
    },
    "by_number": [[1, "hunter2"], [2, "hunter2"]],
}


def errors_of(error: BaseException | None) -> Iterator[BaseException]:
    """An error and all that hangs on it."""
    seen: set[int] = set()
    left = [error]
    while left:
        one = left.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            left += [one.__cause__, one.__context__]


def shows(error: BaseException | None, secret: str) -> bool:
    """Whether a secret is in the error, in one that hangs on it, or in what they hold."""
    return any(
        secret in f"{one} {one!r} {one.args!r} {vars(one)!r} {getattr(one, 'doc', '')}" for one in errors_of(error)
    )


def refusal(saga: AnySaga, blob: bytes) -> BlobError | None:
    """The error that a document is refused with, if it is."""
    try:
        saga.load(blob)
    except BlobError as error:
        return error
    return None


def test_what_shows_a_secret_is_found() -> None:
    """Or what follows would prove nothing."""
    told, hidden = ValueError(SECRET), KeyError("nothing")
    hidden.__context__ = told
    assert shows(told, SECRET)
    assert shows(hidden, SECRET)
    assert not shows(KeyError("nothing"), SECRET)


def spoiled(plain: Any, path: tuple[Any, ...] = ()) -> Iterator[Any]:  # noqa: ANN401 - plain JSON
    """The same with the secret in the place of one part, for each part; and with a secret for a key."""
    yield SECRET
    yield [SECRET]
    yield {SECRET: SECRET}
    yield {"$": [SECRET]}
    yield {"$int": SECRET}
    if isinstance(plain, dict):
        yield {**plain, SECRET: SECRET}
        yield {f"${SECRET}": 1, **plain}
        for key, part in plain.items():
            for other in spoiled(part, (*path, key)):
                yield {**plain, key: other}
            yield {(SECRET if one == key else one): inner for one, inner in plain.items()}
    elif isinstance(plain, list):
        for position, part in enumerate(plain):
            for other in spoiled(part, (*path, position)):
                yield [*plain[:position], other, *plain[position + 1 :]]


def test_a_good_session_loads() -> None:
    """Or what follows would prove nothing."""
    blob = SESSIONS.new(_session()).dump()
    assert opened(blob)["values"] == [GOOD]
    assert SESSIONS.load(blob).dump() == blob


def _session() -> Session:
    return Session(
        account=Account("ann", "hunter2hunter2", {"hunter2": 5}),
        tokens=(Token("1"), Token("2")),
        by_name={"hunter2": Token("3"), "bob": Account("", "x" * 9, {})},
        by_number={1: "hunter2", 2: "hunter2"},
    )


def test_no_error_of_loading_shows_a_value_whichever_part_is_wrong() -> None:
    """Every part of the value in turn is replaced by a secret, and so is every key."""
    blob = SESSIONS.new(_session()).dump()
    refusals = 0
    for plain in spoiled(GOOD):
        error = refusal(SESSIONS, changed(blob, values=[plain]))
        refusals += error is not None
        assert not shows(error, SECRET), str(error)
    assert refusals > 100


@pytest.mark.parametrize("name", ["checkout-allowed-3", "trip-reject-undo-fails-3", "parcel-anvil-1"])
def test_no_error_shows_what_stands_in_a_member_of_the_document(name: str) -> None:
    """Each member, and each value of a whole run."""
    saga, blob = GOLDEN[name]
    plain = opened(blob)
    refusals = 0
    for odd in spoiled(plain):
        text = {**odd} if isinstance(odd, dict) else {"format": 1, "x": odd}
        error = refusal(saga, closed(_with(text, PLANTED)))
        refusals += error is not None
        assert not shows(error, PLANTED), str(error)
    assert refusals > 50


def _with(plain: Any, secret: str) -> Any:  # noqa: ANN401 - plain JSON
    if isinstance(plain, dict):
        return {_with(key, secret): _with(part, secret) for key, part in plain.items()}
    if isinstance(plain, list):
        return [_with(part, secret) for part in plain]
    return plain.replace(SECRET, secret) if isinstance(plain, str) else plain


def test_no_error_of_dumping_shows_a_value() -> None:
    """An untyped caller puts a secret where something else is asked for."""

    class Key(str):
        """A key that is no plain text."""

        __slots__ = ()

    good = _session()
    wrong: list[Any] = [
        Session(untyped("hunter2"), good.tokens, {}, {}),
        Session(None, untyped(("hunter2",)), {}, {}),
        Session(None, (), untyped({"hunter2": "hunter2"}), {}),
        Session(None, (), {Key("hunter2"): Token("1")}, {}),
        Session(None, (), {"hunter2\ud800": Token("1")}, {}),
        Session(None, (), {}, {1: "hunter2\ud800"}),
        Session(None, (), {}, untyped({"hunter2": "a"})),
        Session(Account("hunter2", "hunter2hunter2", untyped({"a": "hunter2"})), (), {}, {}),
    ]
    for value in wrong:
        with pytest.raises(ResagaError) as caught:
            SESSIONS.new(value).dump()
        assert not shows(caught.value, SECRET), str(caught.value)
        with pytest.raises(ResagaError) as caught:
            SESSIONS.codec.copy(SESSIONS.program.takes, value)
        assert not shows(caught.value, SECRET), str(caught.value)


def test_no_error_of_a_wrong_answer_shows_it() -> None:
    """Neither the answer nor the context that is asked about."""

    @gate
    def enter(account: Account, token: Token) -> Account:
        return account

    saga: AnySaga = Saga("door", enter, hooks=(HOOK,))
    paused: Any = saga.new(Account("hunter2", "hunter2hunter2", {})).start()
    with pytest.raises(ResagaError) as caught:
        paused.answer(enter, "hunter2")
    assert not shows(caught.value, SECRET)


def test_no_error_of_a_changed_program_shows_a_value() -> None:
    """It tells of paths and kinds, which are names of the program's."""

    @read
    def before(account: Account) -> Account:
        return account

    @read(name="before")
    def retyped(account: Account) -> str:
        return account.password

    @gate
    def enter(account: Account, yes: bool) -> Account:  # noqa: FBT001 - an answer
        return account

    @gate(name="enter")
    def enter_text(account: str, yes: bool) -> str:  # noqa: FBT001 - as above
        return account

    old: AnySaga = Saga("changing", before >> enter)
    new: AnySaga = Saga("changing", retyped >> enter_text)
    blob = old.new(Account("hunter2", "hunter2hunter2", {})).start().dump()
    with pytest.raises(BlobError) as caught:
        new.load(blob)
    assert not shows(caught.value, SECRET)


@pytest.mark.proof
def test_planted_secrets_never_show() -> None:
    """In whichever golden document, in whichever value, as a part or as a key."""
    names = list(GOLDEN)
    for seed in seeds(1_000):
        with reseed(seed) as chance:
            saga, blob = GOLDEN[chance.choice(names)]
            plain = opened(blob)
            for odd in chance.choices(list(spoiled(plain["values"])), k=20):
                error = refusal(saga, changed(blob, values=_with(odd, PLANTED)))
                assert not shows(error, PLANTED), str(error)
