"""The store in PostgreSQL does what the public suite says."""

import pytest

from resaga.stores.postgres import PostgresStore
from resaga.testing.conformance import StoreConformance
from resaga.testing.conformance.place import Opener

pytestmark = pytest.mark.servers


class TestPostgres(StoreConformance):
    @pytest.fixture
    def opener(self, postgres_url: str) -> Opener:
        return lambda: PostgresStore(postgres_url)
