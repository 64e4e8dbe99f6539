"""The store in objects does what the public suite says, on each kind of bucket."""

from itertools import count
from pathlib import Path

import pytest

from resaga.stores.objects import ObjectsStore
from resaga.testing.conformance import StoreConformance
from resaga.testing.conformance.place import Opener
from tests.stores.buckets import Bucket
from tests.stores.servers import Server

pytestmark = pytest.mark.servers

NUMBERS = count()


class TestDirectory(StoreConformance):
    @pytest.fixture
    def opener(self, tmp_path: Path) -> Opener:
        return lambda: ObjectsStore((tmp_path / "kept").as_uri())


class TestS3(StoreConformance):
    @pytest.fixture
    def opener(self, s3: tuple[Bucket, Server]) -> Opener:
        bucket, _ = s3
        url = f"{bucket.url}/place-{next(NUMBERS)}"
        return lambda: ObjectsStore(url, **bucket.options)


class TestAzure(StoreConformance):
    @pytest.fixture
    def opener(self, azure: Bucket) -> Opener:
        url = f"{azure.url}/place-{next(NUMBERS)}"
        return lambda: ObjectsStore(url, **azure.options)
