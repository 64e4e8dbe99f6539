"""A wire to a server that can be cut: between the question and its answer, or before either."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

CHUNK = 1 << 16


class Wire:
    """Passes on what comes to `port`, until it is cut."""

    def __init__(self, beyond: int) -> None:
        self._beyond = beyond
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._sockets: list[socket.socket] = []
        self._cut_in = 0
        self._mute = False
        self._away = False
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    def cut_in(self, questions: int, *, answered: bool) -> None:
        """Cut it at that question from now: before the server hears it, or when it has answered, unheard."""
        self._cut_in, self._mute = questions, answered

    @property
    def questions_left(self) -> int:
        """So many until it is cut; it was, if none are."""
        return self._cut_in

    def hang_up(self) -> None:
        """Cut all there is, and whoever comes anew."""
        self._away = True
        self.cut()

    def answer_again(self) -> None:
        """Connect those who come."""
        self._away = False

    def cut(self) -> None:
        """Cut all there is; who comes anew is connected."""
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Cut it for good."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        self.cut()
        for each in self._threads:
            each.join()
        for one in self._sockets:
            one.close()

    def _listen(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(near)
            if self._away:
                near.shutdown(socket.SHUT_RDWR)
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._beyond))
            except OSError:
                near.shutdown(socket.SHUT_RDWR)
                continue
            self._sockets.append(far)
            muted = threading.Event()
            for pump in (self._ask, self._answer):
                self._threads.append(threading.Thread(target=pump, args=(near, far, muted), daemon=True))
                self._threads[-1].start()

    def _ask(self, near: socket.socket, far: socket.socket, muted: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while asked := near.recv(CHUNK):
                self._cut_in -= 1
                if self._cut_in == 0:
                    if not self._mute:
                        break
                    muted.set()
                far.sendall(asked)
        self._end(near, far)

    def _answer(self, near: socket.socket, far: socket.socket, muted: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while (answered := far.recv(CHUNK)) and not muted.is_set():
                near.sendall(answered)
        self._end(near, far)

    def _end(self, *sockets: socket.socket) -> None:
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire(beyond: int) -> Iterator[Wire]:
    """A wire to that port."""
    made = Wire(beyond)
    try:
        yield made
    finally:
        made.close()
