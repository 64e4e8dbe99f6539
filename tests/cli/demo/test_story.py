"""The story that the demo tells, on files."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from resaga import Completed, Paused, RolledBack
from resaga.cli.demo.bank import Bank
from resaga.cli.demo.checkout import Charged, Order, checkout
from resaga.cli.demo.story import Checkout, DemoFailed, answer, take_over, tell
from resaga.runtime import BlockingRuntime
from resaga.stores.sqlite import SqliteStore


def opened(folder: Path) -> tuple[Checkout, BlockingRuntime]:
    saga = checkout(Bank(folder / "bank.txt"))
    return saga, BlockingRuntime(SqliteStore(folder / "checkout.db"), [saga])


def test_one_checkout_survives_a_killed_process_and_one_is_taken_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bank did everything once, in spite of a busy line, and of a charge that nobody recorded."""
    tell(tmp_path)
    saga, runtime = opened(tmp_path)
    with runtime:
        approved, declined = runtime.load(saga, "A-1"), runtime.load(saga, "A-2")
    assert isinstance(approved, Completed)
    assert approved.result == Charged(Order("A-1", 89_900), "charge-2")
    assert [one.outcome for one in approved.state.step_timings if one.path == "charge"] == ["interrupted", "returned"]
    assert isinstance(declined, RolledBack)
    assert declined.failure.code == "declined"
    assert [one.path for one in declined.undone] == ["reserve"]
    assert Bank(tmp_path / "bank.txt").lines() == [
        "hold-1 89900",
        "charge-2 hold-1",
        "hold-3 75000",
        "release-4 hold-3",
    ]
    told = capsys.readouterr().out
    assert len(set(re.findall(r"process (\d+) ", told))) == 3
    assert "was killed while it charged" in told


def test_told_in_a_terminal_it_fits_one(tmp_path: Path) -> None:
    """Plain ASCII, 80 columns, one screen; a temporary folder leaves nothing behind."""
    command = (sys.executable, "-m", "resaga", "demo")
    told = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=told)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 48
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    """Nobody's files are overwritten."""
    (tmp_path / "A-1.json").write_text("mine")
    with pytest.raises(DemoFailed, match="not empty"):
        tell(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["A-1.json"]


def test_the_other_process_needs_the_two_files_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It answers, and goes on."""
    saga, runtime = opened(tmp_path)
    with runtime:
        assert isinstance(runtime.run(saga, Order("B-1", 60_000), id="B-1"), Paused)
        answer(tmp_path, "B-1", ok=False)
        assert isinstance(runtime.load(saga, "B-1"), RolledBack)
    take_over(tmp_path, "B-1")
    told = capsys.readouterr().out
    assert "answered no: rolled back" in told
    assert "took it over: rolled back" in told


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
