"""Who tells a store wrongly hears so when it is made, in words that say what to give."""

from pathlib import Path
from typing import Any

import pytest

from resaga.core.errors import InvalidArgument
from resaga.stores.files import FilesStore
from resaga.stores.options import LONGEST_PATIENCE, url_of
from resaga.stores.sqlite import SqliteStore

NO_PATH: Any = (None, 0, 1.5, b"x", [], "a\0b", "\ud800")
NO_PATIENCE: Any = (None, "x", [], -1, float("nan"), float("inf"), LONGEST_PATIENCE + 1)


@pytest.mark.parametrize("path", NO_PATH)
@pytest.mark.parametrize("kind", [SqliteStore, FilesStore])
def test_a_path_that_is_none(kind: Any, path: Any) -> None:  # noqa: ANN401 - as untyped callers have it
    """Nothing could be found there."""
    with pytest.raises(InvalidArgument, match="is no path; give a text"):
        kind(path)


@pytest.mark.parametrize("seconds", NO_PATIENCE)
@pytest.mark.parametrize("kind", [SqliteStore, FilesStore])
def test_a_patience_that_is_none(kind: Any, seconds: Any, tmp_path: Path) -> None:  # noqa: ANN401 - the same
    """It is a number of seconds, and it ends."""
    with pytest.raises(InvalidArgument, match="patience_seconds="):
        kind(tmp_path / "kept", patience_seconds=seconds)
    for most in (0, LONGEST_PATIENCE):
        store = kind(tmp_path / "kept", patience_seconds=most)
        assert store.find() == []
        store.close()


@pytest.mark.parametrize("url", [None, 0, b"postgresql://ann:secret@host/shop", Path("secret")])
def test_a_url_that_is_none(url: Any) -> None:  # noqa: ANN401 - the same
    """It is a text; nothing of it is shown."""
    with pytest.raises(InvalidArgument, match="is no URL") as caught:
        url_of(url)
    assert "secret" not in str(caught.value)
    assert url_of("sqlite:///shop.db") == "sqlite:///shop.db"
