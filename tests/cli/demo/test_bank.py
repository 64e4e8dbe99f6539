"""The bank of the demo."""

from pathlib import Path

import pytest

from resaga.cli.demo.bank import Bank


def test_the_first_caller_of_all_finds_the_line_busy(tmp_path: Path) -> None:
    """Only the first: so that the story has a retry in it."""
    bank = Bank(tmp_path / "bank.txt")
    with pytest.raises(ConnectionError, match="busy"):
        bank.hold(5, "key")
    assert bank.hold(5, "key") == "hold-1"


def test_a_request_that_is_sent_twice_is_done_once(tmp_path: Path) -> None:
    """The key says that it is the same, in whichever process."""
    file = tmp_path / "bank.txt"
    file.touch()
    assert Bank(file).hold(5, "key") == Bank(file).hold(5, "key") == "hold-1"
    assert Bank(file).hold(5, "other") == "hold-2"
    Bank(file).release("hold-2", "undo")
    Bank(file).release("hold-2", "undo")
    assert Bank(file).charge("hold-1", "charge") == "charge-4"
    assert Bank(file).lines() == ["hold-1 5", "hold-2 5", "release-3 hold-2", "charge-4 hold-1"]
