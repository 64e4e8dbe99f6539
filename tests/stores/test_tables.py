"""What stores in the tables of a database have in common."""

from resaga.stores.tables import rounds
from tests.stores.entries import step


def test_a_statement_takes_so_many() -> None:
    """No id is twice in one, and each is behind those of its own before it; by their ids, so that nobody deadlocks."""
    batch = [step("b"), step("a"), step("b", 2), *(step(f"c{each:03}") for each in range(200)), step("b", 3)]
    told = [[(batch[place].id, batch[place].revision) for place in places] for places in rounds(batch)]
    assert [len(each) for each in told] == [128, 74, 1, 1]
    assert told[0][:3] == [("a", 1), ("b", 1), ("c000", 1)]
    assert told[2:] == [[("b", 2)], [("b", 3)]]
