"""The world outside, as processes touch it: a file that outlives them, and the server."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Final, NamedTuple, final

from resaga.codec import journal
from resaga.codec.document import opened
from resaga.core.errors import StoreError
from resaga.core.fact import BITS, COMPLETIONS, MASK, Fact
from resaga.core.node import EFFECTS
from resaga.core.program import Program
from resaga.runtime.life import WORKER
from resaga.stores.postgres import PostgresStore
from resaga.stores.store import Append

CALLED: Final = "called"
APPLIED: Final = "applied"
FAILED: Final = "failed"


class Line(NamedTuple):
    """What was done to which execution: a body was called, with its key; or an append, with its rows."""

    what: str
    id: str
    said: str
    number: int
    codes: list[int]
    whole: bool


@final
class Ledger:
    """Lines, in the order in which they happened; any number of processes may write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._lock = Lock()

    def write(  # noqa: PLR0913 - a line has all of these
        self, what: str, id_: str, said: str, number: int = 0, codes: Sequence[int] = (), *, whole: bool = False
    ) -> None:
        """It is there when this returns."""
        line = f"{what} {id_} {said} {number} {','.join(map(str, codes))} {int(whole)}\n".encode()
        with self._lock:
            assert os.write(self._file, line) == len(line)

    def lines(self) -> Iterator[Line]:
        """All there is."""
        with self._path.open() as file:
            for line in file:
                what, id_, said, number, codes, whole = line.rstrip("\n").split(" ")
                yield Line(what, id_, said, int(number), [int(code) for code in codes.split(",") if code], whole == "1")

    def close(self) -> None:
        os.close(self._file)


@final
class Noted:
    """A store in PostgreSQL; what it says was applied, and that it failed, is in the ledger."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        self.inner = PostgresStore(url)
        self.ledger = ledger

    def append(self, batch: Sequence[Append], /) -> list[bool]:
        try:
            answers = self.inner.append(batch)
        except StoreError as error:
            self.ledger.write(FAILED, batch[0].id, type(error).__name__)
            raise
        for item, applied in zip(batch, answers, strict=True):
            if applied and item.status != WORKER:
                self._note(item)
        return answers

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self.inner, name)

    def wall_ns(self) -> int:
        return self.inner.wall_ns()

    def wait_for_due(self, seconds: float, /) -> bool:
        return self.inner.wait_for_due(seconds)

    def _note(self, item: Append) -> None:
        said, codes = item.status.replace(" ", "-"), list[int]()
        if item.snapshot is not None:
            codes = opened(item.snapshot).codes
        elif isinstance(entry := journal.opened(item.entry), journal.Step):
            codes = entry.codes
            said += "+taken-over" * entry.takeovers
        whole = item.snapshot is not None
        self.ledger.write(APPLIED, item.id, f"{said}-by:{item.owner}", item.revision, codes, whole=whole)


def judge(program: Program, lines: Sequence[Line], codes: Sequence[int], revision: int) -> None:
    """Nothing of one execution that was acknowledged is lost, and nothing was done twice."""
    called, known = list[str](), set[str]()
    for line in lines:
        if line.what == CALLED:
            assert line.said.partition(":")[0] not in known, f"{line} although it is recorded"
            called.append(line.said)
        known |= {word for code in line.codes for word in recorded(program, code)}
    assert len(called) == len(set(called)), f"called twice with one key: {lines}"
    done = {word for code in codes for word in recorded(program, code)}
    assert done <= {one.partition(":")[0] for one in called}, "recorded, and never called"
    applied = sorted((line for line in lines if line.what == APPLIED), key=lambda line: line.number)
    numbers = [line.number for line in applied]
    assert len(numbers) == len(set(numbers)), f"two made the same revision: {numbers}"
    assert max(numbers, default=0) <= revision, "the newest revision is lost"
    at = 0
    for line in applied:
        end = len(line.codes)
        at = 0 if line.whole else at
        while list(codes[at : at + end]) != line.codes:
            at += 1
            assert not line.whole, f"{line} is lost"
            assert at < len(codes), f"{line} is lost"
        at += end


def recorded(program: Program, code: int) -> Iterator[str]:
    """The body that is not called again, now that there is such a row."""
    one, fact = program.instructions[code >> BITS], code & MASK
    if fact in COMPLETIONS and one.body is not None and one.kind in EFFECTS:
        yield one.body.name
    if fact == Fact.UNDONE and one.undoing is not None:
        yield one.undoing.body.name
