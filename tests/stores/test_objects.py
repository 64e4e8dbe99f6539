"""The store in objects, apart from what every store does."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import obstore
import pytest
from obstore.exceptions import GenericError, PermissionDeniedError, UnauthenticatedError

from resaga.core.errors import InvalidArgument, StoreBroken, StoreError, StoreReadOnly, StoreUnreachable, UnknownStore
from resaga.stores import objects, open_store
from resaga.stores.objects import ObjectsStore
from tests.stores.buckets import Bucket
from tests.stores.children import run
from tests.stores.entries import insist, picture, step
from tests.stores.servers import Server, free_port

pytestmark = pytest.mark.servers


@pytest.fixture
def store(tmp_path: Path) -> ObjectsStore:
    return ObjectsStore(tmp_path.as_uri())


@pytest.fixture
def late(tmp_path: Path) -> ObjectsStore:
    """Another store at the place, which knows what was there when it last looked."""
    return ObjectsStore(tmp_path.as_uri())


def names(place: Path) -> list[str]:
    """The objects there."""
    return sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())


# ---- how it is kept ---------------------------------------------------------------------------------------


def test_each_revision_is_an_object(store: ObjectsStore, tmp_path: Path) -> None:
    """What a snapshot folds stays, so that nobody can make it again; no name depends on capitals."""
    store.append([step(), step(revision=2, snapshot=b"all"), step(revision=3)])
    assert names(tmp_path) == [f"=41-1/00000000000{each}" for each in (1, 2, 3)]


def test_an_end_stays(store: ObjectsStore, tmp_path: Path) -> None:
    """It is empty, and the id goes on above it from revision 1."""
    store.append([step(), step(revision=2)])
    assert store.delete("A-1", 2)
    assert names(tmp_path) == ["=41-1/000000000003"]
    assert (tmp_path / "=41-1/000000000003").read_bytes() == b""
    assert (store.read("A-1"), store.find(), store.delete("A-1", 2)) == (None, [], False)
    assert store.append([step(), step(revision=2, snapshot=b"all"), step(revision=3)]) == [True] * 3
    stored = store.read("A-1")
    assert stored is not None
    assert (stored.revision, stored.snapshot_revision, stored.entries) == (3, 2, [(3, b"entry 3")])


@pytest.mark.parametrize("anew", [False, True])
def test_who_comes_late_does_not_count(store: ObjectsStore, late: ObjectsStore, tmp_path: Path, anew: bool) -> None:  # noqa: FBT001
    """Its number is free, as the execution was deleted; but there is an end above, and nothing of it is kept."""
    store.append([step()])
    late.find()
    store.append([step(revision=2), step(revision=3)])
    assert store.delete("A-1", 3)
    if anew:
        store.append([step()._replace(status="anew")])
    before = names(tmp_path), picture(store)
    assert late.append([step(revision=2)]) == [False]
    assert (names(tmp_path), picture(store)) == before
    assert store.append([step(revision=1 + anew)]) == [True]


def test_who_knows_too_little_looks_again(store: ObjectsStore, late: ObjectsStore) -> None:
    """What another one has done meanwhile is no conflict in itself."""
    store.append([step()])
    late.find()
    store.append([step(revision=2)])
    assert late.append([step(revision=3)]) == [True]
    assert store.append([step(revision=3)]) == [False]
    assert store.append([step(revision=4)]) == [True]
    assert late.delete("A-1", 3) is False
    assert late.delete("A-1", 4) is True


def test_only_so_much_is_known(store: ObjectsStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory of it has a limit; what is forgotten is looked up."""
    monkeypatch.setattr(objects, "KNOWN", 2)
    assert store.append([step(each) for each in "abcde"]) == [True] * 5
    assert len(store._known) <= 2
    assert [head.id for head in store.find()] == list("abcde")
    assert store.append([step(each, 2) for each in "abcde"]) == [True] * 5


