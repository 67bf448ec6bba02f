"""A CSV larger than a function's memory, trained by the local cloud's job within 6 GiB.

    ./run bench training-job [--gigabytes 2] [--kind numeric|mixed] [--rounds 100]

The table is made on the spot and dropped on a local cloud of its own, whose job may have 6 GiB of
address space (RLIMIT_AS) and no more. Its peak of resident memory is read once a second. With
fewer rounds of boosting the peak is the same, and reached sooner.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import table
from benchmarks.cloud import Cloud, local_cloud
from benchmarks.stage import peak
from shared.core.source import Source

MEMORY = 6 << 30
PATIENCE = 3600.0
JOB = b"shared.job"
ROUNDS = 'estimator = "HistGradientBoosting"\nparameters = {{ max_iter = {} }}\n'


def followed(cloud: Cloud, source: Source) -> tuple[dict[str, Any], int]:
    """The drop's story once it is settled, and the job's peak of memory."""
    most, told, began = 0, 0, time.monotonic()
    while True:
        most = max([most, *(peak(process) for process in jobs(cloud))])
        story = cloud.story("large", source)
        for step in story["steps"][told:]:
            facts = {k: step[k] for k in ("stage", "place", "rows", "reason") if k in step}
            print(f"{time.monotonic() - began:7.1f} s  {step['step']}  {facts or ''}", flush=True)
        told = len(story["steps"])
        if story["settled"] or time.monotonic() - began > PATIENCE:
            return story, most
        time.sleep(1)


def jobs(cloud: Cloud) -> list[int]:
    """Processes of the training job."""
    found = []
    for process in cloud.processes():
        try:
            words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if JOB in words:
            found.append(process)
    return found


def main() -> int:
    """Make, drop, follow and print; 1 where it does not go live within the memory."""
    parser = argparse.ArgumentParser(prog="./run bench training-job", description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=2.0, help="size of the CSV")
    parser.add_argument("--kind", choices=table.KINDS, default="mixed")
    parser.add_argument("--rounds", type=int, help="of boosting; without it auto decides")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.csv"
        rows = table.write(path, options.kind, size=int(options.gigabytes * 1e9))
        size = path.stat().st_size
        print(f"{size / 1e9:.2f} GB, {rows:,} rows, {options.kind}", flush=True)
        overrides = {"job_memory_bytes": MEMORY, "environment": {"MAX_CSV_BYTES": str(10**8)}}
        with local_cloud(Path(folder) / "state", **overrides) as cloud:
            if options.rounds:
                cloud.drop("data/large/model.toml", ROUNDS.format(options.rounds).encode())
            with path.open("rb") as data:
                source = cloud.drop("data/large/large.csv", data)
            path.unlink()
            story, most = followed(cloud, source)
    last = story["steps"][-1] if story["steps"] else {}
    print(f"{story['state']}: job's peak {most / 1e6:,.0f} MB of {MEMORY / 1e6:,.0f} MB")
    trained = [step for step in story["steps"] if "seconds" in step]
    for step in trained:
        print(f"{step['step']}: " + ", ".join(f"{k} {v:.1f} s" for k, v in step["seconds"].items()))
    if story["state"] != "live":
        print(last)
    return 0 if story["state"] == "live" and 0 < most <= MEMORY else 1


if __name__ == "__main__":
    raise SystemExit(main())
