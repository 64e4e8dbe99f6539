"""The names that are seen where something is defined."""

from resaga.core.names import names_seen_from


def test_local_names_are_seen() -> None:
    """Those of the caller, or of whoever called that, as they are now."""
    seen = 3

    def inner() -> object:
        return names_seen_from(1)["seen"]

    names = names_seen_from(0)
    assert (names["seen"], names["inner"]) == (seen, inner)
    assert inner() == 3


def test_the_names_of_a_module_need_not_be_carried() -> None:
    """Functions and classes know them."""
    names: dict[str, object] = {"names_seen_from": names_seen_from}
    exec("seen = names_seen_from(0)", names)  # noqa: S102 - as a module would
    assert names["seen"] == {}
