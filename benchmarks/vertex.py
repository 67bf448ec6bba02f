"""Vertex AI on loopback: every call of a release and a deletion fails in turn; what loading costs.

`./run bench vertex [--stride N]`: calls failed before and after they took effect, violations (none,
or it stops at the first), and the time and memory that each adapter takes to load.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

from tests.vertex.campaign import campaign
from tests.vertex.world import wire

_MOST_CALLS = 500
_PROGRAM = """
import resource, sys, time
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
{}
taken = time.perf_counter() - start
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
heavy = [name for name in ("googleapiclient", "httplib2", "aiohttp") if name in sys.modules]
print(f"{{taken:.3f}} s, {{(after - before) / 1024:.0f}} MB, loads {{', '.join(heavy) or 'none'}}")
"""
_LOADS = {
    "control plane, imported": "import shared.gcp.vertex.platform",
    "control plane, with the discovery document": (
        "from shared.gcp.vertex.client import _resources; _resources('http://127.0.0.1:1/')"
    ),
    "data plane (predict)": "import shared.gcp.vertex.predictor",
    "data plane of ml v1, for comparison": "import shared.gcp.predictor",
}


def main() -> int:
    """Play the campaign, then load the adapters in processes of their own."""
    parser = argparse.ArgumentParser(prog="./run bench vertex", description=__doc__)
    parser.add_argument("--stride", type=int, default=1, help="fail every N-th call only")
    stride = parser.parse_args().stride
    for after in (False, True):
        began = time.perf_counter()
        with wire() as loopback:
            platform = loopback.platform()
            calls = campaign(loopback, platform, range(0, _MOST_CALLS, stride), after=after)
            platform.close()
        when = "after" if after else "before"
        print(f"{calls} calls failed {when} they took effect, 0 violations, ", end="")
        print(f"{time.perf_counter() - began:.0f} s", flush=True)
    for name, statement in _LOADS.items():
        program = _PROGRAM.format(statement)
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
        print(f"{name}: {done.stdout.decode().strip()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
