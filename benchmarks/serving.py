"""serving beside other prediction servers, in one run: same model, same request, one worker.

    ./run bench serving [--seconds S] [--rounds N] [--estimator NAME ...] [--only NAME ...]
        [--peers DIR]

All run at once and are asked in turns, round by round: two instances over 1, 8 and 32 connections;
1 and 100 instances over 8, and 10,000 over 2. Told are medians of the rounds, memory once they are
over, and seconds from the start of the process to its first answer. Peers are installed into
environments below DIR (build/peers), which are kept; what cannot be is said. The load is made on
the same machine, by one thread: how busy that was is told too, 100 % being its limit.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.contest import Cell, Row, contest
from benchmarks.peers.load import Load, Measured, request
from benchmarks.peers.peer import HELLO, PEERS, VENVS, Server, Unavailable
from shared.artifacts.writing import dump
from tests.localcloud.process import GoogleApis, googleapis
from tests.serving.process import serving, store
from tests.serving.trained import Trained, released, trained
from tests.serving.world import FLOWERS

FEW: tuple[Cell, ...] = ((1, 2), (8, 2), (32, 2))
MANY: tuple[Cell, ...] = ((8, 1), (8, 100), (2, 10_000))
JUDGED: Cell = (8, 2)
ESTIMATORS = ("SVC", "RandomForestClassifier", "HistGradientBoostingClassifier")
OURS = "serving"
GOALS = {"kserve": 8.0, "mlserver": 8.0, "fastapi": 4.0}
"""How many times the peer's requests a second ours are to be at 8 connections."""


@dataclass
class Result:
    """Of one server."""

    name: str
    start_seconds: float
    megabytes: float
    cells: dict[Cell, Measured]

    def line(self) -> str:
        """One line of the table."""
        few = [self.cells[cell] for cell in FEW]
        words = [self.name, f"{self.start_seconds:.2f} s", f"{self.megabytes:.0f} MB"]
        words += [f"{m.rate:,.0f}, {m.p50 * 1e3:.2f}, {m.p99 * 1e3:.2f}" for m in few]
        words += [f"{self.cells[cell].rate:,.1f}" for cell in MANY]
        words.append(f"{max(m.busy for m in self.cells.values()):.0%}")
        return f"| {' | '.join(words)} |"


@contextmanager
def ours(apis: GoogleApis) -> Iterator[Server]:
    """Our service, started anew, with a model that lies in the store."""
    began = time.monotonic()
    with serving(apis.configuration) as running:
        path = f"/v1/projects/{running.project}/models/iris:predict"

        def load(instances: list[Row]) -> Load:
            return Load(running.port, request(path, json.dumps({"instances": instances}).encode()))

        load(FLOWERS).once()
        yield Server(OURS, running.process.pid, time.monotonic() - began, load)


def publish(apis: GoogleApis, model: Trained) -> None:
    """Make the model the default of `iris`."""
    with serving(apis.configuration) as running:
        running.api.create_model()
        bucket = apis.configuration.buckets["models"]
        uri = released(store(apis.configuration), model, bucket=bucket)
        done = running.api.create_version("v1", uri).json
        if "error" in done:
            raise SystemExit(f"our own version cannot be created: {done}")


def measure(estimator: str, options: argparse.Namespace) -> list[Result]:
    """Start all, ask them, end them; ours comes first. A peer that fails is said and left out."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, model = Path(name), trained(estimator)
        file = folder / "model.joblib"
        file.write_bytes(dump(model.fitted.estimator))
        apis = stack.enter_context(googleapis(folder / "state"))
        publish(apis, model)
        servers = [stack.enter_context(ours(apis))]
        for peer in (HELLO, *PEERS):
            if peer.name not in options.only:
                continue
            (folder / peer.name).mkdir()
            running = peer.running(options.peers, file, folder / peer.name)
            try:
                servers.append(stack.enter_context(running))
            except (Unavailable, OSError, ValueError) as error:
                print(f"{peer.name} is left out: {' '.join(str(error).split())[:400]}", flush=True)
        found = contest(servers, (*FEW, *MANY), options.rounds, options.seconds)
        if OURS not in found:
            raise SystemExit("serving itself broke down")
        return [
            Result(one.name, one.start_seconds, one.megabytes, found[one.name])
            for one in servers
            if one.name in found
        ]


def table(estimator: str, results: Sequence[Result]) -> None:
    """Print what was measured."""
    heads = ["start", "memory"]
    heads += [f"{connections} conn.: req/s, p50, p99 ms" for connections, _ in FEW]
    heads += [f"req/s of {count:,}" for _, count in MANY]
    print(f"\n| {estimator} | {' | '.join(heads)} | load |")
    print("|---" * (len(heads) + 2) + "|")
    for result in results:
        print(result.line(), flush=True)


def verdict(results: Sequence[Result]) -> bool:
    """Print the ratios at 8 connections; whether every goal is met that could be tried."""
    own, *others = results
    mine, met = own.cells[JUDGED], True
    print("\n| at 8 connections | req/s | goal | our p99 by its p50 (below 1) | memory | start |")
    print("|---|---|---|---|---|---|")
    for other in others:
        if other.name == HELLO.name:
            continue
        its = other.cells[JUDGED]
        ratio, goal = mine.rate / its.rate, GOALS.get(other.name, 0.0)
        tail = mine.p99 / its.p50
        memory = own.megabytes / other.megabytes
        start = own.start_seconds / other.start_seconds
        met &= ratio >= goal and max(tail, memory, start) < 1
        print(
            f"| serving by {other.name} | {ratio:.1f} x | {f'{goal:g} x' if goal else ''} | "
            f"{tail:.2f} | {memory:.2f} x | {start:.2f} x |",
            flush=True,
        )
    return met


def main() -> int:
    """Measure and print; 1 where a goal is missed."""
    names = [peer.name for peer in (HELLO, *PEERS)]
    parser = argparse.ArgumentParser(prog="./run bench serving")
    parser.add_argument("--seconds", type=float, default=0.6, help="of each cell of the table")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--estimator", nargs="*", default=list(ESTIMATORS))
    parser.add_argument("--only", nargs="*", default=names, choices=names, metavar="PEER")
    parser.add_argument("--peers", type=Path, default=VENVS, help="folder of their environments")
    options = parser.parse_args()
    options.peers = options.peers.resolve()
    met = True
    for estimator in options.estimator:
        results = measure(estimator, options)
        table(estimator, results)
        met &= verdict(results)
    told = [f"{p.name} {p.version(options.peers)}".strip() for p in PEERS if p.name in options.only]
    print(f"\nPeers: {', '.join(told)}, in {options.peers}.")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
