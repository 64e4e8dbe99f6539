"""The document: whole, of one form, in its limits, or a `BlobError` that says where and shows nothing."""

import zlib
from typing import Any, cast

import orjson
import pytest

from resaga import New, Paused, Saga, gate
from resaga.codec.document import KEYS
from resaga.errors import BlobCorrupt, BlobError, FormatTooNew, WrongSaga
from tests.codec.documents import BLOB, NUMBERS, changed, closed, opened, refused

ODD: tuple[Any, ...] = (None, True, 1.5, "x", {"x": 1}, [None], ["x"], [1.5], [[]], -1, 2**63)

# ---- bytes ------------------------------------------------------------------------------------------------


def test_a_document_is_one_line_of_json_with_its_members_in_order() -> None:
    """So that anybody can read it, and that equal executions are equal bytes."""
    assert b"\n" not in BLOB
    assert tuple(orjson.loads(BLOB)) == KEYS


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_of_any_class_are_loaded(kind: Any) -> None:  # noqa: ANN401 - a class of bytes
    """As a store hands them over."""
    assert isinstance(NUMBERS.load(kind(BLOB)), New)


@pytest.mark.parametrize("blob", [BLOB.decode(), None, 5, [BLOB]], ids=["text", "nothing", "a number", "a list"])
def test_what_is_no_bytes_is_refused(blob: Any) -> None:  # noqa: ANN401 - whatever
    """Text would have to be encoded first, and nobody said how."""
    with pytest.raises(BlobCorrupt, match="a document is bytes"):
        NUMBERS.load(blob)


@pytest.mark.parametrize("end", range(len(BLOB)))
def test_every_truncation_is_found(end: int) -> None:
    """By the checksum."""
    with pytest.raises(BlobCorrupt, match="checksum"):
        NUMBERS.load(BLOB[:end])


def test_every_flipped_bit_is_found() -> None:
    """By the checksum, in whatever byte it is."""
    for position in range(len(BLOB)):
        for bit in range(8):
            damaged = bytearray(BLOB)
            damaged[position] ^= 1 << bit
            with pytest.raises(BlobCorrupt):
                NUMBERS.load(bytes(damaged))


@pytest.mark.parametrize("more", [b"\n", b" ", BLOB])
def test_nothing_may_follow_or_precede(more: bytes) -> None:
    """A document is all of the bytes."""
    for blob in (BLOB + more, more + BLOB):
        with pytest.raises(BlobCorrupt):
            NUMBERS.load(blob)


def test_the_checksum_is_a_crc32_of_all_that_is_before_it() -> None:
    """Of the object as it would be without its last member."""
    body, _, tail = BLOB.rpartition(b',"sum":"')
    assert tail == b'%08x"}' % zlib.crc32(body + b"}")


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.replace(b'"index":0', b'"index": 0'),
        lambda body: body.replace(b'"index":0', b'"index":0,"index":0'),
        lambda body: body.replace(b'"id":"n-1"', b'"id":"n-2","id":"n-1"'),
        lambda body: body.replace(b"[5]", b"[5.0e0]"),
        lambda body: body.replace(b"[5]", b"[18446744073709551616]"),
        lambda body: body.replace(b"[5]", b"[1e400]"),
        lambda body: body.replace(b"[5]", b"[-0]"),
        lambda body: body.replace(b"[5]", b'[{"a":1,"a":1}]'),
        lambda body: body.replace(b'"n-1"', b'"n\\u002d1"'),
        lambda body: body.replace(b"[5]", b'["\\/"]'),
        lambda body: body.replace(b"[5]", b"[NaN]"),
        lambda body: body.replace(b"[5]", b'["\\ud800"]'),
        lambda body: body.replace(b"[5]", b'["\xff"]'),
        lambda body: body.replace(b"[5]", b"[" * 2000 + b"]" * 2000),
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: b"[1}",
        lambda body: b"nonsense}",
    ],
)
def test_another_text_for_the_same_values_is_refused(change: Any) -> None:  # noqa: ANN401 - a function of bytes
    """A key twice, a number that loses digits, other blanks or escapes: it was not written here."""
    body = change(BLOB[: BLOB.rindex(b',"sum"')] + b"}")
    assert body + b"x" != BLOB + b"x"
    with pytest.raises(BlobCorrupt, match="the document is"):
        NUMBERS.load(b'%b,"sum":"%08x"}' % (body[:-1], zlib.crc32(body)))


