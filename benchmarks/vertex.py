"""Vertex AI on loopback: every call of a release and a deletion fails in turn; what loading costs.

`./run bench vertex [--stride N] [--first CALL]`: calls failed before and after they took effect,
violations (none, or it stops at the first), and what loading each adapter takes.
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
import re, sys, time
from pathlib import Path
def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before, start = resident(), time.process_time()
{}
taken, after = time.process_time() - start, resident()
heavy = [name for name in ("googleapiclient", "httplib2", "aiohttp") if name in sys.modules]
cost = f"{{taken:.3f}} s of processor time, {{(after - before) / 1024:.0f}} MB"
print(f"{{cost}}, loads {{', '.join(heavy) or 'none'}}")
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
    parser.add_argument("--first", type=int, default=0, help="begin with this call")
    options = parser.parse_args()
    every = range(options.first, _MOST_CALLS, options.stride)
    for after in (False, True):
        began = time.perf_counter()
        with wire() as loopback:
            platform = loopback.platform()
            calls = campaign(loopback, platform, every, after=after)
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
