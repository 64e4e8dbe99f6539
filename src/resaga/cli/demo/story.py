"""The story: each checkout begins in this process and ends in another; what they share is a database and a bank."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

from resaga import Completed, Paused, Saga, Sync
from resaga.cli.demo.bank import Bank
from resaga.cli.demo.checkout import Approval, Charged, Order, approval, checkout
from resaga.cli.timeline import timeline
from resaga.runtime import BlockingRuntime
from resaga.stores.sqlite import SqliteStore

Checkout: TypeAlias = Saga[Order, Charged, Sync]

COMMAND: Final = (sys.executable, "-m", "resaga", "demo")

LEASE: Final = timedelta(seconds=0.6)
"""How long a process that gives no sign is taken to be alive: in the demo nobody wants to wait for half a minute."""

PATIENCE_SECONDS: Final = 20.0


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


def answer(folder: Path, order_id: str, *, ok: bool, dies: bool = False) -> None:
    """Be another process: answer the question, and go on; one that `dies` is killed in the middle of that."""
    with _runtime(folder, _saga(folder, dies=dies)) as runtime:
        runtime.answer(order_id, approval, Approval(ok, by="ann"), by="ann")
        runtime.tick()
        print(f"process {os.getpid()} answered {'yes' if ok else 'no'}: {runtime.get(order_id).status}")


def take_over(folder: Path, order_id: str) -> None:
    """Be one more process: go on with what another left, as soon as it is taken for dead."""
    with _runtime(folder, _saga(folder)) as runtime:
        until = time.monotonic() + PATIENCE_SECONDS
        while (status := runtime.get(order_id).status) == "running" and time.monotonic() < until:
            runtime.tick()
            time.sleep(LEASE.total_seconds() / 10)
        print(f"process {os.getpid()} took it over: {status}")


def _tell(folder: Path) -> None:
    saga = _saga(folder)
    print(saga.listing())
    _checkout(saga, folder, Order("A-1", 89_900), ("--answer=yes", "--die"), ("--take-over",))
    _checkout(saga, folder, Order("A-2", 75_000), ("--answer=no",))
    print("\nWhat the bank did, each once:\n  " + "; ".join(Bank(folder / "bank.txt").lines()))


def _checkout(saga: Checkout, folder: Path, order: Order, *others: tuple[str, ...]) -> None:
    with _runtime(folder, saga) as runtime:
        paused = runtime.run(saga, order, id=order.id)
        if not isinstance(paused, Paused):
            raise DemoFailed(f"{paused!r} should have paused.")
        print(f"\n{order.id}, {order.cents / 100:.2f}")
        print(f"  process {os.getpid()} paused it at {paused.why.path}; it is kept in {_database(folder).name}")
        rows = [len(paused.state.trail)]
        for told in others:
            print(f"  {_other_process(folder, order.id, told)}")
            rows.append(len(runtime.load(saga, order.id).state.trail))
        outcome = runtime.load(saga, order.id)
    print("\n" + timeline(outcome.state, rows[:-1]))
    if isinstance(outcome, Completed):
        print(f"  result: {outcome.result}")


def _other_process(folder: Path, order_id: str, told: tuple[str, ...]) -> str:
    command = (*COMMAND, f"--dir={folder}", f"--order={order_id}", *told)
    child = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - it is ourselves
    if child.returncode == -signal.SIGKILL and "--die" in told:
        return "another process answered yes, and was killed while it charged"
    if child.returncode != 0:
        raise DemoFailed(f"the other process ended with status {child.returncode}: {child.stderr.strip()}")
    return child.stdout.strip()


def _saga(folder: Path, *, dies: bool = False) -> Checkout:
    return checkout(Bank(folder / "bank.txt"), dies=dies)


def _runtime(folder: Path, saga: Checkout) -> BlockingRuntime:
    return BlockingRuntime(SqliteStore(_database(folder)), [saga], lease=LEASE)


def _database(folder: Path) -> Path:
    return folder / "checkout.db"
