"""From a URL to a store: ours by their scheme, those of others by the entry points that they register."""

from collections.abc import Callable
from importlib import import_module
from typing import Final
from urllib.parse import unquote

from resaga.core.errors import UnknownStore
from resaga.stores.store import Store

GROUP: Final = "resaga.stores"
"""Entry points of this group, named for a scheme, are called with the whole URL and give a store."""

OURS: Final = {
    "memory": "memory",
    "file": "files",
    "sqlite": "sqlite",
    "postgresql": "postgres",
    "s3": "objects",
    "gs": "objects",
    "az": "objects",
}
"""The module of each; imported only when asked for: one store's packages are no business of who uses another."""

EXTRAS: Final = frozenset({"postgres", "objects"})
"""Those that need a package of others; the extra that brings it is called like the module."""


def open_store(url: str, /) -> Store:
    """The store that a URL names: `memory://`, `file:///dir`, `sqlite:///shop.db`, `postgresql://…`, `s3://…`.

    As elsewhere in Python, `sqlite:///shop.db` is in the working directory, `sqlite:////var/shop.db` is not.
    Nothing is opened before it is used, so a process may fork in between.
    """
    scheme, colon, _ = url.partition("://") if isinstance(url, str) else ("", "", "")
    if not colon:
        raise UnknownStore("A store is opened by a URL, such as 'sqlite:///shop.db'; this has no '://'.", scheme="")
    return _opener(scheme)(url)


def path_of(url: str, /) -> str:
    """What stands behind the first slash after the scheme, percent-decoded."""
    scheme, _, rest = url.partition("://")
    path = unquote(rest).removeprefix("/")
    if rest and not rest.startswith("/"):
        said = f"{scheme}:// takes three slashes before a name, or four before a path from the root: {scheme}:///{rest}"
        raise UnknownStore(said, scheme=scheme)
    if "?" in rest or "#" in rest:
        said = f"{scheme}:// takes no options behind '?' or '#'; in a name they are written '%3F' and '%23'."
        raise UnknownStore(said, scheme=scheme)
    if not path.strip("/") or "\0" in path or path == ":memory:":
        said = f"Say where, as in '{scheme}:///var/shop': this names no place on a disk; for none there is 'memory://'."
        raise UnknownStore(said, scheme=scheme)
    return path


def _opener(scheme: str) -> Callable[[str], Store]:
    if scheme in OURS:
        module = OURS[scheme]
        try:
            return import_module(f"resaga.stores.{module}").open_url  # type: ignore[no-any-return]  # each has one
        except ModuleNotFoundError as missing:
            remedy = f"pip install 'resaga[{module}]'" if module in EXTRAS else "use another store"
            sentence = f"{scheme}:// needs {missing.name!r}, which is not here; {remedy}."
            raise UnknownStore(sentence, scheme=scheme) from missing
    from importlib.metadata import entry_points  # noqa: PLC0415 - it takes longer than to open one of ours

    theirs = {one.name: one for one in entry_points(group=GROUP)}
    if scheme not in theirs:
        known = ", ".join(f"{one}://" for one in (*OURS, *sorted(theirs)))
        raise UnknownStore(f"No store is known by {scheme[:32]!r}; known are {known}.", scheme=scheme)
    try:
        return theirs[scheme].load()  # type: ignore[no-any-return]  # as the group says
    except Exception as error:
        sentence = (
            f"{scheme}:// is {theirs[scheme].value!r}, which cannot be imported ({type(error).__name__}: {error})."
        )
        raise UnknownStore(sentence, scheme=scheme) from error
