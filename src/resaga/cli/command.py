"""`resaga`: which commands there are, and what a shell is told when one fails."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, NoReturn, final

from resaga.cli.demo import DemoFailed, answer, take_over, tell
from resaga.errors import ResagaError

FAILED: Final = 1
INTERRUPTED: Final = 130
"""What a shell says of a program that SIGINT ended."""


@final
class _Parser(ArgumentParser):
    """One that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; {self.prog} --help tells more\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status; wrong arguments and `--help` end in `SystemExit`."""
    parser = _parser()
    told = parser.parse_args(arguments)
    try:
        status = _run(parser, told)
        sys.stdout.flush()  # here, where a reader that went away can still be told of
    except KeyboardInterrupt:
        print("resaga: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at the end of Python
        return FAILED
    except OSError as error:
        print(f"resaga: {error.filename or 'the system'}: {error.strerror}", file=sys.stderr)
        return FAILED
    except (DemoFailed, ResagaError) as error:
        print(f"resaga: {error}", file=sys.stderr)
        return FAILED
    return status


def _run(parser: _Parser, told: Namespace) -> int:
    if told.command != "demo":
        parser.print_help()
    elif told.take_over:
        take_over(told.dir or Path(), told.order)
    elif told.answer is None:
        tell(told.dir)
    else:
        answer(told.dir or Path(), told.order, ok=told.answer == "yes", dies=told.die)
    return 0


def _parser() -> _Parser:
    parser = _Parser("resaga", description="Typed, resumable sagas whose executions are plain JSON.")
    parser.add_argument("--version", action="version", version=f"resaga {_version()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    demo = commands.add_parser(
        "demo",
        help="a checkout that pauses for a person, survives a killed process, and one that rolls back",
        description="Two checkouts. One is approved, by a process that dies, and finished by another; one is declined.",
    )
    demo.add_argument("--dir", type=Path, help="an empty folder to keep the files in (else a temporary one)")
    demo.add_argument("--answer", choices=("yes", "no"), help="be the other process: answer a paused order")
    demo.add_argument("--die", action="store_true", help="with --answer: be killed in the middle of the charge")
    demo.add_argument("--take-over", action="store_true", help="be one more process: finish what that one left")
    demo.add_argument("--order", default="A-1", metavar="ID", help="which order to answer (%(default)s)")
    return parser


def _version(package: str = "resaga") -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"
