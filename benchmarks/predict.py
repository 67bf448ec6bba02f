"""The predict function at one connection: token checked, instances validated, version asked."""

from __future__ import annotations

import http.client
import json
import tempfile
import time
from pathlib import Path

from benchmarks.cloud import ROOT, Cloud, local_cloud

REQUESTS = 1000
GOAL = 0.005
BODY = json.dumps({"instances": [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]}).encode()


def measure(cloud: Cloud) -> list[float]:
    """Seconds of each of REQUESTS sequential requests on one connection."""
    headers = {"Authorization": f"Bearer {cloud.token()}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", cloud.configuration.ports["predict"])
    path, took = cloud.predict_path("iris"), []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        connection.request("POST", path, BODY, headers)
        answer = connection.getresponse()
        body = answer.read()
        took.append(time.perf_counter() - began)
        if answer.status != 200:
            raise SystemExit(f"HTTP {answer.status}: {body.decode()}")
    connection.close()
    return took


def main() -> int:
    """Measure and print; 1 where the median misses the goal."""
    csv = (ROOT / "examples" / "iris.csv").read_bytes()
    with tempfile.TemporaryDirectory() as folder, local_cloud(Path(folder)) as cloud:
        cloud.settled("iris", cloud.drop("data/iris/iris.csv", csv))
        measure(cloud)
        took = sorted(measure(cloud))
    median, p95, p99 = (took[int(REQUESTS * share)] for share in (0.5, 0.95, 0.99))
    print(f"predict, one connection, {REQUESTS} requests:", end=" ")
    print(f"p50 {median * 1e3:.2f} ms, p95 {p95 * 1e3:.2f} ms, p99 {p99 * 1e3:.2f} ms")
    return 0 if median < GOAL else 1


if __name__ == "__main__":
    raise SystemExit(main())
