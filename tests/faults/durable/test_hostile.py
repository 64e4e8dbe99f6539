"""T27: ids, words and values that mean harm, made by chance, against every store; and no SQL is made of values."""

import ast
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

import resaga.stores
from resaga import Saga, step
from resaga.core.errors import ResagaError
from resaga.runtime import BlockingRuntime
from resaga.stores import Store, Stored
from resaga.stores.files import FilesStore
from resaga.stores.memory import MemoryStore
from resaga.stores.sqlite import SqliteStore
from resaga.testing.conformance.hostile import HOSTILE
from tests.seeds import reseed, seeds
from tests.stores.entries import step as entry

RUNS: Final = {"execute", "executemany", "executescript"}
ROUNDS: Final = 15
"""So often seven verbs are said to a set of stores: to find in many files takes long, and shows nothing else."""

PIECES: Final = [word for word in HOSTILE if len(word) < 64]
NEIGHBOURS: Final = ("before", "zafter")


def word(chance: Random) -> str:
    """Something that means harm, or is odd: pieces of what is known to, among other characters."""
    kinds = (
        lambda: chance.choice(PIECES),
        lambda: chr(chance.choice((chance.randrange(32), chance.randrange(127, 0x300), chance.randrange(0x110000)))),
        lambda: chance.choice(
            ("resaga_heads", "DROP TABLE ", " UNION SELECT ", "../", "%2f", "a", "A", "worker", "\0")
        ),
    )
    return "".join(chance.choice(kinds)() for _ in range(chance.randint(1, 4)))


def said(chance: Random) -> list[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    """Some verbs of a store with such words in all places."""
    id_, other = word(chance), word(chance)
    item = entry()._replace(id=id_, entry=word(chance).encode("utf-8", "replace"), saga=other, status=word(chance))
    item = item._replace(owner=word(chance), tags=(word(chance), other), write_id=chance.randbytes(16))
    filters = {name: word(chance) for name in ("status", "saga", "tag", "owner", "after") if chance.random() < 0.4}
    return [
        ("append", ([item],), {}),
        ("append", ([item._replace(revision=2, snapshot=b"all" if chance.random() < 0.5 else None)],), {}),
        ("read", (id_,), {}),
        ("find", (), {"tag": other, "limit": 5}),
        ("find", (), filters),
        ("delete", (word(chance), 1), {}),
        ("delete", (id_, chance.choice((0, 1, 2, -1))), {}),
    ]


def answered(store: Store, verb: str, given: tuple[Any, ...], options: dict[str, Any]) -> object:
    """What it answers; refused is an answer, too."""
    try:
        answer = getattr(store, verb)(*given, **options)
    except ValueError:
        return "refused"
    return (*answer[:10], list(answer[10])) if isinstance(answer, Stored) else answer


def outside(root: Path) -> list[str]:
    """All that lies beside the places of the stores."""
    return sorted(str(path) for path in root.rglob("*") if not path.is_relative_to(root / "inside"))


def thrown(root: Path, chance: Random, rounds: int) -> None:
    """All stores answer alike, and nothing that was not meant is touched."""
    inside = root / "inside"
    inside.mkdir(parents=True)
    (root / "secret").write_text("mine")
    stores: list[Any] = [MemoryStore(), SqliteStore(inside / "kept.db"), FilesStore(inside / "kept")]
    for store in stores:
        store.append([entry(one)._replace(tags=("t",)) for one in NEIGHBOURS])
    neighbours, beside = [answered(stores[0], "read", (one,), {}) for one in NEIGHBOURS], outside(root)
    schema = tables(inside / "kept.db")
    for _ in range(rounds):
        for verb, given, options in said(chance):
            if given and given[0] in NEIGHBOURS:
                continue
            ours, *others = [answered(store, verb, given, options) for store in stores]
            assert all(other in (ours, "refused") for other in others), (verb, given, options, ours, others)
            if "refused" in others:  # what one store refuses is nowhere
                forget(stores, verb, given)
    for store in stores:
        assert [answered(store, "read", (one,), {}) for one in NEIGHBOURS] == neighbours
        store.close()
    assert outside(root) == beside
    assert tables(inside / "kept.db") == schema
    assert (root / "secret").read_text() == "mine"


def forget(stores: list[Any], verb: str, given: tuple[Any, ...]) -> None:
    """Delete it where it was not refused."""
    ids = [item.id for item in given[0]] if verb == "append" else []
    for store in stores:
        for id_ in ids:
            with suppress(ValueError):
                kept = store.read(id_)
                assert kept is None or store.delete(id_, kept.revision)


def tables(path: Path) -> list[Any]:
    """What SQLite says that there is."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
    connection.close()
    return rows


def test_a_few_hostile_words(quick_path: Path) -> None:
    """Enough to see that something is open."""
    with reseed(0) as chance:
        thrown(quick_path / "0", chance, 2 * ROUNDS)


@pytest.mark.proof
@pytest.mark.faults
def test_many_hostile_words(quick_path: Path) -> None:
    """Whatever they are, in 105,000 verbs: each store answers as the one in memory does, or refuses."""
    for seed in seeds(1_000):
        with reseed(seed) as chance, TemporaryDirectory(dir=quick_path) as root:
            thrown(Path(root), chance, ROUNDS)


def test_a_runtime_refuses_hostile_ids(quick_path: Path) -> None:
    """Or finds nothing by them; either is an error of ours."""

    @step
    def act(number: int) -> int:
        return number

    saga = Saga("act", act.kept("it is a test"))
    with BlockingRuntime(SqliteStore(quick_path / "kept.db"), [saga]) as runtime, reseed(0) as chance:
        for _ in range(200):
            harm = word(chance) + "'"
            for verb in (lambda id_: runtime.run(saga, 1, id=id_), lambda id_: runtime.resume(saga, id_), runtime.get):
                with pytest.raises((ResagaError, ValueError)):
                    verb(harm)
        assert list(runtime.find()) == []


# ---- no SQL is made of values ------------------------------------------------------------------------


def statements() -> Iterator[tuple[str, ast.expr]]:
    """What is handed to a database in the sources of the stores, and where."""
    for path in Path(resaga.stores.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RUNS:
                yield f"{path.name}:{node.lineno}", node.args[0]


def test_no_statement_is_built() -> None:
    """Each is a text, or a name that has one; none is put together where it is used."""
    found = list(statements())
    assert len(found) > 30
    texts = [(where, each) for where, what in found for each in chosen(what)]
    assert [where for where, what in texts if not isinstance(what, ast.Constant | ast.Name | ast.Attribute)] == []


def chosen(what: ast.expr) -> list[ast.expr]:
    """The one, or the other."""
    return [what.body, what.orelse] if isinstance(what, ast.IfExp) else [what]
