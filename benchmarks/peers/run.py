"""Measure resaga beside its peers: the same ten no-op steps in each, one environment per peer, one table.

    python benchmarks/peers/run.py                 # everything
    python benchmarks/peers/run.py resaga saga_py  # these only
    python benchmarks/peers/run.py --strict        # a peer that fails fails the run

Needs the standard library only. What a worker chose, and what it switched off, stands in its docstring.
`RESAGA_WHEEL` names the wheel to measure; without it the checkout is installed.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runner import HERE, OURSELVES, command_line, environment, parsed, printed
from table import Measured, Row, rendered


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
    names = [peer.name for peer in PEERS]
    arguments = parsed(command_line(names, "peers"), names)
    wanted = [peer for peer in PEERS if peer.name in arguments.peers]
    rows = [row for peer in wanted for row in measured(peer, arguments.cache)]
    print(rendered(rows))
    return int(arguments.strict and any(isinstance(row.seen, str) for row in rows))


def measured(peer: Peer, cache: Path) -> Iterator[Row]:
    """Measure one peer in each of its modes, one after the other: two at once would disturb each other."""
    made = environment(cache, peer.name, (peer.requirement,))
    for mode in peer.modes:
        print(f"… {peer.name}, {mode}", file=sys.stderr, flush=True)
        seen = printed(made, str(peer.worker), mode)
        outcome = seen if isinstance(seen, str) else Measured(**seen)
        yield Row(peer.name, mode, peer.timings, peer.dump, peer.awaits, outcome)


if __name__ == "__main__":
    sys.exit(main())
