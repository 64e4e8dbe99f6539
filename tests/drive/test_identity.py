"""Ids that nobody chose."""

import os
import threading

from resaga import Saga, read
from resaga.core.execution_id import is_id
from resaga.drive.identity import Identity
from tests.stores import children


@read
def look(number: int) -> int:
    return number


LOOK = Saga("look", look)


def test_no_two_are_alike() -> None:
    """Not in one thread, not in several, not in two processes that know nothing of each other."""
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.extend(LOOK.new(1).id for _ in range(500))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids += [Identity().fresh(), Identity().fresh()]
    assert len(set(ids)) == 2_002
    assert all(map(is_id, ids))


def test_nor_in_a_child() -> None:
    """A fork does not count on from where its parent does."""
    reader, writer = os.pipe()
    assert children.run(lambda: os.write(writer, LOOK.new(1).id.encode())) == 0
    theirs, ours = os.read(reader, 100).decode(), LOOK.new(1).id
    os.close(reader)
    os.close(writer)
    assert is_id(theirs)
    assert theirs[:20] != ours[:20]
