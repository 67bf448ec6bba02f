"""SIGTERM under load: every request that was sent before it is answered, and the process ends.

`./run bench drain [--rounds N] [--connections N] [--workers N]`: each round starts serving, sends
one request over each of many connections that were used before, small and large ones, and
SIGTERMs it at that moment.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import socket
import tempfile
import time
from pathlib import Path

from localcloud.configuration import Configuration
from tests.localcloud.process import googleapis
from tests.serving.process import Serving, serving, store
from tests.serving.trained import released, trained
from tests.serving.world import FLOWERS

LIMIT_SECONDS = 10.0
"""Cloud Run kills then."""
SIZES = (1, 1, 1, 10, 100, 2_000)
"""Pairs of instances in a request."""


def request(path: str, pairs: int) -> bytes:
    """One request, whole."""
    body = json.dumps({"instances": FLOWERS * pairs}).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def answered(connection: socket.socket, pairs: int) -> bool:
    """Whether the right answer came, whole."""
    answer = http.client.HTTPResponse(connection)
    try:
        answer.begin()
        return bool(json.loads(answer.read())["predictions"] == ["versicolor"] * 2 * pairs)
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return False


def play(running: Serving, connections: int, dice: random.Random) -> tuple[int, float]:
    """One round: how many were lost, and how long the process took to end."""
    path = f"/v1/projects/{running.project}/models/drains:predict"
    open_ones = [
        socket.create_connection(("127.0.0.1", running.port), timeout=30)
        for _ in range(connections)
    ]
    for one in open_ones:
        one.sendall(request(path, 1))
        if not answered(one, 1):
            raise SystemExit("it does not answer at all")
    asked = [(one, dice.choice(SIZES)) for one in open_ones]
    for one, pairs in asked:
        one.sendall(request(path, pairs))
    began = time.monotonic()
    running.process.terminate()
    lost = sum(not answered(one, pairs) for one, pairs in asked)
    for one in open_ones:
        one.close()
    code = running.process.wait(2 * LIMIT_SECONDS)
    if code != 0:
        raise SystemExit(f"it ended with {code}")
    return lost, time.monotonic() - began


def campaign(
    configuration: Configuration, rounds: int, connections: int, workers: int = 1
) -> tuple[int, float]:
    """(requests lost, longest end) of so many rounds."""
    dice, lost, longest = random.Random(3), 0, 0.0
    for number in range(rounds):
        with serving(configuration, WORKERS=str(workers)) as running:
            if number == 0:
                prepare(running, configuration)
            missing, took = play(running, connections, dice)
        lost, longest = lost + missing, max(longest, took)
    return lost, longest


def prepare(running: Serving, configuration: Configuration) -> None:
    """A model to ask."""
    running.api.create_model("drains")
    bucket = configuration.buckets["models"]
    uri = released(store(configuration), trained(), 50, bucket=bucket)
    running.api.create_version("v1", uri, model="drains")


def main() -> int:
    """Play and print; 1 where a request was lost or an end took too long."""
    parser = argparse.ArgumentParser(prog="./run bench drain", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--connections", type=int, default=48)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, googleapis(Path(folder) / "state") as apis:
        lost, longest = campaign(
            apis.configuration, options.rounds, options.connections, options.workers
        )
    print(
        f"{options.rounds} SIGTERMs, {options.rounds * options.connections:,} requests in flight: "
        f"{lost} lost, longest end {longest:.2f} s"
    )
    return 1 if lost or longest > LIMIT_SECONDS else 0


if __name__ == "__main__":
    raise SystemExit(main())
