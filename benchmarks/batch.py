"""Predictions for a million rows dropped as a CSV, beside a loop of requests to predict.

Words: the number of rows (1000000). Prints rows a second of both, their ratio (goal: at least 5)
and the highest memory of the function.
"""

from __future__ import annotations

import http.client
import json
import re
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.cloud import ROOT, Cloud, local_cloud
from shared.core.trigger import NotOurs, parse_batch_name

ROWS = 1_000_000
REQUESTS = 2_000
GOAL = 5.0
LINE = b"5.%d,3.4,1.%d,0.2\n"


def csv_of(rows: int) -> bytes:
    """So many flowers."""
    hundred = b"".join(LINE % (number % 10, number // 10) for number in range(100))
    return b"sepal_length,sepal_width,petal_length,petal_width\n" + hundred * (rows // 100)


def batch(cloud: Cloud, data: bytes) -> tuple[float, dict[str, object]]:
    """Seconds from the upload's begin to the outcome, and the outcome."""
    began = time.perf_counter()
    drop = parse_batch_name(cloud.drop("batch/iris/many.csv", data))
    if isinstance(drop, NotOurs):
        raise AssertionError(drop.reason)
    while (outcome := cloud.read("state", drop.outcome)) is None:
        time.sleep(0.05)
    return time.perf_counter() - began, json.loads(outcome)


def loop(cloud: Cloud) -> float:
    """Seconds of REQUESTS requests of one row each, on one connection."""
    headers = {"Authorization": f"Bearer {cloud.token()}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", cloud.configuration.ports["predict"])
    body = json.dumps({"instances": [[5.1, 3.4, 1.4, 0.2]]})
    began = time.perf_counter()
    for _ in range(REQUESTS):
        connection.request("POST", cloud.predict_path("iris"), body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"HTTP {answer.status}")
    took = time.perf_counter() - began
    connection.close()
    return took


def peak(cloud: Cloud, name: str) -> float:
    """MB that a function had at its highest (Linux)."""
    for process in cloud.processes():
        place = Path(f"/proc/{process}")
        if f"--target\0{name}\0" in (place / "cmdline").read_text():
            found = re.search(r"VmHWM:\s+(\d+)", (place / "status").read_text())
            return int(found[1]) / 1024 if found else 0.0
    return 0.0


def main() -> int:
    """Measure and print; 1 where the goal is missed."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    csv = (ROOT / "examples" / "iris.csv").read_bytes()
    with tempfile.TemporaryDirectory() as folder, local_cloud(Path(folder)) as cloud:
        cloud.settled("iris", cloud.drop("data/iris/iris.csv", csv))
        batch(cloud, csv_of(1_000))
        loop(cloud)
        each = loop(cloud) / REQUESTS
        before = peak(cloud, "batch_predict")
        seconds, outcome = batch(cloud, csv_of(rows))
        after = peak(cloud, "batch_predict")
    ratio = each * rows / seconds
    print(f"batch of {rows:,} rows: {seconds:.1f} s, {rows / seconds:,.0f} rows/s; {outcome}")
    print(f"loop of requests: {each * 1e3:.2f} ms a row, {1 / each:,.0f} rows/s")
    print(f"ratio {ratio:.1f} (goal {GOAL:g}); memory {before:.0f} MB before, {after:.0f} MB after")
    return 0 if ratio >= GOAL else 1


if __name__ == "__main__":
    raise SystemExit(main())
