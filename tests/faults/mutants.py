"""The tests test: bugs are seeded into copies of the engine, and the tests named for each must notice it.

    python tests/faults/mutants.py                      # all of them
    python tests/faults/mutants.py late-answer-accepted # these

A bug is a small edit of the sources, in a file of `bugs/`, with the promise that it breaks. An old text that is
not found exactly once is an error: a bug that can no longer be seeded proves nothing.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple, final

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCES: Final = ROOT / "src" / "resaga"
BUGS: Final = Path(__file__).with_name("bugs")

AT_ONCE: Final = 2
PATIENCE: Final = 180
"""Seconds that the tests of one bug may take."""

FAILED: Final = 1
"""What pytest ends with if a test failed; with other numbers it could not run them."""

NOTICED: Final = re.compile(r"^FAILED (\S+(?: \S+)*?)(?: - .*)?$", re.MULTILINE)


class Rotten(Exception):
    """A bug can no longer be seeded: the sources have changed under it."""


@final
class Edit(NamedTuple):
    """One text of one file that becomes another."""

    file: str
    old: str
    new: str


@final
class Bug(NamedTuple):
    """A mistake that the engine might have, the promise that it breaks, and the tests that must notice."""

    name: str
    breaks: str
    caught_by: Sequence[str]
    edits: Sequence[Edit]


@final
class Verdict(NamedTuple):
    """What came of one bug: the test that noticed it, or why none is known to have."""

    bug: Bug
    noticed_by: str | None
    why_not: str = ""

    def __str__(self) -> str:
        if self.noticed_by:
            return f"{self.bug.name}: caught by {self.noticed_by}"
        return f"{self.bug.name}: {self.why_not}\n    {self.bug.breaks}"


def known() -> dict[str, Bug]:
    """All bugs, by name."""
    found: dict[str, Bug] = {}
    for file in sorted(BUGS.glob("*.toml")):
        for name, said in tomllib.loads(file.read_text("utf-8")).items():
            if name in found:
                raise Rotten(f"{name}: there are two bugs of this name.")
            found[name] = _bug(name, **said)
    return found


def _bug(name: str, *, breaks: str, caught_by: Sequence[str], edits: Sequence[Mapping[str, str]]) -> Bug:
    return Bug(name, breaks, caught_by, [Edit(**edit) for edit in edits])


def edited(bug: Bug, sources: Path = SOURCES) -> Iterator[tuple[str, str]]:
    """The files of a bug with their new texts."""
    texts: dict[str, str] = {}
    for edit in bug.edits:
        text = texts.get(edit.file) or (sources / edit.file).read_text("utf-8")
        if (count := text.count(edit.old)) != 1:
            raise Rotten(f"{bug.name}: {edit.file} has this {count} times, not once:\n{edit.old}")
        texts[edit.file] = text.replace(edit.old, edit.new)
    yield from texts.items()


def rotten(bugs: Iterable[Bug]) -> Iterator[str]:
    """What is wrong with the bugs that cannot be seeded into the sources as they are."""
    for bug in bugs:
        try:
            list(edited(bug))
        except Rotten as error:
            yield str(error)


def seed(bug: Bug, engine: Path) -> None:
    """Put a bug into a copy of the engine."""
    for file, text in edited(bug, engine):
        (engine / file).write_text(text, "utf-8")


def copied(folder: Path) -> Path:
    """A copy of the engine."""
    return Path(shutil.copytree(SOURCES, folder / "resaga", ignore=shutil.ignore_patterns("__pycache__")))


def tried(folder: Path, files: Iterable[str], patience: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run these tests on the engine in that folder, until one fails."""
    quiet = ("-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", "no:randomly")
    environment = os.environ | {
        "PYTHONPATH": str(folder),
        "HYPOTHESIS_PROFILE": "ci",  # the same each time
        "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),  # what fails here fails on purpose
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", *quiet, *files],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=patience,
    )


def verdict(bug: Bug) -> Verdict:
    """Seed a bug, and see whether its tests notice."""
    with TemporaryDirectory(prefix="resaga-bug-") as name:
        seed(bug, copied(Path(name)))
        try:
            ran = tried(Path(name), bug.caught_by, PATIENCE)
        except subprocess.TimeoutExpired:
            return Verdict(bug, None, f"NOT TOLD: its tests did not end within {PATIENCE} seconds")
    noticed = NOTICED.search(ran.stdout)
    if ran.returncode == FAILED and noticed:
        return Verdict(bug, noticed[1])
    if ran.returncode == 0:
        return Verdict(bug, None, "SURVIVED")
    return Verdict(bug, None, f"NOT TOLD: pytest ended with {ran.returncode}\n{ran.stdout}{ran.stderr}")


def unbroken(bugs: Iterable[Bug]) -> str | None:
    """What is wrong with the engine as it is: only tests that pass on it can notice a bug."""
    files = sorted({file for bug in bugs for file in bug.caught_by})
    with TemporaryDirectory(prefix="resaga-sound-") as name:
        copied(Path(name))
        ran = tried(Path(name), files)
    return None if ran.returncode == 0 else f"{ran.stdout}{ran.stderr}"


def main(names: Sequence[str], show: Callable[[str], None] = print) -> int:
    """Try the bugs of these names, or all; 1 if one is not caught."""
    bugs = known()
    if unknown := [name for name in names if name not in bugs]:
        show(f"there is no bug called {', '.join(unknown)}; there are:\n" + "\n".join(bugs))
        return 2
    wanted = [bugs[name] for name in names] or list(bugs.values())
    if stale := list(rotten(wanted)):
        show("\n".join(stale))
        return 1
    if wrong := unbroken(wanted):
        show(f"the tests fail on the engine as it is:\n{wrong}")
        return 1
    survived = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for one in pool.map(verdict, wanted):
            survived += one.noticed_by is None
            show(str(one))
    show(f"{len(wanted) - survived} passed, {survived} failed")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
