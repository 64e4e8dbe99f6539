"""`python -m resaga` is the command."""

import sys

from resaga.cli import main

if __name__ == "__main__":
    sys.exit(main())
