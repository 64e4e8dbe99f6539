"""What somebody else has put where the store in objects keeps executions."""

from pathlib import Path

import obstore
import pytest
from obstore.exceptions import AlreadyExistsError

from resaga.core.errors import StoreBroken
from resaga.stores.objects import ObjectsStore
from tests.stores.entries import picture, step

pytestmark = pytest.mark.servers

STRAYS = ["20261122", "0000000000099", "٣", "٠٠٠٠٠٠٠٠٠٠٩٩", "000000000000", "notes", "sub/000000000099"]
"""What nothing of ours is called, though some of it is a number."""


@pytest.fixture
def store(tmp_path: Path) -> ObjectsStore:
    return ObjectsStore(tmp_path.as_uri())


@pytest.fixture
def late(tmp_path: Path) -> ObjectsStore:
    """Another store at the place, which knows what was there when it last looked."""
    return ObjectsStore(tmp_path.as_uri())


@pytest.mark.parametrize("name", STRAYS, ids=ascii)
@pytest.mark.parametrize("text", ["", "mine"])
def test_another_object_beside_its_own_is_left_alone(
    store: ObjectsStore, late: ObjectsStore, tmp_path: Path, name: str, text: str
) -> None:
    """Not even an empty one is taken for an end."""
    store.append([step(), step(revision=2)])
    before = picture(store)
    stray = tmp_path / "=41-1" / name
    stray.parent.mkdir(exist_ok=True)
    stray.write_text(text)
    assert picture(store) == picture(late) == before
    assert late.append([step(), step("B")]) == [False, True]
    assert late.append([step(revision=3, snapshot=b"all")]) == [True]
    assert late.delete("A-1", 3)
    assert stray.read_text() == text
    assert list(picture(store)) == ["B"]


@pytest.mark.parametrize("ends", [0, 1])
@pytest.mark.parametrize("known", [False, True])
def test_a_copy_ahead_of_it_is_broken(
    store: ObjectsStore,
    late: ObjectsStore,
    tmp_path: Path,
    ends: int,
    known: bool,  # noqa: FBT001 - a parameter
) -> None:
    """Its number is not that of its revision, behind the last end; nobody goes on behind it."""
    for _ in range(ends):
        store.append([step()])
        assert store.delete("A-1", 1)
    store.append([step(), step(revision=2), step("B")])
    if known:
        late.find()
    newest = max((tmp_path / "=41-1").iterdir())
    ahead = newest.with_name("000000000099")
    ahead.write_bytes(newest.read_bytes())
    with pytest.raises(StoreBroken, match="=41-1/000000000099 is listed"):
        late.read("A-1")
    assert [head.id for head in late.find()] == ["B"]
    with pytest.raises(StoreBroken, match="000000000099"):
        late.append([step(revision=3)])
    with pytest.raises(StoreBroken, match="000000000099"):
        late.delete("A-1", 2)
    ahead.unlink()
    assert late.append([step(revision=3)]) == [True]


@pytest.mark.parametrize(("execution", "name"), [("=41-1", "000000000002"), ("b", "000000000001")])
def test_what_was_not_written_there_is_broken(
    store: ObjectsStore, late: ObjectsStore, tmp_path: Path, execution: str, name: str
) -> None:
    """A copy of another entry, or of one of another execution, is not taken for what belongs there."""
    store.append([step(), step(revision=2), step("b")])
    (tmp_path / "=41-1/000000000001").write_bytes((tmp_path / execution / name).read_bytes())
    with pytest.raises(StoreBroken, match="=41-1/000000000001 was not written there"):
        late.read("A-1")


def test_a_list_that_misses_an_end_is_looked_at_again(
    store: ObjectsStore, late: ObjectsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was there when one page was listed may be gone, and begun again, when the next one is."""
    store.append([step()])
    assert store.delete("A-1", 1)
    store.append([step()._replace(status="anew")])
    listed = ObjectsStore._list

    def half(self: ObjectsStore, name: str | None = None, after: str = "") -> object:
        monkeypatch.setattr(ObjectsStore, "_list", listed)
        return [place for place in listed(self, name, after) if place.size]

    for look in (late.find, lambda: ObjectsStore(store._where).read("A-1")):
        monkeypatch.setattr(ObjectsStore, "_list", half)
        assert look()
    assert picture(late) == picture(store)


def test_what_is_listed_and_is_not_there_is_broken(store: ObjectsStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not looked for again and again."""

    def gone(*_: object) -> None:
        raise FileNotFoundError

    store.append([step()])
    monkeypatch.setattr(obstore, "get", gone)
    with pytest.raises(StoreBroken, match="=41-1/000000000001 is listed"):
        ObjectsStore(store._where).read("A-1")


def test_what_is_there_and_is_not_listed_is_broken(store: ObjectsStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not made again and again."""

    def there(*_: object, **__: object) -> None:
        raise AlreadyExistsError("secret")

    store.append([step()])
    monkeypatch.setattr(obstore, "put", there)
    with pytest.raises(StoreBroken, match="=41-1/000000000002 is there"):
        store.append([step(revision=2)])