def test_a_document_that_is_no_object_is_refused() -> None:
    """A checksum alone makes none: `[,"sum":"…"}` cannot be JSON, whatever is before it."""
    for start in (b"[]", b"5", b'"a"'):
        body = start[:-1] + b"}"
        with pytest.raises(BlobCorrupt):
            NUMBERS.load(b'%b,"sum":"%08x"}' % (body[:-1], zlib.crc32(body)))


# ---- members ----------------------------------------------------------------------------------------------


def test_an_empty_object_does_not_say_its_format() -> None:
    """And neither does one of others."""
    for plain in ({"a": 1}, {**opened(BLOB), "format": "1"}, {**opened(BLOB), "format": 0}):
        with pytest.raises(BlobCorrupt, match="format") as caught:
            NUMBERS.load(closed(plain))
        assert caught.value.path == "$.format"


@pytest.mark.parametrize("number", [2, 99, 2**63])
def test_a_newer_format_says_so(number: int) -> None:
    """Whatever its members are."""
    with pytest.raises(FormatTooNew) as caught:
        NUMBERS.load(closed({"format": number, "news": True}))
    assert caught.value.format == number


@pytest.mark.parametrize("name", [name for name in KEYS if name not in ("format", "sum")])
def test_a_member_that_is_not_there_is_named(name: str) -> None:
    """Every one of them has to be there."""
    plain = opened(BLOB)
    del plain[name]
    with pytest.raises(BlobCorrupt, match=f"'{name}' is not there"):
        NUMBERS.load(closed(plain))


def test_a_member_too_many_or_another_order_is_refused() -> None:
    """Nothing is ignored; the name of what is too many is not shown, it may be anything."""
    plain = opened(BLOB)
    for members in ({**plain, "secret": 1}, {"format": 1, **dict(reversed(plain.items()))}):
        with pytest.raises(BlobCorrupt, match="there are others, or in another order"):
            NUMBERS.load(closed(members))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        (name, wrong)
        for name in KEYS
        if name not in ("format", "sum")
        for wrong in ODD
        if (name, wrong) not in (("waits", None), ("id", "x"), ("fingerprint", "x"))
    ],
)
def test_a_member_of_another_kind_is_refused(name: str, wrong: object) -> None:
    """Whichever member, whichever kind."""
    with pytest.raises(BlobError):
        NUMBERS.load(changed(BLOB, **{name: wrong}))


@pytest.mark.parametrize("wrong", ["", "a b", "a/b", "x" * 129, "é", "\n"])
def test_an_id_is_one(wrong: str) -> None:
    """Stores use it as a key."""
    with pytest.raises(BlobCorrupt) as caught:
        NUMBERS.load(changed(BLOB, id=wrong))
    assert caught.value.path == "$.id"


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"codes": [5, 6]}, "$.codes"),
        ({"at": []}, "$.codes"),
        ({"took": [0, 0]}, "$.codes"),
        ({"codes": [-27]}, "$.codes"),
        ({"codes": [5 + 32]}, "$.codes"),
        ({"codes": [2**62]}, "$.codes"),
        ({"codes": [23]}, "$.codes"),
        ({"codes": [31]}, "$.codes"),
        ({"codes": [6]}, "$.values"),
        ({"values": []}, "$.values"),
        ({"values": [5, 5]}, "$.values"),
        ({"codes": [0]}, "$.codes"),
        ({"codes": [], "at": [], "took": [], "values": []}, "$.status"),
        ({"at": [253_402_300_800_000_000]}, "$.at"),
        ({"at": [-62_135_596_800_000_001]}, "$.at"),
        ({"at": [2**63 - 1]}, "$.at"),
        ({"took": [-1]}, "$.took"),
        ({"at": [-62_135_596_800_000_000], "took": [1]}, "$.took"),
        ({"status": "paused"}, "$.status"),
        ({"index": 1}, "$.status"),
        ({"waits": {"for": "answer", "path": "s0", "until": None}}, "$.waits"),
        ({"listing": []}, "$.listing"),
        ({"listing": ["read s0 00000000"]}, "$.listing"),
    ],
)
def test_what_does_not_agree_is_refused(members: dict[str, Any], path: str) -> None:
    """Columns of one length, rows of an instruction and a fact, a value for each that needs one."""
    with pytest.raises(BlobCorrupt) as caught:
        NUMBERS.load(changed(BLOB, **members))
    assert caught.value.path == path


