"""Measure resaga beside its peers: the same ten no-op steps in each, one environment per peer, one table.

    python benchmarks/peers/run.py                 # everything
    python benchmarks/peers/run.py resaga saga_py  # these only
    python benchmarks/peers/run.py --strict        # a peer that fails fails the run

Needs the standard library only. What a worker chose, and what it switched off, stands in its docstring.
`RESAGA_WHEEL` names the wheel to measure; without it the checkout is installed.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from environment import Broken, Environment
from table import Measured, Row, rendered

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OURSELVES = os.environ.get("RESAGA_WHEEL") or str(ROOT)


@dataclass(frozen=True)
class Peer:
    """A library, its pin, and what its documentation says that it keeps."""

    name: str
    requirement: str
    modes: tuple[str, ...]
    timings: str
    dump: str

    @property
    def worker(self) -> Path:
        """The script that measures it."""
        return HERE / f"{self.name.replace('-', '_')}_worker.py"

    @property
    def awaits(self) -> str:
        """Say whether it is async."""
        if self.modes == BOTH:
            return "both"
        return "only" if self.modes == ("awaiting",) else "no"


BOTH = ("blocking", "awaiting")
PEERS = (
    Peer("resaga", OURSELVES, BOTH, timings="yes", dump="yes"),
    Peer("saga_py", "saga_py==1.1.0", ("blocking",), timings="no", dump="no"),
    Peer("simple-saga", "simple-saga==0.1.6", BOTH, timings="no", dump="no"),
    Peer("burr", "burr==0.42.0", BOTH, timings="extra", dump="yes"),
    Peer("pydantic-graph", "pydantic-graph==2.68.0", ("awaiting",), timings="extra", dump="no"),
    Peer("langgraph", "langgraph==1.2.22", BOTH, timings="extra", dump="extra"),
)


def main() -> int:
    """Measure the peers asked for and print the table; with --strict, 1 if one failed."""
    arguments = parsed()
    wanted = [peer for peer in PEERS if not arguments.peers or peer.name in arguments.peers]
    rows = [row for peer in wanted for row in measured(peer, arguments.cache)]
    print(rendered(rows))
    return int(arguments.strict and any(isinstance(row.seen, str) for row in rows))


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure resaga beside its peers.")
    names = [peer.name for peer in PEERS]
    parser.add_argument("peers", nargs="*", metavar="peer", help=f"of {', '.join(names)}")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a peer could not be measured")
    parser.add_argument("--cache", type=Path, default=ROOT / ".nox/peers", help="the folder of environments")
    arguments = parser.parse_args()
    unknown = set(arguments.peers) - set(names)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return arguments


def measured(peer: Peer, cache: Path) -> Iterator[Row]:
    """Measure one peer in each of its modes, one after the other: two at once would disturb each other."""
    tag = f"{peer.name}-py{sys.version_info.major}.{sys.version_info.minor}"
    environment = Environment(cache.resolve() / tag, peer.requirement)
    refused = failure(environment)
    for mode in peer.modes:
        print(f"… {peer.name}, {mode}", file=sys.stderr, flush=True)
        outcome = refused or seen(environment, peer.worker, mode)
        yield Row(peer.name, mode, peer.timings, peer.dump, peer.awaits, outcome)


def failure(environment: Environment) -> str | None:
    """Make the environment, and return the reason if that fails."""
    try:
        environment.prepare()
    except Broken as broken:
        return f"not installed: {broken}"
    return None


def seen(environment: Environment, worker: Path, mode: str) -> Measured | str:
    """Return what the worker saw, or the reason why it saw nothing."""
    try:
        printed = environment.run(str(worker), mode)
        return Measured(**json.loads(printed.splitlines()[-1]))
    except Broken as broken:
        return str(broken)
    except (IndexError, TypeError, ValueError) as odd:
        return f"its worker printed something else: {odd}"


if __name__ == "__main__":
    sys.exit(main())
