"""The saga of the demo: reserve, ask a manager if it is much, charge; take it all back if it fails."""

import os
import signal
from datetime import timedelta
from typing import final

from attrs import frozen

from resaga import Attempt, Rejected, Retry, Saga, Sync, gate, only, read, step
from resaga.cli.demo.bank import Bank

MANAGER_FROM_CENTS = 50_000


@frozen
class Order:
    """What somebody wants to buy."""

    id: str
    cents: int


@frozen
class Held:
    """The money is set aside."""

    order: Order
    hold: str


@frozen
class Large:
    """It is so much that a manager has to say yes."""

    held: Held


@frozen
class Cleared:
    """Somebody, or the policy, said yes."""

    held: Held
    by: str


@frozen
class Charged:
    """The money is taken."""

    order: Order
    receipt: str


@frozen
class Approval:
    """What a manager answers."""

    ok: bool
    by: str


@final
class Till:
    """The steps that need the bank: methods over a client."""

    def __init__(self, bank: Bank, *, dies: bool = False) -> None:
        self.bank = bank
        self.dies = dies

    def reserve(self, order: Order, attempt: Attempt) -> Held:
        """Set the money aside."""
        return Held(order, self.bank.hold(order.cents, attempt.key))

    def release(self, held: Held, attempt: Attempt) -> None:
        """Take back `reserve`."""
        self.bank.release(held.hold, attempt.key)

    def charge(self, cleared: Cleared, attempt: Attempt) -> Charged:
        """Take the money; nobody can take that back."""
        receipt = self.bank.charge(cleared.held.hold, attempt.key)
        if self.dies:  # the money is taken, and nobody has written that down
            os.kill(os.getpid(), signal.SIGKILL)
        return Charged(cleared.held.order, receipt)


@read
def policy(held: Held) -> Large | Cleared:
    """A large order needs a manager."""
    return Large(held) if held.order.cents > MANAGER_FROM_CENTS else Cleared(held, by="policy")


@gate
def approval(asked: Large, answer: Approval) -> Cleared:
    """Whether a manager says yes."""
    if not answer.ok:
        raise Rejected(f"declined by {answer.by}", code="declined")
    return Cleared(asked.held, answer.by)


def checkout(bank: Bank, *, dies: bool = False) -> Saga[Order, Charged, Sync]:
    """The saga, over that bank; a process that `dies` is killed in the middle of the charge."""
    till = Till(bank, dies=dies)
    reserve = step(retry=Retry(3, delay=timedelta(milliseconds=50)))(till.reserve)
    charge = step(retry=Retry(3))(till.charge)  # with the same key the bank does it once, so it may be repeated
    return Saga(
        "checkout",
        reserve.undone_by(till.release) >> policy >> only(Large, approval) >> charge.irreversible(),
    )
