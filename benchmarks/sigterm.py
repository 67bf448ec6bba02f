"""SIGTERM to the predict function under load: what was sent before it is answered, and it ends.

    ./run bench sigterm [--rounds N] [--connections N]

Each round starts the staged function beside a local cloud, sends one request over each of many
connections that were used before, and SIGTERMs the process at that moment, as Cloud Run does ten
seconds before it kills.
"""

from __future__ import annotations

import argparse
import http.client
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.cloud import ROOT, Cloud, local_cloud
from benchmarks.coldstart import request
from benchmarks.peers.peer import free_port
from benchmarks.predict import BODY
from localcloud.functions import function_part
from localcloud.part import Part

LIMIT_SECONDS = 10.0
PATIENCE_SECONDS = 60.0


def answered(connection: socket.socket) -> bool:
    """Whether a whole answer of 200 came."""
    answer = http.client.HTTPResponse(connection)
    try:
        answer.begin()
        return answer.status == 200 and answer.read().startswith(b'{"predictions":["versicolor"')
    except (OSError, http.client.HTTPException):
        return False


def play(part: Part, cloud: Cloud, connections: int) -> tuple[int, float]:
    """One round: how many were lost, and the seconds until the process had ended."""
    port = free_port()
    command = [word.replace(str(part.port), str(port)) for word in part.command]
    bearer = f"Authorization: Bearer {cloud.token()}"
    wire = (
        f"POST {cloud.predict_path('iris')} HTTP/1.1\r\nHost: x\r\n{bearer}\r\n"
        f"Content-Length: {len(BODY)}\r\n\r\n"
    ).encode() + BODY
    with part.log.open("ab") as log:
        process = subprocess.Popen(
            command, cwd=part.folder, env=part.environment, stdout=log, stderr=log
        )
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while not request(port, "GET", "/", {}):
            if time.monotonic() > until:
                raise SystemExit("the function does not answer")
            time.sleep(0.01)
        open_ones = [
            socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
            for _ in range(connections)
        ]
        for one in open_ones:
            one.sendall(wire)
            if not answered(one):
                raise SystemExit("the function does not predict")
        for one in open_ones:
            one.sendall(wire)
        began = time.monotonic()
        process.terminate()
        lost = sum(not answered(one) for one in open_ones)
        for one in open_ones:
            one.close()
        process.wait(2 * PATIENCE_SECONDS)
        return lost, time.monotonic() - began
    finally:
        process.kill()
        process.wait()


def main() -> int:
    """Play and print; 1 where a request was lost or an end took too long."""
    parser = argparse.ArgumentParser(prog="./run bench sigterm")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--connections", type=int, default=48)
    options = parser.parse_args()
    csv = (ROOT / "examples" / "iris.csv").read_bytes()
    lost, longest = 0, 0.0
    with tempfile.TemporaryDirectory() as place, local_cloud(Path(place) / "cloud") as cloud:
        cloud.settled("iris", cloud.drop("data/iris/iris.csv", csv))
        sockets = Path(place) / "sockets"
        sockets.mkdir()
        part = function_part("predict", cloud.configuration, sockets)
        for _ in range(options.rounds):
            missing, took = play(part, cloud, options.connections)
            lost, longest = lost + missing, max(longest, took)
    print(
        f"{options.rounds} SIGTERMs, {options.rounds * options.connections:,} requests in flight: "
        f"{lost} lost, longest end {longest:.2f} s"
    )
    return 1 if lost or longest > LIMIT_SECONDS else 0


if __name__ == "__main__":
    raise SystemExit(main())
