"""What both tables of peers share: the command line, an environment for each peer, and what its worker prints."""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from environment import Broken, Environment

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OURSELVES = os.environ.get("RESAGA_WHEEL") or str(ROOT)


def command_line(names: Sequence[str], cache: str) -> argparse.ArgumentParser:
    """Make the parser: which peers, whether to be strict, where the environments are."""
    parser = argparse.ArgumentParser(description="Measure resaga beside its peers.")
    parser.add_argument("peers", nargs="*", metavar="peer", help=f"of {', '.join(names)}")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a peer could not be measured")
    parser.add_argument("--cache", type=Path, default=ROOT / ".nox" / cache, help="the folder of environments")
    return parser


def parsed(parser: argparse.ArgumentParser, names: Sequence[str]) -> argparse.Namespace:
    """Read the command line; no peer named means every one."""
    arguments = parser.parse_args()
    unknown = set(arguments.peers) - set(names)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    arguments.peers = arguments.peers or list(names)
    return arguments


def environment(
    cache: Path, name: str, requirements: tuple[str, ...], least: tuple[int, int] = (3, 11)
) -> Environment | str:
    """Make it, or say why not; of this Python, or of the least that will do."""
    enough = sys.version_info >= least
    number = ".".join(map(str, sys.version_info[:2] if enough else least))
    interpreter = sys.executable if enough else f"python{number}"
    made = Environment(cache.resolve() / f"{name}-py{number}", requirements, interpreter)
    try:
        made.prepare()
    except Broken as broken:
        return f"not installed: {broken}"
    return made


def printed(made: Environment | str, *arguments: str) -> Mapping[str, Any] | str:
    """Run a worker and return the JSON of its last line, or the reason why there is none."""
    if isinstance(made, str):
        return made
    try:
        seen = json.loads(made.run(*arguments).splitlines()[-1])
    except Broken as broken:
        return str(broken)
    except (IndexError, ValueError) as odd:
        return f"its worker printed something else: {odd}"
    return seen if isinstance(seen, dict) else f"its worker printed something else: {seen}"
