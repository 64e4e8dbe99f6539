"""An attempt made by hand, for calling a body without a saga."""

from resaga.core.attempt import Attempt
from resaga.core.key import Work


def attempt(path: str = "step", *, number: int = 1, execution_id: str = "test", undo: bool = False) -> Attempt:
    """The attempt that a body, or with `undo` its undo, would be given; its key is always the same.

    >>> attempt("reserve").key == attempt("reserve", number=2).key
    True
    >>> attempt("reserve", undo=True).key_of_doing == attempt("reserve").key
    True
    """
    return Attempt(path=path, execution_id=execution_id, number=number, work=Work.UNDO if undo else Work.DO)
