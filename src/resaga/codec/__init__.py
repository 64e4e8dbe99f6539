"""The room that knows bytes: values, documents, and what becomes of them when a saga changed."""

from resaga.codec.codec import Codec
from resaga.codec.converting import by_cattrs

__all__ = ["Codec", "by_cattrs"]
