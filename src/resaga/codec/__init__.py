"""The room that knows bytes: values, documents, and what becomes of them when a saga changed."""

from resaga.codec.codec import Codec

__all__ = ["Codec"]
