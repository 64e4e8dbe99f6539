"""One environment per peer, in a cache folder: made by uv where it is found, else by venv and pip."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

INSTALL_SECONDS = 900
WORK_SECONDS = 300


class Broken(Exception):
    """A command failed; says which and the last thing that it said."""


@dataclass(frozen=True)
class Environment:
    """A folder with a Python of its own and what is required installed."""

    folder: Path
    requirements: tuple[str, ...]
    interpreter: str = sys.executable
    """The Python that it is made of: a path, or a name to be looked for."""

    @property
    def python(self) -> Path:
        """Where its interpreter is."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def prepare(self) -> None:
        """Make it and install what is required, unless that was done before.

        The stamp is written last: what was interrupted is made anew. A path (our own wheel or checkout) may
        hold other code each time, so it is never taken from the cache.
        """
        stamp = self.folder / "installed.txt"
        local = any(Path(requirement).exists() for requirement in self.requirements)
        if not local and stamp.is_file() and stamp.read_text(encoding="utf-8") == "\n".join(self.requirements):
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        uv = _uv()
        if uv:
            make = [*uv, "venv", "--quiet", "--python", self.interpreter]
            install = [*uv, "pip", "install", "--quiet", "--python", str(self.python)]
            # uv keys its cache of built wheels by the folder, not by what is in it.
            install += ["--no-cache"] if local else []
        else:
            make = [self.interpreter, "-m", "venv"]
            install = [str(self.python), "-m", "pip", "install", "--quiet"]
        said(*make, str(self.folder), seconds=INSTALL_SECONDS)
        said(*install, *self.requirements, seconds=INSTALL_SECONDS)
        stamp.write_text("\n".join(self.requirements), encoding="utf-8")

    def run(self, *arguments: str) -> str:
        """Run its Python and return what it printed."""
        return said(str(self.python), *arguments, seconds=WORK_SECONDS)


def said(*command: str, seconds: float) -> str:
    """Run a command and return its output, or raise `Broken` with the reason it gave."""
    alone = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    try:
        done = subprocess.run(  # noqa: S603 - every command is written in this folder
            command, capture_output=True, check=False, encoding="utf-8", env=alone, timeout=seconds
        )
    except subprocess.TimeoutExpired as late:
        message = f"{Path(command[0]).name}: no answer in {seconds:.0f} s"
        raise Broken(message) from late
    except FileNotFoundError as missing:
        message = f"{command[0]}: not found"
        raise Broken(message) from missing
    if done.returncode != 0:
        raise Broken(_reason(done.stderr or done.stdout) or f"exit status {done.returncode}")
    return done.stdout


def _reason(printed: str) -> str:
    # An exception's own line first: installers print hints below it.
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    for pattern in (r"\w+(Error|Exception|Exit): \S", r"(?i)error: \S", r"\S"):
        for line in reversed(lines):
            if re.match(pattern, line):
                return line
    return ""


def _uv() -> list[str]:
    found = shutil.which("uv")
    if found:
        return [found]
    return [sys.executable, "-m", "uv"] if importlib.util.find_spec("uv") else []
