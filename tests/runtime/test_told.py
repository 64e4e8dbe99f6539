"""What cannot be gone on with is said once, and stops nobody: by `tick`, `recover` and `work`, of either runtime."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, final

import pytest

from resaga import Saga, step
from resaga.core import errors
from resaga.runtime import told
from resaga.runtime.told import Told
from resaga.stores.memory import MemoryStore
from tests.runtime.ending import told_to_end
from tests.runtime.runtimes import made
from tests.runtime.shop import CALLS, NAP, OTHER, A, Order, Shop, approval, price, release, reserve

pytestmark = pytest.mark.usefixtures("both_runtimes")

CHANGED: Final[Any] = Saga("other", reserve.undone_by(release) >> price)
"""Another saga under the same name."""


@step
def ends(order: Order) -> Order:
    CALLS.append("ends")
    told_to_end()
    return order


ENDS: Final[Any] = Saga("ends", ends.undone_by(release))


@final
class Odd:
    """A store with which something is wrong that nobody has thought of, where B is."""

    def __init__(self, inner: MemoryStore, read: Callable[[], None]) -> None:
        self._inner = inner
        self._read = read

    def read(self, id_: str, /) -> Any:  # noqa: ANN401 - as the store has it
        return self._read() if id_ == "B" else self._inner.read(id_)

    def close(self) -> None:
        """It is not its own."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the store has it
        return getattr(self._inner, name)


def surprise() -> None:
    raise ZeroDivisionError("who would have thought")


def nothing() -> None:
    return None


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(record.levelname, record.message) for record in caplog.records if record.name == "resaga.runtime"]


def test_a_program_that_has_changed(caplog: pytest.LogCaptureFixture) -> None:
    """It is named in the log, once however often it is come to, with its error; the others are driven."""
    shop = Shop()
    before = shop.another(OTHER)
    before.run(OTHER, Order("B"), id="B")
    before.answer("B", approval, True)
    runtime = shop.another(CHANGED, NAP)
    runtime.submit(NAP, Order(A), id=A)
    assert [runtime.tick(), runtime.tick(), runtime.recover()] == [1, 0, 0]
    ((level, message),) = said(caplog)
    assert level == "ERROR"
    assert message.startswith("execution 'B' cannot be gone on with: ProgramChanged: ")
    assert caplog.records[-1].exc_info


def test_what_nobody_has_thought_of(caplog: pytest.LogCaptureFixture) -> None:
    """The same is true of an error that is none of ours: it is not raised by `tick`."""
    shop = Shop()
    for id_ in ("B", "C"):
        shop.runtime.submit(NAP, Order(id_), id=id_)
    runtime = made(Odd(shop.store.twin(), surprise), [NAP], clock=shop.clock)
    assert [runtime.tick(), runtime.tick(), runtime.recover()] == [1, 0, 0]
    expected = "execution 'B' cannot be gone on with: ZeroDivisionError: who would have thought"
    assert said(caplog) == [("ERROR", expected)]


def test_a_saga_that_it_was_not_given(caplog: pytest.LogCaptureFixture) -> None:
    """What is due of it is left to others, which is said once: not as an error, since others may have it."""
    caplog.set_level("INFO", "resaga.runtime")
    shop = Shop()
    for id_ in ("B", "C"):
        shop.runtime.submit(NAP, Order(id_), id=id_)
    runtime = shop.another(OTHER)
    assert [runtime.tick(), runtime.tick(), runtime.recover()] == [0, 0, 0]
    left = "executions of nap/1 are due, and left to others: it is not among the sagas that are driven here"
    assert said(caplog) == [("INFO", left)]


def test_a_worker_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    """Such an error does not end it."""
    shop = Shop()
    shop.runtime.submit(NAP, Order("B"), id="B")
    worker = made(Odd(shop.store.twin(), surprise), [NAP, ENDS], clock=shop.clock)
    assert worker.tick() == 0
    worker.submit(ENDS, Order(A), id=A)
    worker.work(every=timedelta(milliseconds=1))
    assert CALLS == ["ends"]
    assert len(said(caplog)) == 1


def test_what_is_broken_of_one(caplog: pytest.LogCaptureFixture) -> None:
    """What is kept of it cannot be read: it is named in the log, and the others are driven."""

    def broken() -> None:
        raise errors.StoreBroken("B is damaged; put back a copy.", where="here", code="")

    shop = Shop()
    for id_ in ("B", "C"):
        shop.runtime.submit(NAP, Order(id_), id=id_)
    runtime = made(Odd(shop.store.twin(), broken), [NAP], clock=shop.clock)
    assert runtime.tick() == 1
    assert said(caplog) == [
        ("ERROR", "execution 'B' cannot be gone on with: StoreBroken: B is damaged; put back a copy.")
    ]


def test_what_the_store_could_not_do() -> None:
    """That is raised by `tick` and `recover`: nothing is wrong with the execution."""

    def away() -> None:
        raise errors.StoreUnreachable("It is away.", where="here", code="")

    shop = Shop()
    shop.runtime.run(NAP, Order("B"), id="B")
    shop.runtime.cancel("B", "it is not wanted any more")
    runtime = made(Odd(shop.store.twin(), away), [NAP], clock=shop.clock)
    for verb in (runtime.tick, runtime.recover):
        with pytest.raises(errors.StoreUnreachable):
            verb()


def test_what_is_somebody_elses(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is said of what was deleted, or taken by others, since it was found."""
    shop = Shop()
    shop.runtime.submit(NAP, Order("B"), id="B")
    runtime = made(Odd(shop.store.twin(), nothing), [NAP], clock=shop.clock)
    assert runtime.tick() == 0
    Told().tell("B", errors.Conflict("somebody else drives it.", id="B"))
    assert said(caplog) == []


def test_the_memory_has_an_end(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said long ago, and of many others since, may be said again."""
    monkeypatch.setattr(told, "MOST", 2)
    memory = Told()
    for id_ in ("A", "B", "A", "C", "A"):
        memory.tell(id_, ValueError("no"))
    assert [message[11] for _, message in said(caplog)] == ["A", "B", "C", "A"]
