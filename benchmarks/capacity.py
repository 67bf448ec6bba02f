"""What one more model costs: memory and time of loading it, and the calls of a reconcile.

    ./run bench capacity [--models N]

Each estimator's portable copy is loaded N times, as N models, by serving's own loader in a fresh
process. Then a world in memory gets ten models of two versions each, later of six, and a reconcile
that has nothing to repair; its calls of the store are counted: a network makes each as long as it
takes.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import multiprocessing
import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from serving.loader import Loader
from serving.sandbox.nursery import Nursery
from tests.serving.trained import released, trained
from tests.serving.world import World as Buckets

ESTIMATORS = (
    "SVC",
    "LogisticRegression",
    "RandomForestClassifier",
    "HistGradientBoostingClassifier",
)


@dataclass(frozen=True)
class Loaded:
    """One model in memory: bytes of the process, of its file, and seconds to have it."""

    resident: float
    file: int
    seconds: float


def resident() -> int:
    """Bytes of this process."""
    pages = Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def load(estimator: str, count: int) -> Loaded:
    """The mean over `count` models, after a first one that brings the libraries."""
    buckets = Buckets()
    uris = [
        released(buckets.store, trained(estimator), number % 60, bucket=f"models{number // 60}")
        for number in range(count + 1)
    ]

    async def story() -> Loaded:
        with ThreadPoolExecutor(1) as pool:
            loader = Loader(buckets.store, Nursery(), pool, pool, 10**8)
            kept = [await loader.load(uris[0], None)]
            gc.collect()
            before, began = resident(), time.perf_counter()
            for uri in uris[1:]:
                kept.append(await loader.load(uri, None))
            took = time.perf_counter() - began
            gc.collect()
            return Loaded((resident() - before) / count, len(trained(estimator).copy), took / count)

    return asyncio.run(story())


def reconcile_calls(drops: int, models: int = 10) -> Counter[str]:
    """Calls of the store, by operation, of a reconcile with nothing to do."""
    from tests.workflows.test_reconcile import repair
    from tests.workflows.world import IRIS, World

    world = World(VERSIONS_CEILING="100000")
    for number in range(models):
        for drop in range(drops):
            world.deliver(world.drop(IRIS + b"\n" * drop, f"data/model_{number}/iris.csv"))
            world.settle()
            world.sleep(1)
    world.store.calls.clear()
    repair(world)
    return Counter(operation for operation, *_ in world.store.calls)


def main(words: list[str] | None = None) -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="./run bench capacity", description=__doc__)
    parser.add_argument("--models", type=int, default=100)
    count = parser.parse_args(words).models
    print(f"{'estimator':32}{'memory':>12}{'file':>12}{'to load':>12}")
    context = multiprocessing.get_context("spawn")
    for estimator in ESTIMATORS:
        with context.Pool(1) as pool:
            each = pool.apply(load, (estimator, count))
        sizes = f"{each.resident / 1e3:>9.0f} kB{each.file / 1e3:>9.0f} kB"
        print(f"{estimator:32}{sizes}{each.seconds * 1e3:>9.1f} ms", flush=True)
    for drops in (2, 6):
        calls = reconcile_calls(drops)
        told = ", ".join(f"{n / 10:.1f} {name}" for name, n in calls.most_common())
        print(f"reconcile, {drops} drops a model: {told} a model", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
