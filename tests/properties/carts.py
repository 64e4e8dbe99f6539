"""The contexts of edited programs: one class, and what may become of it in an edit."""

from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen


@frozen
class Cart:
    """What every step takes and gives, in the first program."""

    items: int
    cents: int
    note: str = ""


@frozen
class Basket:
    """The same under another name."""

    items: int
    cents: int
    note: str = ""


@frozen
class Turned:
    """The same in another order."""

    cents: int
    items: int
    note: str = ""


@frozen
class Grown:
    """The same with one more field that has a default."""

    items: int
    cents: int
    note: str = ""
    tip: int = 0


@frozen
class Taxed:
    """One more field, without a default."""

    items: int
    cents: int
    tax: int
    note: str = ""


@frozen
class Shrunk:
    """One field less, which had a default."""

    items: int
    cents: int


STYLES: Final = (Cart, Basket, Turned, Grown, Taxed, Shrunk)


def _with_voucher(style: type) -> type:
    """A case of that type with a field of its own: what a step gives that was re-typed."""
    return frozen(
        type(
            "Special" + style.__name__,
            (style,),
            {"__annotations__": {"voucher": str}, "voucher": field()},
        ),
        kw_only=True,
    )


VOUCHERS: Final[Mapping[type, type]] = {style: _with_voucher(style) for style in STYLES}


def with_voucher(cart: Any) -> Any:  # noqa: ANN401 - of one of the styles
    """What a re-typed step gives, of what it gave before."""
    return VOUCHERS[type(cart)](items=cart.items, cents=cart.cents, voucher="V")
