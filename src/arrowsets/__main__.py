"""`python -m arrowsets`: the command line."""

import sys

from arrowsets.cli import main

if __name__ == "__main__":
    sys.exit(main())
