"""`python -m localcloud`: one local cloud in the foreground; `./run up` with more to set."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from localcloud.cloud import CannotStart, run


def main() -> int:
    """Run until SIGINT or SIGTERM; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m localcloud", description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument(
        "--overrides",
        type=json.loads,
        default={},
        help="JSON object: fields of localcloud.configuration.Configuration",
    )
    parser.add_argument("--parent", type=int, help="end when this parent process ends")
    options = parser.parse_args()
    try:
        run(options.state.resolve(), options.port, options.overrides, options.parent)
    except CannotStart as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
