"""The idempotency key of one piece of work, equal over all its attempts and resumes."""

from base64 import b32encode
from enum import Enum
from typing import Final

KEY_BYTES: Final = 25
"""200 bits: 40 characters of base32, without padding."""


class Work(Enum):
    """What a key is for: to do a step, or to undo it. A settle asks about the key of doing."""

    DO = "do"
    UNDO = "undo"


def derive(saga: str, execution_id: str, path: str, work: Work) -> str:
    """The key under which the world outside may recognise this piece of work."""
    from hashlib import sha256  # noqa: PLC0415 - it brings OpenSSL, and most sagas in tests ask for no key

    seed = f"{saga}\n{execution_id}\n{path}\n0\n{work.value}"  # the nought is in keys that the world knows
    return b32encode(sha256(seed.encode()).digest()[:KEY_BYTES]).decode().lower()


def chance(key: str, attempt: int) -> float:
    """A number in [0, 1) that is the same whenever it is asked for."""
    from hashlib import sha256  # noqa: PLC0415 - as above

    digest = sha256(f"{key}\n{attempt}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
