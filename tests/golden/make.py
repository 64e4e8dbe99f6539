"""Writes the golden documents and the example of the format page anew: `python -m tests.golden.make`.

Only a format that nobody has written yet may change; a document of a past format stays as it is.
"""

import json
import re
from pathlib import Path
from typing import Final

from resaga.codec.document import FORMAT
from resaga.testing import FakeClock
from tests.golden.sagas import Order, checkout
from tests.golden.scenes import documents
from tests.golden.stage import Stage

GOLDEN: Final = Path(__file__).parent
CURRENT: Final = GOLDEN / f"format-{FORMAT}"
PAGE: Final = GOLDEN.parents[1] / "docs" / "format.md"
EXAMPLE: Final = re.compile(r"(?<=```json\n).*?(?=```)", re.DOTALL)


def example() -> bytes:
    """The document that the format page shows."""
    stage = Stage({})
    stage.clock = FakeClock()
    order = Order("A-1", 89_900, ("leave it with the neighbour",))
    return checkout(stage).new(order, id="A-1", clock=stage.clock).start(clock=stage.clock).dump()


def laid_out(blob: bytes) -> str:
    """A document for people: a member a line, and a line for each part of the lists that are worth it."""
    lines = [
        f"  {json.dumps(name)}: "
        + (
            "[\n" + ",\n".join(f"    {json.dumps(part)}" for part in member) + "\n  ]"
            if name in ("listing", "values")
            else json.dumps(member)
        )
        for name, member in json.loads(blob).items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Replace the documents of the current format, and the example."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(EXAMPLE.sub(lambda _: laid_out(example()), page, count=1), encoding="utf-8")
    CURRENT.mkdir(exist_ok=True)
    for old in CURRENT.glob("*.json"):
        old.unlink()
    for name, _, blob in documents():
        (CURRENT / f"{name}.json").write_bytes(blob)


if __name__ == "__main__":
    main()
