"""All parts of the suite in one class."""

from resaga.testing.conformance.appending import Appending
from resaga.testing.conformance.batching import Batching
from resaga.testing.conformance.closing import Closing
from resaga.testing.conformance.deleting import Deleting
from resaga.testing.conformance.finding import Finding
from resaga.testing.conformance.folding import Folding
from resaga.testing.conformance.hostile import Hostile
from resaga.testing.conformance.racing import Racing


class StoreConformance(Appending, Batching, Folding, Finding, Deleting, Closing, Hostile, Racing):
    """Inherit from it, and give it an `opener`."""
