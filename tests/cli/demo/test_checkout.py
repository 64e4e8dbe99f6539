"""The saga of the demo, step by step and as a whole."""

from pathlib import Path

import pytest

from resaga import Completed, Paused
from resaga.cli.demo.bank import Bank
from resaga.cli.demo.checkout import Charged, Cleared, Order, Till, approval, checkout
from resaga.testing import attempt

ORDER = Order("A-1", 50_000)


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    """A bank whose line is free."""
    (tmp_path / "bank.txt").touch()
    return Bank(tmp_path / "bank.txt")


def test_only_a_large_order_needs_a_manager(bank: Bank) -> None:
    """Up to the limit the policy clears it, and nobody is asked."""
    small = checkout(bank).new(Order("A-1", 50_000)).start()
    large = checkout(bank).new(Order("A-2", 50_001)).start()
    assert isinstance(small, Completed)
    assert isinstance(large, Paused)
    question = large.asked(approval)
    assert question is not None
    assert question.context.held.order == Order("A-2", 50_001)


def test_each_step_is_the_method_that_it_is(bank: Bank) -> None:
    """A till is tested without a saga; its undo takes back what its step did."""
    till = Till(bank)
    held = till.reserve(ORDER, attempt("reserve"))
    till.release(held, attempt("reserve", undo=True))
    charged = till.charge(Cleared(held, "ann"), attempt("charge"))
    assert charged == Charged(ORDER, "charge-3")
    assert bank.lines() == ["hold-1 50000", "release-2 hold-1", "charge-3 hold-1"]
