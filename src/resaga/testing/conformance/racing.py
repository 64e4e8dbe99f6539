"""Several at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from resaga.stores.store import Store
from resaga.testing.conformance.place import Opener, Place, grown, read, step

ROUNDS = 10


def race(runners: Sequence[Callable[[], bool]]) -> list[bool]:
    """Start them at the same moment; what each of them says."""
    line = Barrier(len(runners))

    def run(runner: Callable[[], bool]) -> bool:
        line.wait()
        return runner()

    with ThreadPoolExecutor(len(runners)) as threads:
        return list(threads.map(run, runners))


class Racing(Place):
    """Of those who go on from the same revision, exactly one wins."""

    @pytest.mark.parametrize("racers", [2, 4, 8])
    @pytest.mark.parametrize("first", [1, 2], ids=["create", "go-on"])
    def test_one_store_has_one_winner(self, store: Store, racers: int, first: int) -> None:
        """Whichever thread comes first; its entry is the one that is kept."""
        for each in range(ROUNDS):
            one = f"x{each}"
            grown(store, first - 1, one)
            steps = [step(one, first, f"{number}".encode()) for number in range(racers)]
            won = race([lambda given=given: store.append([given])[0] for given in steps])  # type: ignore[misc]
            assert won.count(True) == 1
            assert list(read(store, one).entries)[-1] == (first, f"{won.index(True)}".encode())

    @pytest.mark.parametrize("racers", [2, 4])
    @pytest.mark.parametrize("first", [1, 2], ids=["create", "go-on"])
    @pytest.mark.parametrize("snapshot", [None, b"all"], ids=["step", "fold"])
    def test_one_place_has_one_winner(
        self, opener: Opener, store: Store, racers: int, first: int, snapshot: bytes | None
    ) -> None:
        """Stores that know nothing of each other agree."""
        stores = [opener() for _ in range(racers)]
        for each in range(ROUNDS):
            one = f"x{each}"
            grown(store, first - 1, one)
            steps = [step(one, first, status=f"{number}", snapshot=snapshot) for number in range(racers)]
            runners = [
                lambda mine=mine, given=given: mine.append([given])[0]
                for mine, given in zip(stores, steps, strict=True)
            ]
            won = race(runners)
            assert won.count(True) == 1
            assert read(store, one).status == f"{won.index(True)}"
        for each_store in stores:
            each_store.close()

    def test_a_chain_of_races_has_no_gap(self, opener: Opener, store: Store) -> None:
        """Going on from what one read, four stores together make each revision once, folding now and then."""
        target = 25

        def run(mine: Store) -> int:
            made = 0
            while (stored := read(mine)).revision < target:
                next_one = stored.revision + 1
                snapshot = b"all" if next_one % 10 == 0 else None
                made += mine.append([step(revision=next_one, snapshot=snapshot)])[0]
            return made

        grown(store, 1)
        stores = [opener() for _ in range(4)]
        with ThreadPoolExecutor(4) as threads:
            assert sum(threads.map(run, stores)) == target - 1
        stored = read(store)
        assert (stored.revision, stored.snapshot_revision) == (target, 20)
        assert [number for number, _ in stored.entries] == [21, 22, 23, 24, 25]
        for each in stores:
            each.close()

    def test_who_is_alone_always_wins(self, store: Store) -> None:
        """Threads on different executions do not conflict."""

        def run(number: int) -> bool:
            grown(store, 10, f"x{number}")
            return True

        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(run, range(8)))
        assert [read(store, f"x{number}").revision for number in range(8)] == [10] * 8

    def test_either_deleted_or_gone_on(self, opener: Opener, store: Store) -> None:
        """Of a delete and an append on the same revision exactly one wins."""
        other = opener()
        for each in range(ROUNDS):
            one = f"x{each}"
            grown(store, 2, one)
            deleted, gone_on = race(
                [
                    lambda one=one: store.delete(one, 2),  # type: ignore[misc]
                    lambda one=one: other.append([step(one, 3)])[0],  # type: ignore[misc]
                ]
            )
            assert deleted is not gone_on
            assert (store.read(one) is None) is deleted
        other.close()

    def test_who_reads_sees_one_moment(self, opener: Opener, store: Store) -> None:
        """While another appends and folds, what is read has no gap and never goes back."""
        other = opener()
        grown(store, 1)

        def write() -> bool:
            for revision in range(2, 40):
                store.append([step(revision=revision, snapshot=b"all" if revision % 7 == 0 else None)])
            return True

        def look() -> bool:
            newest = 0
            while newest < 39:
                stored = read(other)
                numbers = [number for number, _ in stored.entries]
                assert numbers == list(range(stored.snapshot_revision + 1, stored.revision + 1))
                assert stored.revision >= newest
                newest = stored.revision
            return True

        assert race([write, look]) == [True, True]
        other.close()
