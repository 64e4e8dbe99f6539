"""A process that writes down what others tell it, and outlives them all: the world, as far as workers touch it."""

import os
import select
import socket
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self, final

from tests.stores import children

HEARD: Final = b"."
END: Final = b"end"


@final
class Ledger:
    """Told a line, it has it for good; whoever told it may die meanwhile."""

    def __init__(self, directory: Path) -> None:
        self._address = str(directory / "ledger.socket")
        self._file = directory / "ledger"
        self._file.touch()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self._address)
        self._listener.listen()
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self._read = 0
        self._home = os.getpid()
        self._child = children.begin(self._listen)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._said(END + b"\n")
        assert children.end(self._child) == 0
        self._listener.close()

    def tell(self, *words: object) -> None:
        """Write it down; it is there when this returns. To be called in one process only, which need not be this."""
        with self._lock:
            if self._line is None:
                self._line = socket.socket(socket.AF_UNIX)
                self._line.connect(self._address)
            self._line.sendall(" ".join(map(str, words)).encode() + b"\n")
            assert self._line.recv(1) == HEARD

    def lines(self) -> list[list[str]]:
        """All there is; what the dead have said last is in it."""
        self._said(b"\n")
        return [line.split(" ") for line in self._file.read_text().splitlines()]

    def news(self) -> list[list[str]]:
        """What came since this was asked last."""
        self._said(b"\n")
        with self._file.open() as file:
            file.seek(self._read)
            lines = file.read().splitlines()
            self._read = file.tell()
        return [line.split(" ") for line in lines]

    def _said(self, words: bytes) -> None:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(60)
            line.connect(self._address)
            line.sendall(words)
            assert line.recv(1) == HEARD

    def _listen(self) -> None:
        """Hear all, those who came first before the others: who asks last knows what the dead have said."""
        lines: dict[socket.socket, bytes] = {}
        with self._file.open("ab", buffering=0) as file:
            while os.getppid() == self._home:
                ready, _, _ = select.select([self._listener, *lines], [], [], 1)
                for line in [line for line in lines if line in ready]:
                    try:
                        heard = line.recv(1 << 16)
                    except ConnectionResetError:  # it died before it heard us
                        heard = b""
                    if not heard:
                        del lines[line]
                        line.close()
                        continue
                    *whole, lines[line] = (lines[line] + heard).split(b"\n")
                    for words in whole:
                        file.write(words + b"\n" if words else b"")
                        with suppress(BrokenPipeError):
                            line.sendall(HEARD)
                    if END in whole:
                        return
                if self._listener in ready:
                    lines[self._listener.accept()[0]] = b""
