"""Every limit of the core, named, in one place."""

from typing import Final

STEPS: Final = 100_000
"""Instructions in one program; the trail of a run may be longer by its retries."""

ATTEMPTS: Final = 1_000
"""Attempts that one `Retry` may allow."""

NAME_LENGTH: Final = 64
"""Characters in the name of a saga or of one step; a path joins such names by slashes."""

VERSION: Final = 2**31 - 1
"""The last version of a saga."""

PATH_LENGTH: Final = 512
"""Characters in a path, with the names of all blocks around the step."""

ID_LENGTH: Final = 128
"""Characters in the id of an execution."""

TAGS: Final = 100
"""Tags of one execution."""

TAG_LENGTH: Final = 512
"""Characters in a tag; at four bytes each they still fit into an index of PostgreSQL, which holds some 2,700 bytes."""

REASON_LENGTH: Final = 4_096
"""Characters kept of an error's text, of a reason, of a name of a person."""

SHAPE_DEPTH: Final = 64
"""Annotations nested in annotations, before a type counts as unsupported."""
