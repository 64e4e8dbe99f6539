"""Measure resaga beside its peers when each step is kept in SQLite: one environment per peer, one table.

    python benchmarks/peers/run_durable.py              # everything
    python benchmarks/peers/run_durable.py resaga burr  # these only
    python benchmarks/peers/run_durable.py --dir DIR    # on the disk of that folder: the disk is what is measured
    python benchmarks/peers/run_durable.py --strict     # a peer that fails fails the run

Needs the standard library only. What a worker chose, and what it switched off, stands in its docstring; how it is
timed, in durable/commits.py. `RESAGA_WHEEL` names the wheel to measure; without it the checkout is installed.
"""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from runner import HERE, OURSELVES, command_line, environment, parsed, printed
from table import drawn

ROUNDS = 51

HEADINGS = {
    "peer": "<",
    "version": "<",
    "Python": "<",
    "mode": "<",
    "step of raw": ">",
    "steps/s": ">",
    "undo of raw": ">",
    "undos/s": ">",
    "raw/s": ">",
    "paused bytes": ">",
}
NOTES = """\
raw      a one-row UPDATE and its commit on the same disk. "Of raw" is a speed: 1.0 would be as fast as that commit.
         Ratios are made in one process within one round, and are medians over the rounds: compare them down the
         column, times only within a row. The slower the disk, the less the CPU counts in them
step     a run of ten no-op steps, each kept before the next begins, from asking for it to its result, by ten
undo     a run whose eleventh step fails so that ten are undone, less the run of ten, by ten; keeping and reporting
         the failure is in it. - = no compensation in the library: its steps carry less, too
bytes    of all values of all rows that one run adds which has done its ten steps and waits for an answer; what is
         kept once for all runs and what SQLite adds (indexes, pages) are not in it
disk     WAL and synchronous=FULL everywhere. resaga sets both by itself. LangGraph sets WAL; Burr, LangGraph and
         python-saga-orchestrator are given a connection or an engine that has both. DBOS and edda set neither, so a
         listener does on what they open; out of the box theirs is a rollback journal
Python   python-saga-orchestrator asks for 3.12\
"""

Seen: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Peer:
    """A library, its pins, whether it is called or awaited, and the least Python that it runs on."""

    name: str
    requirements: tuple[str, ...]
    mode: str = "blocking"
    least: tuple[int, int] = (3, 11)

    @property
    def worker(self) -> Path:
        """The script that measures it."""
        return HERE / "durable" / f"{self.name.removeprefix('python-').replace('-', '_')}_worker.py"


PEERS = (
    Peer("resaga", (OURSELVES,)),
    Peer("burr", ("burr==0.42.0",)),
    Peer("langgraph", ("langgraph==1.2.22", "langgraph-checkpoint-sqlite==3.1.2")),
    Peer("dbos", ("dbos==3.4.0",)),
    Peer("edda", ("edda-framework==0.16.2",), mode="awaiting"),
    Peer(
        "python-saga-orchestrator",
        ("python-saga-orchestrator==0.7.3", "aiosqlite==0.22.1"),
        mode="awaiting",
        least=(3, 12),
    ),
)


def main() -> int:
    """Measure the peers asked for and print the table; with --strict, 1 if one failed."""
    names = [peer.name for peer in PEERS]
    parser = command_line(names, "peers_durable")
    parser.add_argument("--dir", type=Path, help="where to put the files; the disk is what is measured")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often each is timed, {ROUNDS} if not said")
    arguments = parsed(parser, names)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    wanted = [peer for peer in PEERS if peer.name in arguments.peers]
    rows = [(peer, measured(peer, arguments.cache, arguments.dir, arguments.rounds)) for peer in wanted]
    print(rendered(rows))
    print(f"\nMedians of {arguments.rounds} rounds; load average {load:.1f} before, {os.cpu_count()} processors")
    return int(arguments.strict and any(isinstance(seen, str) for _, seen in rows))


def measured(peer: Peer, cache: Path, folder: Path | None, rounds: int) -> Seen | str:
    """Measure one peer on files of its own, or say why not."""
    print(f"… {peer.name}", file=sys.stderr, flush=True)
    made = environment(cache, peer.name, peer.requirements, peer.least)
    with tempfile.TemporaryDirectory(dir=folder) as files:
        return printed(made, str(peer.worker), files, str(rounds))


def rendered(rows: Sequence[tuple[Peer, Seen | str]]) -> str:
    """Draw the table, best first, the reasons of what failed, and the notes."""
    ordered = sorted(rows, key=lambda row: 0.0 if isinstance(row[1], str) else -row[1]["step_of_raw"])
    lines = drawn(HEADINGS, [cells(peer, seen) for peer, seen in ordered])
    failed = [f"failed: {peer.name}: {seen}" for peer, seen in ordered if isinstance(seen, str)]
    return "\n".join([*lines, *failed, "", NOTES])


def cells(peer: Peer, seen: Seen | str) -> list[str]:
    """Write its row."""
    if isinstance(seen, str):
        return [peer.name, "", "", peer.mode, "failed", *[""] * 5]
    raw = 1 / seen["commit_s"]
    undo, size = seen["undo_of_raw"], seen["paused_bytes"]
    return [
        peer.name,
        seen["version"],
        seen["python"],
        peer.mode,
        f"{seen['step_of_raw']:.3f}",
        f"{1 / seen['step_s']:,.0f}",
        "-" if undo is None else f"{undo:.3f}",
        "-" if undo is None else f"{1 / seen['undo_s']:,.0f}",
        f"{raw:,.0f}",
        "-" if size is None else f"{size:,}",
    ]


if __name__ == "__main__":
    sys.exit(main())
