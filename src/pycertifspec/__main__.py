"""`python -m pycertifspec`: the command line."""

import sys

from pycertifspec.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
