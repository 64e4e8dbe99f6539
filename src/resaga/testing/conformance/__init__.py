"""What every store must do, as tests to inherit; all stores of resaga pass them, and yours should.

```python
class TestMine(StoreConformance):
    @pytest.fixture
    def opener(self, tmp_path):
        return lambda: MyStore(tmp_path / "mine")
```
"""

import pytest

PARTS = ("appending", "batching", "closing", "deleting", "finding", "folding", "hostile", "place", "racing")
pytest.register_assert_rewrite(*(f"{__name__}.{part}" for part in PARTS))

from resaga.testing.conformance.suite import StoreConformance  # noqa: E402 - after their asserts are rewritten

__all__ = ["StoreConformance"]
