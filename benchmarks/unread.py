"""A CSV of 5 GB goes to a training job by its size alone: the function does not read a byte of it.

The file is sparse: a header, one row, then nothing but NUL bytes, which the job refuses, so that no
time goes into training. The store fails every read of the file until the job has it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.cloud import Cloud, local_cloud
from shared.core.lease import JOB
from shared.core.source import Source

HEAD = b"a,b,label\n1,2,x\n"
NAME = "data/huge/huge.csv"
PATIENCE = 300.0


def fail_reads(cloud: Cloud, count: int) -> None:
    """The next reads of the file's bytes fail; 0: none do."""
    fault = {"method": "GET", "path_contains": "huge.csv", "status": 503, "count": count}
    body = json.dumps({"faults": [fault] if count else []}).encode()
    status, answer = cloud.call("googleapis", "POST", "/_local/storage/switches", body)
    if status != 200:
        raise SystemExit(f"HTTP {status}: {answer!r}")


def until(cloud: Cloud, source: Source, step: str) -> dict[str, Any]:
    """The story once it tells of a step."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        story = cloud.story("huge", source)
        if step in [told["step"] for told in story["steps"]]:
            return story
        time.sleep(0.05)
    raise SystemExit(f"no step {step!r} within {PATIENCE:g} s: {story}")


def main() -> int:
    """Drop, follow and print; 1 where the function read, or no job came."""
    parser = argparse.ArgumentParser(prog="./run bench unread", description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=5.0, help="size of the CSV")
    size = int(parser.parse_args().gigabytes * 1e9)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "huge.csv"
        with path.open("wb") as file:
            file.write(HEAD)
            file.truncate(size)
        with local_cloud(Path(folder) / "state") as cloud:
            fail_reads(cloud, 10**6)
            began = time.perf_counter()
            with path.open("rb") as data:
                source = cloud.drop(NAME, data)
            uploaded = time.perf_counter()
            handed = next(
                step
                for step in until(cloud, source, "training")["steps"]
                if step["step"] == "training"
            )
            given = time.perf_counter() - uploaded
            fail_reads(cloud, 0)
            end = until(cloud, source, "refused")
    print(f"{size / 1e9:.1f} GB uploaded in {uploaded - began:.1f} s")
    print(f"handed to a {handed['place']} {given:.2f} s later, unread: {handed['reason']}")
    print(f"the job read it and found: {end['findings'][0]['code']}")
    return 0 if handed["place"] == JOB else 1


if __name__ == "__main__":
    raise SystemExit(main())
