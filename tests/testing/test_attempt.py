from resaga import Attempt, step
from resaga.testing import attempt


@step
def reserve(cents: int, attempt: Attempt) -> str:
    return f"{cents} {attempt.key} {attempt.number}"


def test_a_body_is_called_without_a_saga() -> None:
    one = attempt("reserve", number=3)
    assert reserve(5, one) == f"5 {one.key} 3"


def test_every_attempt_at_one_thing_has_one_key() -> None:
    assert attempt("reserve").key == attempt("reserve", number=2).key
    assert attempt("reserve").key != attempt("charge").key
    assert attempt("reserve", execution_id="x").key != attempt("reserve").key


def test_an_undo_has_a_key_of_its_own_and_knows_the_one_of_doing() -> None:
    undo = attempt("reserve", undo=True)
    assert undo.key != attempt("reserve").key
    assert undo.key_of_doing == attempt("reserve").key
