"""Every limit of a document, named, in one place."""

from typing import Final

BLOB_BYTES: Final = 16 * 1024 * 1024
"""Bytes of a document, with each reference counted at the full size of what it stands for."""

VALUE_BYTES: Final = 1024 * 1024
"""Bytes of one value, with its references counted at full size."""

DEPTH: Final = 100
"""How deep objects and lists may be nested in a document."""

AROUND: Final = 2
"""Of that, what is around each value: the document, and its list of values."""

PARTS: Final = 1_000_000
"""Objects and lists in a document; each takes fifty times the memory that it takes to write."""

VALUE_PARTS: Final = 100_000
"""Objects and lists in one value."""

SMALL_BYTES: Final = DEPTH - AROUND
"""What takes no more than this can come near none of these."""

ROWS: Final = 250_000
"""Rows of a trail."""

ROW_BYTES: Final = 32
"""What a row takes without its value, most often: its code and its times."""

REFERENCE_BYTES: Final = 32
"""What is shorter than this is written again rather than referred to."""

INTEGER_DIGITS: Final = 1024
"""Digits of an integer that does not fit 64 bits, which is written as text."""

INTEGER_LEAST: Final = -(2**63)
INTEGER_MOST: Final = 2**63 - 1
"""Integers in this range are written as numbers."""

CROWD: Final = 100
"""Members of a set or a mapping that may have the same hash."""
