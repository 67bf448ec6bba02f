"""`python -m deploy ...`: what deploy.sh starts."""

from __future__ import annotations

import sys

from deploy.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
