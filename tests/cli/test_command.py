"""The command, as a shell meets it."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from resaga.cli import main
from resaga.cli.command import _version


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in a process of its own."""
    command = (sys.executable, "-m", "resaga", *arguments)
    return subprocess.run(command, capture_output=True, text=True, check=False)


def exit_status(*arguments: str) -> object:
    """What the command ends with where argparse ends it."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code


def test_imported_it_runs_nothing() -> None:
    """What goes through all modules of a package may import this one too."""
    assert import_module("resaga.__main__").main is main


@pytest.mark.parametrize("arguments", [(), ("--help",)], ids=["nothing", "help"])
def test_asked_for_help_it_names_its_commands(arguments: tuple[str, ...]) -> None:
    """Without a command, and with --help, it says what there is, and that is no failure."""
    done = run(*arguments)
    assert done.returncode == 0
    assert "demo" in done.stdout


def test_asked_for_its_version_it_gives_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The version is one line, installed or not."""
    assert exit_status("--version") == 0
    assert capsys.readouterr().out.startswith("resaga ")


def test_not_installed_it_says_so() -> None:
    """A source tree has no version."""
    assert _version("no-such-package-is-installed") == "(not installed)"


@pytest.mark.parametrize(
    "arguments",
    [
        ("dmeo",),
        ("--fast",),
        ("demo", "--answer", "perhaps"),
        ("demo", "--dir"),
        ("demo", "more"),
    ],
    ids=" ".join,
)
def test_a_wrong_argument_costs_one_line_and_status_2(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """What the shell was told wrong is said in one line, which names the help."""
    assert exit_status(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "--help" in said.err


def test_a_failure_costs_one_line_and_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An execution that is not there, or a database that is none, ends the command without a traceback."""
    answer = ["demo", f"--dir={tmp_path}", "--answer=yes"]
    assert main(answer) == 1
    (tmp_path / "checkout.db").write_bytes(b"{" * 4096)
    assert main(answer) == 1
    not_there, none = capsys.readouterr().err.splitlines()
    assert "'A-1'" in not_there
    assert none.startswith("resaga: ")
    assert "checkout.db" in none


def test_interrupted_it_says_so_and_ends_with_status_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C shows no traceback."""

    def interrupted(folder: Path | None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("resaga.cli.command.tell", interrupted)
    assert main(["demo"]) == 130
    assert capsys.readouterr().err == "resaga: interrupted\n"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    """`resaga demo | head -1` says nothing more."""
    command = (sys.executable, "-m", "resaga", "demo", f"--dir={tmp_path}")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        assert demo.stderr is not None
        demo.stdout.close()
        assert demo.wait() == 1
        assert demo.stderr.read() == ""
