"""The story: each checkout begins in this process and ends in another; what they share is two files."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from resaga import Completed, Paused, Saga, Sync
from resaga.cli.demo.bank import Bank
from resaga.cli.demo.checkout import Approval, Charged, Order, approval, checkout
from resaga.cli.timeline import timeline

COMMAND: Final = (sys.executable, "-m", "resaga", "demo")


class DemoFailed(Exception):
    """The story cannot be told to its end."""


def tell(folder: Path | None = None) -> None:
    """Tell both checkouts on files in that folder, which must be empty, or in a temporary one."""
    if folder is None:
        with TemporaryDirectory(prefix="resaga-demo-") as temporary:
            _tell(Path(temporary))
        return
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise DemoFailed(f"{folder} is not empty; give an empty folder, or a new one.")
    _tell(folder)
    print(f"The files are in {folder}")


def answer(folder: Path, order_id: str, *, ok: bool) -> None:
    """Be the other process: load the document, answer its question, go on, and write the document again."""
    document = folder / f"{order_id}.json"
    paused = _saga(folder).load_paused(document.read_bytes())
    outcome = paused.answer(approval, Approval(ok, by="ann"), by="ann").resume()
    document.write_bytes(outcome.dump())
    print(f"process {os.getpid()} answered {'yes' if ok else 'no'}: {outcome.status.value}")


def _tell(folder: Path) -> None:
    saga = _saga(folder)
    print(saga.listing())
    _checkout(saga, folder, Order("A-1", 89_900), "yes")
    _checkout(saga, folder, Order("A-2", 75_000), "no")
    print("\nWhat the bank did, each once:\n  " + "; ".join(Bank(folder / "bank.txt").lines()))


def _checkout(saga: Saga[Order, Charged, Sync], folder: Path, order: Order, said: str) -> None:
    paused = saga.new(order, id=order.id).start()
    if not isinstance(paused, Paused):
        raise DemoFailed(f"{paused!r} should have paused.")
    document = folder / f"{order.id}.json"
    document.write_bytes(paused.dump())
    size, rows = document.stat().st_size, len(paused.state.trail)
    print(f"\n{order.id}, {order.cents / 100:.2f}")
    print(f"  process {os.getpid()} paused it at {paused.why.path}; {document.name} has {size:,} bytes")
    print(f"  {_other_process(folder, order.id, said)}\n")
    outcome = saga.load(document.read_bytes())
    print(timeline(outcome.state, (rows,)))
    if isinstance(outcome, Completed):
        print(f"  result: {outcome.result}")


def _other_process(folder: Path, order_id: str, said: str) -> str:
    told = (f"--dir={folder}", f"--answer={said}", f"--order={order_id}")
    child = subprocess.run((*COMMAND, *told), capture_output=True, text=True, check=False)  # noqa: S603 - it is ourselves
    if child.returncode != 0:
        raise DemoFailed(f"the other process ended with status {child.returncode}: {child.stderr.strip()}")
    return child.stdout.strip()


def _saga(folder: Path) -> Saga[Order, Charged, Sync]:
    return checkout(Bank(folder / "bank.txt"))
