"""The only front door of the workshop: ``python -m nox`` does everything that a change must pass.

Sessions that are not run by default are listed by ``python -m nox --list``. The wheel is built once in
each run of nox, and what is tested, covered, documented and measured is that wheel; only ``lint`` and
``types`` read ``src``, and ``mutants`` breaks copies of it.
"""

import os
import platform
import re
import tempfile
from pathlib import Path

import nox

PYPROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PYPROJECT)
# Not benchmarks/peers: they import packages that live in environments of their own.
TYPED = ["src", "tests", "noxfile.py", *map(str, Path("benchmarks").glob("*.py"))]
FULLY_COVERED = ("core", "codec", "stores", "runtime")
SERVED = "src/resaga/stores/postgres*,src/resaga/stores/objects*"  # they need servers: `servers` demands them
PROOFS = "proof and not faults and not races"  # those have sessions of their own
SHARED = ("-n", "auto")
ALONE = ("-p", "no:randomly")  # one after the other, as each of them takes what there is
WHEELS = tempfile.TemporaryDirectory(prefix="resaga-wheel-")

nox.needs_version = ">=2025.11.12"
nox.options.sessions = ["lint", "types", "docs", "coverage", "tests", "proofs"]
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False


def show_pyenv_pythons() -> None:
    """Let pyenv answer for every Python that it has, the one that runs nox first; elsewhere, do nothing."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [path.name for path in root.glob("versions/3.*") if re.fullmatch(r"3\.\d+\.\d+", path.name)]
    newest_first = sorted(found, key=lambda name: [int(part) for part in name.split(".")], reverse=True)
    wanted = [name for name in newest_first if name.rpartition(".")[0] in PYTHONS]
    if wanted:
        wanted.sort(key=lambda name: name != platform.python_version())
        os.environ["PYENV_VERSION"] = ":".join(wanted)


def group(*names: str) -> tuple[str, ...]:
    """Answer with what a dependency group holds; pip learnt to read them only in 25.1."""
    return nox.project.dependency_groups(PYPROJECT, *names)


def wheel(session: nox.Session) -> str:
    """Build the wheel, once in each run of nox."""
    if not list(Path(WHEELS.name).glob("*.whl")):
        if session.venv_backend == "uv":
            session.run_install("uv", "build", "--quiet", "--wheel", "--out-dir", WHEELS.name, external=True)
        else:
            session.run_install("python", "-m", "pip", "wheel", "-qw", WHEELS.name, "--no-deps", ".")
    return str(next(Path(WHEELS.name).glob("*.whl"), "no wheel, as --no-install was given"))


def install_wheel(session: nox.Session, *groups: str) -> None:
    """Install the wheel, its dependencies and what the groups hold."""
    session.install(wheel(session), *group(*groups))


os.environ["UV_PYTHON_DOWNLOADS"] = "never"
show_pyenv_pythons()


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format, and that each room imports only what lies below it."""
    session.install(*group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports", "--no-cache", env={"PYTHONPATH": "src"})


@nox.session
def types(session: nox.Session) -> None:
    """Let mypy and pyright both read everything, the forbidden programs in tests/typing too."""
    session.install(*PYPROJECT["project"]["dependencies"], *group("types"))
    session.run("mypy", *TYPED)
    session.run("pyright", *session.posargs)
    session.run("pytest", "tests/typing", "-k", "mypy or pyright", env={"PYTHONPATH": "src"})  # tests runs the rest


@nox.session
def docs(session: nox.Session) -> None:
    """Build the docs with warnings as errors, and run the examples of README and docs."""
    install_wheel(session, "docs")
    session.run("sphinx-build", "-W", "--keep-going", "-qd", "docs/_build/trees", "docs", "docs/_build/html")
    session.run("pytest", "tests/test_docs_examples.py")


def cover(session: nox.Session, *options: str) -> None:
    """Run tests, and keep which branches they took."""
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *options, *session.posargs)
    session.run("coverage", "combine", "--quiet")


def demand_all(session: nox.Session, files: str, *options: str) -> None:
    """Fail where not every branch of them was taken."""
    session.run("coverage", "report", f"--include={files}", *options, "--fail-under=100")


