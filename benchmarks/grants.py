"""Every right and every call of shared/core/roles.py taken away in turn: which flow turns red.

    ./run bench grants [--only WORD]

A flow has to fail without the right, for want of it, and to come to its good end with it. Stops at
the first right that nobody needs, or that is not enough.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.system import test_calls, test_rights


def main() -> int:
    """Both tables, a line for each row."""
    parser = argparse.ArgumentParser(prog="./run bench grants", description=__doc__)
    parser.add_argument("--only", default="", help="rows whose words hold this one")
    only = parser.parse_args().only
    with tempfile.TemporaryDirectory(prefix="grants-") as folder:
        calls = services(Path(folder) / "calls", only)
        rights = objects(Path(folder) / "rights", only)
    print(f"{rights} rights on objects, {calls} calls: each needed, and enough")
    return 0


def objects(state: Path, only: str) -> int:
    """Permissions on objects, withheld by the local storage; how many."""
    wanted = [right for right in test_rights.RIGHTS if only in " ".join(right)]
    with test_rights.installation(state) as cloud:
        for number, right in enumerate(wanted):
            scenario = test_rights.NEEDED_BY[right]
            began = time.monotonic()
            scenario(cloud, f"grant_{number}", right)
            test_rights.revoke(cloud)
            cloud.idle(20)
            shown("  ".join(right), scenario, began)
    return len(wanted)


def services(state: Path, only: str) -> int:
    """Calls between services, turned away at their doors; how many."""
    wanted = [call for call in sorted(test_calls.NEEDED_BY) if only in " ".join(call)]
    with test_calls.installation(state) as at:
        for call in wanted:
            began = time.monotonic()
            test_calls.needed(at, call)
            shown(test_calls.name_of(call), test_calls.NEEDED_BY[call], began)
    return len(wanted)


def shown(row: str, flow: Callable[..., Any], began: float) -> None:
    """What a row has shown."""
    name = getattr(getattr(flow, "make", getattr(flow, "prepare", flow)), "__name__", "")
    took = time.monotonic() - began
    print(f"{took:6.2f} s  {row}: {name} fails without it, succeeds with it", flush=True)


if __name__ == "__main__":
    sys.exit(main())
