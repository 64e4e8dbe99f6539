"""A store that is closed."""

from collections.abc import Callable

import pytest

from resaga.core.errors import StoreClosed
from resaga.stores.store import Store
from resaga.testing.conformance.place import Opener, Place, grown, read, step

VERBS: dict[str, Callable[[Store], object]] = {
    "append": lambda store: store.append([step()]),
    "append-nothing": lambda store: store.append([]),
    "append-many": lambda store: store.append([step("a"), step("b")]),
    "read": lambda store: store.read("A-1"),
    "find": lambda store: store.find(),
    "find-due": lambda store: store.find(due=1),
    "delete": lambda store: store.delete("A-1", 1),
}


class Closing(Place):
    """Closing lets go, and is said to who comes later."""

    @pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
    @pytest.mark.parametrize("used", [False, True], ids=["unused", "used"])
    def test_a_closed_store_says_so(self, opener: Opener, verb: Callable[[Store], object], used: bool) -> None:  # noqa: FBT001
        """It is an error of its own, with the place as a field."""
        store = opener()
        if used:
            grown(store, 1)
        store.close()
        with pytest.raises(StoreClosed) as caught:
            verb(store)
        assert caught.value.where

    def test_it_may_be_closed_again(self, opener: Opener) -> None:
        """Used or not, as often as one likes."""
        store = opener()
        store.close()
        store.close()

    def test_others_stay_open(self, opener: Opener, store: Store) -> None:
        """Closing one store is nothing to another at the same place."""
        other = opener()
        grown(other, 1)
        other.close()
        assert read(store).revision == 1
        assert list(store.append([step(revision=2)])) == [True]
