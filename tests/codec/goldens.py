"""The golden documents with the sagas that load them."""

from typing import Final

from tests.golden.sagas import AnySaga
from tests.golden.scenes import documents

GOLDEN: Final[dict[str, tuple[AnySaga, bytes]]] = {name: (saga, blob) for name, saga, blob in documents()}