@nox.session
def coverage(session: nox.Session) -> None:
    """Report branch coverage, and demand all of it in the core, the codec, the stores and the runtime."""
    install_wheel(session, "coverage")
    cover(session, *SHARED)
    session.run("coverage", "report")
    demand_all(session, ",".join(f"src/resaga/{room}/*" for room in FULLY_COVERED), f"--omit={SERVED}")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests on the built wheel, on each Python that is here."""
    install_wheel(session, "tests")
    session.run("pytest", *SHARED, *session.posargs)


def prove(session: nox.Session, marks: str, *options: str, seeds: str = "1", servers: bool = False) -> None:
    """Run what is marked like that on the built wheel, with that share of the seeds."""
    install_wheel(session, "tests", *(["servers"] if servers else []))
    marks += " and servers" if servers else " and not servers"
    session.run("pytest", "-m", marks, *options, *session.posargs, env={"RESAGA_SEEDS": seeds})


@nox.session
def proofs(session: nox.Session) -> None:
    """Run one seed in a hundred of the proofs: enough to see a broken machine."""
    prove(session, PROOFS, *SHARED, seeds="0.01")


@nox.session(default=False)
def proofs_full(session: nox.Session) -> None:
    """Run the proofs with every seed, on all cores; takes as long as it takes."""
    prove(session, PROOFS, *SHARED)


@nox.session(default=False)
def faults(session: nox.Session) -> None:
    """Kill and stop processes, let disks fail and clocks jump, and throw words that mean harm, at the full figure."""
    prove(session, "faults", *ALONE)


@nox.session(default=False)
def faults_postgres(session: nox.Session) -> None:
    """Do that to a real PostgreSQL."""
    prove(session, "faults", *ALONE, servers=True)


@nox.session(default=False)
def races(session: nox.Session) -> None:
    """Let many go on from one paused execution, in threads and in processes."""
    prove(session, "races", *ALONE)


@nox.session(default=False)
def races_servers(session: nox.Session) -> None:
    """Let them do that on a real PostgreSQL, and on objects."""
    prove(session, "races", *ALONE, servers=True)


@nox.session(default=False)
def scale(session: nox.Session) -> None:
    """Run what is very long, and very many at once; measures time, so nothing else should."""
    prove(session, "scale", *ALONE)


@nox.session(default=False)
def soak(session: nox.Session) -> None:
    """Look at what each of very many executions leaves behind."""
    prove(session, "soak", *ALONE)


@nox.session(default=False)
def servers(session: nox.Session) -> None:
    """Run the stores' tests on a real PostgreSQL, S3 API and Azurite, started by the tests; report what they cover."""
    install_wheel(session, "coverage", "servers")
    cover(session, "-m", "servers", "tests/stores", "tests/faults")
    demand_all(session, SERVED)


@nox.session(default=False)
def mutants(session: nox.Session) -> None:
    """Break the machine on purpose, one line at a time, and see that the tests notice."""
    install_wheel(session, "tests")
    session.run("python", "tests/faults/mutants.py", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure what a step costs."""
    install_wheel(session, "bench")
    session.run("python", "-m", "benchmarks.core", *session.posargs)


@nox.session(default=False)
def bench_durable(session: nox.Session) -> None:
    """Measure what a durable step costs; `-- --dir DIR` says on which disk, `--sync-ms MS` how slow it is."""
    install_wheel(session, "bench", "servers")
    session.run("python", "-m", "benchmarks.durable", *session.posargs)


@nox.session(default=False)
def bench_peers(session: nox.Session) -> None:
    """Measure the same sagas on other engines, each in an environment that the runner makes."""
    session.run("python", "benchmarks/peers/run.py", *session.posargs, env={"RESAGA_WHEEL": wheel(session)})


@nox.session(default=False)
def bench_durable_peers(session: nox.Session) -> None:
    """Measure the same where each step is kept in SQLite; `-- --dir DIR` says on which disk."""
    session.run("python", "benchmarks/peers/run_durable.py", *session.posargs, env={"RESAGA_WHEEL": wheel(session)})


@nox.session(default=False)
def changelog(session: nox.Session) -> None:
    """Turn the fragments in docs/changes into an entry of CHANGELOG.md (``-- --draft`` only shows it)."""
    session.install(*group("release"))
    session.run("towncrier", "build", "--version", PYPROJECT["project"]["version"], *session.posargs)
