"""What the types promise, as mypy and pyright see it: legal programs are clean, forbidden lines are errors.

Both checkers run once, on what is in `legal` and on a copy of what is in `forbidden` without its `ignore` comments.
"""

import ast
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest
from attrs import frozen

from resaga import Action, AsyncAction, Block, Saga, Sealed
from resaga.core.errors import ResagaError

ROOT = Path(__file__).parents[2]
LEGAL = sorted(Path(__file__).parent.glob("legal/*.py"))
FORBIDDEN = sorted(Path(__file__).parent.glob("forbidden/*.py"))
CASE = re.compile(
    r"^ *# \[(?P<name>[^]]+)\] (?P<promise>.+)\n"
    r" *# mypy says: (?P<mypy>.+)\n"
    r" *# pyright says: (?P<pyright>.+)\n"
    r" *(?P<code>.+?)  # type: ignore\[(?P<mypy_code>.+?)\]  # pyright: ignore\[(?P<rules>.+?)\]$",
    re.MULTILINE,
)
IGNORES = re.compile(r"  # type: ignore\[.+$", re.MULTILINE)


@frozen
class Case:
    """One forbidden line."""

    name: str
    file: Path
    line: int
    code: str
    says: Mapping[str, str]
    rules: Mapping[str, frozenset[str]]


@frozen
class Complaint:
    """One error of a checker, with the name of the kind that it is of."""

    line: int
    rule: str
    message: str


Complaints = Mapping[str, list[Complaint]]
"""What a checker says, by the name of the file; mypy may remember another path of the same file."""


def cases(file: Path) -> list[Case]:
    text = file.read_text("utf-8")
    return [
        Case(
            name=found["name"],
            file=file,
            line=text.count("\n", 0, found.end()) + 1,
            code=found["code"],
            says={"mypy": found["mypy"], "pyright": found["pyright"]},
            rules={
                "mypy": frozenset(found["mypy_code"].split(", ")),
                "pyright": frozenset(found["rules"].split(", ")),
            },
        )
        for found in CASE.finditer(text)
    ]


CASES = [case for file in FORBIDDEN for case in cases(file)]
HARMLESS = {"a block that changes the type", "blocking settle of an async step"}
"""What the types forbid for clarity's sake, and what would run."""
AT_THE_DOOR = [
    case
    for case in CASES
    if case.name not in HARMLESS
    and case.file.read_text("utf-8").splitlines()[case.line - 1][0] != " "  # verbs of states need executions
    and not re.match(r"\w+: ", case.code)  # an annotation alone does nothing
]


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of the forbidden lines, with nothing that lets them pass."""
    copies = tmp_path_factory.mktemp("typing")
    for file in FORBIDDEN:
        (copies / _bare(file)).write_text(IGNORES.sub("", file.read_text("utf-8")), "utf-8")
    return copies


@pytest.fixture(scope="session")
def mypy(bare: Path) -> Complaints:
    """What mypy says, as pyproject.toml asks it."""
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--output=json", *map(str, LEGAL), *map(str, bare.glob("*.py"))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    said = defaultdict[str, list[Complaint]](list)
    for one in map(json.loads, done.stdout.splitlines()):
        if one["severity"] == "error":
            said[Path(one["file"]).name].append(Complaint(one["line"], one["code"], one["message"]))
    return said


@pytest.fixture(scope="session")
def pyright(bare: Path) -> Complaints:
    """What pyright says in its strict mode."""
    pytest.importorskip("pyright")
    config = bare / "pyrightconfig.json"
    include = [".", *(os.path.relpath(file, bare) for file in LEGAL)]  # pyright ignores a path that is not relative
    paths = {"include": include, "exclude": [], "extraPaths": [str(ROOT / "src"), str(ROOT)]}
    settings = {"executionEnvironments": [], "reportUnusedExpression": False}
    config.write_text(json.dumps({"extends": str(ROOT / "pyproject.toml"), **paths, **settings}), "utf-8")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--project", str(config)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    said = defaultdict[str, list[Complaint]](list)
    for one in json.loads(done.stdout)["generalDiagnostics"]:
        if one["severity"] == "error":
            line = one["range"]["start"]["line"] + 1
            said[Path(one["file"]).name].append(Complaint(line, one.get("rule", ""), one["message"]))
    return said


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_legal_programs_are_clean(checker: str, request: pytest.FixtureRequest) -> None:
    """Nothing that is legal is complained of, and every `assert_type` holds."""
    said: Complaints = request.getfixturevalue(checker)
    assert {file.name: said[file.name] for file in LEGAL if said[file.name]} == {}


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_forbidden_line_is_an_error(case: Case, checker: str, request: pytest.FixtureRequest) -> None:
    """Each forbidden line is an error of the kind, and in the words, that stand beside it."""
    said: Complaints = request.getfixturevalue(checker)
    there = [one for one in said[_bare(case.file)] if one.line == case.line]
    assert {one.rule for one in there} >= case.rules[checker]
    assert any(case.says[checker] in one.message for one in there)


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_nothing_else_is_an_error(checker: str, request: pytest.FixtureRequest) -> None:
    """What stands around the forbidden lines is legal, so that each is an error for its own sake."""
    said: Complaints = request.getfixturevalue(checker)
    forbidden = {(_bare(case.file), case.line) for case in CASES}
    assert [(file, one) for file, there in said.items() for one in there if (file, one.line) not in forbidden] == []


def test_every_ignore_belongs_to_a_case() -> None:
    """No forbidden line is without its name, its promise and its messages, and no name is used twice."""
    ignores = [one for file in FORBIDDEN for one in IGNORES.findall(file.read_text("utf-8"))]
    assert len(CASES) == len(ignores) == len({case.name for case in CASES})


@pytest.mark.parametrize("case", AT_THE_DOOR, ids=lambda case: case.name)
def test_what_types_forbid_is_refused_at_run_time_too(case: Case) -> None:
    """Whoever calls without a type checker gets an error at the latest when the saga is made."""
    names = vars(_module(case.file))
    expression = ast.parse(case.code, mode="eval")
    with pytest.raises((ResagaError, AttributeError, TypeError)):
        _make(eval(compile(expression, str(case.file), "eval"), names))  # noqa: S307 - a line of our own


def _bare(file: Path) -> str:
    """The name of a copy; that of no legal file."""
    return f"bare_{file.name}"


def _make(made: object) -> None:
    if isinstance(made, Action | AsyncAction):
        made = made.kept("a test")
    if isinstance(made, Block | Sealed):
        Saga("made", made)


def _module(file: Path) -> object:
    """The names that the forbidden lines of a file use, without those lines."""
    tree = ast.parse(file.read_text("utf-8"))
    lines = {case.line for case in CASES if case.file == file}
    tree.body = [one for one in tree.body if one.lineno not in lines]
    module = type(ast)("forbidden")
    exec(compile(tree, str(file), "exec"), vars(module))  # noqa: S102 - a file of our own
    return module
