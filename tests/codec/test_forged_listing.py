"""Listings that are none, or of another program: refused as what is broken, at the cost of its size."""

from collections.abc import Callable
from functools import reduce
from operator import rshift

import pytest

from resaga import Saga, wait, when
from resaga.core.fact import BITS, Fact
from resaga.errors import BlobCorrupt, BlobError, BlobMismatch, WrongSaga
from tests.codec.documents import changed, document, opened
from tests.codec.goldens import GOLDEN
from tests.codec.older import HOUR, SLOWLY, AnySaga, Shop, never, shop
from tests.counting import counted
from tests.worlds import Fate


def test_another_saga_or_version_is_no_older_program() -> None:
    """That is what a migration is for."""
    one = Shop()
    blob = one.started(one.chain("a", "b?")).dump()
    for other in (Saga("store", one.chain("a", "b?")), Saga("shop", one.chain("a", "b?"), version=2)):
        with pytest.raises(WrongSaga):
            other.load(blob)
        with pytest.raises(WrongSaga):
            other.compatibility(blob)


def test_a_listing_must_be_that_of_its_fingerprint() -> None:
    """If it is the one of this program."""
    one = Shop()
    saga = shop(one.chain("a", "b?"))
    blob = one.started(one.chain("a", "b?")).dump()
    with pytest.raises(BlobCorrupt, match="not the one of its fingerprint"):
        saga.load(changed(blob, listing=list(reversed(saga.program.rows))))


@pytest.mark.parametrize(
    "members",
    [
        {"listing": ["read a", "gate b 00000000"]},
        {"listing": ["no a 00000000", "gate b 00000000"]},
        {"listing": ["read a\n 00000000", "gate b 00000000"]},
        {"index": 3},
        {"index": -1},
    ],
)
def test_a_listing_must_be_one(members: dict[str, object]) -> None:
    """And the run must stand somewhere in it."""
    one = Shop()
    saga = shop(one.chain("a", "b?"))
    blob = changed(one.started(one.chain("a", "b?")).dump(), fingerprint="0" * 16, **members)
    for load in (saga.load, saga.compatibility):
        with pytest.raises(BlobCorrupt, match="the listing is none"):
            load(blob)


def test_a_value_that_no_type_of_the_user_s_has_written_is_no_sign_of_a_change() -> None:
    """It is broken, whatever the program."""
    one = Shop(slow=[Fate.RAISES])
    blob = one.started(one.chain("a") >> one.steps.undone("slow", retry=SLOWLY)).dump()
    values = opened(blob)["values"]
    broken = changed(blob, fingerprint="0" * 16, values=[*values[:-1], ["no failure", None]])
    with pytest.raises(BlobMismatch):
        shop(one.chain("a") >> one.steps.undone("slow", retry=SLOWLY)).load(broken)


@pytest.mark.parametrize("codes", [[], [1 << BITS], [5, 6, 1 << BITS | 14], [5, 5, 5]])
def test_a_trail_that_cannot_be_is_refused(codes: list[int]) -> None:
    """Also where the program has changed."""
    one = Shop()
    saga = shop(one.chain("a", "b?"))
    silent = (6,)
    values = [0 for code in codes if code & 31 not in silent]
    with pytest.raises(BlobError):
        saga.load(document(saga, values, codes, fingerprint="0" * 16))


@pytest.mark.parametrize("index", range(6))
def test_a_trail_of_which_nothing_is_left_is_refused(index: int) -> None:
    """An event begins no execution, whatever is said to have emitted it."""
    saga, blob = GOLDEN["checkout-small-0"]
    emitted = changed(blob, fingerprint="0" * 16, codes=[index << BITS | Fact.EMITTED])
    with pytest.raises(BlobError):
        saga.load(emitted)


def forged(saga: AnySaga, count: int, codes: Callable[[int], list[int]]) -> bytes:
    """A document of many rows, of a program with as many lines."""
    listing = [
        row for number in range(count // 2) for row in (f"test t{number} 00000000", f"wait wait-{number}s 00000000")
    ]
    rows = [5, 6, *codes(count)]
    values = [0] * sum(code & 31 == 5 for code in rows)
    return document(saga, values, rows, listing=listing, fingerprint="0" * 16, index=count - 1)


@pytest.mark.parametrize(
    "codes",
    [
        lambda count: [number << 5 | (2 if number % 2 == 0 else 3) for number in range(count)],
        lambda count: [2] * count,
        lambda count: [(count - 1) << 5 | 3] * count,
        lambda count: [number << 5 | 10 for number in range(count)],
    ],
)
def test_a_forged_listing_costs_no_more_than_its_size(codes: Callable[[int], list[int]]) -> None:
    """Four times as many rows, about four times the work, and an error of the family."""
    saga = shop(reduce(rshift, (when(never, wait(HOUR) >> Shop().chain(f"r{number}")) for number in range(20))))

    def calls(count: int) -> int:
        blob = forged(saga, count, codes)

        def load() -> None:
            with pytest.raises(BlobError):
                saga.load(blob)

        return counted(load)

    assert calls(4000) < 6 * calls(1000)
