"""The world outside: a bank that is a file, so that every process sees the same."""

from pathlib import Path
from typing import final


@final
class Bank:
    """Holds and charges. A request is known by its key: sent twice, it is done once."""

    def __init__(self, ledger: Path) -> None:
        self.ledger = ledger

    def hold(self, cents: int, key: str) -> str:
        """Set money aside; the first caller of all finds the line busy."""
        if not self.ledger.exists():
            self.ledger.touch()
            raise ConnectionError("the bank's line is busy")
        return self._once("hold", str(cents), key)

    def release(self, hold: str, key: str) -> None:
        """Give up a hold."""
        self._once("release", hold, key)

    def charge(self, hold: str, key: str) -> str:
        """Take what is held; gives the receipt."""
        return self._once("charge", hold, key)

    def lines(self) -> list[str]:
        """What was done, in order: its name, and what it was done with."""
        return [" ".join(line.split()[1:]) for line in self.ledger.read_text("utf-8").splitlines()]

    def _once(self, what: str, about: str, key: str) -> str:
        done = [line.split() for line in self.ledger.read_text("utf-8").splitlines()]
        for known, name, *_ in done:
            if known == key:
                return name
        name = f"{what}-{len(done) + 1}"
        with self.ledger.open("a", encoding="utf-8") as ledger:
            ledger.write(f"{key} {name} {about}\n")
        return name
