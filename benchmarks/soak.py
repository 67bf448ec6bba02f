"""Predict and serving for an hour: does memory grow, do latencies, while versions come and go?

    ./run bench soak [--minutes M] [--rate N] [--every S]

The first sixth is warm-up, in which so many versions are dropped that serving keeps as many models
in memory as it ever will; the rest is told in tenths. A hello world is asked at the same rate on
the same machine in the same moments, so that the machine's own noise is told from ours.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.arrival import Stream, offer, quantile
from benchmarks.aside import aside
from benchmarks.cloud import Cloud, local_cloud
from benchmarks.coldstart import request
from benchmarks.load import Dropping, release, stream
from benchmarks.peers import hello_server
from benchmarks.peers.peer import free_port
from serving.configuration import SERVING_SETTINGS

WARM_SHARE = 1 / 6
TENTHS = 10
SAMPLE_SECONDS = 2.0
GROWTH = 1.05
SLOWER = 1.2
JUDGED = ("predict", "serving")
"""The processes of the predict path; the others are told."""


@contextmanager
def hello(rate: float) -> Iterator[Stream]:
    """The control: uvicorn that answers the same bytes to everything."""
    port = free_port()
    command = [sys.executable, str(Path(hello_server.__file__)), "_", str(port)]
    process = subprocess.Popen(command)
    try:
        while not request(port, "GET", "/", {}):
            time.sleep(0.05)
        yield Stream(f"http://127.0.0.1:{port}/", b"{}", lambda reply: reply.status == 200, rate)
    finally:
        process.terminate()
        process.wait()


def resident(cloud: Cloud) -> dict[str, int]:
    """Bytes in memory of each part of the local cloud, the processes that it started included."""
    found: dict[str, int] = {}
    for process in cloud.processes():
        place = Path("/proc") / str(process)
        try:
            pages = int((place / "statm").read_text().split()[1])
            environment = dict(
                one.partition("=")[::2] for one in (place / "environ").read_text().split("\0")
            )
        except OSError:  # just gone
            continue
        name = environment.get("K_SERVICE", "googleapis")
        found[name] = found.get(name, 0) + pages * os.sysconf("SC_PAGE_SIZE")
    return found


@dataclass
class Sampling:
    """What each part had in memory, again and again, in seconds from the start."""

    cloud: Cloud
    seen: list[tuple[float, dict[str, int]]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def going(self) -> AbstractContextManager[None]:
        """Until the block ends."""
        return aside(self._sample, self.over)

    def megabytes(self, name: str, first: float, last: float) -> float:
        """A part's median of that time."""
        values = [one[name] for at, one in self.seen if first <= at < last and name in one]
        return quantile(values, 0.5) / 1e6

    def _sample(self) -> None:
        began = time.monotonic()
        while not self.over.wait(SAMPLE_SECONDS):
            self.seen.append((time.monotonic() - began, resident(self.cloud)))


def pauses(seconds: float, every: float) -> Iterator[float]:
    """Seconds before each drop: many drops during the warm-up, few afterwards."""
    kept = next(int(one.default or 0) for one in SERVING_SETTINGS if one.name == "CACHE_MODELS")
    quick = min(every, seconds * WARM_SHARE / kept)
    return itertools.chain(itertools.repeat(quick, kept), itertools.repeat(every))


def spans(seconds: float) -> list[tuple[float, float]]:
    """The tenths of what comes after the warm-up."""
    warm = seconds * WARM_SHARE
    tenth = (seconds - warm) / TENTHS
    return [(warm + n * tenth, warm + (n + 1) * tenth) for n in range(TENTHS)]


def table(ours: Stream, control: Stream, sampling: Sampling, seconds: float) -> None:
    """Print what happened, tenth by tenth."""
    names = sorted({name for _, one in sampling.seen for name in one})
    print(f"| tenth | p50 | p99 | hello p50 | hello p99 | {' | '.join(names)} |")
    print("|---" * (5 + len(names)) + "|")
    for number, span in enumerate(spans(seconds), 1):
        times = [
            f"{quantile(one.between(*span), share) * 1e3:.2f} ms"
            for one in (ours, control)
            for share in (0.5, 0.99)
        ]
        sizes = [f"{sampling.megabytes(name, *span):.1f} MB" for name in names]
        print(f"| {number} | {' | '.join(times + sizes)} |")


def verdict(ours: Stream, control: Stream, sampling: Sampling, seconds: float) -> bool:
    """Print last against first; whether the goals are met."""
    first, *_, last = spans(seconds)
    met = ours.failed == 0
    slower = [
        quantile(one.between(*last), 0.99) / quantile(one.between(*first), 0.99)
        for one in (ours, control)
    ]
    met &= slower[0] <= SLOWER
    print(
        f"p99, last by first: {slower[0]:.2f} (goal {SLOWER}); hello world's: {slower[1]:.2f}; "
        f"ours by its: {slower[0] / slower[1]:.2f}"
    )
    for name in sorted({name for _, one in sampling.seen for name in one}):
        grown = sampling.megabytes(name, *last) / sampling.megabytes(name, *first)
        told = ""
        if name in JUDGED:
            met &= grown < GROWTH
            told = f" (goal below {GROWTH})"
        print(f"memory of {name}, last by first: {grown:.3f}{told}")
    return met


def main() -> int:
    """Measure and print; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="./run bench soak")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=50.0)
    parser.add_argument("--every", type=float, default=60.0, help="seconds between two drops")
    options = parser.parse_args()
    seconds = options.minutes * 60
    with tempfile.TemporaryDirectory() as place, local_cloud(Path(place)) as cloud:
        release(cloud)
        ours, sampling = stream(cloud, options.rate), Sampling(cloud)
        dropping = Dropping(cloud, ours, pauses(seconds, options.every))
        with hello(options.rate) as control, dropping.going(), sampling.going():
            offer([ours, control], seconds)
    table(ours, control, sampling, seconds)
    print(
        f"{len(ours.took):,} requests at {options.rate:g} a second in {options.minutes:g} minutes, "
        f"{dropping.drops} drops, {len(ours.versions)} versions answered: {ours.failed} failed"
    )
    for fault, count in ours.faults.most_common(10):
        print(f"{count} x {fault}")
    return 0 if verdict(ours, control, sampling, seconds) else 1


if __name__ == "__main__":
    raise SystemExit(main())
