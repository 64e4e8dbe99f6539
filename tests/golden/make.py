"""Writes the golden documents anew: `python -m tests.golden.make`, with resaga installed.

Only a format that nobody has written yet may change; a document of a past format stays as it is.
"""

from pathlib import Path
from typing import Final

from resaga.codec.document import FORMAT
from tests.golden.scenes import documents

GOLDEN: Final = Path(__file__).parent
CURRENT: Final = GOLDEN / f"format-{FORMAT}"


def main() -> None:
    """Replace the documents of the current format."""
    CURRENT.mkdir(exist_ok=True)
    for old in CURRENT.glob("*.json"):
        old.unlink()
    for name, _, blob in documents():
        (CURRENT / f"{name}.json").write_bytes(blob)


if __name__ == "__main__":
    main()