@pytest.mark.parametrize("at", [-62_135_596_800_000_000, 253_402_300_799_999_999])
def test_the_first_and_the_last_time_of_the_calendar_can_be_read_and_shown(at: int) -> None:
    """No view of an execution that was loaded raises."""
    loaded = NUMBERS.load(changed(BLOB, at=[at]))
    assert loaded.state.updated_at is not None


def test_a_document_of_another_saga_or_version_says_so() -> None:
    """By name and number; a name that is none is not shown."""
    for members, told in (
        ({"saga": "other"}, "saga 'other' version 1"),
        ({"version": 2}, "saga 'keeper' version 2"),
        ({"saga": "a secret"}, "a saga whose name is none, version 1"),
    ):
        with pytest.raises(WrongSaga) as caught:
            NUMBERS.load(changed(BLOB, **members))
        assert told in str(caught.value)
        assert "secret" not in str(caught.value)


def test_what_a_paused_execution_waits_for_must_agree_with_its_trail() -> None:
    """It is for whoever reads the document without the saga, so it must not lie."""

    @gate
    def approval(asked: int, yes: bool) -> int:  # noqa: FBT001 - an answer
        return asked

    saga = Saga("asking", approval)
    blob = saga.new(5).start().dump()
    assert isinstance(saga.load(blob), Paused)
    assert opened(blob)["waits"] == {"for": "answer", "path": "approval", "until": None}
    lies: tuple[object, ...] = (
        None,
        {"for": "time", "path": "approval", "until": None},
        {"for": "answer", "path": "approval", "until": 0},
        {"for": "answer", "path": "approval", "until": False},
        {"path": "approval", "for": "answer", "until": None},
        {"for": "answer", "path": "approval"},
    )
    for wrong in lies:
        with pytest.raises(BlobCorrupt) as caught:
            saga.load(changed(blob, waits=wrong))
        assert caught.value.path == "$.waits"


# ---- what is said of them -----------------------------------------------------------------------------------


def test_an_error_of_the_readers_is_not_kept() -> None:
    """It would hold all of the document's text."""
    body = b'{"secret": nonsense}'
    with pytest.raises(BlobCorrupt) as caught:
        NUMBERS.load(b'%b,"sum":"%08x"}' % (body[:-1], zlib.crc32(body)))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_values_are_told_apart_from_what_is_beside_them() -> None:
    """A reason names the value by its place only."""
    assert refused(int, "secret").startswith("$.values[0]: ")
    assert "secret" not in refused(int, "secret")


def test_a_newer_format_is_told_even_if_it_has_no_such_checksum() -> None:
    """What a newer one looks like is not known here, but for how it begins."""
    with pytest.raises(FormatTooNew) as caught:
        NUMBERS.load(b'{"format":2,"hello":1}')
    assert caught.value.format == 2
    for other in (b'{"format":1,"hello":1}', b'{"hello":1}', b""):
        with pytest.raises(BlobCorrupt):
            NUMBERS.load(other)


def test_text_is_told_what_to_do() -> None:
    """A document that was read as text is encoded first."""
    with pytest.raises(BlobCorrupt, match="give its UTF-8"):
        NUMBERS.load(cast("bytes", BLOB.decode()))
