"""serving alone: requests a second and latencies of `:predict` at 1, 8 and 32 connections."""

from __future__ import annotations

import selectors
import socket
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.cloud import ROOT, Cloud, local_cloud
from benchmarks.predict import BODY

SECONDS = 3.0
CONNECTIONS = (1, 8, 32)
GOAL = 0.005


class Load:
    """So many connections, each with one request under way, on one thread."""

    def __init__(self, port: int, path: str) -> None:
        self.request = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(BODY)}\r\n\r\n"
        ).encode() + BODY
        self.port = port

    def measure(self, connections: int, seconds: float) -> list[float]:
        """Latency of each answered request."""
        took: list[float] = []
        with selectors.DefaultSelector() as ready:
            sent: dict[socket.socket, float] = {}
            for _ in range(connections):
                one = socket.create_connection(("127.0.0.1", self.port))
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                ready.register(one, selectors.EVENT_READ)
                sent[one] = time.perf_counter()
                one.sendall(self.request)
            over = time.perf_counter() + seconds
            while time.perf_counter() < over:
                for key, _ in ready.select(1):
                    self._next(key.fileobj, sent, took)  # type: ignore[arg-type]
            for one in sent:
                one.close()
        return took

    def _next(
        self, one: socket.socket, sent: dict[socket.socket, float], took: list[float]
    ) -> None:
        piece = one.recv(65536)
        if not piece or not (piece.startswith(b"HTTP/1.1 200") or piece.startswith(b"{")):
            raise SystemExit(f"an answer that is none: {piece[:300]!r}")
        if not piece.endswith(b"}"):
            return  # head and body come in two pieces
        now = time.perf_counter()
        took.append(now - sent[one])
        sent[one] = now
        one.sendall(self.request)


def report(connections: int, took: list[float]) -> float:
    """Print one line; the median."""
    ordered = sorted(took)
    median, p99 = statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
    print(
        f"{connections:3} connections  {len(took) / SECONDS:8.0f} requests/s  "
        f"p50 {median * 1000:6.3f} ms  p99 {p99 * 1000:6.3f} ms"
    )
    return median


def main() -> int:
    """Measure and print; 1 where the median at one connection misses the goal."""
    csv = (ROOT / "examples" / "iris.csv").read_bytes()
    with tempfile.TemporaryDirectory() as folder, local_cloud(Path(folder)) as cloud:
        cloud.settled("iris", cloud.drop("data/iris/iris.csv", csv))
        load = Load(cloud.configuration.ports["serving"], path_of(cloud))
        load.measure(1, 0.5)
        medians = [report(count, load.measure(count, SECONDS)) for count in CONNECTIONS]
    return 0 if medians[0] < GOAL else 1


def path_of(cloud: Cloud) -> str:
    """The path of the model's default version."""
    return f"/v1/projects/{cloud.configuration.project}/models/iris:predict"


if __name__ == "__main__":
    raise SystemExit(main())
