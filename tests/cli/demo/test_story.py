"""The story that the demo tells, on files."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from resaga import Completed, RolledBack
from resaga.cli.demo.bank import Bank
from resaga.cli.demo.checkout import Charged, Order, checkout
from resaga.cli.demo.story import DemoFailed, answer, tell


def test_one_checkout_is_approved_and_one_is_taken_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both documents end as told, and the bank did everything once, in spite of a busy line."""
    tell(tmp_path)
    bank = Bank(tmp_path / "bank.txt")
    saga = checkout(bank)
    approved = saga.load((tmp_path / "A-1.json").read_bytes())
    declined = saga.load((tmp_path / "A-2.json").read_bytes())
    assert isinstance(approved, Completed)
    assert approved.result == Charged(Order("A-1", 89_900), "charge-2")
    assert isinstance(declined, RolledBack)
    assert declined.failure.code == "declined"
    assert [one.path for one in declined.undone] == ["reserve"]
    assert bank.lines() == ["hold-1 89900", "charge-2 hold-1", "hold-3 75000", "release-4 hold-3"]
    assert len(set(re.findall(r"process (\d+) ", capsys.readouterr().out))) == 3


def test_told_in_a_terminal_it_fits_one(tmp_path: Path) -> None:
    """Plain ASCII, 80 columns, one screen; a temporary folder leaves nothing behind."""
    command = (sys.executable, "-m", "resaga", "demo")
    told = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=told)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 45
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    """Nobody's files are overwritten."""
    (tmp_path / "A-1.json").write_text("mine")
    with pytest.raises(DemoFailed, match="not empty"):
        tell(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["A-1.json"]


def test_the_other_process_writes_down_how_it_went_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It needs the two files and nothing else."""
    saga = checkout(Bank(tmp_path / "bank.txt"))
    document = tmp_path / "B-1.json"
    document.write_bytes(saga.new(Order("B-1", 60_000), id="B-1").start().dump())
    answer(tmp_path, "B-1", ok=False)
    assert isinstance(saga.load(document.read_bytes()), RolledBack)
    assert "answered no: rolled back" in capsys.readouterr().out


def test_another_process_that_fails_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is the one that it gave."""
    monkeypatch.setattr("resaga.cli.demo.story.COMMAND", (sys.executable, "-c", "raise SystemExit('no memory')"))
    with pytest.raises(DemoFailed, match="status 1: no memory"):
        tell(tmp_path)


def test_a_checkout_that_does_not_pause_is_no_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a bank that stays closed there is nothing to tell."""

    def busy(bank: Bank, cents: int, key: str) -> str:
        raise ConnectionError("closed")

    monkeypatch.setattr(Bank, "hold", busy)
    with pytest.raises(DemoFailed, match="should have paused"):
        tell(tmp_path)