def test_what_is_known_is_not_loaded(store: ObjectsStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finding again loads only what has changed."""
    loaded: list[str] = []
    get = obstore.get

    def counted(bucket: obstore.store.ObjectStore, path: str) -> object:
        loaded.append(path)
        return get(bucket, path)

    monkeypatch.setattr(obstore, "get", counted)
    store.append([step("a"), step("b")])
    other = ObjectsStore(store._where)
    for more in (["a/000000000001", "b/000000000001"], []):
        loaded.clear()
        other.find()
        assert loaded == more


# ---- what happens meanwhile -------------------------------------------------------------------------------


@pytest.mark.parametrize("reading", [lambda store: store.read("A-1"), lambda store: store.find()])
def test_deleted_while_it_is_read(
    store: ObjectsStore, late: ObjectsStore, monkeypatch: pytest.MonkeyPatch, reading: Callable[[ObjectsStore], object]
) -> None:
    """It is not there any more, and that is no error."""
    store.append([step(), step(revision=2)])
    get = obstore.get

    def deleting(bucket: obstore.store.ObjectStore, path: str) -> object:
        monkeypatch.setattr(obstore, "get", get)
        assert store.delete("A-1", 2)
        return get(bucket, path)

    monkeypatch.setattr(obstore, "get", deleting)
    assert not reading(late)


def test_deleted_after_it_was_looked_at(
    store: ObjectsStore, late: ObjectsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the newest entry and the others, likewise."""
    store.append([step(), step(revision=2)])
    late.find()
    get = obstore.get

    def deleting(bucket: obstore.store.ObjectStore, path: str) -> object:
        monkeypatch.setattr(obstore, "get", get)
        assert store.delete("A-1", 2)
        return get(bucket, path)

    monkeypatch.setattr(obstore, "get", deleting)
    assert late.read("A-1") is None


def test_deleted_by_two(store: ObjectsStore, late: ObjectsStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them did; that the objects are gone already is no error, neither then nor for who comes late."""

    def gone(*_: object) -> None:
        raise FileNotFoundError

    store.append([step()])
    late.find()
    monkeypatch.setattr(obstore, "delete", gone)
    assert store.delete("A-1", 1) is True
    assert late.delete("A-1", 1) is False
    monkeypatch.undo()
    store.append([step()])
    late.find()
    store.append([step(revision=2)])
    assert store.delete("A-1", 2) is True
    monkeypatch.setattr(obstore, "delete", gone)
    assert late.append([step(revision=2)]) == [False]


# ---- what the world does to it ----------------------------------------------------------------------------


@pytest.mark.parametrize("damage", [b"dear diary", b"resaga 1 00000000 id=A\nentry"])
def test_what_is_damaged_is_broken(
    store: ObjectsStore, late: ObjectsStore, tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """And named, once in the log where others are found; put back, it is read."""
    store.append([step(), step("B-1")])
    path = tmp_path / "=41-1/000000000001"
    data = path.read_bytes()
    for bad in (damage, data[:-1]):
        path.write_bytes(bad)
        with pytest.raises(StoreBroken, match="=41-1"):
            late.read("A-1")
        assert [head.id for head in late.find()] == ["B-1"]
    assert ["=41-1" in record.message for record in caplog.records] == [True]
    path.write_bytes(data)
    assert late.read("A-1") == store.read("A-1")


def test_a_gap_is_broken(store: ObjectsStore, tmp_path: Path) -> None:
    """What was taken away by another hand is missed, and foreign objects are not looked at."""
    store.append([step(), step(revision=2), step(revision=3)])
    (tmp_path / "=41-1/notes").write_text("mine")
    assert store.read("A-1") is not None
    (tmp_path / "=41-1/000000000002").unlink()
    with pytest.raises(StoreBroken, match="lacks"):
        store.read("A-1")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (PermissionDeniedError("secret"), StoreReadOnly),
        (UnauthenticatedError("secret"), StoreUnreachable),
        (GenericError("secret"), StoreUnreachable),
        (OSError("secret"), StoreUnreachable),
    ],
)
def test_each_fault_has_its_error(
    store: ObjectsStore, monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type[StoreError]
) -> None:
    """Nothing was applied, and the same append is when the cause is gone."""

    def fail(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(obstore, "put", fail)
        with pytest.raises(kind) as caught:
            store.append([step()])
    assert (caught.value.code, caught.value.where) == (type(error).__name__, store._where)
    assert "secret" not in str(caught.value)
    assert store.append([step()]) == [True]


@pytest.mark.parametrize("after", [False, True])
def test_an_ambiguous_append_can_be_told(store: ObjectsStore, monkeypatch: pytest.MonkeyPatch, after: bool) -> None:  # noqa: FBT001
    """The same error whether it was made or not; the write id says which."""
    put: Callable[..., object] = obstore.put

    def fail(*given: object, **more: object) -> None:
        if after:
            put(*given, **more)
        raise GenericError("timed out")

    store.append([step()])
    with monkeypatch.context() as patch:
        patch.setattr(obstore, "put", fail)
        with pytest.raises(StoreUnreachable):
            store.append([step(revision=2)])
    insist(store, step(revision=2))
    stored = store.read("A-1")
    assert stored is not None
    assert (stored.revision, stored.write_id) == (2, step(revision=2).write_id)


def test_a_server_that_is_not_there(s3: tuple[Bucket, Server]) -> None:
    """It is unreachable, so is a bucket that is not there; and the next one is not."""
    bucket, _ = s3
    nowhere = ObjectsStore(bucket.url, **dict(bucket.options) | {"endpoint": f"http://127.0.0.1:{free_port()}"})
    with pytest.raises(StoreUnreachable):
        nowhere.append([step()])
    missing = ObjectsStore("s3://nothing", **bucket.options)
    with pytest.raises(StoreUnreachable) as caught:
        missing.append([step()])
    assert caught.value.where == "s3://nothing"
    store = ObjectsStore(f"{bucket.url}/there", **bucket.options)
    assert store.append([step()]) == [True]


def test_a_server_that_is_killed(s3: tuple[Bucket, Server]) -> None:
    """It is unreachable, for reading and for writing, until it is there again (this one has lost its memory then)."""
    bucket, server = s3
    store = ObjectsStore(f"{bucket.url}/killed", **bucket.options)
    assert store.append([step()]) == [True]
    server.stop(signal.SIGKILL)
    with pytest.raises(StoreUnreachable):
        store.append([step(revision=2)])
    with pytest.raises(StoreUnreachable):
        store.find()
    server.start()
    assert store.append([step("B")]) == [True]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_is_refused(store: ObjectsStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where obstore was used before the fork it would wait for ever; the parent goes on."""

    def work() -> None:
        with pytest.raises(StoreUnreachable, match="fork before"):
            store.find()

    monkeypatch.setattr(objects, "_threaded", [])
    assert store.append([step()]) == [True]
    assert run(work) == 0
    assert store.append([step(revision=2)]) == [True]
    monkeypatch.setattr(objects, "_threaded", [os.getppid()])
    work()


# ---- from a URL -------------------------------------------------------------------------------------------


def test_a_url_opens_it(s3: tuple[Bucket, Server]) -> None:
    """Its query has the options."""
    bucket, _ = s3
    query = "&".join(f"{name}={value}" for name, value in bucket.options.items())
    store = open_store(f"{bucket.url}/by-url?{query}")
    assert type(store) is ObjectsStore
    assert list(store.append([step()])) == [True]
    store.close()


@pytest.mark.parametrize("url", ["gs://shop/sagas", "az://shop/sagas?account_name=account&account_key=c2VjcmV0"])
def test_each_cloud_has_its_scheme(url: str) -> None:
    """Nothing is asked of it before it is used."""
    assert type(open_store(url)) is ObjectsStore


def test_what_it_is_told_is_looked_at_first() -> None:
    """A URL that is none, and an option that is no text."""
    with pytest.raises(InvalidArgument, match="is no URL"):
        ObjectsStore(None)  # type: ignore[arg-type]  # as untyped callers have it
    with pytest.raises(UnknownStore, match="with such options"):
        ObjectsStore("s3://shop", region=None)  # type: ignore[arg-type]  # the same


@pytest.mark.parametrize("url", ["s3://shop?secret=1", "s3://", "az://shop?timeout=secret"])
def test_a_wrong_url_is_refused(url: str) -> None:
    """At once, with nothing of it in the sentence."""
    with pytest.raises(UnknownStore) as caught:
        open_store(url)
    assert caught.value.scheme == url.partition(":")[0]
    assert "secret" not in str(caught.value)
