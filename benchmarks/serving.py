"""serving beside other prediction servers, in one run: same model, same request, one worker.

`./run bench serving [--seconds S] [--only NAME ...] [--estimator NAME]`: requests a second and
latencies at 1, 8 and 32 connections with two instances, and with 100 and 10,000 instances at 8;
memory, and seconds from the start of the process to its first answer. Peers are installed into
venvs below build/peers; what cannot be is said. The load is made on the same machine.
"""

from __future__ import annotations

import argparse
import json
import resource
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.load import Load, Measured
from benchmarks.peers.peer import HELLO, PEERS, Peer, Unavailable, family
from shared.artifacts.writing import dump
from tests.localcloud.process import GoogleApis, googleapis
from tests.serving.process import serving, store
from tests.serving.trained import Trained, released, trained
from tests.serving.world import FLOWERS

CONNECTIONS = (1, 8, 32)
INSTANCES = (100, 10_000)
OURS = "serving"
GOALS = {"kserve": 8.0, "mlserver": 8.0, "fastapi": 4.0}
"""How many times the peer's requests a second ours are to be at 8 connections."""

Row = list[float]


@dataclass
class Result:
    """Of one server. few: by connections; many: by instances."""

    name: str
    start_seconds: float
    megabytes: float
    few: dict[int, Measured]
    many: dict[int, Measured]

    def line(self) -> str:
        """One line of the table."""
        few = "  ".join(
            f"{m.rate:7.0f} {m.p50 * 1e3:7.2f} {m.p99 * 1e3:7.2f}" for m in self.few.values()
        )
        many = "  ".join(f"{m.rate:7.1f}" for m in self.many.values())
        return f"{self.name:9} {self.start_seconds:6.2f} {self.megabytes:6.0f}  {few}  {many}"


HEAD = (
    "server     start     MB  "
    + "  ".join(f"{f'{count} conn.: req/s':>15} p50 p99" for count in CONNECTIONS)
    + "  "
    + "  ".join(f"x{count:,}" for count in INSTANCES)
)


def measured(
    name: str, start: float, process: int, load: Callable[[list[Row]], Load], seconds: float
) -> Result:
    """Warm it, then measure."""
    few, many = load(FLOWERS), {count: load(_rows(count)) for count in INSTANCES}
    few.measure(8, seconds / 2)
    result = Result(
        name,
        start,
        resident(process) / 1e6,
        {count: few.measure(count, seconds) for count in CONNECTIONS},
        {count: one.measure(8, seconds) for count, one in many.items()},
    )
    print(result.line(), flush=True)
    return result


def _rows(count: int) -> list[Row]:
    return [[round(one + at % 7 * 0.1, 1) for one in FLOWERS[at % 2]] for at in range(count)]


def resident(process: int) -> int:
    """Bytes that it and the processes it started have in memory."""
    pages = 0
    for one in family(process):
        with suppress(OSError):  # just gone
            pages += int((Path("/proc") / str(one) / "statm").read_text().split()[1])
    return pages * resource.getpagesize()


@contextmanager
def ours(apis: GoogleApis) -> Iterator[tuple[int, float, Callable[[list[Row]], Load]]]:
    """Our service, started anew, with a model that lies in the store: process, seconds, load."""
    began = time.monotonic()
    with serving(apis.configuration) as running:
        path = f"/v1/projects/{running.project}/models/iris:predict"

        def load(rows: list[Row]) -> Load:
            return Load(running.port, path, json.dumps({"instances": rows}).encode())

        load(FLOWERS).once()
        yield running.process.pid, time.monotonic() - began, load


def publish(apis: GoogleApis, model: Trained) -> None:
    """Make the model the default of `iris`."""
    with serving(apis.configuration) as running:
        running.api.create_model()
        bucket = apis.configuration.buckets["models"]
        uri = released(store(apis.configuration), model, bucket=bucket)
        done = running.api.create_version("v1", uri).json
        if "error" in done:
            raise SystemExit(f"our own version cannot be created: {done}")


def beside(peer: Peer, model: Path, folder: Path, seconds: float) -> Result | None:
    """One peer's result; None, and why is printed, where it cannot be had."""
    place = folder / peer.name
    place.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    try:
        with peer.running(model, place, port) as (process, start):
            return measured(peer.name, start, process, lambda rows: peer.load(port, rows), seconds)
    except (Unavailable, OSError, ValueError) as error:
        print(f"{peer.name:9} {' '.join(str(error).split())[:300]}", flush=True)
        return None


def verdict(results: dict[str, Result]) -> bool:
    """Print the ratios; whether every goal is met that could be tried."""
    own, met = results[OURS], True
    rate = own.few[8].rate
    for name, result in results.items():
        if name in (OURS, HELLO.name):
            continue
        ratio, goal = rate / result.few[8].rate, GOALS.get(name, 0.0)
        met &= ratio >= goal and own.few[8].p99 < result.few[8].p50
        print(
            f"{ratio:6.1f} x {name} at 8 connections"
            + (f" (goal {goal:.0f})" if goal else "")
            + f"; our p99 {own.few[8].p99 * 1e3:.2f} ms, its p50 {result.few[8].p50 * 1e3:.2f} ms"
            + f"; memory {own.megabytes / result.megabytes:.2f} x"
            + f", start {own.start_seconds / result.start_seconds:.2f} x"
        )
    return met


def main() -> int:
    """Measure and print; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="./run bench serving", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--estimator", default="SVC")
    parser.add_argument("--only", nargs="*", default=[peer.name for peer in (HELLO, *PEERS)])
    options = parser.parse_args()
    results: dict[str, Result] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = trained(options.estimator)
        (folder / "model.joblib").write_bytes(dump(model.fitted.estimator))
        print(HEAD)
        with googleapis(folder / "state") as apis:
            publish(apis, model)
            with ours(apis) as (process, start, load):
                results[OURS] = measured(OURS, start, process, load, options.seconds)
        for peer in (HELLO, *PEERS):
            if peer.name in options.only:
                result = beside(peer, folder / "model.joblib", folder, options.seconds)
                if result:
                    results[peer.name] = result
    return 0 if verdict(results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
