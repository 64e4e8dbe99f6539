"""Every Python example of README.md and the docs runs, page by page, in the order of its page.

An example runs as the reader's own module would: its classes have a real module, so annotations resolve.
The comment `<!-- invisible-code-block: python` opens what a page needs and does not show (`-->` closes it);
`<!-- skip: next -->` stands above what cannot run here.
"""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from sybil import Document
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]


def example_module(page: Path) -> ModuleType:
    """Make the module that the examples of a page fill."""
    return ModuleType("example_" + re.sub(r"\W", "_", page.relative_to(ROOT).with_suffix("").as_posix()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_examples_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page shows works as shown; files that it writes land in a folder of their own."""
    module = example_module(page)
    document = Document.parse(str(page), PythonCodeBlockParser(), SkipParser())
    document.namespace = vars(module)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.chdir(tmp_path)
    for example in document:
        example.evaluate()
