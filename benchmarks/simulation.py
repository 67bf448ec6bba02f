"""The real handlers over stores in memory, interleaved at every call by a seed.

`./run bench simulation [--seeds N] [--first SEED] [--drop SHARE]`: schedules, faults by kind,
violations. With --drop that share of the events gets lost, and one reconcile repairs.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from multiprocessing import get_context

from tests.simulation.campaign import Findings, campaign

_CHUNK = 250


def chunk(work: tuple[int, int, float]) -> Findings:
    """One process's part."""
    first, last, drop = work
    return campaign(range(first, last), drop)


def main() -> int:
    """Play them; 1 where anything does not hold."""
    parser = argparse.ArgumentParser(prog="./run bench simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--drop", type=float, default=0.0, metavar="SHARE")
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    end = options.first + options.seeds
    starts = range(options.first, end, _CHUNK)
    work = [(first, min(first + _CHUNK, end), options.drop) for first in starts]
    began, faults = time.perf_counter(), Counter[str]()
    wrong = steps = sources = 0
    with get_context("spawn").Pool(options.processes) as pool:
        for found in pool.imap(chunk, work):
            faults += found.faults
            steps += found.steps
            sources += found.sources
            wrong += len(found.wrong)
            for seed, violations in found.wrong.items():
                print(f"seed {seed}: {'; '.join(violations)}", flush=True)
    seconds = time.perf_counter() - began
    for kind, count in faults.most_common():
        print(f"  {count:>8,}  {kind}")
    each = 1000 * seconds / max(1, options.seeds)
    print(
        f"{options.seeds:,} schedules, {sources:,} sources, {steps:,} turns, "
        f"{faults.total():,} faults of {len(faults)} kinds, "
        f"{wrong} with violations; {seconds:.0f} s, {each:.1f} ms each"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
