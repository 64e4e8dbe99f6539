"""The store that the docs show does what the public suite says."""

from pathlib import Path
from types import ModuleType
from typing import Any, Final

from sybil import Document
from sybil.parsers.myst import PythonCodeBlockParser

PAGE: Final = Path(__file__).parents[2] / "docs" / "write-a-store.md"


def shown(page: Path) -> dict[str, Any]:
    """What the examples of a page define."""
    document = Document.parse(str(page), PythonCodeBlockParser())
    document.namespace = vars(ModuleType("documented"))
    for example in document:
        example.evaluate()
    return document.namespace


TestShelf: Final = shown(PAGE)["TestShelf"]
