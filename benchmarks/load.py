"""Predict under a constant rate of requests while versions change beneath it.

    ./run bench load [--seconds S] [--rate N] [--every S]

A local cloud; an open loop of requests to predict, each latency from when its request was due; a
CSV dropped every few seconds, which is trained, released and made the default on the same machine.
"""

from __future__ import annotations

import argparse
import itertools
import random
import tempfile
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.arrival import Stream, offer, quantile
from benchmarks.aside import aside
from benchmarks.chaos import variant
from benchmarks.cloud import Cloud, local_cloud
from benchmarks.predict import BODY
from shared.gcp.connection import Reply

TOKEN_SECONDS = 600.0
"""How long one token is sent: it is good for an hour."""


def right(reply: Reply) -> bool:
    """Whether it is the answer that every version gives."""
    told = reply.body.startswith(b'{"predictions":["versicolor","versicolor"]')
    return reply.status == 200 and told


def stream(cloud: Cloud, rate: float) -> Stream:
    """Requests to predict for the default of iris."""
    url = cloud.configuration.url("predict") + cloud.predict_path("iris")
    made = Stream(url, BODY, right, rate, {"Content-Type": "application/json"})
    made.headers["Authorization"] = f"Bearer {cloud.token()}"
    return made


def release(cloud: Cloud) -> None:
    """The first version of iris. SystemExit where it does not go live."""
    source = cloud.drop("data/iris/iris.csv", variant(random.Random(0)))
    story = cloud.settled("iris", source)
    if story["state"] != "live":
        raise SystemExit(f"iris was not released: {story}")


@dataclass
class Dropping:
    """Drops iris again and again, its rows in another order, and renews a stream's token.

    pauses: seconds before each drop.
    """

    cloud: Cloud
    asked: Stream
    pauses: Iterator[float]
    drops: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def going(self) -> AbstractContextManager[None]:
        """Until the block ends."""
        return aside(self._drop, self.over)

    def _drop(self) -> None:
        dice, waited = random.Random(1), 0.0
        for pause in self.pauses:
            if self.over.wait(pause):
                return
            self.cloud.drop("data/iris/iris.csv", variant(dice))
            self.drops += 1
            waited += pause
            if waited >= TOKEN_SECONDS:
                waited = 0.0
                self.asked.headers["Authorization"] = f"Bearer {self.cloud.token()}"


def main() -> int:
    """Measure and print; 1 where a request failed."""
    parser = argparse.ArgumentParser(prog="./run bench load")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two drops")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, local_cloud(Path(place)) as cloud:
        release(cloud)
        asked = stream(cloud, options.rate)
        dropping = Dropping(cloud, asked, itertools.repeat(options.every))
        with dropping.going():
            offer([asked], options.seconds)
    p50, p99, most = (quantile(asked.took, share) * 1e3 for share in (0.5, 0.99, 1.0))
    print("| requests | a second | drops | versions that answered | failed | p50 | p99 | longest |")
    print("|---|---|---|---|---|---|---|---|")
    print(
        f"| {len(asked.took):,} | {options.rate:g} | {dropping.drops} | {len(asked.versions)} | "
        f"{asked.failed} | {p50:.2f} ms | {p99:.2f} ms | {most:.0f} ms |"
    )
    for fault, count in asked.faults.most_common(10):
        print(f"{count} x {fault}")
    return 1 if asked.failed or len(asked.versions) < 2 else 0


if __name__ == "__main__":
    raise SystemExit(main())
