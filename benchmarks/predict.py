"""The predict function, end to end, beside MLServer's one hop: in turns, in one run.

    ./run bench predict [--seconds S] [--rounds N] [--peers DIR]

Ours: a hundred tokens and more in turns, each verified; instances validated against the version's
schema; `serving` asked by name. MLServer: the same model, no token. Then what each stage of a
request costs, and each process. 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks import anatomy
from benchmarks.cloud import ROOT, Cloud, local_cloud
from benchmarks.peers.contest import Cell, Row, contest
from benchmarks.peers.load import Load, Measured, request
from benchmarks.peers.peer import PEERS, VENVS, Server, Unavailable
from localcloud.configuration import DEVELOPER
from shared.core.default import Default

TOKENS = 128
DOMAIN = "load.example"
CELLS: tuple[Cell, ...] = ((1, 2), (8, 2), (32, 2))
JUDGED: tuple[Cell, ...] = ((8, 2), (32, 2))
GOAL = 2.5
BODY = json.dumps({"instances": [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]}).encode()


def tokens(cloud: Cloud) -> list[str]:
    """One for each of many callers."""
    return [cloud.token(f"caller-{number}@{DOMAIN}") for number in range(TOKENS)]


def ours(cloud: Cloud, bearers: Sequence[str]) -> Server:
    """The predict function that runs, for `iris`."""

    def load(instances: list[Row]) -> Load:
        body = json.dumps({"instances": instances}).encode()
        port = cloud.configuration.ports["predict"]
        path = cloud.predict_path("iris")
        return Load(port, *(request(path, body, bearer) for bearer in bearers))

    return Server("predict", cloud.process("predict"), 0.0, load)


def model(cloud: Cloud, default: Default) -> bytes:
    """The file of the version that is the default."""
    name = default.deployment_uri.split("/", 3)[3].rstrip("/") + "/model.joblib"
    data = cloud.read("models", name)
    if data is None:
        raise SystemExit(f"{name} cannot be read")
    return data


def table(found: Mapping[str, Mapping[Cell, Measured]]) -> None:
    """Print what was measured."""
    heads = [f"{connections} conn.: req/s, p50, p99 ms" for connections, _ in CELLS]
    print(f"| | {' | '.join(heads)} | load |")
    print("|---" * (len(heads) + 2) + "|")
    for name, cells in found.items():
        told = [f"{m.rate:,.0f}, {m.p50 * 1e3:.2f}, {m.p99 * 1e3:.2f}" for m in cells.values()]
        print(f"| {name} | {' | '.join(told)} | {max(m.busy for m in cells.values()):.0%} |")


def verdict(found: Mapping[str, Mapping[Cell, Measured]]) -> bool:
    """Print the ratios; whether both goals are met at 8 and at 32 connections."""
    met = True
    for cell in JUDGED:
        own, its = found["predict"][cell], found["mlserver"][cell]
        ratio, tail = own.rate / its.rate, own.p99 / its.p99
        met &= ratio >= GOAL and tail <= 1
        print(
            f"{cell[0]} connections: {ratio:.2f} x MLServer's requests a second (goal {GOAL:g}), "
            f"p99 {tail:.2f} x its (goal 1)"
        )
    return met


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./run bench predict")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each cell of the table")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", type=Path, default=VENVS, help="folder of peers' environments")
    options = parser.parse_args()
    csv = (ROOT / "examples" / "iris.csv").read_bytes()
    callers = {"ALLOWED_CALLERS": f"{DEVELOPER},@{DOMAIN}"}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        cloud = stack.enter_context(local_cloud(folder / "cloud", environment=callers))
        cloud.settled("iris", cloud.drop("data/iris/iris.csv", csv))
        default = cloud.default("iris")
        assert default
        (folder / "model.joblib").write_bytes(model(cloud, default))
        peer = next(peer for peer in PEERS if peer.name == "mlserver")
        (folder / "mlserver").mkdir()
        running = peer.running(
            options.peers.resolve(), folder / "model.joblib", folder / "mlserver"
        )
        try:
            mlserver = stack.enter_context(running)
        except Unavailable as error:
            raise SystemExit(f"MLServer: {error}") from error
        bearers = tokens(cloud)
        own = ours(cloud, bearers)
        found = contest([own, mlserver], CELLS, options.rounds, options.seconds)
        table(found)
        met = len(found) == 2 and verdict(found)
        anatomy.show(cloud, own, bearers, options.seconds)
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
